"""A join in a simulated world, by the product and by hand, at a given pace."""

from __future__ import annotations

import contextlib
import io
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

from tests import world as simulated
from tests.by_hand import spent
from tests.through import Through
from tui_installer import simulator
from tui_installer.cli import commands as cli
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.hosts.host import Dialer, Host, HostError, Login, OnLine, Result, side_by_side
from tui_installer.model.change import Change, Run, WriteFiles
from tui_installer.model.step import Context
from tui_installer.steps.stack_corosync import COROSYNC

POLL = 0.25
"""Seconds between two looks of somebody who waits."""
LINE, COMMAND = 0.1, 0.02
"""The usual pace: seconds for a line of a long command (apt, dpkg), and for starting any command at all."""


class Paced(Through):
    """A host on which every command takes a moment more."""

    def __init__(self, host: Host, command: float) -> None:
        """`command` in seconds."""
        super().__init__(host)
        self._command = command

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        """See `Host.run`."""
        time.sleep(self._command)
        return super().run(*argv, stdin=stdin, within=within, on_line=on_line)


@dataclass(frozen=True, slots=True)
class PacedDialer:
    """A dialer whose hosts are paced."""

    dialer: Dialer
    command: float

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        """See `Dialer.keys`."""
        return self.dialer.keys(address, port)

    def connect(self, login: Login, keys: tuple[str, ...]) -> Host:
        """See `Dialer.connect`."""
        host = self.dialer.connect(login, keys)
        return Paced(host, self.command)


def context(world: Path, command: float) -> Context:
    """The world's hosts, paced."""
    here = simulator.here(world)
    return Context(Paced(here, command), PacedDialer(simulator.dialer(world), command))


def record(world: Path) -> tuple[Change, ...]:
    """Join in a world, as fast as it can be; returns every change of the join."""
    engine = simulated.engine(world)
    changes: list[Change] = []
    for step in engine.stack.steps:
        plan = engine.plan(step.id)
        changes += plan.changes
        if (outcome := engine.apply(plan)) != "done":
            raise RuntimeError(f"{step.id}: {outcome}")
    return tuple(changes)


def product(world: Path, command: float) -> float:
    """Join as `apply --answers FILE` does; returns the seconds."""
    engine = Engine(COROSYNC, context(world, command), State(world / "state", world / "run"), simulated.answers(world))
    said = io.StringIO()
    start = time.monotonic()
    with contextlib.redirect_stdout(said):
        verdict = cli.apply(engine, [], "leave")
    seconds = time.monotonic() - start
    if verdict is not cli.Exit.DONE:
        raise RuntimeError(said.getvalue())
    return seconds


def by_hand(world: Path, command: float, changes: tuple[Change, ...]) -> float:
    """Write the same files, run the same commands and wait for the same things, and nothing else; returns seconds."""
    start = time.monotonic()
    hosts = _hosts(context(world, command))
    for _, those in groupby(changes, lambda change: _logs_in(change) or id(change)):
        side_by_side(partial(_change, hosts), those)
    return time.monotonic() - start


def _logs_in(change: Change) -> bool:
    """Whether it logs in to a portal: a careful administrator does so at all of them side by side."""
    return isinstance(change, Run) and change.argv[-1] == "--login"


def _change(hosts: Mapping[str, Host], change: Change) -> None:
    if isinstance(change, WriteFiles):
        for edit in change.edits:
            hosts[edit.host].write(edit.path, edit.after)
    for run in _runs(change):
        _do(hosts[run.host], run)


def _hosts(context: Context) -> Mapping[str, Host]:
    """This host and the members, logged in to."""
    found = {"here": context.here}
    for address in (simulated.PEER, "10.0.1.12"):
        keys = context.dialer.keys(address, 22)
        host = context.dialer.connect(Login(address, password=simulated.PASSWORD), keys)
        found[host.name] = host
    return found


def _runs(change: Change) -> Iterator[Run]:
    yield from change.then if isinstance(change, WriteFiles) else (change,)


def _do(host: Host, run: Run) -> None:
    deadline = time.monotonic() + run.within
    while True:
        try:
            result = host.run(*run.argv, stdin=run.stdin, within=run.within)
        except HostError:
            if not run.away:
                raise
            continue  # it is being restarted
        if result.ok(*run.ok) and re.search(run.expect, result.out, re.MULTILINE):
            return
        if not run.expect or time.monotonic() > deadline:
            raise RuntimeError(f"{run.title}: {result}")
        time.sleep(POLL)


def rounds(
    folder: Path, count: int, line: float = LINE, command: float = COMMAND
) -> Iterator[tuple[float, float, str]]:
    """Join that often by the product and by hand, in turns, each in a copy of one new world; yields the seconds of
    both, and where those of the product went."""
    first = folder / "first"
    simulator.create(first)
    changes = record(simulated.copy(first, folder / "recorded"))
    with simulator.opened(first) as world:
        world.state["pace"] = line
    for number in range(count):
        mine, theirs = (simulated.copy(first, folder / f"{who}{number}") for who in ("product", "hand"))
        seconds = product(mine, command)
        own = spent.changes((mine / "state" / "journal.jsonl").read_text())
        yield seconds, by_hand(theirs, command, changes), spent.told(own, seconds)
        left = [path for path in (mine, theirs) if simulator.incidents(path) or simulator.inquorate_moments(path)]
        if left or not _alike(mine, theirs):
            raise RuntimeError(f"the two joins did not end alike: {left}")


def _alike(one: Path, other: Path) -> bool:
    """Whether the hosts that joined have the same packages, units, maps and lockspaces."""
    with simulator.opened(one) as world, simulator.opened(other) as second:
        return all(
            world.machine("fresh").data[key] == second.machine("fresh").data[key]
            for key in ("packages", "lockspaces", "maps", "units")
        )
