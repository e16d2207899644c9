"""The machine that this program runs on. This module is the only one that starts processes on a host."""

from __future__ import annotations

import errno
import glob
import grp
import os
import pwd
import shlex
import stat
import tempfile
from pathlib import Path
from typing import IO, Any

from tui_installer.hosts.host import ENVIRONMENT, File, HostError, Link, OnLine, Result
from tui_installer.hosts.local_jobs import noted
from tui_installer.hosts.progress import MOST
from tui_installer.hosts.shell import Conversation, Output, Shell, timed


class LocalHost:
    """The machine that this program runs on. `root` is a folder to work in instead of / (for tests)."""

    def __init__(self, name: str = "here", root: str = "/", jobs: Path | None = None) -> None:
        """`jobs`: where commands that are followed are noted while they run (`hosts.local_jobs`)."""
        self.name = name
        self._jobs = jobs
        self._root = Path(root)
        self._shell = Shell(lambda: self.converse("sh"))

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        """See `Host.run`. Each is typed into a shell that stays: to fork this whole program costs a third of a second
        on a slow host. The output of one that is followed, as all are that change something, goes to files.
        """
        if on_line is None:
            return self._shell.run(*argv, within=within, stdin=stdin)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as given:
            given.write(stdin)
            given.flush()
            line = f"{timed(argv, MOST * within)} <{_path(given)} >{_path(out)} 2>{_path(err)}"
            if self._jobs is not None:
                self._jobs.mkdir(parents=True, exist_ok=True, mode=0o700)
                line = noted(line, shlex.join(argv), self._jobs)
            return self._shell.type(line, argv, MOST * within, Output(out.fileno(), err.fileno(), on_line, within))

    def converse(self, *argv: str) -> Conversation:
        """Start a command that goes on, to be spoken with over its standard input and output."""
        import sh  # slow to import, and only needed once a command is run

        (child_in, ours_out), (ours_in, child_out), (ours_err, child_err) = os.pipe(), os.pipe(), os.pipe()
        files = {"_in": child_in, "_out": child_out, "_err": child_err, "_tty_out": False, "_new_session": True}
        command: Any = sh.Command(argv[0], search_paths=ENVIRONMENT["PATH"].split(":"))
        running = command(*argv[1:], **files, _env=ENVIRONMENT, _cwd="/", _bg=True, _ok_code=range(-64, 256))
        for each in (child_in, child_out, child_err):
            os.close(each)
        return Conversation(ours_out, ours_in, ours_err, running.pid)

    def read(self, path: str) -> File | None:
        """See `Host.read`."""
        real = self._real(path)
        try:
            info = real.lstat()
            owner = f"{_user(info.st_uid)}:{_group(info.st_gid)}"
            if stat.S_ISLNK(info.st_mode):
                return File(b"", 0o777, owner, os.readlink(real))
            if not stat.S_ISREG(info.st_mode):  # a fifo or a device might not end
                raise HostError(f"{path} cannot be read: it is not a file")
            return File(real.read_bytes(), stat.S_IMODE(info.st_mode), owner)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise HostError(f"{path} cannot be read: {error.strerror}") from error

    def list(self, pattern: str) -> tuple[str, ...]:
        """See `Host.list`."""
        found = glob.glob(str(self._real(pattern)))
        return tuple(sorted("/" + os.path.relpath(path, self._root) for path in found))

    def read_all(self, *patterns: str) -> dict[str, File]:
        """See `Host.read_all`."""
        paths = [path for pattern in patterns for path in self.list(pattern)]
        there = [path for path in paths if self._real(path).is_file() or self._real(path).is_symlink()]
        return {path: file for path in there if (file := self.read(path)) is not None}

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
        # compiled, and for the links alone
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


def _path(file: IO[bytes]) -> str:
    """Where another process finds a file of ours that has no name."""
    return f"/proc/{os.getpid()}/fd/{file.fileno()}"


def _put(real: Path, file: File) -> None:
    beside = real.with_name(f".{real.name}.new-{os.getpid()}")
    beside.unlink(missing_ok=True)
    try:
        _fill(beside, file)
        os.replace(beside, real)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _fill(beside: Path, file: File) -> None:
    if file.link is not None:
        os.symlink(file.link, beside)
        return
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(file.content)
        os.fchmod(descriptor, file.mode)
        _own(descriptor, file.owner)
        stream.flush()
        os.fsync(descriptor)


def _own(descriptor: int, owner: str) -> None:
    if os.geteuid() != 0:
        return  # an ordinary user (a test's temporary root) owns what it writes
    user, _, group = owner.partition(":")
    try:
        uid = int(user) if user.isdigit() else pwd.getpwnam(user).pw_uid
        gid = int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
    except KeyError as error:
        raise OSError(errno.EINVAL, f"there is no user or group here for {owner}") from error
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
