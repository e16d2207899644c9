"""Each operation on a file of this program's own fails, in each way: words, exit code 2, and a way back."""

from __future__ import annotations

import errno
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.engine.witness import Witness, engine
from tui_installer.cli import commands as cli
from tui_installer.cli.saying import say_problems
from tui_installer.engine import child
from tui_installer.engine.files import FileSystem, StateError

WAYS = {"full": errno.ENOSPC, "broken": errno.EIO, "read-only": errno.EROFS, "short": errno.ENOSPC}
LASTS = ("full", "read-only", "short")
"""Ways that last until somebody makes room, for all that writes."""


KEPT = {
    "journal": r"write journal\.jsonl",
    "blobs": r"write \.[0-9a-f]{64}\.\d+",
    "plans": r"write \.[0-9a-f]{64}\.json\.\d+",
    "answers": r"write \.answers\.toml\.\d+",
    "requests": r"write requests\.jsonl",
    "locks": r"write lock",
}
"""What is kept, and how it is written."""


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """In memory, where syncing takes no time."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as folder:
        yield Path(folder)


class Failing(FileSystem):
    """A disk whose n-th operation fails; a short write takes half, and the rest finds no room."""

    def __init__(self, at: int = -1, way: str = "full") -> None:
        self.told: list[str] = []
        self._at = at
        self._way = way
        self._names: dict[int, str] = {}

    @contextmanager
    def _operation(self, name: str, path: str, writes: bool) -> Iterator[bool]:
        """Whether a write is to be cut short."""
        number = len(self.told)
        self.told.append(f"{name} {path}")
        short = self._way == "short" and name == "write" and number == self._at
        lasts = self._way in LASTS and writes and -1 < self._at < number
        if (number == self._at or lasts) and not short:
            raise OSError(WAYS[self._way], os.strerror(WAYS[self._way]))
        yield short

    def open(self, path: Path, flags: int) -> int:
        with self._operation("open", path.name, bool(flags & os.O_CREAT)):
            descriptor = super().open(path, flags)
            self._names[descriptor] = path.name
            return descriptor

    def read(self, descriptor: int) -> bytes:
        with self._operation("read", self._names[descriptor], writes=False):
            return super().read(descriptor)

    def write(self, descriptor: int, data: bytes) -> int:
        with self._operation("write", self._names[descriptor], writes=True) as short:
            return super().write(descriptor, data[: len(data) // 2] if short else data)

    def sync(self, descriptor: int) -> None:
        with self._operation("sync", self._names[descriptor], writes=True):
            super().sync(descriptor)

    def cut(self, descriptor: int, size: int) -> None:
        with self._operation("cut", self._names[descriptor], writes=False):
            super().cut(descriptor, size)

    def close(self, descriptor: int) -> None:
        name = self._names.pop(descriptor)
        super().close(descriptor)
        with self._operation("close", name, writes=False):
            pass

    def status(self, file: int | Path) -> os.stat_result:
        name = self._names[file] if isinstance(file, int) else file.name
        with self._operation("status", name, writes=False):
            return super().status(file)

    def names(self, folder: Path) -> list[str]:
        with self._operation("names", folder.name, writes=False):
            return super().names(folder)

    def make(self, folder: Path) -> None:
        with self._operation("make", folder.name, writes=True):
            super().make(folder)

    def rename(self, path: Path, to: Path) -> None:
        with self._operation("rename", to.name, writes=True):
            super().rename(path, to)

    def remove(self, path: Path) -> None:
        with self._operation("remove", path.name, writes=False):
            super().remove(path)


def session(folder: Path, host: Witness, disk: FileSystem) -> int:
    """What a screen and its apply do with our files: answers, a plan, the journal, a request; returns the exit code."""
    try:
        mine = engine(folder, host, disk)
        look = mine.look("motd")
        if look.plan.blocked:
            say_problems(look.plan.problems)
            return cli.Exit.PROBLEM
        approved = child.read_plan(mine.state, child.write_plan(mine.state, look.plan))
        if cli.perform(mine, approved) != "done":
            return cli.Exit.PROBLEM
        mine.state.request(mine.journal.attempts()[-1].id, "stop")
        heard = mine.state.requested(mine.journal.attempts()[-1].id, "stop")
        return cli.Exit.DONE if heard or mine.state.passed_over else cli.Exit.PROBLEM  # an apply goes on without
    except StateError as error:
        say_problems((error.problem,))
        return cli.Exit.PROBLEM


def _operations(folder: Path) -> list[str]:
    disk = Failing()
    assert session(folder, Witness(folder / "state" / "journal.jsonl"), disk) == cli.Exit.DONE
    return disk.told


@pytest.mark.parametrize("way", WAYS)
def test_whatever_fails_is_said_and_can_be_taken_back(
    way: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All operations are those of an undisturbed session, listed by it; every cell is printed."""
    cells, operations = [], _operations(tmp_path / "whole")
    assert [kind for kind, written in KEPT.items() if not any(re.fullmatch(written, each) for each in operations)] == []
    for at, operation in enumerate(operations):
        folder = tmp_path / str(at)
        host = Witness(folder / "state" / "journal.jsonl")
        code = session(folder, host, Failing(at, way))
        said = capsys.readouterr().out
        assert code == cli.Exit.DONE or (code == cli.Exit.PROBLEM and " state." in said), (operation, said)
        assert not host.unannounced, operation
        again = engine(folder, host)
        assert cli.undo(again, ()) == cli.Exit.DONE, (operation, capsys.readouterr().out)
        assert host.files == {}, operation
        cells.append(f"{way:<10} {operation:<60} exit code {code}, taken back")
    assert len(cells) == len(operations) > 200
    sys.stdout.write("\n".join((*cells, f"{way}: {len(cells)} operations, each said and taken back\n")))


def test_short_writes_alone_harm_nothing(tmp_path: Path) -> None:
    class Short(FileSystem):
        """Each write takes seven bytes at most."""

        def write(self, descriptor: int, data: bytes) -> int:
            return super().write(descriptor, data[:7])

    host = Witness(tmp_path / "state" / "journal.jsonl")
    assert session(tmp_path, host, Short()) == cli.Exit.DONE
    assert cli.undo(engine(tmp_path, host, Short()), ()) == cli.Exit.DONE
    assert host.files == {}


def test_a_torn_line_that_cannot_be_cut_off_is_no_act(tmp_path: Path) -> None:
    """On a disk that is full and then refuses even to cut: the line stays torn, and the next one begins anew."""

    class Torn(Failing):
        """Refuses to cut."""

        def cut(self, descriptor: int, size: int) -> None:
            if size:
                raise OSError(errno.EIO, "Input/output error")
            super().cut(descriptor, size)

    told = _operations(tmp_path / "whole")
    at = [number for number, operation in enumerate(told) if operation == "write journal.jsonl"][1]
    host = Witness(tmp_path / "state" / "journal.jsonl")
    assert session(tmp_path, host, Torn(at, "short")) == cli.Exit.PROBLEM
    assert not host.files
    assert not (tmp_path / "state" / "journal.jsonl").read_bytes().endswith(b"\n")
    again = engine(tmp_path, host)
    assert cli.apply(again, (), "undo") == cli.Exit.DONE
    assert cli.undo(again, ()) == cli.Exit.DONE


def test_what_cannot_be_written_in_the_middle_is_told_with_how_far_it_came(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = _operations(tmp_path / "whole")
    writes = [number for number, operation in enumerate(told) if operation == "write journal.jsonl"]
    host: Any = Witness(tmp_path / "state" / "journal.jsonl")
    assert session(tmp_path, host, Failing(writes[3], "full")) == cli.Exit.PROBLEM  # "begun" of the second change
    said = capsys.readouterr().out
    assert "motd: cut off: 1 of 2 changes made" in said
    assert "PROBLEM state.full: " in said and "No space left on device" in said
    assert "Make room there (df -h " in said
