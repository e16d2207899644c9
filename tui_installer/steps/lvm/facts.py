"""What the LVM step asks, what it sees, and what of it is missing."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tui_installer.hosts.host import File
from tui_installer.model.answers import ask
from tui_installer.model.site import Site
from tui_installer.model.step import Context
from tui_installer.probes import cluster, lvm
from tui_installer.probes.boot_order import commands, lock_units
from tui_installer.probes.cluster import ClusterState
from tui_installer.probes.lvm import Group, Lvm
from tui_installer.probes.units import Unit

UNIT = "san-volumes.service"
FOLDER = "/etc/systemd/system"
STOP = "/usr/local/sbin/san-volumes-stop"
ORDERED = {
    "lvmlockd.service": ("dlm.service",),
    "dlm.service": ("corosync.service",),
    "corosync.service": ("multipathd.service", "open-iscsi.service", "blk-availability.service"),
}
"""Which unit must stop before which: a unit stops before those that it starts after."""


@dataclass(frozen=True, slots=True)
class LvmAnswers:
    """What is asked about shared volume groups."""

    groups: tuple[str, ...] = ask("Shared groups", "Groups whose lockspaces are started, now and at boot.", default=())
    activate: tuple[str, ...] = ask(
        "Active here", "Volumes, as VG/LV (exclusive) or VG/LV=sy (shared), active here now and at boot.", default=()
    )
    accept: tuple[str, ...] = ask("Accept", "Codes of problems that are accepted.", default=())


@dataclass(frozen=True, slots=True)
class LvmFacts:
    """This host's LVM, its cluster, and the units that matter."""

    here: Lvm
    cluster: ClusterState
    units: tuple[Unit, ...]
    files: tuple[tuple[str, File | None], ...]
    """The files of ours, by path; None: not there."""
    automatic: bool
    """Whether Debian's lvmlocks.service is enabled, and starts every shared group that it sees."""

    kernel: tuple[str, ...] = ()
    """lvmlockd's lockspaces that the kernel has, by path: in use, whoever tells of them."""

    def unit(self, name: str) -> Unit | None:
        """The unit of that name; None: there is none."""
        return next((unit for unit in self.units if unit.name == name), None)

    def file(self, path: str) -> File | None:
        """One of the files of ours."""
        return dict(self.files).get(path)


def drop_in(unit: str) -> str:
    """The path of our drop-in of a unit."""
    return f"{FOLDER}/{unit}.d/san-volumes.conf"


PATHS = (f"{FOLDER}/{UNIT}", STOP, *(drop_in(unit) for unit in ORDERED))


def probe(ctx: Context) -> LvmFacts:
    """Look at this host: at LVM, and at the daemons of the cluster meanwhile. Raises `HostError`."""
    with ThreadPoolExecutor() as pool:
        known, texts = lock_units(ctx.here)
        running = pool.submit(cluster.running, ctx.here, known)
        here = lvm.probe(ctx.here, (known, texts))
    debian = known.get("lvmlocks.service")
    started = commands(texts[debian.name], "ExecStart") if debian else ()
    return LvmFacts(
        here=here,
        cluster=running.result(),
        units=tuple(known.values()),
        files=tuple((path, ctx.here.read(path)) for path in PATHS),
        kernel=ctx.here.list(f"{cluster.KERNEL_LOCKSPACES}/lvm_*"),
        automatic=bool(debian and debian.enabled and any("--lock-opt auto" in line for line in started)),
    )


def their_lvm(facts: LvmFacts, site: Site) -> Lvm:
    """What the member sees; this host's own where there is no other."""
    return site.witness.lvm if site.witness and not site.itself else facts.here


def cluster_name(facts: LvmFacts) -> str:
    """The cluster that corosync is in; empty: none."""
    return facts.cluster.memory.cluster if facts.cluster.memory else ""


def owner(one: Group) -> str:
    """The cluster that a group belongs to, by its lock arguments: the last part of "1.0.0:xencluster"."""
    return one.lock_args.rpartition(":")[2]


def filled(facts: LvmFacts, site: Site, answers: LvmAnswers) -> LvmAnswers:
    """Open answers: the groups of our cluster that the member has, and what our unit activates already."""
    found = their_lvm(facts, site).groups
    ours = tuple(each.name for each in found if each.lock_type == "dlm" and owner(each) == cluster_name(facts))
    return LvmAnswers(answers.groups or ours, answers.activate or _listed(facts), answers.accept)


def _listed(facts: LvmFacts) -> tuple[str, ...]:
    own = facts.file(f"{FOLDER}/{UNIT}")
    lines = re.findall(r"(?m)^ExecStart=-/sbin/lvchange -a(ey|sy) (\S+)$", own.content.decode() if own else "")
    return tuple(path if mode == "ey" else f"{path}=sy" for mode, path in lines)


def wanted(answers: LvmAnswers) -> tuple[tuple[str, str], ...]:
    """(group/volume, mode) of what is to be active here; entries that are not understood are left out."""
    found = (parsed(each) for each in answers.activate)
    return tuple(each for each in found if each is not None)


def parsed(text: str) -> tuple[str, str] | None:
    """ "VG/LV", "VG/LV=ey" or "VG/LV=sy" as (path, mode); None if it is none of these."""
    match = re.fullmatch(r"([\w.+][\w.+-]*/[\w.+][\w.+-]*)(?:=(ey|sy))?", text, re.ASCII)
    return (match[1], match[2] or "ey") if match else None


def devices(facts: LvmFacts, site: Site, groups: tuple[str, ...]) -> tuple[str, ...]:
    """The physical volumes of the groups, as this host calls them; as the member does where it cannot tell yet."""
    found: dict[str, None] = {}
    for name in groups:
        own, theirs = facts.here.by_name.get(name), their_lvm(facts, site).by_name.get(name)
        pvs = (own.pvs if own else ()) or (theirs.pvs if theirs else ())
        found.update(dict.fromkeys(pvs))
    return tuple(found)


def held(facts: LvmFacts, path: str, mode: str) -> bool:
    """Whether a volume is active here, with the lock that was asked for."""
    found = facts.here.by_path.get(path)
    return found is not None and found.active and found.lock == {"ey": "ex", "sy": "sh"}[mode]


def arranged(facts: LvmFacts, answers: LvmAnswers) -> bool:
    """Whether boot and shutdown do what they should, whoever arranged it."""
    return (
        set(answers.groups) <= set(facts.here.locks_at_boot)
        and facts.here.stops_in_order
        and set(wanted(answers)) <= set(facts.here.activated_at_boot)
    )
