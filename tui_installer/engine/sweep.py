"""What a process left on a host that was killed: half-written files beside those it wrote, and folders of a discovery,
which have secrets. Nothing else is touched; who sweeps holds the lock, so nobody is writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from tui_installer.engine.attempts import start_time
from tui_installer.engine.journal import Journal
from tui_installer.hosts.host import Host, HostError
from tui_installer.model.step import Context

DISCOVERIES = "/run/tui-installer/discovery-*"
"""Of `probes.discovery.discover`; the number after it is the process that asked."""


def left(context: Context, journal: Journal) -> bool:
    """Whether there may be something to sweep on this host. A driven one is swept with the next change alone."""
    if context.fallback is not None:
        return False
    attempts = journal.attempts()
    return bool(attempts and not attempts[-1].outcome and not attempts[-1].runs) or bool(_discoveries(context.here))


def sweep(context: Context, journal: Journal) -> None:
    """Remove what is there of it on the hosts that can be asked."""
    for host, path in dict.fromkeys(_written(journal)):
        if host in context.hosts:
            with suppress(HostError):
                _sweep_beside(context.host(host), path)
    with suppress(HostError):
        for folder in _discoveries(context.here) if context.fallback is None else ():
            context.here.run("rm", "-r", folder, within=20)
        if context.fallback is not None:  # who looks from another machine may be at it: it takes a minute
            old = ("-name", "discovery-*", "-mmin", "+30", "-exec", "rm", "-r", "{}", ";", "-prune")
            context.here.run("find", "/run/tui-installer", *old, within=20)


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


def _discoveries(host: Host) -> list[str]:
    """Folders of discoveries whose process is gone."""
    numbers = ((path, path.rpartition("/")[2].split("-")[1]) for path in host.list(DISCOVERIES))
    return [path for path, number in numbers if number.isdigit() and not start_time(int(number))]
