"""What a host is: commands are run on it, files are read and written, and its network links are listed.

`LocalHost` is the machine that this program runs on. `tui_installer.ssh` has the hosts behind ssh,
`tui_installer.simulator` the simulated ones. This module is the only one that starts processes.
"""

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
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

End = Literal["exited", "signal", "timeout", "absent", "lost"]
"""How a command ended: by itself, by a signal, stopped at its deadline, no such program, connection lost."""

OnLine = Callable[[str], None]

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "HOME": "/root",
    "DEBIAN_FRONTEND": "noninteractive",
    "SYSTEMD_PAGER": "",
    "TERM": "dumb",
}
"""The whole environment of every command: what it prints must not depend on who logged in."""

GRACE = 5.0
"""Seconds between asking a late command to stop and giving it up. It is never killed: an LVM command
that dies inside the kernel's lock manager takes the host with it (facts: SIGKILL and lvmlockd)."""

POLL = 0.02


@dataclass(frozen=True, slots=True)
class File:
    """A file as it stands, or as it is to be: what `Host.read` returns and `Host.write` makes true."""

    content: bytes = b""
    mode: int = 0o644
    owner: str = "root:root"
    link: str | None = None
    """The target if this is a symbolic link (content is then empty), else None."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a command went. Nothing is raised for an exit code: the caller knows which ones are expected."""

    argv: tuple[str, ...]
    end: End
    code: int | None
    """The exit code; None unless `end` is "exited"."""
    out: str
    err: str

    def ok(self, *codes: int) -> bool:
        """Whether it exited by itself with one of the codes (0 if none are named)."""
        return self.end == "exited" and self.code in (codes or (0,))

    @property
    def verdict(self) -> str:
        """The end in words: "exit code 24", "no such program", ..."""
        words = {"signal": "ended by a signal", "timeout": "did not end in time", "lost": "connection lost"}
        if self.end == "exited":
            return f"exit code {self.code}"
        return words.get(self.end, f"no such program: {self.argv[0]}")

    @property
    def said(self) -> tuple[str, ...]:
        """What the command printed, errors first, without empty lines."""
        return tuple(line for line in f"{self.err}\n{self.out}".splitlines() if line.strip())


@dataclass(frozen=True, slots=True)
class Link:
    """A network interface as the kernel has it now."""

    name: str
    mac: str
    mtu: int
    up: bool
    addresses: tuple[str, ...]
    """IPv4 addresses with their prefix length, as in "10.0.1.12/24"."""
    gateway: str | None = None
    """The default gateway reached through this interface; None: no default route here."""


class HostError(Exception):
    """A host could not be asked: the connection is gone, or a file cannot be read or written."""


class Host(Protocol):
    """A machine. Every method may raise `HostError` when the machine itself cannot be reached."""

    @property
    def name(self) -> str:
        """The name under which plans and the journal speak of it; "here" is the host being installed."""

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        """Run a command and wait for it, at most `within` seconds; `on_line` gets each line as it comes."""

    def read(self, path: str) -> File | None:
        """The file at `path`, its link itself if it is one; None if there is nothing."""

    def list(self, pattern: str) -> tuple[str, ...]:
        """The paths that match a shell pattern, sorted."""

    def write(self, path: str, file: File | None) -> None:
        """Put the file there whole or not at all, durably, with missing folders; None removes it."""

    def links(self) -> tuple[Link, ...]:
        """The network interfaces."""


@dataclass(frozen=True, slots=True)
class Login:
    """How to reach a member."""

    address: str
    port: int = 22
    user: str = "root"
    password: str = ""
    """Empty: by key or agent. Never part of a repr, an argv or a log."""
    key: str = ""
    """Path of a private key; empty: the agent and the usual places."""

    def __repr__(self) -> str:
        return f"Login({self.user}@{self.address}:{self.port})"


class LoginError(HostError):
    """A member could not be logged in to."""

    def __init__(
        self, kind: Literal["unreachable", "host-key", "refused", "failed"], evidence: tuple[str, ...]
    ) -> None:
        super().__init__("; ".join(evidence) or kind)
        self.kind = kind
        self.evidence = evidence


class Dialer(Protocol):
    """How other hosts are reached from here."""

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        """Fingerprints of the host keys offered there ("SHA256:..."); empty: nobody answers."""

    def connect(self, login: Login, trusted: tuple[str, ...]) -> Host:
        """The host there, if it proves one of the trusted keys. Raises `LoginError`."""


class LocalHost:
    """The machine that this program runs on. `root` is a folder to work in instead of / (for tests)."""

    def __init__(self, name: str = "here", root: str = "/") -> None:
        self.name = name
        self._root = Path(root)

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        """See `Host.run`. Output goes to files: a command that outlives us is not broken by a dead pipe."""
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
    deadline, asked = time.monotonic() + within, False
    while process.is_alive():
        follow()
        if time.monotonic() > deadline:
            if asked:
                return "timeout", None
            with contextlib.suppress(ProcessLookupError):
                process.signal_group(signal.SIGTERM)
            asked, deadline = True, time.monotonic() + GRACE
        time.sleep(POLL)
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
