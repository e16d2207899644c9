"""The machine that this program runs on. This module is the only one that starts processes on a host."""

from __future__ import annotations

import contextlib
import glob
import grp
import os
import pwd
import signal
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tui_installer.conversation import Conversation, Shell
from tui_installer.host import ENVIRONMENT, GRACE, End, File, HostError, Link, OnLine, Result

POLL = 0.02


class LocalHost:
    """The machine that this program runs on. `root` is a folder to work in instead of / (for tests)."""

    def __init__(self, name: str = "here", root: str = "/") -> None:
        self.name = name
        self._root = Path(root)
        self._shell = Shell(lambda: self.converse("sh"))

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        """See `Host.run`. Output goes to files: a command that outlives us is not broken by a dead pipe.

        A command that nobody follows only looks. It is typed into a shell that stays: to fork this whole program
        for each costs a third of a second on a slow host.
        """
        if on_line is None and not stdin and not self._shell.busy:
            return self._shell.run(*argv, within=within)
        import sh  # slow to import, and only needed once a command is run

        try:
            command: Any = sh.Command(argv[0], search_paths=ENVIRONMENT["PATH"].split(":"))
        except sh.CommandNotFound:
            return Result(argv, "absent", None, "", "")
        with (
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
            tempfile.TemporaryFile() as inp,
        ):
            inp.write(stdin)
            inp.seek(0)
            files = {"_in": inp, "_out": out, "_err": err, "_tty_out": False, "_new_session": True}
            process = command(*argv[1:], **files, _env=ENVIRONMENT, _cwd="/", _bg=True, _ok_code=range(-64, 256))
            end, code = _wait(process, within, _follower(out.fileno(), on_line))
            return Result(argv, end, code, _text(out.fileno()), _text(err.fileno()))

    def converse(self, *argv: str) -> Conversation:
        """Start a command that goes on, to be spoken with over its standard input and output."""
        import sh

        (child_in, ours_out), (ours_in, child_out), (ours_err, child_err) = os.pipe(), os.pipe(), os.pipe()
        files = {"_in": child_in, "_out": child_out, "_err": child_err, "_tty_out": False, "_new_session": True}
        command: Any = sh.Command(argv[0], search_paths=ENVIRONMENT["PATH"].split(":"))
        command(*argv[1:], **files, _env=ENVIRONMENT, _cwd="/", _bg=True, _ok_code=range(-64, 256))
        for each in (child_in, child_out, child_err):
            os.close(each)
        return Conversation(ours_out, ours_in, ours_err)

    def read(self, path: str) -> File | None:
        """See `Host.read`."""
        real = self._real(path)
        try:
            info = real.lstat()
            owner = f"{_user(info.st_uid)}:{_group(info.st_gid)}"
            if stat.S_ISLNK(info.st_mode):
                return File(b"", 0o777, owner, os.readlink(real))
            return File(real.read_bytes(), stat.S_IMODE(info.st_mode), owner)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise HostError(f"{path} cannot be read: {error.strerror}") from error

    def list(self, pattern: str) -> tuple[str, ...]:
        """See `Host.list`."""
        found = glob.glob(str(self._real(pattern)))
        return tuple(sorted("/" + os.path.relpath(path, self._root) for path in found))

    def write(self, path: str, file: File | None) -> None:
        """See `Host.write`: a temporary file beside it, fsync, rename, fsync of the folder."""
        real = self._real(path)
        try:
            if file is None:
                real.unlink(missing_ok=True)
            else:
                real.parent.mkdir(parents=True, exist_ok=True)
                _put(real, file)
            if real.parent.is_dir():
                _sync_folder(real.parent)
        except OSError as error:
            raise HostError(f"{path} cannot be written: {error.strerror}") from error

    def links(self) -> tuple[Link, ...]:
        """See `Host.links`; addresses come from psutil, default gateways from netifaces."""
        import netifaces
        import psutil

        stats, addresses = psutil.net_if_stats(), psutil.net_if_addrs()
        routes: Any = netifaces.gateways().get(netifaces.AF_INET, ())
        gateways = {name: gateway for gateway, name, *_ in routes}
        return tuple(
            Link(
                name=name,
                mac=next((a.address for a in addresses.get(name, ()) if a.family == psutil.AF_LINK), ""),
                mtu=stats[name].mtu,
                up=stats[name].isup,
                addresses=tuple(
                    _cidr(a.address, a.netmask) for a in addresses.get(name, ()) if a.family.name == "AF_INET"
                ),
                gateway=gateways.get(name),
            )
            for name in sorted(stats)
        )

    def _real(self, path: str) -> Path:
        return self._root / path.lstrip("/")


def _wait(process: Any, within: float, follow: Callable[[], None]) -> tuple[End, int | None]:
    """Wait for a command; at the deadline ask it to stop, and abandon it if it does not."""
    deadline, asked, pause = time.monotonic() + within, False, POLL / 10
    while process.is_alive():
        follow()
        if time.monotonic() > deadline:
            if asked:
                return "timeout", None
            with contextlib.suppress(ProcessLookupError):
                process.signal_group(signal.SIGTERM)
            asked, deadline = True, time.monotonic() + GRACE
        time.sleep(pause)
        pause = min(POLL, pause * 1.5)  # most commands take milliseconds
    follow()
    code: int = process.exit_code
    if asked:
        return "timeout", None
    return ("signal", None) if code < 0 else ("exited", code)


def _follower(descriptor: int, on_line: OnLine | None) -> Callable[[], None]:
    """A function that hands over the lines which came since its last call."""
    pending, offset = b"", 0

    def follow() -> None:
        nonlocal pending, offset
        if on_line is None:
            return
        while chunk := os.pread(descriptor, 65536, offset):
            offset += len(chunk)
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                on_line(line.decode("utf-8", "replace"))

    return follow


def _text(descriptor: int) -> str:
    return b"".join(_chunks(descriptor)).decode("utf-8", "surrogateescape")


def _chunks(descriptor: int) -> Iterator[bytes]:
    offset = 0
    while chunk := os.pread(descriptor, 1 << 20, offset):
        offset += len(chunk)
        yield chunk


def _put(real: Path, file: File) -> None:
    beside = real.with_name(f".{real.name}.new-{os.getpid()}")
    beside.unlink(missing_ok=True)
    if file.link is not None:
        os.symlink(file.link, beside)
    else:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(file.content)
            os.fchmod(descriptor, file.mode)
            _own(descriptor, file.owner)
            stream.flush()
            os.fsync(descriptor)
    os.replace(beside, real)


def _own(descriptor: int, owner: str) -> None:
    if os.geteuid() != 0:
        return  # an ordinary user (a test's temporary root) owns what it writes
    user, _, group = owner.partition(":")
    uid = int(user) if user.isdigit() else pwd.getpwnam(user).pw_uid
    gid = int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
    os.fchown(descriptor, uid, gid)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _cidr(address: str, netmask: str | None) -> str:
    bits = sum(int(part).bit_count() for part in (netmask or "255.255.255.255").split("."))
    return f"{address}/{bits}"
