"""A step that was repaired is taken back as one that was not: what both attempts did is taken back once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.before import Before
from tests.world import copy, engine
from tui_installer import simulator
from tui_installer.model.change import Run
from tui_installer.steps import STACKS

STOPPED = {"etch": "/etc/init.d/clvm stop", "squeeze": "/etc/init.d/clvm stop"}
"""What somebody stops: clvmd, and the volumes with it."""


@pytest.mark.parametrize("stack", STOPPED)
def test_after_a_repair_all_is_taken_back(stack: str, before: Before, tmp_path: Path) -> None:
    steps = [step.id for step in STACKS[stack].steps]
    world = copy(before.world(stack, steps[steps.index("lvm") + 1]), tmp_path / "world")
    assert simulator.here(world).run(*STOPPED[stack].split()).ok()
    mine = engine(world, stack=STACKS[stack])
    repair = mine.plan("lvm")
    assert repair.changes and mine.apply(repair) == "done", mine.failure("lvm")
    back = engine(world, stack=STACKS[stack]).plan_undo("lvm")
    commands = [
        each.argv for each in back.changes if isinstance(each, Run) and each.argv[0] not in ("rmdir", "modprobe")
    ]
    assert len(commands) == len(set(commands))
    assert mine.apply(back) == "done", mine.journal.attempts()[-1].failure
    assert not mine.journal.standing("lvm")
