"""Living through a day two: a joined world spoiled, looked at, mended, and mended in vain."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.failures.day import Day
from tests.failures.other_words import reworded
from tests.failures.spoiling import merge, write
from tests.through import Through
from tests.world import answers
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.hosts.host import Dialer, File, Host, HostError, Login, OnLine, Result
from tui_installer.model.change import Change, Run
from tui_installer.model.step import Context
from tui_installer.simulator import derived
from tui_installer.steps import STACKS

REWORDED = {name: reworded(stack) for name, stack in STACKS.items()}
ASKED: defaultdict[str, dict[tuple[str, ...], None]] = defaultdict(dict)
"""The command lines that the product gave to hosts of each stack, in order."""


def spoil(world: Path, day: Day) -> None:
    """Change the one thing."""
    for each in day.run:
        machine = day.machine(each.host)
        result = simulator.SimulatedHost(world, machine, machine).run(*each.argv)
        assert result.ok(), (each, result)
    named = dict(day.world)
    if "hosts" in named:
        named["hosts"] = {day.machine(host): state for host, state in named["hosts"].items()}
    with simulator.opened(world) as opened:
        merge(opened.state, named)
        derived.refresh(opened)
    write(world, [replace(each, host=day.machine(each.host)) for each in day.files])


@dataclass
class Fault:
    """An act that does not work, once, from when it is armed."""

    host: str
    act: tuple[str, ...]
    """The argv, or a path that cannot be written."""
    armed: bool = False

    def strikes(self, host: str, *act: str) -> bool:
        """Whether it is this act's turn. Looks may ask the same: they do it in daemon threads (`hosts.asked`)."""
        if not self.armed or threading.current_thread().daemon or host != self.host or act[: len(self.act)] != self.act:
            return False
        self.armed = False
        return True


class Faulty(Through):
    """A host of a stack on which one act does not work."""

    def __init__(self, host: Host, fault: Fault, stack: str) -> None:
        super().__init__(host)
        self._fault, self._stack = fault, stack

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        ASKED[self._stack][argv] = None
        if self._fault.strikes(self.name, *argv):
            return Result(argv, "exited", 77, "", f"{argv[0]}: it does not work today\n")
        return super().run(*argv, stdin=stdin, within=within, on_line=on_line)

    def write(self, path: str, file: File | None) -> None:
        if self._fault.strikes(self.name, path):
            raise HostError(f"{path} cannot be written: No space left on device")
        super().write(path, file)


class FaultyDialer:
    """Reaches members; see `Dialer`."""

    def __init__(self, dialer: Dialer, fault: Fault, stack: str) -> None:
        self._dialer, self._fault, self._stack = dialer, fault, stack

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        """See `Dialer.keys`."""
        return self._dialer.keys(address, port)

    def connect(self, login: Login, trusted: tuple[str, ...]) -> Host:
        """See `Dialer.connect`."""
        return Faulty(self._dialer.connect(login, trusted), self._fault, self._stack)


def given(world: Path, day: Day) -> dict[str, dict[str, Any]]:
    """The answers of the join, and those of the case."""
    found = answers(world, STACKS[day.stack])
    for step, table in day.answers.items():
        found[step] = {**found.get(step, {}), **table}
    return found


def engine(world: Path, day: Day, fault: Fault | None = None) -> Engine:
    """An engine for the host that has joined."""
    fault = fault or Fault("", ())
    here, dialer = simulator.here(world), simulator.dialer(world)
    context = Context(Faulty(here, fault, day.stack), FaultyDialer(dialer, fault, day.stack))
    state = State(world / "state", world / "run")
    if day.forgotten:
        (world / "run" / "secrets.toml").unlink(missing_ok=True)
    return Engine(REWORDED[day.stack], context, state, {} if day.forgotten else given(world, day))


def last_act(changes: tuple[Change, ...], day: Day) -> Fault:
    """What fails in a repair that fails: what the case says, else the last thing that is done."""
    if day.breaks:
        return Fault("here", (day.breaks,) if day.breaks.startswith("/etc/") else tuple(day.breaks.split()))
    change = changes[-1]
    if isinstance(change, Run):
        return Fault(change.host, change.argv)
    if change.then:
        return Fault(change.then[-1].host, change.then[-1].argv)
    return Fault(change.edits[-1].host, (change.edits[-1].path,))
