"""Cluster membership: corosync's configuration on disk and in memory, quorum, dlm, and what manages it all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from tui_installer.formats import blocks
from tui_installer.formats.text import FormatError
from tui_installer.host import File, Host
from tui_installer.probes.units import units

CONF = "/etc/corosync/corosync.conf"
AUTHKEY = "/etc/corosync/authkey"
DLM_CONF = "/etc/dlm/dlm.conf"
UIDGID = "/etc/corosync/uidgid.d/*"
STACK = ("lvmlocks.service", "lvmlockd.service", "dlm.service", "corosync.service")
"""In the order in which they are stopped."""
PACKAGES = ("corosync", "dlm-controld", "lvm2-lockd")

Manager = Literal["corosync", "pacemaker", "proxmox", "ganeti", "xapi", "opennebula", "incus", "none"]


@dataclass(frozen=True, slots=True)
class Node:
    """A node entry: who may be a member."""

    nodeid: int
    name: str
    addresses: tuple[str, ...]
    """ring0_addr, ring1_addr, ... in this order."""
    votes: int
    """quorum_votes; 1 where it is not written."""


@dataclass(frozen=True, slots=True)
class Conf:
    """corosync.conf, or what corosync has of it in memory."""

    cluster: str
    version: int
    """config_version; 0 where it is not written."""
    transport: str
    nodes: tuple[Node, ...]
    two_node: bool
    expected_votes: int
    """0 where it is not written: the sum of votes counts."""
    special: tuple[str, ...]
    """Settings that this program does not handle: "quorum.device", "quorum.last_man_standing", ..."""

    @property
    def votes(self) -> int:
        """The votes of all nodes together."""
        return sum(node.votes for node in self.nodes)

    def node(self, name: str) -> Node | None:
        """The entry of that name; None: there is none."""
        return next((node for node in self.nodes if node.name == name), None)


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


@dataclass(frozen=True, slots=True)
class Running:
    """What the daemons of a cluster say."""

    memory: Conf | None
    """What the running corosync has; None if it does not run."""
    quorum: Quorum | None
    """None if corosync does not run."""
    dlm_running: bool
    fencing: tuple[str, ...]
    """Problems that dlm shows now, as in "wait fencing"; empty: none."""


@dataclass(frozen=True, slots=True)
class Cluster(Running):
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
    uidgid: tuple[tuple[str, File], ...]
    """Files of /etc/corosync/uidgid.d."""
    fence_devices: tuple[str, ...]
    """Fencing lines of dlm.conf without their parameters (which may be secret): "device ipmi fence_ipmilan",
    "connect ipmi node=1", "fence_all ..."; empty: no fencing."""
    corosync_at_boot: bool
    dlm_at_boot: bool
    versions: tuple[tuple[str, str], ...]
    """(package, version) of corosync, dlm-controld, lvm2-lockd; installed ones only."""
    active: tuple[str, ...] = ()
    """Those of `STACK` that run."""


# --- corosync.conf, on disk and in memory

_SPECIAL = ("last_man_standing", "auto_tie_breaker", "allow_downscale")


def parse_conf(content: bytes) -> Conf:
    """corosync.conf(5). Raises `FormatError`."""
    root = blocks.parse(content, blocks.COROSYNC)
    written = blocks.values(root, blocks.COROSYNC)
    nodes = [
        {entry.key: entry.value for entry in section.entries}
        for section in blocks.at(root, blocks.COROSYNC, ("nodelist", "node"))
    ]
    device = bool(blocks.at(root, blocks.COROSYNC, ("quorum", "device")))
    return _conf(lambda *path: written.get(path, ""), nodes, device)


def parse_cmap(text: str) -> Conf:
    """What `corosync-cmapctl` printed: the configuration that is in force."""
    pairs = dict(_cmap(text))
    nodes: dict[int, dict[str, str]] = {}
    for key, value in pairs.items():
        found = re.fullmatch(r"nodelist\.node\.([0-9]{1,9})\.(\w+)", key, re.ASCII)
        if found:
            nodes.setdefault(int(found[1]), {})[found[2]] = value
    device = any(key.startswith("quorum.device.") for key in pairs)
    return _conf(lambda *path: pairs.get(".".join(path), ""), [nodes[at] for at in sorted(nodes)], device)


def _cmap(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        found = re.fullmatch(r"(\S+) \(\w+\) = (.*)", line)
        if found:
            yield found[1], found[2]


def _conf(value: Callable[..., str], nodes: list[dict[str, str]], device: bool) -> Conf:
    special = tuple(f"quorum.{key}" for key in _SPECIAL if _number(value("quorum", key)))
    return Conf(
        cluster=value("totem", "cluster_name"),
        version=_number(value("totem", "config_version")),
        transport=value("totem", "transport") or "knet",
        nodes=tuple(_node(node) for node in nodes),
        two_node=bool(_number(value("quorum", "two_node"))),
        expected_votes=_number(value("quorum", "expected_votes")),
        special=(("quorum.device",) if device else ()) + special,
    )


def _node(entry: Mapping[str, str]) -> Node:
    rings = sorted(key for key in entry if re.fullmatch(r"ring[0-9]_addr", key))
    votes = entry.get("quorum_votes", "")
    addresses = tuple(entry[ring] for ring in rings)
    return Node(
        nodeid=_number(entry.get("nodeid", "")),
        name=entry.get("name", "") or (addresses[0] if addresses else ""),
        addresses=addresses,
        votes=_number(votes) if votes else 1,
    )


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0


def is_default(conf: Conf) -> bool:
    """Whether it is what Debian's package installs: a cluster of one, on the loopback address."""
    return all(address.startswith("127.") for node in conf.nodes for address in node.addresses) and (
        conf.cluster in ("debian", "") and len(conf.nodes) == 1
    )


# --- what the tools say


def parse_quorumtool(text: str) -> Quorum | None:
    """What `corosync-quorumtool -s` printed; None if it is not that."""
    pairs = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in text.splitlines())}
    if pairs.get("Quorate") not in ("Yes", "No"):
        return None
    rows = re.findall(r"(?m)^ *([0-9]{1,10}) +([0-9]{1,9}) +(\S+)( \(local\))? *$", text)
    return Quorum(
        quorate=pairs["Quorate"] == "Yes",
        expected=_number(pairs.get("Expected votes", "")),
        total=_number(pairs.get("Total votes", "")),
        needed=_number((pairs.get("Quorum", "").split() or [""])[0]),
        flags=tuple(pairs.get("Flags", "").split()),
        members=tuple((int(nodeid), int(votes), name) for nodeid, votes, name, _ in rows),
        local=_number(pairs.get("Node ID", "")),
    )


def parse_fencing(status: str, lockspaces: str) -> tuple[str, ...]:
    """What waits for fencing, by `dlm_tool status` and `dlm_tool ls`."""
    busy = [line.strip() for line in status.splitlines() if line.startswith("fence ")]
    name = ""
    for line in lockspaces.splitlines():
        key, _, value = line.partition(" ")
        if key == "name":
            name = value.strip()
        if line.startswith("new status") and "fencing" in line:
            busy.append(f"{name}: {line.removeprefix('new status').strip()}")
    return tuple(busy)


def parse_dlm_conf(content: bytes) -> tuple[str, ...]:
    """Fencing lines of dlm.conf(5), see `Cluster.fence_devices`; nothing if fencing is turned off there."""
    lines = content.decode("utf-8", "replace").splitlines()
    if any(re.match(r"\s*enable_fencing\s*=\s*0\b", line) for line in lines):
        return ()
    words = [line.split() for line in lines]
    return tuple(
        " ".join(word for word in line if "=" not in word or word.startswith("node="))
        for line in words
        if line and line[0] in ("device", "connect", "fence_all")
    )


def parse_packages(text: str) -> tuple[tuple[str, str], ...]:
    """(package, version) of what dpkg has installed, from lines of status, package and version."""
    rows = [line.split("\t") for line in text.splitlines()]
    return tuple((row[1], row[2]) for row in rows if len(row) == 3 and row[0].startswith(("ii", "hi")))


# --- looking

_MANAGERS: tuple[tuple[Manager, str, str], ...] = (
    ("proxmox", "pve-cluster.service", "/etc/pve"),
    ("ganeti", "ganeti.service", "/var/lib/ganeti/config.data"),
    ("xapi", "xapi.service", "/etc/xensource/pool.conf"),
    ("opennebula", "opennebula.service", "/etc/one/oned.conf"),
    ("incus", "incus.service", "/var/lib/incus/database"),
    ("pacemaker", "pacemaker.service", "/var/lib/pacemaker/cib/cib.xml"),
)


def _manager(host: Host, active: set[str], file: File | None, conf: Conf | None) -> tuple[Manager, str]:
    for manager, unit, path in _MANAGERS:
        if unit in active:
            return manager, unit
        if host.list(path):
            return manager, path
    if file is None or (conf is not None and is_default(conf)):
        return "none", ""
    return "corosync", CONF


def running(host: Host) -> Running:
    """Ask the daemons. Raises `HostError`."""
    cmap = host.run("corosync-cmapctl", within=20)
    quorum = host.run("corosync-quorumtool", "-s", within=20) if cmap.ok() else cmap  # both ask the one daemon
    status = host.run("dlm_tool", "status", within=20)
    lockspaces = host.run("dlm_tool", "ls", within=20) if status.ok() else status
    return Running(
        memory=parse_cmap(cmap.out) if cmap.ok() else None,
        quorum=parse_quorumtool(quorum.out),
        dlm_running=status.ok() and status.out.startswith("cluster"),
        fencing=parse_fencing(status.out, lockspaces.out),
    )


def probe(host: Host) -> Cluster:
    """Look at a host. Raises `HostError`."""
    names = [unit for _, unit, _ in _MANAGERS]
    known, now = units(host, *STACK, *names), running(host)
    active = {name for name, unit in known.items() if unit.active}
    file, dlm_conf = host.read(CONF), host.read(DLM_CONF)
    conf = _understood(file)
    manager, managed_by = _manager(host, active, file, conf)
    listed = host.run(
        "dpkg-query", "-W", "-f", "${db:Status-Abbrev}\\t${Package}\\t${Version}\\n", *PACKAGES, within=20
    )
    versions = parse_packages(listed.out)
    return Cluster(
        installed=any(package == "corosync" for package, _ in versions),
        manager=manager,
        managed_by=managed_by,
        file=file,
        conf=conf,
        memory=now.memory,
        quorum=now.quorum,
        dlm_running=now.dlm_running,
        fencing=now.fencing,
        authkey=host.read(AUTHKEY),
        dlm_conf=dlm_conf,
        uidgid=tuple((path, found) for path in host.list(UIDGID) if (found := host.read(path)) is not None),
        fence_devices=parse_dlm_conf(dlm_conf.content) if dlm_conf else (),
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
