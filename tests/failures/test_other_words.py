"""No logic reads a sentence: under other words the same is done. `test_cases` and `test_days` look under them, too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.before import Before
from tests.failures.other_words import Reworded, reworded, usual
from tests.test_contract import EXEMPT, RHCS
from tests.world import copy, differences, engine, join, picture
from tui_installer.cli import commands as cli
from tui_installer.engine.engine import Engine
from tui_installer.model.step import Failure
from tui_installer.steps import STACKS

CLUSTERS = {"corosync": "xencluster", "lenny": "vmcluster"}


def found(of: Engine) -> list[Any]:
    """Every row: its step, its state, and its problems without their sentences. Whether the initramfs is older than a
    file depends on the second in which both were written."""
    return [
        (row.id, row.state, [(p.code, p.level, p.field) for p in row.problems if p.code != "reboot.old-initrd"])
        for row in of.status()
    ]


@pytest.mark.parametrize("name", CLUSTERS)
def test_a_whole_life_is_the_same_under_other_words(name: str, before: Before, tmp_path: Path) -> None:
    joined, fresh = (copy(before.world(name, step), tmp_path / step) for step in ("reboot", "site"))
    world = copy(fresh, tmp_path / "world")
    mine = engine(world, stack=reworded(STACKS[name]))
    assert found(mine) == found(engine(fresh, stack=STACKS[name]))
    join(mine, until="reboot")
    assert found(mine) == found(engine(joined, stack=STACKS[name]))
    assert not differences(picture(joined), picture(world))
    assert cli.leave(mine, CLUSTERS[name]) == cli.Exit.DONE
    cli.undo(mine, ())
    assert not [step.id for step in mine.stack.steps if mine.journal.standing(step.id)]
    left = differences(picture(fresh), picture(world))
    assert not [line for line in left if not any(each in line for each in (*EXEMPT, *RHCS))], left


def test_the_words_are_other_ones() -> None:
    step = Reworded(STACKS["corosync"].step("iscsi"))
    failure = Failure("Log in", "here", ("iscsiadm", "-m", "node", "--login"), "exit code 24", 24, ())
    plain, found = STACKS["corosync"].step("iscsi").diagnose(failure), step.diagnose(failure)
    assert (found.code, found.evidence) == (plain.code, plain.evidence)
    assert not {found.text, found.hint} & {plain.text, plain.hint}
    assert (usual(found.text), usual(found.hint)) == (plain.text, plain.hint)
    assert step.title != usual(step.title) == STACKS["corosync"].step("iscsi").title
