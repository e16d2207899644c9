"""What a host is: commands are run on it, files are read and written, and its network links are listed.

`tui_installer.hosts.local` has the machine that this program runs on, `tui_installer.hosts.ssh` the hosts behind ssh,
`tui_installer.simulator` the simulated ones.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

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
    since: float = 0
    """Since when it has been waited for, in seconds since the epoch, if it did not answer a look; 0: not known."""

    def ok(self, *codes: int) -> bool:
        """Whether it exited by itself with one of the codes (0 if none are named)."""
        return self.end == "exited" and self.code in (codes or (0,))

    def answer(self, *codes: int, form: str = "", absent: bool = False) -> str:
        r"""What it printed, if that counts as an answer: it exited with one of the codes (0 if none are named), and
        `form`, a regular expression, matches from the beginning. The last line must be whole, but where the form itself
        says how the answer ends (`\Z`).

        `absent`: so does a program that is not there, as an empty answer. Raises `HostError`, which names the tool:
        what did not answer has told nothing, and is not to be taken for "nothing there".
        """
        if self.ok(*codes):
            whole = self.out == "" or self.out.endswith("\n") or form.endswith(r"\Z")
            if not whole or not re.match(form, self.out):
                raise HostError(f"{self.argv[0]}: {self.verdict}, but its answer is not whole")
            return self.out
        if absent and self.end == "absent":
            return ""
        raise HostError("; ".join((f"{self.argv[0]}: {self.verdict}", *self.said[:3])))

    @property
    def verdict(self) -> str:
        """The end in words: "exit code 24", "no such program", ..."""
        asked = f", asked at {time.strftime('%H:%M:%S', time.localtime(self.since))}" if self.since else ""
        words = {"signal": "ended by a signal", "timeout": f"did not end in time{asked}", "lost": "connection lost"}
        if self.end == "exited":
            return f"exit code {self.code}"
        return words.get(self.end, f"no such program: {self.argv[0]}")

    @property
    def said(self) -> tuple[str, ...]:
        """What the command printed, errors first, without empty lines."""
        return tuple(line for line in f"{self.err}\n{self.out}".splitlines() if line.strip())


_FOR_OTHERS = frozenset(("bash", "env", "ping", "sh", "ssh", "unshare"))
"""What these take to answer is another's time: that of a portal, a host, or of what they run."""


def tool(argv: tuple[str, ...]) -> tuple[str, ...]:
    """What answers or does not: the program, whatever it is asked; the whole command if it asks somebody else."""
    return argv if argv[0] in _FOR_OTHERS else argv[:1]


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
        """Run a command and wait for it, at most `within` seconds; `on_line` gets each line as it comes.

        One that is followed, as all are that change something, may be late as long as it gets on (`hosts.progress`).
        """

    def read(self, path: str) -> File | None:
        """The file at `path`, its link itself if it is one; None if there is nothing."""

    def list(self, pattern: str) -> tuple[str, ...]:
        """The paths that match a shell pattern, sorted."""

    def read_all(self, *patterns: str) -> dict[str, File]:
        """All files and links that match shell patterns, by path, each as `read` gives it, in one round trip."""

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
    allow: tuple[str, ...] = ()
    """Old algorithms that ssh may use with this host, beside the usual ones (`ssh_words.OLD`)."""

    def __repr__(self) -> str:
        return f"Login({self.user}@{self.address}:{self.port})"


class LoginError(HostError):
    """A member could not be logged in to."""

    def __init__(
        self, kind: Literal["unreachable", "host-key", "refused", "algorithms", "failed"], evidence: tuple[str, ...]
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


def one_by_one(host: Host, patterns: Iterable[str]) -> dict[str, File]:
    """What `Host.read_all` gives, of a host where each question costs nothing."""
    paths = (path for pattern in patterns for path in host.list(pattern))
    return {path: file for path in paths if (file := host.read(path)) is not None}


One = TypeVar("One")
Said = TypeVar("Said")


def side_by_side(ask: Callable[[One], Said], asked: Iterable[One], at_once: int = 8) -> tuple[Said, ...]:
    """What each says, in their order: it takes as long as the slowest. Raises what the first that failed raised."""
    all_of_them = tuple(asked)
    if len(all_of_them) < 2:
        return tuple(map(ask, all_of_them))
    with ThreadPoolExecutor(at_once) as pool:
        return tuple(pool.map(ask, all_of_them))
