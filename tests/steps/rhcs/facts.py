"""Facts of a fresh etch, lenny or squeeze host and of the member that tells about its cluster."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.golden.compare import golden
from tui_installer import simulator
from tui_installer.hosts.host import File
from tui_installer.model.site import Membership, NodeEntry, Peer, Site, Witness
from tui_installer.probes.iscsi import Iscsi, Record, Session
from tui_installer.probes.lvm import Group, Lvm, Volume
from tui_installer.probes.multipath import Disk, Map, Multipath
from tui_installer.probes.multipath import Path as StoragePath
from tui_installer.probes.network import Interface, Network, Route
from tui_installer.probes.rhcs.cman import Cman, CmanNode, Status, Version
from tui_installer.probes.rhcs.lvm_text import RhcsLvm, parse_filter, parse_locking
from tui_installer.probes.rhcs.sysv import Sysv, parse_links
from tui_installer.probes.system import System

FRESH = Path(simulator.__file__).parent / "rhcs" / "files"
IQN = "iqn.1992-03.edu.tjhsst.csl:storage:alexandria"
PORTALS = ("172.16.1.2:3260", "172.16.1.3:3260")
WWIDS = {"22266000155c3a7e1": "vm0", "22266000155c3b90d": "vm1"}
INTERFACES = "/etc/network/interfaces"


def fresh(release: str, path: str) -> File:
    """A file as the release ships it."""
    return File((FRESH / release / path.lstrip("/")).read_bytes())


def wanted(release: str, path: str) -> str:
    """A golden file."""
    return golden(release)[path]


def card(name: str, address: str = "", kind: str = "", parent: str = "", vlan: int = 0, master: str = "") -> Interface:
    """An interface that is up if it has an address, a parent or a master."""
    up = bool(address or parent or master)
    addresses = (address,) if address else ()
    return Interface(name, "00:17:08:00:00:01", 1500, up, True, kind, parent, vlan, master, addresses)


def network(release: str, *cards: Interface, text: bytes = b"", main: str = "eth0") -> Network:
    """A host's network by its cards and its interfaces file."""
    file = File(text) if text else fresh(release, INTERFACES)
    configured = tuple(line.split()[1] for line in file.content.decode().splitlines() if line.startswith("iface "))
    routes = (Route("default", main, "198.38.17.1"),)
    return Network(cards, main, "ifupdown", INTERFACES, ((INTERFACES, file),), configured, False, False, routes)


def bottom_network(release: str) -> Network:
    """The fresh host's."""
    return network(release, card("lo", "127.0.0.1/8"), card("eth0", "198.38.17.55/24"), card("eth1"))


def top_network(release: str) -> Network:
    """The member's: a VLAN on its card, or on squeeze a card of its own and a bridge for guests."""
    if release != "squeeze":
        vlan = card("vlan16", "172.16.17.56/16", "vlan", "eth0", 16)
        text = wanted(release, INTERFACES).replace(".55", ".56").encode()
        return network(release, card("eth0", "198.38.17.56/24"), vlan, text=text)
    cards = (
        card("eth0", master="xenbr0"),
        card("eth1", "172.16.17.56/16"),
        card("xenbr0", "198.38.17.56/24", "bridge"),
    )
    text = wanted(release, INTERFACES).replace(".55", ".56").encode()
    return network(release, *cards, text=text, main="xenbr0")


def session(sid: int, portal: str, disks: tuple[str, ...] = (), address: str = "172.16.17.55") -> Session:
    """A session that is up."""
    return Session(sid, IQN, portal, "default", address, "LOGGED_IN", disks)


def record(portal: str) -> Record:
    """A node record."""
    path = f"/etc/iscsi/nodes/{IQN}/{portal.replace(':', ',')},1/default"
    return Record(IQN, portal, 1, "default", "automatic", path, File(b"node.startup = automatic\n", 0o600))


def initiator(name: str, sessions: tuple[Session, ...] = (), records: tuple[Record, ...] = ()) -> Iscsi:
    """A host's initiator; iscsid runs."""
    named = File(f"InitiatorName={name}\n".encode())
    return Iscsi(True, name, "", named, None, records, sessions, True, True, True)


def top_iscsi() -> Iscsi:
    """The member's: two sessions."""
    name = "iqn.1992-03.edu.tjhsst:initiator:top.0"
    sessions = tuple(session(n, portal, address="172.16.17.56") for n, portal in enumerate(PORTALS, 1))
    return initiator(name, sessions, tuple(map(record, PORTALS)))


def mapped(wwid: str, *disks: str, groups: int = 1) -> Map:
    """A map over these disks."""
    ways = tuple(StoragePath(disk, "active", "", "ready", "") for disk in disks)
    split = (disks,) if groups == 1 else tuple((disk,) for disk in disks)
    return Map(WWIDS[wwid], wwid, "dm-0", "2.0T", "Promise", "VTrak M310i", ways, split)


def disks(*names: str) -> tuple[Disk, ...]:
    """Single paths of the LUNs, in turn."""
    return tuple(
        Disk(name, list(WWIDS)[number % 2], "iscsi", "2.0T", "Promise", "VTrak M310i")
        for number, name in enumerate(names)
    )


def multipath(release: str, *maps: Map, conf: File | None = None, seen: tuple[Disk, ...] = ()) -> Multipath:
    """A host's multipath; the daemon runs."""
    return Multipath(True, True, True, conf, maps, seen, ())


GROUPS = (
    Group("san", "uuid-san", "", "", True, "2.00T", "1.97T", ("/dev/mapper/vm0",)),
    Group("santest", "uuid-santest", "", "", True, "200.00G", "196.00G", ("/dev/mapper/vm1",)),
)
LOCAL = Group("local", "uuid-local", "", "", False, "30.00G", "10.00G", ("/dev/cciss/c0d0p2",))


def volumes(active: bool) -> tuple[Volume, ...]:
    """The volumes of "san"."""
    return tuple(Volume(name, "san", f"uuid-{name}", "20.00G", active, False, "") for name in ("mail", "web"))


def lvm(release: str, *groups: Group, clvmd: bool = False, conf: File | None = None, active: bool = False) -> RhcsLvm:
    """A host's LVM as that lvm.conf has it."""
    file = conf or fresh(release, "/etc/lvm/lvm.conf")
    locking, text = parse_locking(file.content), parse_filter(file.content)
    shown = volumes(active) if any(each.name == "san" for each in groups) else ()
    return RhcsLvm(True, file, "", locking, text, groups, shown, ("/dev/cciss/c0d0p2",), clvmd)


def cman(blocked: bool = False) -> Cman:
    """A cluster of three."""
    status = Status("5.0.1", 6, "vmcluster", 26777, True, "Cluster-Member", 3, 3, 3, 2, blocked, 2, (), (), "bottom", 3,
                    ("198.38.17.55",), (), 0, 0)  # fmt: skip
    nodes = tuple(CmanNode(n, name, "M", 1, 0, "") for n, name in enumerate(("top", "left", "bottom"), 1))
    return Cman(True, status, nodes, (), Version("5.0.1", 6), ())


def scripts(*paths: str, names: tuple[str, ...] = (), insserv: bool = False) -> Sysv:
    """Init scripts with these links."""
    return Sysv(parse_links(paths), names, insserv)


def site(release: str) -> Site:
    """What top tells."""
    here = System("bottom", "debian", {"etch": "4.0", "lenny": "5.0.10", "squeeze": "6.0.10"}[release], "", "2.6", 0, 0)
    witness = Witness(
        name="top",
        system=replace(here, hostname="top"),
        network=top_network(release),
        iscsi=top_iscsi(),
        multipath=multipath(release, *(mapped(wwid, "sda", "sdb") for wwid in WWIDS)),
        cluster=Membership(
            "cman", True, True, "vmcluster", 5, (NodeEntry("top", ("198.38.17.56",)),), ("top",), "top", "cman", ""
        ),
        lvm=Lvm(True, None, False, False, "", GROUPS, volumes(True), False, False, (), False, (), ()),
    )
    peers = (Peer("top", "198.38.17.56", True), Peer("left", "198.38.17.57", True))
    return Site(here=here, witness=witness, peers=peers)
