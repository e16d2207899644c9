"""The world before each step of a join, made when it is needed, once for all tests of a run."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.world import copy, engine
from tui_installer import simulator
from tui_installer.steps import STACKS


class Before:
    """Worlds as they are before a step; before "joined": after all of them. Whoever changes one takes a copy."""

    def __init__(self, folder: Path) -> None:
        """`folder`: of all processes that run these tests."""
        self._folder = folder

    def world(self, stack: str, step: str, scenario: str = "") -> Path:
        """The world of that scenario (empty: the stack's own) before the step."""
        of = self._folder / (scenario or stack)
        with _alone(of):
            if not (of / step).exists():
                _go_on(of, stack, step)
        return of / step


def _go_on(of: Path, stack: str, until: str) -> None:
    """Join from where the world is; "at" names the step before which that is."""
    world, at = of / "world", of / "at"
    steps = [step.id for step in STACKS[stack].steps]
    if not at.exists():
        simulator.create(world, of.name)
        at.write_text(steps[0])
    for step in steps[steps.index(at.read_text()) :]:
        if not (of / step).exists():
            copy(world, of / step)
        at.write_text(step)
        if step == until:
            return
        mine = engine(world, stack=STACKS[stack])
        plan = mine.plan(step)
        assert plan.in_place or mine.apply(plan) == "done", (plan.problems, mine.failure(step))
    copy(world, of / "joined")


@contextmanager
def _alone(of: Path) -> Iterator[None]:
    of.mkdir(parents=True, exist_ok=True)
    with (of / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def before(tmp_path_factory: pytest.TempPathFactory) -> Before:
    """The worlds of this run."""
    own = tmp_path_factory.getbasetemp()
    return Before((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "before")
