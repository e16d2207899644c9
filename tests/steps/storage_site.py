"""The storage part of a site as facts: two portals, two LUNs, a member that uses them."""

from __future__ import annotations

from dataclasses import replace

from tests.steps.cluster_site import CLUSTER, HERE, LVM, MEMBER
from tests.steps.cluster_site import GROUP as SHARED
from tui_installer.hosts.host import File
from tui_installer.model.site import Peer, Site, Witness
from tui_installer.probes.iscsi import Iscsi, Record, Session
from tui_installer.probes.multipath import Disk, Map, Multipath, Path
from tui_installer.probes.network import Network
from tui_installer.steps.site.eyes import membership

GROUP = SHARED.name
IQN = "iqn.2024-01.lab.san:cluster"
PORTALS = ("10.16.0.1:3260", "10.16.0.2:3260")
WWIDS = ("36000000000000000000000000ab0a001", "36000000000000000000000000ab0a002")
NAME = "iqn.1993-08.org.debian:01:node1"

RECORD = b"""\
# BEGIN RECORD 2.1.11
node.name = iqn.2024-01.lab.san:cluster
node.startup = automatic
node.session.auth.authmethod = CHAP
node.session.auth.username = chapuser
node.session.auth.password = chapsecret123
node.session.timeo.replacement_timeout = 120
# END RECORD
"""

MULTIPATH_CONF = b"""\
defaults {
    user_friendly_names yes
    find_multipaths strict
}
devices {
    device {
        vendor "LABSAN"
        product "VIRTUAL-DISK"
        path_grouping_policy multibus
        path_selector "round-robin 0"
        failback immediate
        no_path_retry 12
    }
}
multipaths {
    multipath {
        wwid 36000000000000000000000000ab0a001
        alias vm0
    }
    multipath {
        wwid 36000000000000000000000000ab0a002
        alias vm1
    }
}
"""


def record(portal: str, content: bytes = RECORD, startup: str = "automatic") -> Record:
    """A node record."""
    address = portal.replace(":", ",")
    path = f"/var/lib/iscsi/nodes/{IQN}/{address},1/default"
    return Record(IQN, portal, 1, "default", startup, path, File(content, 0o600))


def session(portal: str, *disks: str, state: str = "LOGGED_IN", address: str = "10.16.1.12") -> Session:
    """A session to the target."""
    return Session(PORTALS.index(portal) + 1, IQN, portal, "default", address, state, disks)


SESSIONS = (session(PORTALS[0], "sda", "sdb"), session(PORTALS[1], "sdc", "sdd"))


def initiator(name: str) -> Iscsi:
    """A member's initiator, logged in everywhere."""
    return Iscsi(
        installed=True,
        name=name,
        alias="",
        name_file=File(f"InitiatorName={name}\n".encode(), 0o600),
        conf=File(b"node.startup = automatic\nnode.session.auth.username = chapuser\n", 0o600),
        records=tuple(record(portal) for portal in PORTALS),
        sessions=SESSIONS,
        login_at_boot=True,
        iscsid=True,
        daemon=True,
    )


def path(device: str, portal: str, *, dm: str = "active", checker: str = "ready") -> Path:
    """A path of a map."""
    return Path(device, dm, "running", checker, portal)


def lun(index: int, name: str, *devices: str) -> Map:
    """A map of one of the two LUNs, with a path a portal."""
    paths = tuple(path(device, portal) for device, portal in zip(devices, PORTALS, strict=False))
    return Map(name, WWIDS[index], f"dm-{index}", "512M", "LABSAN", "VIRTUAL-DISK", paths)


MAPS = (lun(0, "vm0", "sda", "sdc"), lun(1, "vm1", "sdb", "sdd"))
DISKS = tuple(
    Disk(name, WWIDS[index], "iscsi", "512M", "LABSAN", "VIRTUAL-DISK")
    for name, index in (("sda", 0), ("sdb", 1), ("sdc", 0), ("sdd", 1))
)
MULTIPATH = Multipath(True, True, True, File(MULTIPATH_CONF), MAPS, DISKS, WWIDS)
NETWORK = Network(
    interfaces=(), main="", manager="ifupdown", managed_by="", files=(), configured=(), boot_modules=True,
    vlan_module=True,
)  # fmt: skip


def witness() -> Witness:
    """A member."""
    return Witness("node1", MEMBER, NETWORK, initiator(NAME), MULTIPATH, membership(CLUSTER), LVM)


def site_of(member: Witness | None, *peers: Peer, itself: bool = False) -> Site:
    """A site with that witness."""
    return Site(here=replace(HERE), witness=member, peers=peers, itself=itself)
