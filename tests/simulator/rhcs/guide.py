"""The guide, typed by hand on a simulated host: what an administrator of that time would have entered."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from tests.simulator.worlds import member, ok
from tui_installer import simulator
from tui_installer.hosts.host import File, Host

IQN = "iqn.1992-03.edu.tjhsst.csl:storage:alexandria"
PORTALS = ("172.16.1.2", "172.16.1.3")
KERNELS = {"etch": "2.6.18-6-xen-686", "lenny": "2.6.26-2-xen-686", "squeeze": "2.6.32-5-xen-686"}
SAN_LVM = """\
#! /bin/sh
### BEGIN INIT INFO
# Provides:          san-lvm
# Required-Start:    $local_fs cman clvm open-iscsi multipath-tools
# Required-Stop:     $local_fs
# Default-Start:     2 3 4 5
# Default-Stop:
### END INIT INFO
set -e
test -x /sbin/vgscan -a -x /sbin/vgchange || exit 0
test -f /etc/default/san-lvm && . /etc/default/san-lvm
case "$1" in
start)
	vgscan
	vgchange -aly $VOLUME_GROUPS
	;;
esac
exit 0
"""


def text(host: Host, path: str) -> str:
    """A file's text."""
    file = host.read(path)
    assert file is not None, path
    return file.content.decode()


def put(host: Host, path: str, content: str, mode: int = 0o644) -> None:
    """Write a file."""
    host.write(path, File(content.encode(), mode))


def take(host: Host, peer: Host, path: str) -> None:
    """Copy a file of a member."""
    host.write(path, peer.read(path))


def storage(host: Host, release: str) -> None:
    """The network of the storage, open-iscsi and multipath."""
    squeeze = release == "squeeze"
    settings = "\taddress 172.16.17.55\n\tnetmask 255.255.0.0\n"
    if squeeze:
        stanza, name = f"\nallow-hotplug eth1\niface eth1 inet static\n{settings}", "eth1"
    else:
        stanza, name = f"\nauto vlan16\niface vlan16 inet static\n{settings}\tvlan_raw_device eth0\n", "vlan16"
        ok(host, "apt-get -y install vlan")
        put(host, "/etc/modules", text(host, "/etc/modules") + "8021q\n")
        ok(host, "modprobe 8021q")
    put(host, "/etc/network/interfaces", text(host, "/etc/network/interfaces") + stanza)
    ok(host, f"ifup {name}")
    ok(host, "apt-get -y install open-iscsi multipath-tools")


def sessions(host: Host, peer: Host, release: str) -> None:
    """Names and credentials, then a discovery and a login at each portal."""
    put(host, "/etc/iscsi/initiatorname.iscsi", "InitiatorName=iqn.1992-03.edu.tjhsst:initiator:bottom.0\n", 0o600)
    put(host, "/etc/iscsi/iscsid.conf", text(peer, f"/etc/{'' if release == 'etch' else 'iscsi/'}iscsid.conf"), 0o600)
    take(host, peer, "/etc/multipath.conf")
    ok(host, "/etc/init.d/open-iscsi restart")
    for portal in PORTALS:
        ok(host, f"iscsiadm -m discovery -t sendtargets -p {portal}")
        ok(host, f"iscsiadm -m node -T {IQN} -p {portal} -l")
        ok(host, f"iscsiadm -m node -T {IQN[:-10]}babylon -p {portal} -o delete")
    ok(host, "modprobe dm_multipath")
    ok(host, "multipath")


def cluster(host: Host, peers: list[Host], release: str) -> None:
    """cluster.conf on the members, then cman here."""
    top = peers[0]
    own = re.sub(r"127\.0\.1\.1\s.*", "198.38.17.55\tbottom.tjhsst.edu bottom", text(host, "/etc/hosts"))
    put(host, "/etc/hosts", own + "".join(each for each in text(top, "/etc/hosts").splitlines(True) if "38.17" in each))
    for each in peers:
        put(each, "/etc/hosts", text(each, "/etc/hosts") + "198.38.17.55\tbottom.tjhsst.edu bottom\n")
    nodeid = "" if release == "etch" else ' nodeid="3"'
    fence = '<fence>\n<method name="single">\n<device name="manual" ipaddr="198.38.17.55"/>\n</method>\n</fence>\n'
    node = f'<clusternode name="bottom" votes="1"{nodeid}>\n{fence}</clusternode>\n'
    conf = text(top, "/etc/cluster/cluster.conf").replace('config_version="5"', 'config_version="6"')
    put(top, "/etc/cluster/cluster.conf", conf.replace("</clusternodes>", f"{node}</clusternodes>"), 0o640)
    take(host, top, "/etc/cluster/cluster.conf")
    if release == "squeeze":
        take(peers[1], top, "/etc/cluster/cluster.conf")
        ok(top, "cman_tool version -r 6 -S")
    else:
        ok(top, "ccs_tool update /etc/cluster/cluster.conf")
        ok(top, "cman_tool version -r 6")
    if release == "etch":
        ok(host, f"apt-get -y install redhat-cluster-modules-{KERNELS[release]} ccs")
        ok(host, "modprobe cman")
    put(host, "/etc/modules", text(host, "/etc/modules") + ("cman\ndlm\n" if release == "etch" else "dlm\n"))
    ok(host, "apt-get -y install cman")
    ok(host, "/etc/init.d/cman start")


def volumes(host: Host, peer: Host, release: str) -> None:
    """LVM with cluster locks, clvmd and the volume groups of the SAN."""
    take(host, peer, "/etc/lvm/lvm.conf")
    put(host, "/etc/default/clvm", 'LVM_VGS="san"\n')
    ok(host, "apt-get -y install clvm")
    if release == "etch":
        take(host, peer, "/etc/init.d/clvm")
        ok(host, "update-rc.d clvm start 74 2 3 4 5 . stop 12 0 6 . stop 49 1 .")
    ok(host, "/etc/init.d/clvm start")
    put(host, "/etc/init.d/san-lvm", SAN_LVM, 0o755)
    put(host, "/etc/default/san-lvm", 'VOLUME_GROUPS="san"\n')
    ok(host, "update-rc.d san-lvm " + ("defaults" if release == "squeeze" else "start 75 2 3 4 5 ."))
    ok(host, "/etc/init.d/san-lvm start")


def xen(host: Host, peer: Host) -> None:
    """xend with its relocation server."""
    found = re.findall(r"(?m)^xen-linux-system-2\.6-\S+", ok(host, "apt-cache showpkg xen-linux-system"))
    ok(host, f"apt-get -y install {found[0] if found else 'xen-linux-system'}")
    take(host, peer, "/etc/xen/xend-config.sxp")
    ok(host, "/etc/init.d/xend restart")


def join(world: Path, release: str, until: str = "") -> Host:
    """The whole guide on `bottom`, or up to a part of it ("cluster", "volumes", "xen")."""
    host, peers = simulator.here(world), [member(world, "top"), member(world, "left")]
    storage(host, release)
    sessions(host, peers[0], release)
    parts: list[tuple[str, Callable[[], None]]] = [
        ("cluster", lambda: cluster(host, peers, release)),
        ("volumes", lambda: volumes(host, peers[0], release)),
        ("xen", lambda: xen(host, peers[0])),
    ]
    for name, part in parts:
        if name == until:
            return host
        part()
    return host
