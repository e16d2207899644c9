"""What a process left on a host that was killed: half-written files beside those it wrote, candidates, and folders of
a discovery, which have secrets. Nothing else is touched; who sweeps holds the lock, so nobody is writing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from tui_installer.engine.acts import CANDIDATE
from tui_installer.engine.attempts import start_time
from tui_installer.engine.journal import Journal
from tui_installer.hosts.host import Host, HostError
from tui_installer.model.change import Change, hosts
from tui_installer.model.step import Context

DISCOVERIES = "/run/tui-installer/discovery-*"
"""Of `probes.discovery.discover`; the number after it is the process that asked."""


def left(context: Context, journal: Journal) -> bool:
    """Whether there may be something to sweep on this host. A driven one is swept with the next change alone."""
    if context.fallback is not None:
        return False
    attempts = journal.attempts()
    return bool(attempts and not attempts[-1].outcome and not attempts[-1].runs) or bool(
        _forsaken(context.here.list(DISCOVERIES))
    )


def sweep(context: Context, journal: Journal, seen: Context, changes: Iterable[Change] = ()) -> None:
    """Remove what is there of it on the hosts that can be asked: on this one, on those of attempts without an end, and
    on those of the changes. `seen`: the same hosts as a look asks them."""
    for host, path in dict.fromkeys(_written(journal)):
        if host in context.hosts:
            with suppress(HostError):
                _sweep_beside(context.host(host), path)
    with suppress(HostError):
        there = seen.here.list(DISCOVERIES)
        for folder in _forsaken(there) if context.fallback is None else ():
            context.here.run("rm", "-r", folder, within=20)
        if there and context.fallback is not None:  # who looks from another machine may be at it: it takes a minute
            old = ("-name", "discovery-*", "-mmin", "+30", "-exec", "rm", "-r", "{}", ";", "-prune")
            context.here.run("find", "/run/tui-installer", *old, within=20)
    for name in dict.fromkeys(name for change in changes for name in hosts(change)):
        with suppress(HostError):
            for path in seen.host(name).list(f"{CANDIDATE}*"):
                context.host(name).write(path, None)


def _written(journal: Journal) -> Iterator[tuple[str, str]]:
    """(host, path) of the files of attempts that have no end."""
    for attempt in journal.attempts():
        if not attempt.outcome and not attempt.runs:
            for change in attempt.changes:
                yield from ((edit["host"], edit["path"]) for edit in change.get("edits", ()))


def _sweep_beside(host: Host, path: str) -> None:
    folder, _, name = path.rpartition("/")
    for beside in host.list(f"{folder}/.{_literal(name)}.new-*"):
        if beside.rpartition("-")[2].isdigit():
            host.write(beside, None)


def _literal(name: str) -> str:
    """As a shell pattern that means nothing but itself."""
    return "".join(f"[{each}]" if each in "*?[" else each for each in name)


def _forsaken(discoveries: Iterable[str]) -> list[str]:
    """Folders of discoveries whose process is gone."""
    numbers = ((path, path.rpartition("/")[2].split("-")[1]) for path in discoveries)
    return [path for path, number in numbers if number.isdigit() and not start_time(int(number))]
