"""What LVM sees: lvm.conf, the devices that its filter lets through, and the groups on them."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from tui_installer.simulator import storage
from tui_installer.simulator.conf import ConfError, lvm, patterns
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.world import World

UNKNOWN = "[unknown]"
"""The name of a physical volume whose device is not there."""


class Pv(NamedTuple):
    """A physical volume of a group that is seen."""

    group: str
    facts: dict[str, Any]
    """The group's."""
    wwid: str
    device: str
    """`UNKNOWN`: it is missing."""


DEFAULTS = {
    "global/use_lvmlockd": "0",
    "devices/use_devicesfile": "0",
    "devices/global_filter": '["a|.*|"]',
    "devices/filter": '["a|.*|"]',
}


def config(host: Machine) -> dict[str, str]:
    """lvm.conf with lvmlocal.conf after it. Raises ConfError."""
    return lvm(host.text("/etc/lvm/lvm.conf") or "") | lvm(host.text("/etc/lvm/lvmlocal.conf") or "")


def setting(host: Machine, name: str) -> str:
    """A setting in force; the default where the file cannot be read."""
    try:
        return config(host).get(name, DEFAULTS.get(name, ""))
    except ConfError:
        return DEFAULTS.get(name, "")


def accepted(value: str, names: list[str]) -> bool:
    """Whether a filter lets a device through: one of its names is accepted before it is rejected."""
    verdicts = []
    known = patterns(value)
    for name in names:
        for pattern in known:
            kind, mark = pattern[0], pattern[1]
            if re.search(pattern[2:].rstrip(mark), name):
                verdicts.append(kind == "a")
                break
        else:
            verdicts.append(True)
    return any(verdicts)


def devices(world: World, host: Machine, override: str = "") -> dict[str, str]:
    """The devices that carry a group's PV and pass the filter: WWID -> the name LVM prefers."""
    value = override or setting(host, "devices/global_filter")
    found: dict[str, str] = {}
    paths = storage.disks(world, host)
    alive = {disk.wwid for disk in paths if disk.alive}
    for each in host.data["maps"]:
        ids = (f"dm-name-{each['name']}", f"dm-uuid-mpath-{each['wwid']}", f"wwn-0x{each['wwid'][1:]}")
        names = [f"/dev/mapper/{each['name']}", f"/dev/dm-{each['dm']}", *(f"/dev/disk/by-id/{one}" for one in ids)]
        if each["wwid"] in alive and accepted(value, names):
            found[each["wwid"]] = names[0]
    mapped = {each["wwid"] for each in host.data["maps"]}
    for disk in paths:
        names = [f"/dev/{disk.name}", f"/dev/disk/by-id/wwn-0x{disk.wwid[1:]}", f"/dev/disk/by-id/scsi-{disk.wwid}"]
        if disk.wwid not in mapped and disk.wwid not in found and disk.alive and accepted(value, names):
            found[disk.wwid] = names[0]
    return found


def pvs(world: World, host: Machine, override: str = "") -> list[Pv]:
    """The physical volumes of all groups that are seen: of each at least one is there."""
    seen = devices(world, host, override)
    return [
        Pv(name, group, wwid, seen.get(wwid, UNKNOWN))
        for name, group in world.state["vgs"].items()
        if not seen.keys().isdisjoint(group["pvs"])
        for wwid in group["pvs"]
    ]


def groups(world: World, host: Machine) -> list[str]:
    """Groups seen on the disks, whether or not they may be read."""
    return list(dict.fromkeys(pv.group for pv in pvs(world, host)))


def missing(seen: list[Pv]) -> str:
    """What every command says of physical volumes that are not there (a capture of LVM 2.03)."""
    text = ""
    for pv in seen:
        if pv.device == UNKNOWN:
            uuid = pv.facts["pvs"][pv.wwid]
            text += f"  WARNING: Couldn't find device with uuid {uuid}.\n"
            text += f"  WARNING: VG {pv.group} is missing PV {uuid} (last written to /dev/mapper/{pv.wwid}).\n"
    return text
