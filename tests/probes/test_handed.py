"""What a member hands over is believed only as far as a folder of settings goes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.memory import MemoryHost
from tests.simulator.worlds import member
from tests.world import answers, engine, join
from tui_installer import simulator
from tui_installer.hosts.host import File, HostError, Result
from tui_installer.hosts.local import LocalHost
from tui_installer.model.change import WriteFiles
from tui_installer.probes.handed import handed

FOLDER = "/etc/corosync/uidgid.d"
HOSTILE = {
    f"{FOLDER}/../../cron.d/x": File(b"* * * * * root evil\n"),
    f"{FOLDER}/..": File(b""),
    f"{FOLDER}/a/b": File(b""),
    f"{FOLDER}/.hidden": File(b""),
    f"{FOLDER}/new\nline": File(b""),
    "/etc/cron.d/x": File(b"* * * * * root evil\n"),
    f"{FOLDER}/link": File(link="/etc/shadow"),
    f"{FOLDER}/setuid": File(b"#!/bin/sh\n", 0o4755),
    f"{FOLDER}/setgid": File(b"", 0o2755),
    f"{FOLDER}/sticky": File(b"", 0o1777),
    f"{FOLDER}/theirs": File(b"", 0o644, "mallory:root"),
    f"{FOLDER}/number": File(b"", 0o644, "4711:4711"),
    f"{FOLDER}/huge": File(bytes((1 << 20) + 1)),
}


class Lying(MemoryHost):
    """Lists what it likes."""

    def list(self, pattern: str) -> tuple[str, ...]:
        return tuple(self.files)

    def read(self, path: str) -> File | None:
        if path.endswith("device"):
            raise HostError(f"{path} cannot be read: it is not a file")
        return super().read(path)

    def run(self, *argv: str, **more: object) -> Result:
        return Result(argv, "exited", 0, "", "")


def test_nothing_hostile_is_taken() -> None:
    host = Lying()
    host.files = {**HOSTILE, f"{FOLDER}/device": File(), f"{FOLDER}/good": File(b"uidgid {}\n", 0o664, "root:haclient")}
    found = handed(host, FOLDER)
    assert dict(found.files) == {f"{FOLDER}/good": File(b"uidgid {}\n", 0o644, "root:root")}
    assert len(found.refused) == len(HOSTILE) + 1


def test_of_ten_thousand_files_none_is_taken() -> None:
    host = Lying()
    host.files = {f"{FOLDER}/{number}": File(b"") for number in range(10_000)}
    found = handed(host, FOLDER)
    assert not found.files
    assert found.refused == (f"{FOLDER}: it has 10000 files",)


def test_a_lost_connection_is_not_taken_for_an_odd_file() -> None:
    class Gone(Lying):
        """Answers no more."""

        def run(self, *argv: str, **more: object) -> Result:
            return Result(argv, "lost", None, "", "")

    host = Gone()
    host.files = {f"{FOLDER}/device": File()}
    with pytest.raises(HostError):
        handed(host, FOLDER)


def test_what_a_member_has_beside_its_settings_does_not_land_here(tmp_path: Path) -> None:
    simulator.create(tmp_path / "world")
    mine = engine(tmp_path / "world", answers(tmp_path / "world"))
    join(mine, until="cluster")
    node = member(tmp_path / "world", "node1")
    for path, file in HOSTILE.items():
        if path.startswith(f"{FOLDER}/") and path.count("/") == 4 and ".." not in path and "\n" not in path:
            node.write(path, file)
    mine.forget()
    plan = mine.plan("cluster")
    assert "cluster.handed" in [each.code for each in plan.problems if each.level == "warn"]
    written = [edit for change in plan.changes if isinstance(change, WriteFiles) for edit in change.edits]
    assert not [edit.path for edit in written if edit.host == "here" and edit.path.startswith(FOLDER)]
    assert all(edit.after.mode & 0o7022 == 0 for edit in written if edit.host == "here" and edit.after)


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "socket").mkdir()
    for name in ("fifo", "socket"):
        with pytest.raises(HostError, match="it is not a file"):
            LocalHost(root=str(tmp_path)).read(f"/{name}")


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user owns what it writes")
def test_an_owner_who_is_not_here_is_said(tmp_path: Path) -> None:
    host = LocalHost(root=str(tmp_path))
    with pytest.raises(HostError, match="no user or group here for mallory:mallory"):
        host.write("/file", File(b"", 0o644, "mallory:mallory"))
    assert not list(tmp_path.iterdir())
