"""No logic reads a sentence: under other words the same is done, and the same is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.failures.impatient import impatient
from tests.failures.other_words import reworded
from tests.world import differences, engine, join, picture
from tui_installer import simulator
from tui_installer.cli import commands as cli
from tui_installer.model.stack import Stack
from tui_installer.steps import STACKS

CLUSTERS = {"corosync": "xencluster", "lenny": "vmcluster"}
Told = list[tuple[str, str, list[tuple[str, str, str]]]]


def _told(of: Any) -> Told:
    """Every row: its step, its state, and its problems without their sentences."""
    return [(row.id, row.state, [(each.code, each.level, each.field) for each in row.problems]) for row in of.status()]


def _lived(folder: Path, name: str, stack: Stack) -> list[tuple[Told, dict[str, Any]]]:
    """What is told and what is so: on the fresh host, as a member, after leaving, after all is taken back."""
    world = folder / "world"
    simulator.create(world, name)
    mine = engine(world, stack=stack)
    found = [(_told(mine), picture(world))]
    join(mine, until="reboot")
    found.append((_told(mine), picture(world)))
    assert cli.leave(mine, CLUSTERS[name]) == cli.Exit.DONE
    found.append((_told(mine), picture(world)))
    cli.undo(mine, ())
    found.append((_told(mine), picture(world)))
    return found


@pytest.mark.parametrize("name", CLUSTERS)
def test_a_whole_life_is_the_same_under_other_words(name: str, tmp_path: Path) -> None:
    usual = _lived(tmp_path / "usual", name, impatient(STACKS[name]))
    others = _lived(tmp_path / "others", name, reworded(STACKS[name]))
    for (told, world), (told_otherwise, otherwise) in zip(usual, others, strict=True):
        assert told_otherwise == told
        assert not differences(world, otherwise)
    assert len({str(told) for told, _ in usual}) == len(usual), "nothing was done"
