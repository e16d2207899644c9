"""A step before which others must come: it says for which it waits, and stops nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.world import engine
from tui_installer import simulator
from tui_installer.cli import commands as cli
from tui_installer.cli import looking
from tui_installer.steps import STACKS

OF_THE_JOINED = {"migration", "reboot"}
"""Have nothing to do on a host that has not joined."""


@pytest.mark.parametrize("name", ["corosync", "etch", "lenny", "squeeze"])
def test_what_waits_on_a_fresh_host(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = tmp_path / "world"
    simulator.create(world, name)
    mine = engine(world, stack=STACKS[name])
    rows = mine.status()
    assert [row.state for row in rows[:2]] == ["in-place", "todo"]
    waiting = {(row.state, row.after) for row in rows[2:] if row.id not in OF_THE_JOINED}
    assert waiting == {("waits", "packages")}
    assert not [problem.code for row in rows[2:] for problem in row.problems if problem.level == "stop"]
    assert looking.status(mine, as_json=False) == cli.Exit.TODO
    out = capsys.readouterr().out
    assert "lvm              waits for packages\n" in out
    assert "  PROBLEM " not in out
    assert "after the restart" not in out
    assert mine.plan("cluster").blocked
