"""The hand-over sheet and the answers for the next host, of a host that has joined."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests import world as worlds
from tui_installer import simulator
from tui_installer.cli import looking
from tui_installer.cli.exits import Exit
from tui_installer.model.text import printable


def test_the_sheet_tells_what_was_done_and_what_is_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    simulator.create(tmp_path)
    of = worlds.engine(tmp_path)
    worlds.join(of, until="storage-network")
    assert looking.hand_over(of) == Exit.TODO
    out = capsys.readouterr().out
    assert "# Hand-over: fresh\n" in out and "Debian 13" in out
    assert "- Packages: in place\n  - Keep daemons from starting unconfigured\n  - Install " in out
    assert (
        "- Storage network: to do\n" in out
        and "- Multipath: waits for storage-network\n" in out
        and "- [ ] Fence this host from a member" in out
    )
    assert str(tmp_path / "state" / "handover.md") in out
    text = (tmp_path / "state" / "host.toml").read_text()
    told = tomllib.loads(text)
    assert told["iscsi"]["targets"] == ["iqn.2024-01.lab.san:cluster"] and "confirm" not in told.get("cluster", {})
    for secret in (worlds.PASSWORD, worlds.CHAP):
        assert f'"{secret}"' not in text + out
    assert "# chap-password = ...   a secret" in text
    assert all((tmp_path / "state" / name).stat().st_mode & 0o077 == 0 for name in ("handover.md", "host.toml"))
    assert all(printable(line) == line for line in out.splitlines())
