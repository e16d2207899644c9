"""The world before each step of a join, made when it is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.world import copy, engine
from tui_installer import simulator
from tui_installer.steps import STACKS


class Before:
    """Worlds as they are before a step; before "joined": after all of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: dict[tuple[str, str, str], Path] = {}

    def world(self, stack: str, step: str, scenario: str = "") -> Path:
        """The world of that scenario (empty: the stack's own) before the step."""
        scenario = scenario or stack
        if (stack, scenario, "site") not in self._found:
            simulator.create(self._folder / scenario / "world", scenario)
            self._found[stack, scenario, "site"] = copy(
                self._folder / scenario / "world", self._folder / scenario / "site"
            )
        if (stack, scenario, step) not in self._found:
            self._join(stack, scenario, step)
        return self._found[stack, scenario, step]

    def _join(self, stack: str, scenario: str, until: str) -> None:
        """Go on from where the world is."""
        world = self._folder / scenario / "world"
        mine = engine(world, stack=STACKS[stack])
        for step in STACKS[stack].steps:
            if (stack, scenario, step.id) not in self._found:
                self._found[stack, scenario, step.id] = copy(world, self._folder / scenario / step.id)
            if step.id == until:
                return
            if not mine.plan(step.id).in_place:
                assert mine.apply(mine.plan(step.id)) == "done", mine.failure(step.id)
        self._found[stack, scenario, "joined"] = copy(world, self._folder / scenario / "joined")


@pytest.fixture(scope="session")
def before(tmp_path_factory: pytest.TempPathFactory) -> Before:
    return Before(tmp_path_factory.mktemp("failures"))
