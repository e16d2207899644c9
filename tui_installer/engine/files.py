"""This program's own files: written whole, durably and for their owner alone, and believed only if they are ours.

`FileSystem` has the operations of the file system that this takes, each of which may fail; nothing else in the program
touches its own files. Whatever goes wrong with one is a `StateError`, which carries a problem.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tui_installer.model.step import Problem

VERSION = 2
"""Of everything that is kept: each line and each file has it. What 0.1.0 kept, without a number, is version 1."""
_CODES = {errno.ENOSPC: "state.full", errno.EDQUOT: "state.full", errno.EROFS: "state.read-only"}
_HINTS = {
    "state.full": "Make room there (df -h {folder}), then do the same again: it goes on where this ended.",
    "state.read-only": "Find out why it is read-only (dmesg), then do the same again: it goes on where this ended.",
    "state.failed": "Look for errors of its disk (dmesg), then do the same again: it goes on where this ended.",
}
_CLOSED = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # a fifo in a file's place must not hang us


class StateError(Exception):
    """A file of this program's own cannot be used; carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


class FileSystem:
    """The operations of the file system, one each; a test's may fail. All raise `OSError`."""

    def open(self, path: Path, flags: int) -> int:
        """Open or make a file; returns its descriptor."""
        return os.open(path, flags | _CLOSED, 0o600)

    def read(self, descriptor: int) -> bytes:
        """A piece of it; empty at its end."""
        return os.read(descriptor, 1 << 20)

    def write(self, descriptor: int, data: bytes) -> int:
        """Write; returns how many bytes were taken, which may be fewer."""
        return os.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """Bring it to the disk."""
        os.fsync(descriptor)

    def cut(self, descriptor: int, size: int) -> None:
        """Leave only so many bytes of it."""
        os.ftruncate(descriptor, size)

    def close(self, descriptor: int) -> None:
        """Close it."""
        os.close(descriptor)

    def status(self, file: int | Path) -> os.stat_result:
        """What it is; of a link the link itself."""
        return os.fstat(file) if isinstance(file, int) else os.lstat(file)

    def names(self, folder: Path) -> list[str]:
        """What is in a folder."""
        return os.listdir(folder)

    def make(self, folder: Path) -> None:
        """Make a folder, and those above it."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def rename(self, path: Path, to: Path) -> None:
        """Put it in the place of another one."""
        os.replace(path, to)

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there."""
        path.unlink(missing_ok=True)


class Files:
    """Files of ours, each read and written as a whole or added to. All raise `StateError`."""

    def __init__(self, disk: FileSystem | None = None) -> None:
        self._disk = disk or FileSystem()

    def folder(self, path: Path) -> None:
        """See that a folder is there, and is ours alone."""
        with _told(path, "used"):
            self._disk.make(path)
            _ours(self._disk.status(path), path, stat.S_ISDIR)

    def read(self, path: Path, offset: int = 0) -> bytes | None:
        """The content from an offset on; None: there is no such file."""
        with _told(path, "read"):
            try:
                descriptor = self._open(path, os.O_RDONLY)
            except FileNotFoundError:
                return None
            with self._closing(descriptor):
                os.lseek(descriptor, offset, os.SEEK_SET)
                return b"".join(iter(lambda: self._disk.read(descriptor), b""))

    def size(self, path: Path) -> int:
        """Its bytes; 0: there is no such file."""
        with _told(path, "read"):
            try:
                return self._disk.status(path).st_size
            except FileNotFoundError:
                return 0

    def save(self, path: Path, content: bytes) -> None:
        """Write a file whole or not at all."""
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        with _told(path, "written"):
            try:
                with self._closing(self._open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)) as descriptor:
                    self._all(descriptor, content)
                    self._disk.sync(descriptor)
                self._disk.rename(beside, path)
                self._settle(path.parent)
            except OSError:
                with contextlib.suppress(OSError):
                    self._disk.remove(beside)
                raise

    def add(self, path: Path, line: bytes, *, durable: bool) -> None:
        """Add a line to the end of a file, whole or not at all, on a line of its own whatever was there before."""
        with _told(path, "written"):
            new = not path.exists()
            with self._closing(self._open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)) as descriptor:
                size = self._disk.status(descriptor).st_size
                torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
                try:
                    self._all(descriptor, (b"\n" if torn else b"") + line + b"\n")
                    if durable:
                        self._disk.sync(descriptor)
                except OSError:
                    with contextlib.suppress(OSError):  # else what is there of it is a torn line, which nobody believes
                        self._disk.cut(descriptor, size)
                    raise
            if new:
                self._settle(path.parent)

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there."""
        with _told(path, "removed"):
            self._disk.remove(path)

    def names(self, folder: Path) -> list[str]:
        """What is in a folder; nothing if it is not there."""
        with _told(folder, "read"):
            try:
                return sorted(self._disk.names(folder))
            except FileNotFoundError:
                return []

    def set_aside(self, path: Path) -> Path:
        """Give a file that we do not understand another name; returns it."""
        aside = path.with_name(f"{path.name}.not-understood")
        with _told(path, "renamed"):
            self._disk.rename(path, aside)
        return aside

    @contextmanager
    def held(self, path: Path) -> Iterator[int]:
        """Open a file to lock it; its descriptor."""
        with _told(path, "used"):
            descriptor = self._open(path, os.O_RDWR | os.O_CREAT)
        try:
            yield descriptor
        finally:
            with contextlib.suppress(OSError):
                self._disk.close(descriptor)

    def name_holder(self, descriptor: int, path: Path, text: str) -> None:
        """Write who holds a file that is locked."""
        with _told(path, "written"):
            self._disk.cut(descriptor, 0)
            self._all(descriptor, text.encode())

    def _open(self, path: Path, flags: int) -> int:
        try:
            descriptor = self._disk.open(path, flags)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENXIO):
                raise _foreign(path, "is no file") from error
            raise
        try:
            _ours(self._disk.status(descriptor), path, stat.S_ISREG)
        except BaseException:
            with contextlib.suppress(OSError):
                self._disk.close(descriptor)
            raise
        return descriptor

    @contextmanager
    def _closing(self, descriptor: int) -> Iterator[int]:
        """Close it, whatever came of it; that closing failed is told if all else went well."""
        try:
            yield descriptor
        except BaseException:
            with contextlib.suppress(OSError):
                self._disk.close(descriptor)
            raise
        self._disk.close(descriptor)

    def _all(self, descriptor: int, data: bytes) -> None:
        while data:
            taken = self._disk.write(descriptor, data)
            if taken <= 0:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            data = data[taken:]

    def _settle(self, folder: Path) -> None:
        """Bring the names in a folder to the disk."""
        with self._closing(self._disk.open(folder, os.O_RDONLY | os.O_DIRECTORY)) as descriptor:
            self._disk.sync(descriptor)


@contextmanager
def _told(path: Path, what: str) -> Iterator[None]:
    """Have what goes wrong meanwhile told as a problem."""
    try:
        yield
    except OSError as error:
        code = _CODES.get(error.errno or 0, "state.failed")
        text = f"{path} cannot be {what}: {error.strerror or error}."
        raise StateError(Problem(code, text, hint=_HINTS[code].format(folder=path.parent))) from error


def _ours(info: os.stat_result, path: Path, is_kind: object) -> None:
    """Raises `StateError` for what somebody else may have put there."""
    assert callable(is_kind)
    if not is_kind(info.st_mode):
        raise _foreign(path, "is a link" if stat.S_ISLNK(info.st_mode) else "is not what belongs there")
    if info.st_uid not in (os.geteuid(), 0):
        raise _foreign(path, f"belongs to user {info.st_uid}", f"chown {os.geteuid()}")
    if info.st_mode & 0o022:
        raise _foreign(path, f"can be written by others (mode {stat.S_IMODE(info.st_mode):04o})", "chmod go-w")


def _foreign(path: Path, why: str, mend: str = "") -> StateError:
    """It is there, but not to be believed."""
    word = shlex.quote(str(path))
    command = f"{mend} {word}" if mend else f"mv {word} {shlex.quote(f'{path}.foreign')}"
    hint = f"Look at who put it there. If all is well with what is in it: {command}"
    return StateError(Problem("state.foreign", f"{path} {why}: it is not believed.", hint=hint))
