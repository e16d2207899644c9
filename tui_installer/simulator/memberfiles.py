"""The files of the simulated hosts: what every Debian host has, and what an administrator wrote on the members."""

from __future__ import annotations

import hashlib

from tui_installer.simulator.contents import LVM_CONF
from tui_installer.simulator.iscsid_conf import INITIATOR, ISCSID_CONF

OS_RELEASE = """\
PRETTY_NAME="Debian GNU/Linux 13 (trixie)"
NAME="Debian GNU/Linux"
VERSION_ID="13"
VERSION="13 (trixie)"
VERSION_CODENAME=trixie
DEBIAN_VERSION_FULL=13.2
ID=debian
HOME_URL="https://www.debian.org/"
"""
INTERFACES = """\
# This file describes the network interfaces available on your system
# and how to activate them. For more information, see interfaces(5).

source /etc/network/interfaces.d/*

# The loopback network interface
auto lo
iface lo inet loopback

# The primary network interface
allow-hotplug eth0
iface eth0 inet static
\taddress {address}/24
\tgateway 10.0.1.1
"""
STORAGE = """\
# storage network, VLAN 16
auto eth1
iface eth1 inet manual

auto eth1.16
iface eth1.16 inet static
    address {address}/16
    vlan-raw-device eth1
"""
MULTIPATH = """\
defaults {
    user_friendly_names yes
    find_multipaths strict
    polling_interval 5
}
# local disks stay out
blacklist {
    devnode "^vd[a-z]"
}
devices {
    device {
        vendor "LABSAN"
        product "VIRTUAL-DISK"
        path_grouping_policy multibus
        path_selector "round-robin 0"
        no_path_retry 12
        failback immediate
        skip_kpartx yes
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
COROSYNC = """\
# xencluster: two hosts on the SAN. Keep this file alike on all of them!
totem {
	version: 2
	cluster_name: xencluster
	# raise by one with every change
	config_version: 4
	transport: knet
	crypto_cipher: aes256
	crypto_hash: sha256
}

logging {
	to_syslog: yes
	to_stderr: no
}

quorum {
	provider: corosync_votequorum
%s}

nodelist {
	# rack 1
	node {
		name: node1
		nodeid: 1
		ring0_addr: 10.0.1.11
	}
	# rack 2
	node {
		name: node2
		nodeid: 2
		ring0_addr: 10.0.1.12
	}
}
"""
DLM = """\
# fencing over the management boards
device  ipmi /usr/sbin/fence_ipmilan lanplus=1 username=fence
connect ipmi node=1 ip=10.0.1.111
connect ipmi node=2 ip=10.0.1.112
unfence ipmi
"""
GRUB = """\
GRUB_DEFAULT=0
GRUB_TIMEOUT=5
GRUB_CMDLINE_LINUX_DEFAULT="quiet"
#GRUB_DISABLE_OS_PROBER=false
"""
LOCKS = """\
# lockspaces only after the maps exist; stopped before lvmlockd, dlm and corosync
[Unit]
After=corosync.service dlm.service lvmlockd.service open-iscsi.service multipathd.service dev-mapper-vm0.device
Wants=open-iscsi.service multipathd.service dev-mapper-vm0.device
"""
ORDER = "# stopped while the storage is still there\n[Unit]\nAfter=multipathd.service open-iscsi.service\n"
VOLUMES = """\
# the volumes of this host; at shutdown they are deactivated before their lockspace stops
[Unit]
Description=Volumes of the cluster
After=lvmlocks.service blk-availability.service
Requires=lvmlocks.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
ExecStop=-/usr/sbin/vgchange -an vg_cluster

[Install]
WantedBy=multi-user.target
"""


def base(name: str, address: str) -> dict[str, str]:
    """What every host has from its installation: path -> text."""
    return {
        "/usr/lib/os-release": OS_RELEASE,
        "/etc/debian_version": "13.2\n",
        "/etc/hostname": f"{name}\n",
        "/etc/hosts": f"127.0.0.1\tlocalhost\n127.0.1.1\t{name}.lab {name}\n\n::1\tlocalhost ip6-localhost\n",
        "/etc/network/interfaces": INTERFACES.format(address=address),
        "/etc/modules": "# /etc/modules is obsolete and has been replaced by /etc/modules-load.d/.\n",
        "/etc/fstab": "/dev/vda1 / ext4 errors=remount-ro 0 1\n/dev/vda2 none swap sw 0 0\n",
        "/etc/initramfs-tools/initramfs.conf": "MODULES=most\n",
        "/etc/default/grub": GRUB,
    }


def _iscsid() -> str:
    text = ISCSID_CONF.replace("\nnode.startup = manual", "\nnode.startup = automatic")
    text = text.replace("#node.session.auth.authmethod = CHAP", "node.session.auth.authmethod = CHAP")
    text = text.replace("#node.session.auth.username = username", "node.session.auth.username = chapuser")
    text = text.replace("#node.session.auth.password = password", "node.session.auth.password = chapsecret123")
    return text.replace("replacement_timeout = 120", "replacement_timeout = 5")


def _lvm() -> str:
    text = LVM_CONF.replace("	# use_lvmlockd = 0\n", "	use_lvmlockd = 1\n")
    ours = '	global_filter = [ "a|^/dev/mapper/vm[0-9]+$|", "r|.*|" ]\n'
    return text.replace('	# global_filter = [ "a|.*|" ]\n', ours)


def authkey() -> bytes:
    """The cluster's key, 256 bytes."""
    return b"".join(hashlib.sha256(f"xencluster {part}".encode()).digest() for part in range(8))


def member(name: str, address: str, scenario: str) -> dict[str, tuple[bytes, int]]:
    """What an administrator wrote on a member: path -> (content, mode)."""
    two_node = "\ttwo_node: 1\n" if scenario == "two-node" else ""
    hosts = base(name, address)["/etc/hosts"].replace(f"127.0.1.1\t{name}.lab {name}\n", "")
    texts = {
        "/etc/hosts": hosts + "10.0.1.11\tnode1.lab node1\n10.0.1.12\tnode2.lab node2\n",
        "/etc/modules": base(name, address)["/etc/modules"] + "8021q\n",
        "/etc/network/interfaces.d/storage": STORAGE.format(address="10.16.1." + address.rsplit(".", 1)[1]),
        "/etc/multipath.conf": MULTIPATH,
        "/etc/lvm/lvm.conf": _lvm(),
        "/etc/corosync/corosync.conf": COROSYNC % two_node,
        "/etc/dlm/dlm.conf": DLM,
        "/etc/systemd/system/lvmlocks.service.d/storage.conf": LOCKS,
        "/etc/systemd/system/lvmlockd.service.d/storage.conf": ORDER + "After=dlm.service\n",
        "/etc/systemd/system/corosync.service.d/storage.conf": ORDER,
        "/etc/systemd/system/cluster-volumes.service": VOLUMES,
        "/etc/default/grub": GRUB.replace("#GRUB_DISABLE_OS_PROBER=false", "GRUB_DISABLE_OS_PROBER=true"),
    }
    found = {path: (text.encode(), 0o644) for path, text in texts.items()}
    found["/etc/iscsi/iscsid.conf"] = (_iscsid().encode(), 0o600)
    found["/etc/iscsi/initiatorname.iscsi"] = (INITIATOR.format(id=name).encode(), 0o600)
    found["/etc/corosync/authkey"] = (authkey(), 0o400)
    return found
