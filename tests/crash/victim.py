"""A process that carries something out and kills itself, as `kill -9` would, at one of its events: before or after a
record of the journal, before or after an act, or during an act that then outlives it."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, TypeVar

from tests.through import Through
from tests.world import answers, copy
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.engine.files import FileSystem
from tui_installer.engine.state import State
from tui_installer.hosts.host import File, Host, Login, OnLine, Result
from tui_installer.model.stack import Stack
from tui_installer.model.step import Context

T = TypeVar("T")


class Events:
    """Counts them; at the one that is asked for the process is gone."""

    def __init__(self, asked: Callable[[], int]) -> None:
        """`asked` tells, just before the first of them, which one it is."""
        self.told: list[str] = []
        self._asked = asked
        self._at: int | None = None

    def begin(self) -> None:
        """Something is about to be recorded."""
        if self._at is None:
            self._at = self._asked()

    def here(self, what: str) -> bool:
        """Whether this is the one; before the first record nothing is changed, and nothing counts."""
        if self._at is None:
            return False
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


class Records(FileSystem):
    """Each line of the journal is an event."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._journal = -1

    def open(self, path: Path, flags: int) -> int:
        records = path.name == "journal.jsonl" and bool(flags & os.O_APPEND)
        if records:
            self._events.begin()
        descriptor = super().open(path, flags)
        self._journal = descriptor if records else -1
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


def carried_out(world: Path, stack: Stack, do: Callable[[Engine], object], asked: Callable[[], int]) -> list[str]:
    """Do it; returns the events there were."""
    events = Events(asked)
    context = Context(Watched(simulator.here(world), events), Dialer(world, events))
    state = State(world / "state", world / "run", disk=Records(events))
    do(Engine(stack, context, state, answers(world, stack)))
    return events.told


def undisturbed(world: Path, stack: Stack, do: Callable[[Engine], object]) -> list[str]:
    """Do it, and nobody dies; returns the events there were."""
    return carried_out(world, stack, do, lambda: -1)


class Victim:
    """A process that has planned and stands before its first event; children of it go on from there to be killed, each
    in the same folder with the same files."""

    def __init__(self, before: Path, world: Path, stack: Stack, do: Callable[[Engine], object]) -> None:
        self._world = copy(before, world)
        theirs, self._ask = os.pipe()
        self._answer, back = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._ask)
            try:
                carried_out(world, stack, do, lambda: _children(theirs, back))
            finally:
                os._exit(1)
        os.close(theirs)
        os.close(back)
        assert os.read(self._answer, 1) == b"."
        self._first = world.rename(world.with_name(f"{world.name}-first"))

    def killed(self, at: int) -> Path:
        """The world after a kill at that event, once what outlives it has ended as well."""
        shutil.rmtree(self._world, ignore_errors=True)
        copy(self._first, self._world)
        os.write(self._ask, at.to_bytes(4))
        assert os.read(self._answer, 1) == b"."
        return self._world

    def close(self) -> None:
        """No more of it."""
        for descriptor in (self._ask, self._answer):
            os.close(descriptor)
        os.waitpid(self._pid, 0)
        for folder in (self._first, self._world):
            shutil.rmtree(folder)


def _children(asked: int, answer: int) -> int:
    """Returns in each child, with the event at which it is to die."""
    os.write(answer, b".")
    while at := os.read(asked, 4):
        ended, alive = os.pipe()
        pid = os.fork()
        if pid == 0:
            for descriptor in (asked, answer, ended):
                os.close(descriptor)
            return int.from_bytes(at)
        os.close(alive)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.read(ended, 1)  # nobody writes: it ends with the last one who could
        os.close(ended)
        os.write(answer, b"." if status == -signal.SIGKILL else b"?")
    os._exit(0)
