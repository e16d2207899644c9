"""What is asked about multipath, and what is seen of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from tui_installer.formats.blocks import MULTIPATH, Dialect
from tui_installer.model.answers import ask
from tui_installer.probes.iscsi import Session
from tui_installer.probes.multipath import Map, Multipath

POLICIES = ("failover", "multibus", "group_by_serial", "group_by_prio", "group_by_node_name", "group_by_tpg")


@dataclass(frozen=True, slots=True)
class MultipathAnswers:
    """What the operator is asked."""

    aliases: tuple[str, ...] = ask("Names of the maps", "WWID=NAME, as the members call them.", default=())
    policy: str = ask(
        "Grouping of paths",
        "multibus uses all paths at once: for active/active arrays only. Empty: multipath's own table for the array.",
        choices=POLICIES,
    )
    no_path_retry: str = ask(
        "Retries without a path",
        "How many checks (5 s each) I/O waits when no path is left; then it fails, and guests see errors. "
        "queue waits for ever: if the array is gone, a shutdown of this host hangs until the power is cut. "
        "fail does not wait. Empty: multipath's own table.",
    )
    accept: tuple[str, ...] = ask("Accept", "Codes of problems that you have looked at and accept.", default=())


@dataclass(frozen=True)
class MultipathFacts:
    """Multipath here, and the sessions whose disks are its paths."""

    here: Multipath
    sessions: tuple[Session, ...]
    dialect: Dialect = MULTIPATH
    """How this host's multipath, and that of members of the same release, reads its file."""
    often_failed: tuple[tuple[str, int], ...] = ()
    """(disk, times) of the paths that failed again and again."""

    @cached_property
    def luns(self) -> tuple[Lun, ...]:
        """The disks behind the sessions, each WWID once."""
        return _luns(self)

    @property
    def arrays(self) -> tuple[Lun, ...]:
        """A disk of each kind (vendor and product): what multipath.conf says by device is said once for all of them."""
        return tuple({(lun.vendor, lun.product): lun for lun in reversed(self.luns)}.values())[::-1]


@dataclass(frozen=True, slots=True)
class Lun:
    """A disk of the array, as this host sees it."""

    wwid: str
    disks: tuple[str, ...]
    """Its single paths by kernel name."""
    vendor: str
    product: str
    expected: int
    """How many paths there are to be: one a session to its target."""
    ready: int
    """Through how many sessions it can be seen now."""
    map: Map | None
    """None: it is not mapped."""

    @property
    def usable(self) -> int:
        """How many of its paths carry I/O."""
        return sum(path.usable for path in self.map.paths) if self.map else 0


def _luns(facts: MultipathFacts) -> tuple[Lun, ...]:
    sessions = Counter(session.iqn for session in facts.sessions)
    disks = {disk.name: disk for disk in facts.here.disks}
    maps = {found.wwid: found for found in facts.here.maps}
    seen: dict[str, list[tuple[str, Session]]] = {}
    for session in facts.sessions:
        for name in session.disks:
            if name in disks and disks[name].wwid:
                seen.setdefault(disks[name].wwid, []).append((name, session))
    return tuple(
        Lun(
            wwid=wwid,
            disks=tuple(name for name, _ in paths),
            vendor=disks[paths[0][0]].vendor,
            product=disks[paths[0][0]].model,
            expected=sum(sessions[iqn] for iqn in {session.iqn for _, session in paths}),
            ready=sum(session.up for _, session in paths),
            map=maps.get(wwid),
        )
        for wwid, paths in seen.items()
    )
