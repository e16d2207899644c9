"""Whether a host is one for this program: who else owns it, and where its own root file system lies. Only files are
read: nothing of this hangs, and nothing of this needs a tool."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tui_installer.hosts.host import Host, side_by_side

OWNERS = (
    ("proxmox", "/etc/pve"),
    ("ganeti", "/var/lib/ganeti/ssconf_*"),
    ("ganeti", "/var/lib/ganeti/config.data"),
    ("xapi", "/etc/xensource/pool.conf"),
    ("opennebula", "/etc/one/oned.conf"),
    ("incus", "/var/lib/incus/database"),
    ("pacemaker", "/var/lib/pacemaker/cib/cib.xml"),
    ("pacemaker", "/var/lib/heartbeat/crm/cib.xml"),
)
"""What owns the membership or the machine, and the file of which that is known. ganeti: ssconf_* on every node,
config.data on the master alone; cib.xml: of Pacemaker 1.1.8 and later, and of those before."""
IBFT = "/sys/firmware/ibft/target*"
"""What the firmware told the kernel of the target that it started from (the module iscsi_ibft)."""
_VITAL = ("/", "/boot", "/usr", "/var")
_MAP = re.compile(r"(?:part\d+-)?mpath-")


@dataclass(frozen=True, slots=True)
class Fitness:
    """What speaks against a host."""

    owner: str = ""
    """Another program that owns it, by its name; empty: none."""
    owned_by: str = ""
    """The file that says so."""
    on_san: tuple[str, ...] = ()
    """Why its own file systems lie on the SAN, a sentence each; empty: they do not."""


def probe(host: Host) -> Fitness:
    """Look at a host. Raises `HostError`."""
    owner, path = foreign(host)
    return Fitness(owner, path, tuple(dict.fromkeys(_on_san(host))))


def foreign(host: Host) -> tuple[str, str]:
    """(name, file) of the program that owns the host's membership, ("", "") if none is known. Raises `HostError`."""
    found = side_by_side(host.list, (path for _, path in OWNERS))
    known = ((name, paths[0]) for (name, _), paths in zip(OWNERS, found, strict=True) if paths)
    return next(known, ("", ""))


def _on_san(host: Host) -> Iterator[str]:
    if host.list(IBFT):
        yield "the firmware started this host from an iSCSI target (/sys/firmware/ibft)"
    mounts = host.read("/proc/self/mounts")
    for line in mounts.content.decode("utf-8", "replace").splitlines() if mounts else ():
        device, at = (*line.split(), "", "")[:2]
        if at in _VITAL and device.startswith("/dev/"):
            yield from (f"{at} lies on {below}" for below in _below(host, device.removeprefix("/dev/")))


def _below(host: Host, name: str, depth: int = 8) -> Iterator[str]:
    """What of the SAN a block device stands on: "dm-1", "mapper/vg-root", "sda1"; parents in sysfs as the kernel has
    them (Documentation/ABI/testing/sysfs-block*)."""
    if name.startswith("mapper/"):
        name = _mapped(host, name.removeprefix("mapper/"))
    if not name or not depth:
        return
    if re.fullmatch(r"dm-\d+", name):
        if _MAP.match(_text(host, f"/sys/block/{name}/dm/uuid")):
            yield f"the multipath map {_text(host, f'/sys/block/{name}/dm/name')}"
            return
        for path in host.list(f"/sys/block/{name}/slaves/*"):
            yield from _below(host, path.rsplit("/", 1)[1], depth - 1)
    elif _is_session(host, name):
        yield f"/dev/{name}, a disk of an iSCSI session"
    elif (transport := _fabric(host, name)) not in ("", "pcie"):
        yield f"/dev/{name}, NVMe over {transport}"


def _mapped(host: Host, name: str) -> str:
    """The kernel's name of a device mapper's one: "dm-0"; empty: the kernel tells none (before 2.6.30)."""
    for path in host.list("/sys/block/dm-*/dm/name"):
        if _text(host, path) == name:
            return path.split("/")[3]
    return ""


def _is_session(host: Host, name: str) -> bool:
    """The link of a SCSI disk leads through host3/session1/target3:0:0 (scsi_transport_iscsi)."""
    disk = re.sub(r"\d+$", "", name)
    links = (
        host.read(path) for path in (f"/sys/class/block/{name}", f"/sys/block/{disk}", f"/sys/block/{disk}/device")
    )
    return any(re.search(r"/session\d+/", link.link) for link in links if link is not None and link.link)


def _fabric(host: Host, name: str) -> str:
    """How an NVMe disk is reached: "pcie", "tcp", "rdma", "fc"; empty: it is none."""
    found = re.match(r"nvme\d+", name)
    return _text(host, f"/sys/class/nvme/{found[0]}/transport") if found else ""


def _text(host: Host, path: str) -> str:
    file = host.read(path)
    return file.content.decode("utf-8", "replace").strip() if file else ""
