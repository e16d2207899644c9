"""The world before each step of a join, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.world import copy, engine
from tui_installer import simulator
from tui_installer.steps import COROSYNC


@pytest.fixture(scope="session")
def before(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The world before each step."""
    folder = tmp_path_factory.mktemp("failures")
    world, found = folder / "world", {}
    simulator.create(world)
    mine = engine(world)
    for step in COROSYNC.steps:
        found[step.id] = copy(world, folder / step.id)
        assert mine.apply(mine.plan(step.id)) == "done", mine.failure(step.id)
    return found
