"""The members: two hosts that an administrator set up by the guide, with the same simulated commands."""

from __future__ import annotations

import re
from typing import Any

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import commands, derived
from tui_installer.simulator.rhcs.archive import providers
from tui_installer.simulator.rhcs.cluster import CONF
from tui_installer.simulator.rhcs.dpkg import FILES, shipped
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.world import World


def group(uuid: str, wwid: str, size: int, volumes: dict[str, int]) -> dict[str, Any]:
    """A clustered volume group on a LUN; sizes are in bytes."""
    tail = "-9Tfb-Kq2s-Mn5A-vYw0d1"
    lvs = {
        name: {"uuid": f"{name[:2]:x<2}Kd93-" + uuid[-9:] + "-1b2C-h7Rt-Zz40-Wm8Qe2", "size": each}
        for name, each in volumes.items()
    }
    return {"uuid": f"{uuid}{tail}", "pvs": {wwid: f"{uuid[::-1]}{tail}"}, "size": size - (4 << 20),
            "clustered": True, "lvs": lvs}  # fmt: skip


def set_up(world: World, variant: str) -> None:
    """Install and join them."""
    hosts = [world.machine(name) for name in world.state["members"]]
    for host in hosts:
        _storage_network(world, host)
        _files(host, variant)
    for host in hosts:
        _run(world, host, "modprobe", "dm-multipath")
        _storage(world, host)
        _cluster(world, host)
    for host in hosts:
        _volumes(world, host)
    for host in hosts:
        _activated(world, host)
        _xen(world, host)


def _run(world: World, host: Machine, *argv: str) -> str:
    result = commands.run(world, host, argv, b"", None)
    if not result.ok():
        raise RuntimeError(f"{host.name}: {' '.join(argv)}: {result.verdict}: {result.said}")
    derived.refresh(world, host)
    return result.out


def _install(world: World, host: Machine, *names: str) -> None:
    _run(world, host, "apt-get", "-y", "install", *names)


def _storage_network(world: World, host: Machine) -> None:
    """As in the guide: etch and lenny by VLAN tagging, squeeze by a card of its own."""
    number = host.data["address"].rsplit(".", 1)[1]
    settings = f"\taddress 172.16.17.{number}\n\tnetmask 255.255.0.0\n"
    text = host.text("/etc/network/interfaces") or ""
    if era(host).name == "squeeze":
        name, more = "eth1", f"\nallow-hotplug eth1\niface eth1 inet static\n{settings}"
        text = text.replace("allow-hotplug eth0\niface eth0", "auto xenbr0\niface xenbr0")
        text = text.rstrip("\n") + "\n\tbridge_ports eth0\n\tbridge_fd 0\n"
        _install(world, host, "bridge-utils")
    else:
        name, more = "vlan16", f"\nauto vlan16\niface vlan16 inet static\n{settings}\tvlan_raw_device eth0\n"
        _install(world, host, "vlan")
        host.put("/etc/modules", (host.text("/etc/modules") or "") + "8021q\n")
        _run(world, host, "modprobe", "8021q")
    _run(world, host, "ifdown", "eth0")
    host.put("/etc/network/interfaces", text + more)
    for each in ("eth0", "xenbr0", name):
        if f"iface {each} " in text + more:
            _run(world, host, "ifup", each)


def _files(host: Machine, variant: str) -> None:
    own = f"127.0.1.1\t{host.name}.tjhsst.edu\t{host.name}\n"
    all_ = "".join(f"198.38.17.{at}\t{name}.tjhsst.edu\t{name}\n" for name, at in (("top", 56), ("left", 57)))
    host.put("/etc/hosts", (host.text("/etc/hosts") or "").replace(own, all_))
    text = (FILES / era(host).name / "members" / CONF.lstrip("/")).read_text()
    if variant == "two-node":
        text = text.replace("<cman>", '<cman two_node="1" expected_votes="1">')
    host.put(CONF, text, 0o640)


def _storage(world: World, host: Machine) -> None:
    _install(world, host, "open-iscsi", "multipath-tools")
    real, links = ("/etc", "/etc/iscsi") if era(host).name == "etch" else ("/etc/iscsi", "/etc")
    for name, text in (("initiatorname.iscsi", INITIATOR.format(name=host.name)), ("iscsid.conf", _iscsid(host))):
        host.remove(f"/etc/iscsi/{name}")
        host.put(f"{real}/{name}", text, 0o600)
        host.link(f"{links}/{name}", f"{real}/{name}")
    scsi = "-g -u -s /block/%n" if era(host).name != "squeeze" else "--whitelisted --device=/dev/%n"
    host.put("/etc/multipath.conf", MULTIPATH.format(callout=f"{era(host).scsi_id} {scsi}"))
    _run(world, host, "/etc/init.d/open-iscsi", "restart")
    for portal in world.state["san"]["portals"]:
        _run(world, host, "iscsiadm", "-m", "discovery", "-t", "sendtargets", "-p", portal)
    for iqn in world.state["san"]["targets"]:
        ours = iqn in world.state["san"]["ours"]
        _run(world, host, "iscsiadm", "-m", "node", "-T", iqn, *(("-l",) if ours else ("-o", "delete")))
    _run(world, host, "multipath")


def _cluster(world: World, host: Machine) -> None:
    if era(host).family == "1.x":
        _install(world, host, f"redhat-cluster-modules-{era(host).kernel}")
        _run(world, host, "modprobe", "cman")
        host.put("/etc/modules", (host.text("/etc/modules") or "") + "cman\ndlm\n")
    else:
        host.put("/etc/modules", (host.text("/etc/modules") or "") + "dlm\n")
    host.put("/etc/default/cman", "CMAN_QUORUM_TIMEOUT=0\n")  # the first of them is alone, and must not wait
    _install(world, host, *(("ccs", "cman", "fence") if era(host).family == "1.x" else ("cman",)))
    _run(world, host, "/etc/init.d/cman", "start")
    host.remove("/etc/default/cman")


def _volumes(world: World, host: Machine) -> None:
    host.put("/etc/lvm/lvm.conf", _lvm(host))
    _install(world, host, "clvm")
    if era(host).name == "etch":
        host.put("/etc/init.d/clvm", CLVM, 0o755)
        links = ("start", "74", "2", "3", "4", "5", ".", "stop", "12", "0", "6", ".", "stop", "49", "1", ".")
        _run(world, host, "update-rc.d", "clvm", *links)
    _run(world, host, "/etc/init.d/clvm", "start")


def _activated(world: World, host: Machine) -> None:
    """Once clvmd runs on all: nobody gets a lock before."""
    host.put("/etc/init.d/san-lvm", SAN_LVM, 0o755)
    _run(world, host, "update-rc.d", "san-lvm", *["start", "75", "2", "3", "4", "5", "."])
    _run(world, host, "/etc/init.d/san-lvm", "start")


def _iscsid(host: Machine) -> str:
    text = shipped(host, "/etc/iscsi/iscsid.conf").replace("node.startup = manual", "node.startup = automatic")
    for name, value in (("username", "vmhosts"), ("password", "tjstorage2008")):
        text = re.sub(rf"(?m)^#node.session.auth.{name} = .*$", f"node.session.auth.{name} = {value}", text)
    return text


def _lvm(host: Machine) -> str:
    text = host.text("/etc/lvm/lvm.conf") or ""
    ours = 'filter = [ "a|^/dev/mapper/vm[0-9]+$|", "a|^/dev/cciss/c0d0p2$|", "r|.*|" ]'
    library = '\n    locking_library = "liblvm2clusterlock.so"\n    library_dir = "/lib/lvm2"'
    kind = "locking_type = 3" if era(host).name != "etch" else f"locking_type = 2{library}"
    return text.replace('filter = [ "a/.*/" ]', ours).replace("locking_type = 1", kind, 1)


def _xen(world: World, host: Machine) -> None:
    _install(world, host, *(providers(host, "xen-linux-system")[-1:] or ["xen-linux-system"]))
    text = host.text("/etc/xen/xend-config.sxp") or ""
    allowed = r"(xend-relocation-hosts-allow '^localhost$ ^198\\.38\\.17\\.5[67]$')"
    text = text.replace("#(xend-relocation-server no)", "(xend-relocation-server yes)")
    text = text.replace("#(xend-relocation-hosts-allow '')", allowed)
    if era(host).name != "squeeze":
        text = text.replace("(network-script network-dummy)", "(network-script network-bridge)")
    host.put("/etc/xen/xend-config.sxp", text)
    _run(world, host, "/etc/init.d/xend", "restart")


INITIATOR = """\
## The InitiatorName must be unique for each iSCSI initiator.
InitiatorName=iqn.1992-03.edu.tjhsst:initiator:{name}.0
InitiatorAlias={name}
"""
MULTIPATH = """\
defaults {{
	user_friendly_names yes
}}
# the local disks are none of multipath's business
blacklist {{
	devnode "^(cciss|fd|hd|md|sr|scd|st|ram|raw|loop)"
}}
devices {{
	device {{
		vendor "Promise"
		product "VTrak M310i"
		path_grouping_policy multibus
		getuid_callout "{callout}"
		features "1 queue_if_no_path"
		path_checker readsector0
		failback immediate
	}}
}}
multipaths {{
	multipath {{
		wwid 22266000155c3a7e1
		alias vm0
	}}
	multipath {{
		wwid 22266000155c3b90d
		alias vm1
	}}
}}
"""
CLVM = """\
#! /bin/sh
# clvmd Start/Stop script for the cluster LVM daemon
set -e
PATH=/sbin:/bin:/usr/sbin:/usr/bin
test -x /sbin/clvmd || exit 0
case "$1" in
start)
	echo -n "Starting the cluster LVM daemon: clvmd"
	start-stop-daemon --start --quiet --exec /sbin/clvmd
	echo "."
	;;
stop)
	echo -n "Stopping the cluster LVM daemon: clvmd"
	start-stop-daemon --stop --quiet --name clvmd
	echo "."
	;;
*)
	echo "Usage: /etc/init.d/clvm {start|stop}" >&2
	exit 1
	;;
esac
exit 0
"""
SAN_LVM = """\
#! /bin/sh
### BEGIN INIT INFO
# Provides:          san-lvm
# Required-Start:    $local_fs cman clvm open-iscsi multipath-tools
# Required-Stop:     $local_fs
# Default-Start:     2 3 4 5
# Default-Stop:
# Short-Description: Find and activate the LVM volume groups of the SAN
### END INIT INFO
PATH=/sbin:/usr/sbin:/bin:/usr/bin
set -e
case "$1" in
start)
	vgscan
	vgchange -aly san
	;;
esac
exit 0
"""
