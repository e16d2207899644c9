"""`status` and a join of a host that is driven from afar: a real sshd behind a relay that takes its time."""

from __future__ import annotations

import asyncio
import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.bench_scale.worlds import FIRST, TRIES
from tests.remote.bare import bare
from tests.remote.drive import Given
from tests.world import rhcs_answers
from tui_installer import simulator
from tui_installer.cli import commands as cli
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.hosts.local import LocalHost
from tui_installer.hosts.ssh import SshDialer
from tui_installer.model.step import Context
from tui_installer.remote.lock import HostLock
from tui_installer.steps import choose

DELAY = 0.050
"""Seconds from a question to its answer, on the way alone."""
COUNTED = 0.500
"""The same where round trips are counted: longer than a simulated host with a thousand LUNs takes for most answers, so
that those to questions which were asked side by side do not come so far apart that they look like a row."""
WINDOW = (36, 72)
"""Bytes of one or two of ssh's own messages that more may be sent (RFC 4254, 5.2; PROTOCOL.chacha20poly1305): whoever
sends it waits for nothing. The shortest question has more than one, and none has as many as two."""


@dataclass
class Relay:
    """A port here that leads to another one, half the delay in each direction."""

    to: int
    delay: float = DELAY
    port: int = 0
    trips: int = 0
    """Round trips, however much went along with each: how often somebody spoke who had been answered meanwhile, and
    so long after the one before that this may have been its answer. What several ask side by side is one."""
    _answered: bool = True
    _left: float = 0.0
    """When the last one began."""
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    @contextmanager
    def open(self) -> Iterator[Relay]:
        """It leads there meanwhile."""
        ready = threading.Event()
        thread = threading.Thread(target=self._serve, args=(ready,), daemon=True)
        thread.start()
        ready.wait()
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()

    def _serve(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._lead, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))

    async def _lead(self, here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        there, onward = await asyncio.open_connection("127.0.0.1", self.to)
        await asyncio.gather(self._carry(here, onward, asked=True), self._carry(there, back, asked=False))

    async def _carry(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, *, asked: bool) -> None:
        while data := await source.read(65536):
            if asked and self._answered and len(data) not in WINDOW and self._loop.time() >= self._left + self.delay:
                self.trips += 1
                self._left = self._loop.time()
            self._loop.call_later(self.delay / 2, self._arrive, to, data, asked)
        self._loop.call_later(self.delay / 2, to.close)

    def _arrive(self, to: asyncio.StreamWriter, data: bytes, asked: bool) -> None:
        if not (asked and len(data) in WINDOW):
            self._answered = not asked
        if not to.is_closing():
            to.write(data)


@dataclass(frozen=True, slots=True)
class Journey:
    """What something took of the line."""

    trips: int
    seconds: float


@contextmanager
def _engine(world: Path, machine: str, delay: float, given: Given) -> Iterator[tuple[Engine, Relay]]:
    """An engine for a machine of a world, over the line."""
    with bare(world, machine) as (_, server), Relay(server.port, delay).open() as relay:
        local = LocalHost()
        dialer = SshDialer(local, str(server.folder / "run"), local.converse)
        host = dialer.connect(replace(server.login, port=relay.port), server.trusted)
        host.name = "here"
        context = Context(host, simulator.dialer(world))
        state = State(world / "far-state", world / "far-run", HostLock(host))
        try:
            yield Engine(choose(host).load(), context, state, given), relay
        finally:
            host.close()


def statuses(world: Path, stack: str, delay: float = DELAY, rounds: int = 3) -> list[Journey]:
    """One after the other, once it is logged in to: the first has its shells to start as well. One with an unknown row
    does not count, for less was asked: the simulated tools may be slow. Raises RuntimeError if that goes on."""
    found, unknown = [], []
    with _engine(world, FIRST[stack], delay, {}) as (engine, relay):
        for _ in range(rounds + TRIES):
            trips, begun = relay.trips, time.monotonic()
            rows = engine.status()
            unknown = [row.id for row in rows if row.state == "unknown"]
            if not unknown:
                found.append(Journey(relay.trips - trips, time.monotonic() - begun))
            if len(found) == rounds:
                return found
    raise RuntimeError(f"{unknown} unknown")


def join(world: Path, delay: float = DELAY) -> Journey:
    """Of the fresh host of a new world of squeeze, step by step as `tui-installer apply` does it. Raises RuntimeError
    for one that does not come to its end."""
    simulator.create(world, "squeeze")
    with (
        _engine(world, "bottom", delay, rhcs_answers(world)) as (engine, relay),
        redirect_stdout(io.StringIO()) as said,
    ):
        trips, begun = relay.trips, time.monotonic()
        if cli.apply(engine, (), "leave") is not cli.Exit.DONE:
            raise RuntimeError(said.getvalue())
        return Journey(relay.trips - trips, time.monotonic() - begun)
