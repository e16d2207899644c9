"""A site as facts: a healthy cluster of two members on a storage VLAN, and a fresh host beside it."""

from __future__ import annotations

from tui_installer.formats.dlm_conf import DlmConf
from tui_installer.hosts.host import File
from tui_installer.model.site import Peer, Site, Witness
from tui_installer.probes.cluster import Cluster, Quorum
from tui_installer.probes.corosync_conf import Conf, Node
from tui_installer.probes.handed import Handed
from tui_installer.probes.iscsi import Iscsi, Session
from tui_installer.probes.lvm import Group, Lvm
from tui_installer.probes.multipath import Multipath
from tui_installer.probes.network import Interface, Network, Route
from tui_installer.probes.system import System
from tui_installer.steps.site.eyes import membership

HERE = System("fresh", "debian", "13", "trixie", "6.12", 1000.0, 1000.0)
MEMBER = System("node1", "debian", "13", "trixie", "6.12", 1000.0, 1000.0)

CONF = Conf(
    "xencluster",
    2,
    "knet",
    (Node(1, "node1", ("10.0.1.11",), 1), Node(2, "node2", ("10.0.1.13",), 1)),
    two_node=False,
    expected_votes=0,
    special=(),
)
QUORUM = Quorum(True, 2, 2, 2, ("Quorate",), ((1, 1, "node1"), (2, 1, "node2")), 1)

CLUSTER = Cluster(
    installed=True,
    manager="corosync",
    managed_by="/etc/corosync/corosync.conf",
    file=File(b""),
    conf=CONF,
    memory=CONF,
    quorum=QUORUM,
    authkey=File(b"key", 0o400),
    dlm_conf=None,
    uidgid=Handed((), ()),
    dlm_running=True,
    fencing=(),
    lockspaces=(),
    fences=DlmConf(),
    corosync_at_boot=True,
    dlm_at_boot=True,
    versions=(),
)

GROUP = Group("vg_cluster", "uuid", "dlm", "1.0.0:xencluster", False, "508m", "344m", ("/dev/mapper/vm0",))
LVM = Lvm(True, None, True, False, "", (GROUP,), (), True, True, (), True, (), ())


def interface(
    name: str,
    *addresses: str,
    up: bool = True,
    carrier: bool = True,
    parent: str = "",
    vlan: int = 0,
    mtu: int = 1500,
    kind: str = "",
    master: str = "",
) -> Interface:
    """An interface; up and with a carrier unless said otherwise."""
    kind = kind or ("vlan" if vlan else "")
    return Interface(name, f"52:54:00:00:00:{len(name):02x}", mtu, up, carrier, kind, parent, vlan, master, addresses)


LO = interface("lo", "127.0.0.1/8")


def network(*interfaces: Interface, main: str = "eth0", configured: tuple[str, ...] = ("lo", "eth0")) -> Network:
    """A network that ifupdown configures."""
    text = "source /etc/network/interfaces.d/*\n\n" + "".join(
        f"auto {name}\niface {name} inet {'loopback' if name == 'lo' else 'manual'}\n\n" for name in configured
    )
    return Network(
        interfaces=(LO, *interfaces),
        main=main,
        manager="ifupdown",
        managed_by="/etc/network/interfaces",
        files=(("/etc/network/interfaces", File(text.encode())),),
        configured=configured,
        boot_modules=False,
        vlan_module=False,
        routes=(Route("default", main, "10.0.1.1"),),
    )


def session(sid: int, portal: str, address: str) -> Session:
    """A session that is logged in."""
    return Session(sid, "iqn.2024-01.lab.san:cluster", f"{portal}:3260", "default", address, "LOGGED_IN", ("sda",))


def iscsi(*sessions: Session) -> Iscsi:
    """An initiator."""
    return Iscsi(True, "iqn.1993-08.org.debian:01:node1", "", None, None, (), sessions, True, True)


SESSIONS = (session(1, "10.16.0.1", "10.16.1.11"), session(2, "10.16.0.2", "10.16.1.11"))
ON_VLAN = network(
    interface("eth0", "10.0.1.11/24"),
    interface("eth1"),
    interface("eth1.16", "10.16.1.11/16", parent="eth1", vlan=16),
    configured=("lo", "eth0", "eth1", "eth1.16"),
)

WITNESS = Witness(
    "node1", MEMBER, ON_VLAN, iscsi(*SESSIONS), Multipath(True, True, True, None, (), (), ()), membership(CLUSTER), LVM
)

SITE = Site(
    HERE,
    WITNESS,
    (Peer("node1", "10.0.1.11", True, "iqn.1993-08.org.debian:01:node1"), Peer("node2", "10.0.1.13", True)),
    offered_keys=(("10.0.1.11", "SHA256:one"), ("10.0.1.13", "SHA256:two")),
)
