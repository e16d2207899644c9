"""What /proc says on a rhcs host: modules, mounts, swap, sockets, VLANs, and the cluster of 1.x."""

from __future__ import annotations

import ipaddress
import uuid

from tui_installer.simulator import net, storage
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import cman_text
from tui_installer.simulator.world import World

MOUNTS = "rootfs / rootfs rw 0 0\n/dev/cciss/c0d0p1 / ext3 rw,data=ordered 0 0\nproc /proc proc rw 0 0\n"
MTAB = "/dev/cciss/c0d0p1 / ext3 rw,errors=remount-ro 0 0\nproc /proc proc rw,noexec,nosuid,nodev 0 0\n"
SWAPS = (
    "Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n/dev/mapper/local-swap                  partition\t1048568\t0\t-1\n"
)


def files(world: World, host: Machine) -> dict[str, str]:
    """path -> text, as the kernel has it now."""
    data = host.data
    found = {
        "/proc/modules": "".join(f"{name} 40960 0 - Live 0xf8a00000\n" for name in reversed(data["modules"])),
        "/proc/mounts": MOUNTS,
        "/etc/mtab": MTAB,
        "/proc/swaps": SWAPS,
        "/proc/partitions": _partitions(world, host),
        "/proc/net/tcp": _sockets(host),
        "/proc/sys/kernel/random/boot_id": f"{uuid.UUID(int=data['boot_number'] << 64 | 0x5EED)}\n",
        "/proc/sys/kernel/hostname": f"{data['hostname']}\n",
        "/proc/cmdline": data["cmdline"] + "\n",
    }
    if "xen" in data["kernel"] and not data.get("bare"):  # one of pv_ops runs without the hypervisor too
        found["/proc/xen/capabilities"] = "control_d\n"
    if "8021q" in data["modules"]:
        found |= _vlans(host)
    if "cman" in data["modules"]:
        found |= {f"/proc/cluster/{name}": text for name, text in cman_text.proc(world, host).items()}
        found["/proc/cluster/config/cman/deadnode_timeout"] = "21\n"
    return found


def _partitions(world: World, host: Machine) -> str:
    rows = [(104, 0, 71652960, "cciss/c0d0"), (104, 1, 66846720, "cciss/c0d0p1"), (104, 2, 4194304, "cciss/c0d0p2")]
    for disk in storage.disks(world, host):
        major, minor = disk.dev_t.split(":")
        rows.append((int(major), int(minor), storage.lun(world, disk.wwid)["size"] // 1024, disk.name))
    rows.append((254, 0, 1048576, "dm-0"))
    for each in host.data["maps"]:
        rows.append((254, each["dm"], storage.lun(world, each["wwid"])["size"] // 1024, f"dm-{each['dm']}"))
    return "major minor  #blocks  name\n\n" + "".join(f"{a:>4} {b:>5} {c:>10} {d}\n" for a, b, c, d in rows)


def _sockets(host: Machine) -> str:
    text = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    for number, each in enumerate(host.data["sessions"]):
        own = net.source(host, each["address"])
        if own:
            ends = f"{_hex(own)}:{40000 + each['sid']:04X} {_hex(each['address'])}:{each['port']:04X}"
            text += f"{number:>4}: {ends} 01 00000000:00000000 02:00000000 00000000     0        0 {7000 + number}\n"
    return text


def _hex(address: str) -> str:
    return "".join(f"{part:02X}" for part in reversed(ipaddress.ip_address(address).packed))


def _vlans(host: Machine) -> dict[str, str]:
    found = {name: link for name, link in host.data["links"].items() if link["vlan"]}
    text = "VLAN Dev name    | VLAN ID\nName-Type: VLAN_NAME_TYPE_PLUS_VID_NO_PAD\n"
    text += "".join(f"{name:<15}| {link['vlan']}  | {link['parent']}\n" for name, link in found.items())
    form = "{name}  VID: {vlan}\t REORDER_HDR: 1  dev->priv_flags: 1\nDevice: {parent}\n"
    each = {f"/proc/net/vlan/{name}": form.format(name=name, **link) for name, link in found.items()}
    return {"/proc/net/vlan/config": text} | each
