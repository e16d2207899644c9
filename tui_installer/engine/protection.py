"""What no plan and no taking back may do while something lives on the host: one check of what each command ends
(`change.Stops`) against what is there now (`probes.alive`), for every step, action and front end.

Source: the rules for a live cluster, 15 (last path), 19 and 20 (stopping), 22 (packages).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from tui_installer.hosts.host import Host, HostError
from tui_installer.model.change import Change, Run, Stops
from tui_installer.model.step import Plan, Problem

if TYPE_CHECKING:  # what looks is loaded with the steps
    from tui_installer.probes.alive import Alive, LiveMap, LivePath, LiveVolume

RESTARTING = ("corosync", "dlm-controld", "lvm2", "lvm2-lockd", "multipath-tools", "cman", "clvm", "ccs", "openais")
"""Packages whose scripts restart what holds locks or paths."""
SERVING = ("open-iscsi", "kpartx", "dmsetup", "libdlm3", "libdlmcontrol3", "fence")
"""Packages without which paths or locks are gone, beside those."""
_LEAVE = "tui-installer leave does it in order."
HINTS = {
    "protected.last-path": "Its users would lose it. Bring another path up, or end its use: guests, then volumes.",
    "protected.lockspaces": f"The others would take it for a crash and wait for fencing. {_LEAVE}",
    "protected.volumes": f"End their use first: guests, file systems, then lvchange -an. {_LEAVE}",
    "protected.guests": "Migrate them or shut them down first.",
    "protected.packages": "Their scripts restart what holds the locks. Leave the cluster first, then do it.",
    "protected.unknown": "Nothing is stopped until it can be told. See to that tool, then look again.",
}
"""What to do, by the problem's code."""


def against(changes: Iterable[Change], alive: Alive) -> Iterator[Problem]:
    """Why these changes must not be made, one after the other, on a host on which that lives."""
    for stops, title in ending(changes):
        yield from _JUDGES[stops.kind](stops, title, alive)
        alive = _after(stops, alive)


def ending(changes: Iterable[Change]) -> Iterator[tuple[Stops, str]]:
    """What they end here, each with the title of what ends it."""
    for change in changes:
        for run in (change,) if isinstance(change, Run) else change.then:
            if run.host == "here":
                yield from ((stops, run.title) for stops in run.stops)


def problem(code: str, text: str, evidence: Iterable[str] = ()) -> Problem:
    """The problem that stops a plan, with the hint of its code."""
    return Problem(code, text, tuple(evidence), HINTS[code])


def protected(plan: Plan, alive: Callable[[Host], Alive], here: Host) -> Plan:
    """The plan; without any change if it would harm what lives on that host."""
    problems = tuple(harm(plan.changes, alive, here))
    return replace(plan, changes=(), of=(), problems=(*plan.problems, *problems)) if problems else plan


def harm(changes: tuple[Change, ...], alive: Callable[[Host], Alive], here: Host) -> Iterator[Problem]:
    """Why these changes must not be made there now; the host is looked at only if they end anything."""
    if any(True for _ in ending(changes)):
        try:
            yield from against(changes, alive(here))
        except HostError as error:
            yield problem("protected.unknown", f"What lives on this host cannot be told: {error}")


# --- what is left of it


def _after(stops: Stops, alive: Alive) -> Alive:
    """What lives on once that has ended."""
    if stops.kind == "lockspace":
        return replace(alive, lockspaces=tuple(name for name in alive.lockspaces if not _meant(stops, name)))
    if stops.kind == "volume":
        left = tuple(each for each in alive.volumes if not _is_volume(stops, each))
        return replace(alive, volumes=left, maps=tuple(_released(each, left) for each in alive.maps))
    if stops.kind == "guest":  # what they held may be held by others too: that is seen when its turn comes
        return replace(alive, guests=(), volumes=tuple(replace(each, open=False) for each in alive.volumes))
    maps = tuple(replace(each, paths=tuple(p for p in each.paths if not _is_path(stops, p))) for each in alive.maps)
    return replace(alive, maps=maps)


def _released(found: LiveMap, left: Iterable[LiveVolume]) -> LiveMap:
    """The map once only those volumes are left."""
    ended = bool(found.volumes) and not {each.name for each in left} & set(found.volumes)
    return replace(found, open=found.open and not ended)


def _meant(stops: Stops, name: str) -> bool:
    return not stops.names or name in stops.names


def _is_volume(stops: Stops, volume: LiveVolume) -> bool:
    return _meant(stops, volume.name) or volume.name.split("/")[0] in stops.names


def _is_path(stops: Stops, path: LivePath) -> bool:
    """A session of which it is not known where it goes out is taken for one that ends with the interface."""
    if not path.session:
        return False
    if stops.kind == "session":
        return _meant(stops, path.session)
    return stops.kind == "interface" and (_meant(stops, path.interface) or not path.interface)


# --- the rules


def _paths(stops: Stops, title: str, alive: Alive) -> Iterator[Problem]:
    """Rule 15: an open map keeps an active path; and so does every map while groups on it may hold locks."""
    for found in alive.maps:
        used = found.open or alive.lockspaces
        if used and found.paths and all(_is_path(stops, path) for path in found.paths):
            text = f"{title}: that would end the last active path of {found.name}, which is in use."
            yield problem("protected.last-path", text, _users(found, alive))


def _users(found: LiveMap, alive: Alive) -> list[str]:
    held = {
        "open": "yes" if found.open else "no",
        "active volumes": ", ".join(each.name for each in alive.volumes),
        "lockspaces": ", ".join(alive.lockspaces),
    }
    return [f"{found.name}: {name}: {value or 'none'}" for name, value in held.items()]


def _volume(stops: Stops, title: str, alive: Alive) -> Iterator[Problem]:
    """Rule 20: nothing is deactivated under those who use it."""
    used = [each.name for each in alive.volumes if each.open and _is_volume(stops, each)]
    if used:
        yield problem("protected.volumes", f"{title}: {', '.join(used)} is open.", alive.guests)


def _daemon(stops: Stops, title: str, alive: Alive) -> Iterator[Problem]:
    """Rules 19 and 20: guests, volumes, lockspaces end before what serves them; clvmd's own lockspace ends with it."""
    names = set(stops.names)
    if alive.guests and names & {"corosync", "cman"}:
        yield problem("protected.guests", f"{title}: guests run here.", alive.guests)
    if alive.volumes:
        active = [each.name for each in alive.volumes]
        yield problem("protected.volumes", f"{title}: volumes of the SAN are active here.", active)
    if alive.lockspaces and names - {"clvmd"}:
        held = ", ".join(alive.lockspaces)
        yield problem("protected.lockspaces", f"{title}: lockspaces are held here: {held}.")


def _purged(stops: Stops, title: str, alive: Alive) -> Iterator[Problem]:
    """Rule 20: nothing that serves them is purged while lockspaces are held or volumes open."""
    if alive.guests and any(name.startswith(("xen", "libxen")) for name in stops.names):
        yield problem("protected.guests", f"{title}: guests run here.", alive.guests)
    if stops.names and not set(stops.names) & {*RESTARTING, *SERVING}:
        return
    if alive.lockspaces:
        yield problem("protected.lockspaces", f"{title}: lockspaces are held here: {', '.join(alive.lockspaces)}.")
    users = [*(each.name for each in alive.volumes), *(each.name for each in alive.maps if each.open)]
    if users:
        yield problem("protected.volumes", f"{title}: volumes or maps of the SAN are in use here.", users)


def _restarted(stops: Stops, title: str, alive: Alive) -> Iterator[Problem]:
    """Rule 22: no upgrade, no second installation of these under lockspaces."""
    if not alive.lockspaces:
        return
    touched = {*(stops.names or alive.unfinished()), *(alive.upgraded() if stops.kind == "completed" else ())}
    if names := [name for name in RESTARTING if name in touched]:
        held = ", ".join(alive.lockspaces)
        text = f"{title}: that may start {', '.join(names)} anew, while lockspaces are held: {held}."
        yield problem("protected.packages", text)


def _nothing(stops: Stops, title: str, alive: Alive) -> Iterator[Problem]:
    """A lockspace ends in order: lvmlockd and clvmd refuse while its locks are held. Guests: it was asked for."""
    yield from ()


_JUDGES: Mapping[str, Callable[[Stops, str, Alive], Iterator[Problem]]] = {
    "session": _paths,
    "interface": _paths,
    "volume": _volume,
    "daemon": _daemon,
    "purged": _purged,
    "restarted": _restarted,
    "completed": _restarted,
    "lockspace": _nothing,
    "guest": _nothing,
}
