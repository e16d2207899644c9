"""Identifiers of many disks, asked in one round trip of a real shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.memory import MemoryHost
from tui_installer.hosts.host import HostError
from tui_installer.hosts.local import LocalHost
from tui_installer.probes import scsi_id

TOOL = """#!/bin/sh
case $2 in
sda) echo 3600a ;;
sdb) exit 1 ;;
sdc) echo "two words" ;;
sdd) exit 2 ;;
esac
"""


@pytest.fixture
def callout(tmp_path: Path) -> tuple[str, ...]:
    (tmp_path / "it's one").write_text(TOOL)
    (tmp_path / "it's one").chmod(0o755)
    return (str(tmp_path / "it's one"), "-d", "%n")


def test_each_disk_has_its_own_or_none(callout: tuple[str, ...]) -> None:
    assert scsi_id.ask(LocalHost(), callout, ["sda", "sdb"]) == {"sda": "3600a", "sdb": ""}
    assert scsi_id.ask(LocalHost(), callout, []) == {}


@pytest.mark.parametrize(("disk", "words"), [("sdc", "not whole"), ("sdd", "exit code 2 for sdd")])
def test_what_failed_has_told_nothing(callout: tuple[str, ...], disk: str, words: str) -> None:
    with pytest.raises(HostError, match=words):
        scsi_id.ask(LocalHost(), callout, ["sda", disk])


def test_a_program_that_is_not_there() -> None:
    assert scsi_id.ask(LocalHost(), ("/nowhere/scsi_id", "%n"), ["sda"], absent=True) == {"sda": ""}
    with pytest.raises(HostError, match="exit code 127"):
        scsi_id.ask(LocalHost(), ("/nowhere/scsi_id", "%n"), ["sda"])


@pytest.mark.parametrize("out", ["", "sda 0 x\n", "sdb 0 x\nsda 0 y\n", "sda 0 x\nsdb 0 y\nsdc 0 z\n", "sda 0 x\nsdb"])
def test_answers_that_are_cut_off_or_of_others(out: str) -> None:
    host = MemoryHost(sh=lambda _, __: (0, out, ""))
    with pytest.raises(HostError, match="not whole"):
        scsi_id.ask(host, ("scsi_id", "%n"), ["sda", "sdb"])
