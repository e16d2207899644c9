"""A simulated machine driven from here over a real connection, and ways to cut it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.remote.bare import Bare, bare
from tests.remote.server import Server
from tests.through import Through
from tests.world import picture
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.hosts.host import File, Host, HostError, OnLine, Result
from tui_installer.hosts.local import LocalHost
from tui_installer.hosts.ssh import SshDialer, SshHost
from tui_installer.model.stack import Stack
from tui_installer.model.step import Context
from tui_installer.remote.lock import HostLock

Given = Mapping[str, Mapping[str, Any]]


@dataclass
class Driven:
    """A machine of a world, its account, and a connection to it."""

    world: Path
    there: Bare
    server: Server
    host: SshHost

    def engine(self, stack: Stack, given: Given, here: Host | None = None, folder: str = "state") -> Engine:
        """An engine whose journal lies here in `folder`; `here` stands for the host (to disturb it)."""
        context = Context(here or self.host, simulator.dialer(self.world))
        state = State(self.world / folder, self.world / "run", HostLock(self.host))
        return Engine(stack, context, state, given)

    def restarted(self, argv: tuple[str, ...], done: bool) -> None:
        """What a restart takes with it: connections, and what lies in /var/run."""
        if done and argv[0] == "shutdown":
            passed = (self.there.root / "var/run/tui-installer").rename(self.world / "passed")
            shutil.rmtree(passed)  # nobody who still runs here can put anything into it
            self.host.close()

    def left(self) -> list[str]:
        """Locks, and jobs that have not ended; none once all is done.

        A job that went on is put away by whoever locks the host after its shell is gone, which is not told here
        without a /proc from one that nobody waited for.
        """
        ours = self.there.root / "var/run/tui-installer"
        jobs = [job for job in ours.glob("jobs/*") if not (job / "code").exists()]
        return [str(path.relative_to(ours)) for path in (*ours.glob("lock*"), *jobs)]


@contextmanager
def driven(world: Path, machine: str) -> Iterator[Driven]:
    """The machine with its sshd up, and logged in to."""
    with bare(world, machine) as (there, server):
        host = _connected(server, "run")
        found = Driven(world, there, server, host)
        there.disturb = found.restarted
        try:
            yield found
        finally:
            host.close()


def _connected(server: Server, folder: str) -> SshHost:
    local = LocalHost()
    host = SshDialer(local, str(server.folder / folder), local.converse).connect(server.login, server.trusted)
    host.name = "here"
    return host


def seen(world: Path) -> dict[str, Any]:
    """The picture of a world without what is ours or passing."""
    passing = ("/.bridge/", "/var/run/tui-installer/", "/run/tui-installer/")
    found = {name: each for name, each in picture(world).items() if not any(part in name for part in passing)}
    del found["state"]["made"]
    return found


class Cutting(Through):
    """A host whose connection is cut at acts that change something: in turn before a tool has done its work and after
    it, or before a file is written. From one cut to the next it is one act more: else it would always meet the same.
    """

    def __init__(self, driven: Driven, first: int) -> None:
        super().__init__(driven.host)
        self.cuts = 0
        self._driven = driven
        self._gap = first
        self._left = first

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        if on_line is not None and self._due():
            late = self.cuts % 2 == 0
            self._driven.there.disturb = lambda argv, done: self._cut() if done == late else None
        return super().run(*argv, stdin=stdin, within=within, on_line=on_line)

    def write(self, path: str, file: File | None) -> None:
        if self._due():
            self._cut()
            raise HostError(f"{path} cannot be written: connection lost")
        super().write(path, file)

    def _due(self) -> bool:
        self._left -= 1
        if self._left:
            return False
        self._gap += 1
        self._left = self._gap
        return True

    def _cut(self) -> None:
        self._driven.there.disturb = self._driven.restarted
        self.cuts += 1
        self._driven.host.close()
