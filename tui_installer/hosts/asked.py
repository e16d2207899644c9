"""How a look asks a host: a tool that does not answer is asked once, and holds up nothing but what needs it; and a look
ends, whatever becomes of those that it asks.

Only what looks is asked so; what changes something is followed, and is handed on as it is.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import chain

from tui_installer.hosts.ahead import Ahead, Far
from tui_installer.hosts.aside import Aside, aside
from tui_installer.hosts.deadline import Deadline
from tui_installer.hosts.host import Dialer, Host, HostError, Login, OnLine, Result, tool
from tui_installer.hosts.snapshot import Once, Snapshot

USUAL = 0.5
"""Seconds after which a command takes longer than usual."""
LEAST = 0.2
"""Seconds that any tool is given, whatever was lost by others."""
DOES = frozenset(("mkdir", "rm", "unshare"))
"""What a look does beside asking, for a discovery in a database of its own: it is done as often as it is said."""
OWN = 40.0
"""Seconds that a command of a look has at least: a busy host is slow in all of them."""
SIDE_BY_SIDE = 3
"""Commands that are asked ahead at once: a connection carries a handful, and one is for whoever needs an answer now."""
LOST = 60.0
"""Seconds that a look may lose on a host to what does not answer: then all is given `LEAST`."""
LOOK = 600.0
"""Seconds that one look has in all, on all hosts, with all that answers slowly: then nobody is asked any more."""


class Pending:
    """A command that has been begun, and how long it has been waited for."""

    def __init__(self, argv: tuple[str, ...], aside: Aside[Result], look: int) -> None:
        self.argv, self.aside, self.look = argv, aside, look
        self.since = time.time()

    def silent(self, argv: tuple[str, ...]) -> Result:
        """The answer of its tool to whoever asks it meanwhile."""
        return Result(argv, "timeout", None, "", "", self.since)


class Asked(Snapshot):
    """A host as looks ask it: see `Host`. One look begins with `begin`."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._patience = LOST
        self._lost = 0.0
        self._look = 0
        """Counts the looks that were fresh: an answer tells nothing of a later one."""
        self._changed = threading.Condition()
        self._begun: list[Pending] = []
        """The commands that are waited for."""
        self._open: dict[tuple[str, ...], Pending] = {}
        """Those that were given up and still run, by their tools."""
        self._said: dict[tuple[str, ...], Result] = {}
        """What was answered in this look, be it after it was given up: nothing is asked twice."""
        self._silent: dict[tuple[str, ...], Pending] = {}
        """The tools that did not answer in this look."""
        self._ended_silent: list[Pending] = []
        """Those that were given up, and came to their own end without an answer: what else they are asked, too."""

    def expect(self, ahead: Ahead) -> None:
        """See `Snapshot.expect`; all of it is asked from now on: side by side, as far as it may be slow."""
        super().expect(ahead)
        if self._foreseen:
            aside(partial(self._files.get, "ahead", self._ask_ahead))
        by_tool = defaultdict[tuple[str, ...], list[tuple[str, ...]]](list)
        for argv in ahead.slow if isinstance(self.host, Far) else ():
            by_tool[tool(argv)].append(argv)
        left = iter(sorted(by_tool.values(), key=len, reverse=True))
        for _ in range(min(len(by_tool), SIDE_BY_SIDE)):
            aside(partial(self._ask_slow, chain.from_iterable(left), self._look))

    def _ask_slow(self, slow: Iterator[tuple[str, ...]], look: int) -> None:
        """Each tool is asked one thing after the other: one that hangs does so once."""
        for argv in slow:
            with suppress(HostError):  # whoever needs the answer asks again
                self.run(*argv)
            if self._look != look:
                return

    def begin(self, patience: float | None = None, *, fresh: bool = True, until: Deadline | None = None) -> None:
        """Another look: each tool is given so many seconds before it is gone on without it, or its own end if that is
        sooner. A command that was given up goes on. One that is not `fresh` goes on with what was answered so far.
        Nothing is asked after `until`."""
        with self._changed:
            self._patience, self._lost = LOST if patience is None else patience, 0.0
            self._until = until or Deadline()
            self._silent.clear()
            if fresh:
                self._look += 1
                self._files = Once()
                self._said.clear()
                self._ended_silent.clear()
            self._silent |= {tool(asking.argv): asking for asking in self._ended_silent}

    @property
    def waits(self) -> bool:
        """Whether a command that was given up still runs."""
        with self._changed:
            return bool(self._open)

    @property
    def silent(self) -> bool:
        """Whether a tool was gone on without in this look, be it that it has answered since."""
        with self._changed:
            return bool(self._silent)

    def wait(self, within: float) -> None:
        """Until one of them has come to an end, at most that long."""
        with self._changed:
            if self._open:
                self._changed.wait(within)

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        """See `Host.run`."""
        self._until.allow(argv[0])
        if on_line is not None or stdin:
            return self.host.run(*argv, stdin=stdin, within=within, on_line=on_line)
        if told := self.foreseen(("run", *argv)):
            return told[0]  # type: ignore[no-any-return]
        asking = self._known(argv, within)
        if isinstance(asking, Result):
            return asking
        try:
            if asking.aside.wait(self._given()):
                said = asking.aside.answer()
                if said.end != "timeout":
                    self._remember(asking, said)
                    return said
            self._give_up(asking)
            return asking.silent(argv)
        finally:
            with self._changed:
                self._begun.remove(asking)
                self._changed.notify_all()

    def _given(self) -> float:
        """Seconds that a tool is given now."""
        return max(LEAST, min(self._patience, LOST - self._lost, self._until.left))

    def _give_up(self, asking: Pending) -> None:
        with self._changed:
            self._lost += time.time() - asking.since
            self._silent[tool(asking.argv)] = asking
            if not asking.aside.wait(0):
                self._open[tool(asking.argv)] = asking

    def _remember(self, asking: Pending, said: Result) -> None:
        with self._changed:
            if asking.look == self._look and asking.argv[0] not in DOES:
                self._said[asking.argv] = said

    def _known(self, argv: tuple[str, ...], within: float) -> Result | Pending:
        """What is known without asking: it was answered in this look, the tool is silent in it, or has not come back
        since an earlier one though it had the time that it is given. Else it is asked from now on."""
        mine = tool(argv)
        with self._changed:
            while (before := self._said.get(argv)) is None:
                if (asking := self._silent.get(mine)) is not None:
                    return asking.silent(argv)
                if (asking := self._open.get(mine)) is not None:
                    left = asking.since + self._given() - time.time()
                    if left <= 0:
                        return asking.silent(argv)
                    self._changed.wait(left)
                elif any(self._in_the_way(each, argv) for each in self._begun):
                    self._changed.wait(LEAST)
                else:
                    ask = partial(self.host.run, *argv, within=max(within, OWN))
                    self._begun.append(begun := Pending(argv, Aside(ask, self._ended), self._look))
                    return begun
            return before

    def _in_the_way(self, begun: Pending, argv: tuple[str, ...]) -> bool:
        """Whether that is the same question, or takes longer than usual: its tool is asked one thing after the other
        then."""
        if begun.argv == argv:
            return argv[0] not in DOES
        return tool(begun.argv) == tool(argv) and time.time() - begun.since > USUAL

    def _ended(self) -> None:
        """One of those that were given up may have ended: its answer is kept for the next look."""
        with self._changed:
            for each, asking in list(self._open.items()):
                if asking.aside.wait(0):
                    del self._open[each]
                    self._keep(asking)
            self._changed.notify_all()

    def _keep(self, asking: Pending) -> None:
        try:
            said = asking.aside.answer()
        except HostError:
            return  # it is asked again
        if said.end == "timeout":
            self._ended_silent.append(asking)
            self._silent[tool(asking.argv)] = asking
            said = replace(said, since=asking.since)
        if asking.look == self._look:
            self._said[asking.argv] = said


class AskedDialer:
    """A dialer whose hosts are asked so: each stays the same one from look to look."""

    def __init__(self, dialer: Dialer, within: float = LOOK) -> None:
        """`within`: seconds that one look has as a whole."""
        self._dialer, self._within = dialer, within
        self._patience: float | None = None
        self._until = Deadline()
        self._adding = threading.Lock()
        self._either: tuple[Ahead, ...] = ()
        """See `Snapshot.expect_either`: of those that are connected to from now on."""
        self.hosts: tuple[Asked, ...] = ()
        """All that were connected to, or made so."""

    def begin(self, patience: float | None, *, fresh: bool) -> None:
        """Another look at all of them, or one more pass of it, and at those that are connected to in it: see
        `Asked.begin`."""
        self._patience, self._until = patience, Deadline(self._within) if fresh else self._until
        for host in self.hosts:
            host.begin(patience, fresh=fresh, until=self._until)

    def expect_either(self, *ahead: Ahead) -> None:
        """See `Snapshot.expect_either`: of each host that this look connects to, unless it was asked ahead already."""
        self._either = ahead

    @property
    def in_time(self) -> bool:
        """Whether the look has time left."""
        return self._until.left > 0

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        """See `Dialer.keys`. Raises `HostError` after the look's time."""
        self._until.allow(address)
        return self._dialer.keys(address, port)

    def connect(self, login: Login, trusted: tuple[str, ...]) -> Asked:
        """See `Dialer.connect`. Raises `HostError` after the look's time."""
        self._until.allow(login.address)
        host = self.asked(self._dialer.connect(login, trusted))
        host.expect_either(*self._either)
        return host

    def asked(self, host: Host) -> Asked:
        """The host as it is asked."""
        if isinstance(host, Asked):
            return host
        with self._adding:
            found = next((each for each in self.hosts if each.host is host), None)
            if found is None:
                self.hosts = (*self.hosts, found := Asked(host))
                found.begin(self._patience, until=self._until)
        return found
