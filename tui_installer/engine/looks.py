"""The hosts as looks ask them: a tool that does not answer holds up nothing but what needs it (`hosts.asked`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from tui_installer.engine.foresight import foreseen
from tui_installer.hosts.ahead import NOTHING, Ahead, Far
from tui_installer.hosts.asked import LOOK, Asked, AskedDialer
from tui_installer.hosts.host import Host, HostError
from tui_installer.model.site import Site
from tui_installer.model.stack import Stack
from tui_installer.model.step import Context

NEWS = 30.0
"""Seconds after which a look does not go on with what was answered before."""


class Looks:
    """The context of a step's looks beside the one in which changes are made: the same hosts, asked otherwise."""

    def __init__(self, changes: Context, stack: Stack, within: float = LOOK) -> None:
        """`stack`: whose steps look; `within`: see `AskedDialer`."""
        self._changes = changes
        self._stack = stack
        self._dialer = AskedDialer(changes.dialer, within)
        self._here = self._dialer.asked(changes.here)
        self.context = Context(self._here, self._dialer, {}, changes.fallback)
        self.patient = True
        """Whether this look gives each tool its own end: what it does not tell then, it does not tell at all."""
        self.site: Site | None = None
        self.hasty = False
        """Whether the site was read by a look that did not wait for slow tools."""
        self._unread: HostError | None = None
        """Why this look could not read it."""
        self._begun: float | None = None
        """When what was answered began to be asked; None: something was changed since."""

    def begin(
        self,
        patience: float | None = None,
        *,
        fresh: bool = True,
        steps: Sequence[str] = (),
        besides: Ahead = NOTHING,
    ) -> None:
        """See `Asked.begin`; without a patience each tool has its own end. `steps`: those that are looked at;
        `besides`: what else is asked of this host."""
        self.patient, self._unread = patience is None, None
        self.context.members = {name: self._dialer.asked(host) for name, host in self._changes.members.items()}
        self._dialer.begin(patience, fresh=fresh)
        if fresh:
            self._begun = time.monotonic()
            self._expect(steps, besides)

    def _expect(self, steps: Sequence[str], besides: Ahead) -> None:
        """Have it asked ahead what looks at these steps ask: of this host from now on, of a member with the first that
        it is asked: of sixty members a handful is asked at once (`side_by_side`)."""
        first = self._stack.steps[0].id
        reads = first in steps or (bool(steps) and not self.site)
        of = partial(foreseen, self._stack.name, dict.fromkeys((first, *steps)) if reads else steps)
        self._here.expect(of(besides) if isinstance(self._changes.here, Far) else NOTHING)
        theirs, members = of(of="members"), [] if reads else list(self.context.members.values())
        for host in self._dialer.hosts:
            if host is not self._here:
                host.expect(NOTHING)
                host.expect_either(*(theirs for member in members if member is host))
        self._dialer.expect_either(*((theirs, of(of="witness")) if reads else ()))

    def go_on(self, steps: Sequence[str]) -> None:
        """Look at these steps with what was answered in the look before, if nothing was changed since and it is not
        old. A host behind ssh is asked anew: that is one round trip, and what it does not foresee are many."""
        known = self._begun is not None and time.monotonic() - self._begun < NEWS
        fresh = not known or isinstance(self._changes.here, Far)
        self.begin(fresh=fresh, steps=steps)

    def end(self) -> None:
        """Something was changed: whatever was answered may be so no more."""
        self._begun = None

    def read_site(self, read: Callable[[], Site]) -> Site:
        """The site, as this look reads it; what it could not be read for, none of its steps reads it again for. The
        members that it has logged in to are changed from now on. Raises `HostError`."""
        if self._unread:
            raise self._unread
        try:
            site = read()
        except HostError as error:
            self._unread = error
            raise
        members = {name: _plain(host) for name, host in self.context.members.items()}
        self._changes.members.clear()
        self._changes.members.update(members)
        self.site, self.hasty = site, not self.patient
        return site

    def forget_site(self) -> None:
        """It is read anew when it is needed next."""
        self.site, self.hasty, self._unread = None, False, None

    def waiting(self, pause: float) -> Iterator[None]:
        """Something now and then, as long as a command that was gone on without still runs, and the look has time."""
        while self._dialer.in_time and (late := [host for host in self._dialer.hosts if host.waits]):
            yield
            late[0].wait(pause)

    @property
    def silent(self) -> bool:
        """Whether a tool was gone on without in this look: what it has answered since may make a step known."""
        return any(host.silent for host in self._dialer.hosts)


def _plain(host: Host) -> Host:
    return host.host if isinstance(host, Asked) else host
