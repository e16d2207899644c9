"""Cluster membership: corosync's configuration, quorum, dlm, and what manages it all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, cast

from tui_installer.formats.dlm_conf import DlmConf
from tui_installer.formats.dlm_conf import parse as dlm_conf_of
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File, Host, Result
from tui_installer.hosts.told import may_be_untold, told
from tui_installer.probes.corosync_conf import CONF, Conf, is_default, number, parse_cmap, parse_conf
from tui_installer.probes.dlm import DlmLockspace, asked, torn
from tui_installer.probes.fitness import foreign
from tui_installer.probes.handed import Handed, handed
from tui_installer.probes.units import Unit, units

AUTHKEY = "/etc/corosync/authkey"
DLM_CONF = "/etc/dlm/dlm.conf"
UIDGID = "/etc/corosync/uidgid.d"
STACK = ("lvmlocks.service", "lvmlockd.service", "dlm.service", "corosync.service")
"""In the order in which they are stopped."""
KERNEL_LOCKSPACES = "/sys/kernel/dlm"
"""A folder for each lockspace of the kernel's. dlm_controld that finds one when it starts has this node put out of the
cluster and ends: only a restart clears it (dlm 4, dlm_controld/action.c, check_uncontrolled_lockspaces)."""
PACKAGES = ("corosync", "dlm-controld", "lvm2-lockd")

Manager = Literal["corosync", "pacemaker", "proxmox", "ganeti", "xapi", "opennebula", "incus", "none"]


@dataclass(frozen=True, slots=True)
class Quorum:
    """What votequorum says."""

    quorate: bool
    expected: int
    total: int
    needed: int
    flags: tuple[str, ...]
    members: tuple[tuple[int, int, str], ...]
    """(nodeid, votes, name) of those in the membership now."""
    local: int
    """Our own nodeid."""


@may_be_untold("quorum")
@dataclass(frozen=True, kw_only=True)
class ClusterState:
    """What the daemons of a cluster say."""

    memory: Conf | None
    """What the running corosync has; None if it does not run."""
    quorum: Quorum | None
    """None if corosync does not run; raises `HostError` if it runs and did not tell."""
    dlm_running: bool
    fencing: tuple[str, ...]
    """Problems that dlm shows now, as in "wait fencing"; empty: none."""
    lockspaces: tuple[DlmLockspace, ...]
    """Those of dlm here."""
    dlm_settings: tuple[tuple[str, str], ...] = ()
    """What dlm_controld works with now, whatever dlm.conf says; none if it does not run."""
    dlm_nodes: tuple[int, ...] = ()
    """Node ids that dlm_controld has met since its start, present or gone. What fences a node it reads from dlm.conf
    when it first meets that node, and never again: `reload_config` reads neither devices nor enable_fencing
    (dlm_controld/daemon_cpg.c `add_node_daemon`, dlm.conf(5) of 4.2 and 4.3)."""
    stranded: tuple[str, ...] = field(default=(), kw_only=True)
    """Lockspaces that the kernel has though no dlm_controld looks after them."""


@dataclass(frozen=True, kw_only=True)
class Cluster(ClusterState):
    """A host's part in a cluster."""

    installed: bool
    manager: Manager
    """What owns the membership here; "none": nothing is configured."""
    managed_by: str
    """The file or unit that says so."""
    file: File | None
    """/etc/corosync/corosync.conf."""
    conf: Conf | None
    """That file, understood; None if there is none or it cannot be read."""
    authkey: File | None
    dlm_conf: File | None
    fences: DlmConf
    """That file, as dlm_controld would read it."""
    uidgid: Handed
    """Of /etc/corosync/uidgid.d."""
    corosync_at_boot: bool
    dlm_at_boot: bool
    versions: tuple[tuple[str, str], ...]
    """(package, version) of corosync, dlm-controld, lvm2-lockd; installed ones only."""
    active: tuple[str, ...] = ()
    """Those of `STACK` that run."""

    @property
    def fencing_on(self) -> bool:
        """Whether fencing is on: by what dlm_controld works with, else by what it would start with."""
        return dict(self.dlm_settings).get("enable_fencing", "1" if self.fences.enabled else "0") != "0"


# --- what the tools say


def parse_quorumtool(text: str) -> Quorum | None:
    """What `corosync-quorumtool -s` printed; None if it is not that."""
    pairs = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in text.splitlines())}
    if pairs.get("Quorate") not in ("Yes", "No"):
        return None
    device = r"(?:\S+ +)?" if re.search(r"(?m)^ *Nodeid +Votes +Qdevice +Name", text) else ""
    rows = re.findall(rf"(?m)^ *([0-9]{{1,10}}) +([0-9]{{1,9}}) +{device}(\S+)( \(local\))? *$", text)
    rows = [row for row in rows if row[0] != "0"]  # the quorum device's own row
    return Quorum(
        quorate=pairs["Quorate"] == "Yes",
        expected=number(pairs.get("Expected votes", "")),
        total=number(pairs.get("Total votes", "")),
        needed=number((pairs.get("Quorum", "").split() or [""])[0]),
        flags=tuple(pairs.get("Flags", "").split()),
        members=tuple((int(nodeid), int(votes), name) for nodeid, votes, name, _ in rows),
        local=number(pairs.get("Node ID", "")),
    )


def parse_packages(text: str) -> tuple[tuple[str, str], ...]:
    """(package, version) of what dpkg has installed, from lines of status, package and version."""
    rows = [line.split("\t") for line in text.splitlines()]
    return tuple((row[1], row[2]) for row in rows if len(row) == 3 and row[0].startswith(("ii", "hi")))


# --- looking

_MANAGERS: tuple[tuple[Manager, str], ...] = (
    ("proxmox", "pve-cluster.service"),
    ("ganeti", "ganeti.service"),
    ("xapi", "xapi.service"),
    ("opennebula", "opennebula.service"),
    ("incus", "incus.service"),
    ("pacemaker", "pacemaker.service"),
)


def _manager(host: Host, active: set[str], file: File | None, conf: Conf | None) -> tuple[Manager, str]:
    for manager, unit in _MANAGERS:
        if unit in active:
            return manager, unit
    owner, path = foreign(host)
    if owner:
        return cast(Manager, owner), path
    if file is None or (conf is not None and is_default(conf)):
        return "none", ""
    return "corosync", CONF


_DOWN = re.compile("CS_ERR_LIBRARY")
"""The word of corosync-cmapctl for a corosync that does not run (capture of corosync 3.1.7)."""


def _memory(said: Result, installed: bool) -> Conf | None:
    """What corosync-cmapctl told; None: corosync does not run, or is not installed. Raises `HostError`."""
    if _DOWN.search(said.err) or (said.end == "absent" and not installed):
        return None
    found = parse_cmap(said.answer())
    if not found.nodes or not all(" = " in line for line in said.out.splitlines()):
        raise torn(said)
    return found


def _quorum(said: Result) -> Quorum:
    """What corosync-quorumtool told; exit code 2: not quorate (captures of corosync 3.1.7). Raises `HostError`."""
    found = parse_quorumtool(said.answer(0, 2))
    nodes = re.search(r"(?m)^Nodes: +(\d+)$", said.out)
    if found is None or nodes is None or int(nodes[1]) != len(found.members):
        raise torn(said)
    return found


def running(host: Host, known: Mapping[str, Unit]) -> ClusterState:
    """Ask the daemons: only its own word says that one does not run. `known` are the host's units.

    Raises `HostError` for a daemon that did not answer (that of the quorum once it is asked for), and for a tool that
    is gone though its unit is there.
    """
    cmap = host.run("corosync-cmapctl", within=20)
    memory = _memory(cmap, "corosync.service" in known)
    dlm = asked(host, "dlm.service" in known)
    left = () if dlm.up else tuple(path.rsplit("/", 1)[1] for path in host.list(f"{KERNEL_LOCKSPACES}/*"))
    return ClusterState(
        memory=memory,
        quorum=told(partial(_voted, host)) if memory else None,
        dlm_running=dlm.up,
        fencing=dlm.fencing,
        lockspaces=dlm.lockspaces,
        dlm_settings=dlm.settings,
        dlm_nodes=dlm.met,
        stranded=left,
    )


def _voted(host: Host) -> Quorum:
    """Asked of the same daemon as the rest: only if that runs. Raises `HostError`."""
    return _quorum(host.run("corosync-quorumtool", "-s", within=20))


def probe(host: Host) -> Cluster:
    """Look at a host. Raises `HostError`."""
    names = [unit for _, unit in _MANAGERS]
    known = units(host, *STACK, *names)
    now = running(host, known)
    active = {name for name, unit in known.items() if unit.active}
    file, dlm_conf = host.read(CONF), host.read(DLM_CONF)
    conf = _understood(file)
    manager, managed_by = _manager(host, active, file, conf)
    listed = host.run(
        "dpkg-query", "-W", "-f", "${db:Status-Abbrev}\\t${Package}\\t${Version}\\n", *PACKAGES, within=20
    )
    versions = parse_packages(listed.answer(0, 1, absent=True))
    return Cluster(
        installed=any(package == "corosync" for package, _ in versions),
        manager=manager,
        managed_by=managed_by,
        file=file,
        conf=conf,
        memory=now.memory,
        quorum=told(lambda: now.quorum),
        dlm_running=now.dlm_running,
        fencing=now.fencing,
        lockspaces=now.lockspaces,
        dlm_settings=now.dlm_settings,
        dlm_nodes=now.dlm_nodes,
        stranded=now.stranded,
        authkey=host.read(AUTHKEY),
        dlm_conf=dlm_conf,
        uidgid=handed(host, UIDGID),
        fences=dlm_conf_of(dlm_conf.content) if dlm_conf else DlmConf(),
        corosync_at_boot="corosync.service" in known and known["corosync.service"].enabled,
        dlm_at_boot="dlm.service" in known and known["dlm.service"].enabled,
        versions=versions,
        active=tuple(name for name in STACK if name in active),
    )


def _understood(file: File | None) -> Conf | None:
    if file is None:
        return None
    try:
        return parse_conf(file.content)
    except FormatError:
        return None
