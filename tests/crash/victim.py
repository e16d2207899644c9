"""A process that carries something out and kills itself, as `kill -9` would, at one of its events: before or after a
record of the journal, before or after an act, or during an act that then outlives it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, TypeVar

from tests.through import Through
from tests.world import answers
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.engine.files import Disk
from tui_installer.engine.state import State
from tui_installer.hosts.host import File, Host, Login, OnLine, Result
from tui_installer.model.stack import Stack
from tui_installer.model.step import Context

T = TypeVar("T")


class Events:
    """Counts them; at the one that is asked for the process is gone."""

    def __init__(self, at: int) -> None:
        self.told: list[str] = []
        self._at = at

    def here(self, what: str) -> bool:
        """Whether this is the one."""
        self.told.append(what)
        return len(self.told) - 1 == self._at

    def pass_by(self, what: str) -> None:
        """Die here, if this is the one."""
        if self.here(what):
            die()

    def act(self, what: str, do: Callable[[], T]) -> T:
        """An act: before it, during it, after it."""
        self.pass_by(f"before {what}")
        if self.here(f"during {what}"):
            if os.fork() == 0:
                _let_go()
                do()
                os._exit(0)
            die()
        said = do()
        self.pass_by(f"after {what}")
        return said


def _let_go() -> None:
    """Close the locks that came along: of the threads that held them there is none in this process."""
    for each in list(Path("/proc/self/fd").iterdir()):
        with suppress(OSError):  # that of the list itself
            if each.readlink().name == "lock":
                os.close(int(each.name))


def die() -> NoReturn:
    """At once."""
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)
    raise AssertionError


class Records(Disk):
    """Each line of the journal is an event."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._journal = -1

    def open(self, path: Path, flags: int) -> int:
        descriptor = super().open(path, flags)
        self._journal = descriptor if path.name == "journal.jsonl" and flags & os.O_APPEND else -1
        return descriptor

    def write(self, descriptor: int, data: bytes) -> int:
        if descriptor != self._journal or b'"kind": "said"' in data:
            return super().write(descriptor, data)
        kind = data.partition(b'"kind": "')[2].partition(b'"')[0].decode()
        self._events.pass_by(f"before record {kind}")
        if self._events.here(f"half of record {kind}"):
            super().write(descriptor, data[: len(data) // 2])
            die()
        return super().write(descriptor, data)


class Watched(Through):
    """A host each of whose acts is an event: commands that are followed, and writes."""

    def __init__(self, host: Host, events: Events) -> None:
        super().__init__(host)
        self._events = events

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        def do() -> Result:
            return super(Watched, self).run(*argv, stdin=stdin, within=within, on_line=on_line)

        return do() if on_line is None else self._events.act(f"{self.name}: {' '.join(argv)[:50]}", do)

    def write(self, path: str, file: File | None) -> None:
        self._events.act(f"{self.name}: write {path}", lambda: super(Watched, self).write(path, file))


class Dialer:
    """Members are watched, too."""

    def __init__(self, world: Path, events: Events) -> None:
        self._dialer = simulator.dialer(world)
        self._events = events

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        """See `Dialer.keys`."""
        return self._dialer.keys(address, port)

    def connect(self, login: Login, trusted: tuple[str, ...]) -> Host:
        """See `Dialer.connect`."""
        return Watched(self._dialer.connect(login, trusted), self._events)


def carried_out(world: Path, stack: Stack, do: Callable[[Engine], object], at: int = -1) -> list[str]:
    """Do it in a process that dies at that event (-1: it does not), and wait for what outlives it; the events there
    were."""
    told = world / "events"
    ended, alive = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            events = Events(at)
            context = Context(Watched(simulator.here(world), events), Dialer(world, events))
            state = State(world / "state", world / "run", disk=Records(events))
            do(Engine(stack, context, state, answers(world, stack)))
            told.write_text("\n".join(events.told))
            code = 0
        finally:
            os._exit(code)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(alive)
    os.read(ended, 1)  # nobody writes: it ends with the last one who could
    os.close(ended)
    assert status == (0 if at < 0 else -signal.SIGKILL), status
    if at >= 0:
        return []
    lines = told.read_text().splitlines()
    told.unlink()
    return lines
