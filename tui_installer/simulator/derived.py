"""Files that the kernel and udev would keep up to date: /proc/modules, /sys/class/net, /dev/disk/by-id, ..."""

from __future__ import annotations

import shutil

from tui_installer.simulator import net, storage
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.memberfiles import SERIAL
from tui_installer.simulator.storage_files import storage_files, volume_links
from tui_installer.simulator.tools import reboot
from tui_installer.simulator.tools.ip import carrier
from tui_installer.simulator.world import World


def refresh(world: World) -> None:
    """Make them follow the state, on every host."""
    for host in world.machines():
        storage.count_failures(world, host)
        if host.rhcs:
            from tui_installer.simulator.rhcs import derived as rhcs  # for old hosts only: as large as all of the rest

            rhcs.refresh(world, host)
            continue
        _modules(host)
        _kernel(host)
        _lockspaces(host)
        _links(host)
        with storage_files(world, host) as stale:
            if stale:
                _disks(world, host)


def _put(host: Machine, path: str, text: str) -> None:
    if host.text(path) != text:
        host.put(path, text)


def _modules(host: Machine) -> None:
    names = host.data["modules"]
    _put(host, "/proc/modules", "".join(f"{name} 40960 0 - Live 0x0000000000000000\n" for name in reversed(names)))
    _put(host, "/proc/swaps", SWAPS)
    _put(host, "/proc/self/mounts", "/dev/vda1 / ext4 rw,relatime 0 0\n")
    for name in names:
        host.real(f"/sys/module/{name}").mkdir(parents=True, exist_ok=True)
    for path in host.glob("/sys/module/*"):
        if path.rsplit("/", 1)[1] not in names:
            shutil.rmtree(host.real(path))


def _lockspaces(host: Machine) -> None:
    """Those of the kernel, whoever looks after them."""
    for name in host.data["lockspaces"]:
        _put(host, f"/sys/kernel/dlm/{name}/control", "")
    for path in host.glob("/sys/kernel/dlm/*"):
        if path.rsplit("/", 1)[1] not in host.data["lockspaces"]:
            shutil.rmtree(host.real(path))


SWAPS = (
    "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
    "/dev/vda2                               partition\t1048572\t\t0\t\t-2\n"
)


def _kernel(host: Machine) -> None:
    """What runs: Linux alone, or under a hypervisor, which then has the serial line."""
    _put(host, "/proc/cmdline", host.data["cmdline"] + "\n")
    _put(host, "/proc/meminfo", f"MemTotal:       {host.data['memory'] * 1024:8} kB\n")
    _put(host, "/proc/cpuinfo", "".join(f"processor\t: {number}\n" for number in range(host.data["cpus"])))
    _put(host, "/proc/sys/kernel/random/boot_id", f"{reboot.boot_id(host)}\n")
    _put(host, "/sys/class/tty/console/active", " ".join(host.data["consoles"]) + "\n")
    under = {"/sys/hypervisor/type": "xen\n", "/proc/xen/capabilities": "control_d\n"}
    for path, text in under.items():
        if host.data["hypervisor"]:
            _put(host, path, text)
        elif host.read(path):
            host.remove(path)
    serial = SERIAL.replace("16550A", "unknown") if host.data["hypervisor"] else SERIAL
    _put(host, "/proc/tty/driver/serial", serial)


def _links(host: Machine) -> None:
    for name, link in host.data["links"].items():
        folder = f"/sys/class/net/{name}"
        _put(host, f"{folder}/carrier", f"{int(carrier(host, link))}\n" if link["up"] else "<EINVAL>")
        _put(host, f"{folder}/address", link["mac"] + "\n")
        _put(host, f"{folder}/mtu", f"{link['mtu']}\n")
        _put(host, f"{folder}/operstate", ("up" if carrier(host, link) else "down") + "\n")
        _put(host, f"{folder}/speed", _speed(host, name) if link["up"] else "<EINVAL>")
        if net.is_card(name, link) and host.read(f"{folder}/device/driver") is None:
            host.link(f"{folder}/device/driver", "../../../../bus/virtio/drivers/virtio_net")
    for path in host.glob("/sys/class/net/*"):
        if path.rsplit("/", 1)[1] not in host.data["links"]:
            shutil.rmtree(host.real(path))
    _put(host, "/run/network/ifstate", "".join(f"{name}={name}\n" for name in host.data["ifstate"]))


def _speed(host: Machine, name: str) -> str:
    """A VLAN has its card's; virtio-net knows its own only if the hypervisor was told (`speed` of QEMU's device)."""
    link = host.data["links"][name]
    if link["parent"]:
        return _speed(host, link["parent"])
    return f"{link.get('speed', -1)}\n" if net.is_card(name, link) else "<EINVAL>"


def _disks(world: World, host: Machine) -> None:
    wanted: dict[str, str] = {}
    disks = storage.disks(world, host)
    for each in host.data["maps"]:
        target = f"../../dm-{each['dm']}"
        wanted[f"/dev/mapper/{each['name']}"] = f"../dm-{each['dm']}"
        wanted[f"/dev/disk/by-id/dm-name-{each['name']}"] = target
        wanted[f"/dev/disk/by-id/dm-uuid-mpath-{each['wwid']}"] = target
        wanted[f"/dev/disk/by-id/wwn-0x{each['wwid'][1:]}"] = target
    for disk in disks:
        _put(host, f"/sys/block/{disk.name}/dev", f"{disk.dev_t}\n")
        wanted.setdefault(f"/dev/disk/by-id/wwn-0x{disk.wwid[1:]}", f"../../{disk.name}")
        wanted.setdefault(f"/dev/disk/by-id/scsi-{disk.wwid}", f"../../{disk.name}")
        name = f"ip-{disk.portal}:3260-iscsi-{disk.iqn}-lun-{disk.lun}"
        wanted[f"/dev/disk/by-path/{name}"] = f"../../{disk.name}"
    for volume, number in host.data["lv_dms"].items():
        wanted[f"/dev/{volume}"] = f"../dm-{number}"
    for path in [*host.glob("/dev/disk/by-*/*"), *volume_links(world, host)]:
        if path not in wanted:
            host.real(path).unlink()
    names = {disk.name for disk in disks}
    for path in host.glob("/sys/block/*"):
        if path.rsplit("/", 1)[1] not in names:
            shutil.rmtree(host.real(path))
    for path, target in wanted.items():
        real = host.real(path)
        if not real.is_symlink() or str(real.readlink()) != target:
            real.unlink(missing_ok=True)
            real.parent.mkdir(parents=True, exist_ok=True)
            real.symlink_to(target)
