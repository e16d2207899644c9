"""What Debian 13 offers: packages in the order in which apt configures them, what they need, and what they bring."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Package:
    """A package of the archive."""

    name: str
    version: str
    summary: str = ""
    needs: tuple[str, ...] = ()
    all: bool = False
    """Architecture "all" rather than amd64."""


_LIBRARIES = """
libcorosync-common4 3.1.9-2+deb13u1
libqb100 2.0.8-2+b1
libcfg7 3.1.9-2+deb13u1
libcmap4 3.1.9-2+deb13u1
libcpg4 3.1.9-2+deb13u1
liblzo2-2 2.10-3+b1
libnspr4 2:4.36-1
libnss3 2:3.110-1+deb13u4
libknet1t64 1.31-1
libnl-3-200 3.7.0-2
libnl-route-3-200 3.7.0-2
libnozzle1t64 1.31-1
libquorum5 3.1.9-2+deb13u1
libstatgrab10t64 0.92.1-1.2
libvotequorum8 3.1.9-2+deb13u1
libqb-tools 2.0.8-2+b1
libxml2 2.12.7+dfsg+really2.9.14-2.1+deb13u3
libgpg-error0 1.51-4
libgcrypt20 1.11.0-7+deb13u1
libxslt1.1 1.1.35-1.2+deb13u3
xsltproc 1.1.35-1.2+deb13u3
corosync 3.1.9-2+deb13u1
libdlm3 4.3.0-3
libdlmcontrol3 4.3.0-3
dlm-controld 4.3.0-3
libopeniscsiusr 2.1.11-1+deb13u2
libisns0t64 0.101-1+b1
open-iscsi 2.1.11-1+deb13u2
dmsetup 2:1.02.205-2
libdevmapper1.02.1 2:1.02.205-2
libdevmapper-event1.02.1 2:1.02.205-2
libaio1t64 0.3.113-8+b1
liblvm2cmd2.03 2.03.31-2
dmeventd 2:1.02.205-2
kpartx 0.11.1-2
libsanlock-client1 3.9.5-1
libsgutils2-1.48 1.48-3~deb13u1
liburcu8t64 0.15.2-2
lvm2 2.03.31-2
lvm2-lockd 2.03.31-2
sg3-utils 1.48-3~deb13u1
sg3-utils-udev 1.48-3~deb13u1
multipath-tools 0.11.1-2
vlan 2.0.5+nmu3
libopenipmi0t64 2.0.36-2+b3
openipmi 2.0.36-2+b3
ipmitool 1.8.19-9
fence-agents-ipmilan 4.16.0-3
fence-agents-common 4.16.0-3
sshpass 1.10-0.1
libyajl2 2.1.0-5+b2
libxentoolcore1 4.20.3+127-gc42374a105-0+deb13u1
libxentoollog1 4.20.3+127-gc42374a105-0+deb13u1
libxencall1 4.20.3+127-gc42374a105-0+deb13u1
libxendevicemodel1 4.20.3+127-gc42374a105-0+deb13u1
libxenevtchn1 4.20.3+127-gc42374a105-0+deb13u1
libxenforeignmemory1 4.20.3+127-gc42374a105-0+deb13u1
libxengnttab1 4.20.3+127-gc42374a105-0+deb13u1
libxenhypfs1 4.20.3+127-gc42374a105-0+deb13u1
libxenstore4 4.20.3+127-gc42374a105-0+deb13u1
libxenmisc4.20 4.20.3+127-gc42374a105-0+deb13u1
xen-hypervisor-4.20-amd64 4.20.3+127-gc42374a105-0+deb13u1
xen-hypervisor-common 4.20.3+127-gc42374a105-0+deb13u1
xenstore-utils 4.20.3+127-gc42374a105-0+deb13u1
xen-utils-common 4.20.3+127-gc42374a105-0+deb13u1
xen-utils-4.20 4.20.3+127-gc42374a105-0+deb13u1
xen-system-amd64 4.20.3+127-gc42374a105-0+deb13u1
"""
_NEEDS = {
    "corosync": """libcorosync-common4 libqb100 libcfg7 libcmap4 libcpg4 liblzo2-2 libnspr4 libnss3 libknet1t64
        libnl-3-200 libnl-route-3-200 libnozzle1t64 libquorum5 libstatgrab10t64 libvotequorum8 libqb-tools libxml2
        libgpg-error0 libgcrypt20 libxslt1.1 xsltproc""",
    "dlm-controld": "corosync libcfg7 libcmap4 libcpg4 libquorum5 libdlm3 libdlmcontrol3",
    "open-iscsi": "libopeniscsiusr libisns0t64",
    "lvm2": "dmsetup libdevmapper1.02.1 libdevmapper-event1.02.1 libaio1t64 liblvm2cmd2.03 dmeventd",
    "lvm2-lockd": "lvm2 dlm-controld libdlm3 libdlmcontrol3 libsanlock-client1",
    "multipath-tools": """kpartx dmsetup libdevmapper1.02.1 libaio1t64 liburcu8t64 libsgutils2-1.48 sg3-utils
        sg3-utils-udev""",
    "xen-system-amd64": """xen-hypervisor-4.20-amd64 xen-hypervisor-common xen-utils-4.20 xen-utils-common
        xenstore-utils libxentoolcore1 libxentoollog1 libxencall1 libxendevicemodel1 libxenevtchn1
        libxenforeignmemory1 libxengnttab1 libxenhypfs1 libxenstore4 libxenmisc4.20 libyajl2""",
    "fence-agents-ipmilan": "fence-agents-common ipmitool openipmi libopenipmi0t64",
}
_ALL = {"vlan", "sg3-utils-udev", "fence-agents-common", "xen-hypervisor-common"}
_SUMMARY = {
    "corosync": "cluster engine daemon and utilities",
    "dlm-controld": "Distributed Lock Manager control daemon",
    "open-iscsi": "iSCSI initiator tools",
    "lvm2": "Linux Logical Volume Manager",
    "lvm2-lockd": "LVM locking daemon",
    "multipath-tools": "maintain multipath block device access",
    "xen-system-amd64": "Xen System on AMD64 (metapackage)",
    "vlan": "ifupdown integration for vlan configuration",
}
BASE = dict(
    line.split()
    for line in """
apt 3.0.3
base-files 13.8+deb13u2
bash 5.2.37-2+b5
coreutils 9.7-3
debianutils 5.23.2
dpkg 1.22.21
grub-common 2.12-9+deb13u1
grub-pc 2.12-9+deb13u1
ifupdown 0.8.44+deb13u1
initramfs-tools 0.148.4
iproute2 6.15.0-1
iputils-ping 3:20240905-3
kmod 34.2-2
linux-image-amd64 6.12.107-1
openssh-client 1:10.0p1-7+deb13u4
openssh-server 1:10.0p1-7+deb13u4
os-prober 1.83
python3 3.13.5-1
python3-minimal 3.13.5-1
systemd 257.13-1~deb13u1
systemd-sysv 257.13-1~deb13u1
udev 257.13-1~deb13u1
util-linux 2.41-5
""".strip().splitlines()
)
"""Installed on every host from the start: name and version."""

PACKAGES: dict[str, Package] = {
    name: Package(name, version, _SUMMARY.get(name, ""), tuple(_NEEDS.get(name, "").split()), name in _ALL)
    for name, version in (line.split() for line in _LIBRARIES.strip().splitlines())
} | {name: Package(name, version) for name, version in BASE.items()}

SUGGESTS = {"multipath-tools": "multipath-tools-boot", "libgcrypt20": "rng-tools"}
RECOMMENDS = {"lvm2": "thin-provisioning-tools", "libgpg-error0": "libgpg-error-l10n"}


def closure(names: list[str]) -> list[str]:
    """These packages and all that they need, in the order in which apt configures them."""
    wanted, pending = set(), list(names)
    while pending:
        name = pending.pop()
        if name not in wanted:
            wanted.add(name)
            pending += PACKAGES[name].needs
    return [name for name in PACKAGES if name in wanted]


def version(name: str) -> str:
    """The version that the archive has."""
    return PACKAGES[name].version
