"""Files that the kernel keeps: /proc, /sys and /dev of a rhcs host follow its state."""

from __future__ import annotations

import shutil

from tui_installer.simulator import net, storage, storage_files
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import proc
from tui_installer.simulator.tools.ip import carrier
from tui_installer.simulator.world import World


def refresh(world: World, host: Machine) -> None:
    """Make them follow the state of one host."""
    wanted = proc.files(world, host)
    patterns = ("/proc/cluster/*", "/proc/cluster/config/cman/*", "/proc/net/vlan/*")
    for path in [path for pattern in patterns for path in host.glob(pattern)]:
        if path not in wanted and host.real(path).is_file():
            host.remove(path)
    for path, text in wanted.items():
        if host.text(path) != text:
            host.put(path, text)
    _links(host)
    with storage_files.storage_files(world, host) as stale:
        if stale:
            _blocks(world, host)
            _sessions(world, host)


def _put(host: Machine, path: str, text: str) -> None:
    if host.text(path) != text:
        host.put(path, text)


def _links(host: Machine) -> None:
    """Those that have a device and its driver: cards. No kernel of these releases tells a speed (since 2.6.33)."""
    for name, link in host.data["links"].items():
        folder = f"/sys/class/net/{name}"
        there = carrier(host, link)
        _put(host, f"{folder}/carrier", f"{int(there)}\n" if link["up"] else "<EINVAL>")
        _put(host, f"{folder}/address", link["mac"] + "\n")
        _put(host, f"{folder}/mtu", f"{link['mtu']}\n")
        _put(host, f"{folder}/operstate", ("up" if there else "down") + "\n")
        if net.is_card(name, link) and host.read(f"{folder}/device/driver") is None:
            host.link(f"{folder}/device/driver", "../../../../bus/pci/drivers/tg3")
        for port in link.get("ports", ()):
            _put(host, f"{folder}/brif/{port}/port_no", "0x1\n")
    _drop(host, "/sys/class/net/*", set(host.data["links"]))
    _put(host, "/etc/network/run/ifstate", "".join(f"{name}={name}\n" for name in host.data["ifstate"]))


def _drop(host: Machine, pattern: str, names: set[str]) -> None:
    for path in host.glob(pattern):
        if path.rsplit("/", 1)[1] not in names:
            shutil.rmtree(host.real(path))


def _blocks(world: World, host: Machine) -> None:
    """/sys/block and /dev/mapper."""
    disks, links = storage.disks(world, host), {"/dev/mapper/local-swap": "../dm-0", "/dev/local/swap": "../dm-0"}
    names = {"cciss!c0d0", "dm-0", *(disk.name for disk in disks)}
    for disk in disks:
        folder, lun = f"/sys/block/{disk.name}", storage.lun(world, disk.wwid)
        target = f"/sys/devices/platform/host{disk.number}/session{disk.sid}/target{disk.number}:0:0/{disk.hcil}"
        _put(host, f"{folder}/size", f"{lun['size'] // 512}\n")
        _put(host, f"{folder}/dev", f"{disk.dev_t}\n")
        _put(host, f"{target}/vendor", lun["vendor"].ljust(8) + "\n")
        _put(host, f"{target}/model", lun["model"].ljust(16) + "\n")
        _put(host, f"{target}/state", ("running" if disk.alive else "offline") + "\n")
        if host.read(f"{folder}/device") is None:
            host.link(f"{folder}/device", f"../..{target.removeprefix('/sys')}")
    for each in host.data["maps"]:
        names.add(f"dm-{each['dm']}")
        links[f"/dev/mapper/{each['name']}"] = f"../dm-{each['dm']}"
        _put(host, f"/sys/block/dm-{each['dm']}/size", f"{storage.lun(world, each['wwid'])['size'] // 512}\n")
    for volume, number in host.data["lv_dms"].items():
        group, name = volume.split("/")
        links[f"/dev/mapper/{group}-{name}"] = links[f"/dev/{volume}"] = f"../dm-{number}"
        names.add(f"dm-{number}")
        _put(host, f"/sys/block/dm-{number}/size", f"{world.state['vgs'][group]['lvs'][name]['size'] // 512}\n")
    _put(host, "/sys/block/cciss!c0d0/size", "143305920\n")
    _put(host, "/sys/block/dm-0/size", "2097152\n")
    _drop(host, "/sys/block/*", names)
    _drop(host, "/sys/devices/platform/host*", {f"host{disk.number}" for disk in disks})
    _relink(host, links, storage_files.volume_links(world, host))


def _relink(host: Machine, wanted: dict[str, str], there: list[str]) -> None:
    for path in there:
        if path not in wanted and host.real(path).is_symlink():
            host.remove(path)
            host.prune(path, "/dev")
    for path, target in wanted.items():
        file = host.read(path)
        if file is None or file.link != target:
            host.link(path, target)


def _sessions(world: World, host: Machine) -> None:
    if host.data["release"] == "etch":  # 2.6.18 has no state there
        return
    sids = {f"session{each['sid']}" for each in host.data["sessions"]}
    for each in host.data["sessions"]:
        state = "LOGGED_IN" if storage.alive(world, host, each) else "FAILED"
        _put(host, f"/sys/class/iscsi_session/session{each['sid']}/state", state + "\n")
    _drop(host, "/sys/class/iscsi_session/*", sids)
    for each in host.data["sessions"]:
        _put(host, f"/sys/class/iscsi_host/host{each['number']}/initiatorname", each["initiator"] + "\n")
    _drop(host, "/sys/class/iscsi_host/*", {f"host{each['number']}" for each in host.data["sessions"]})
