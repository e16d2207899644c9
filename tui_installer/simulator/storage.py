"""The SAN as a host sees it: targets behind portals, sessions, disks, and the multipath maps over them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tui_installer.simulator import net
from tui_installer.simulator.conf import Tree, multipath, sections, values
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.world import World

WWIDS = "/etc/multipath/wwids"
HEADER = """\
# Multipath wwids, Version : 1.0
# NOTE: This file is automatically maintained by multipath and multipathd.
# You should not need to edit this file in normal circumstances.
#
# Valid WWIDs:
"""


@dataclass(frozen=True)
class Disk:
    """One path: a SCSI disk of a session."""

    name: str
    lun: int
    wwid: str
    sid: int
    number: int
    """Of the SCSI host."""
    portal: str
    iqn: str
    alive: bool

    @property
    def dev_t(self) -> str:
        """Major and minor."""
        return f"8:{(ord(self.name[2]) - ord('a')) * 16}"

    @property
    def hcil(self) -> str:
        """Host, channel, id, LUN."""
        return f"{self.number}:0:0:{self.lun}"


def alive(world: World, host: Machine, session: dict[str, Any]) -> bool:
    """Whether a session's portal can be reached now."""
    return net.reaches(world, host, session["address"], session["link"] or None)


def disks(world: World, host: Machine) -> list[Disk]:
    """All disks of all sessions, by name."""
    found = [
        Disk(name, int(lun), world.state["san"]["targets"][session["iqn"]]["luns"][lun], session["sid"],
             session["number"], session["address"], session["iqn"], alive(world, host, session))
        for session in host.data["sessions"]
        for lun, name in session["disks"].items()
    ]  # fmt: skip
    return sorted(found, key=lambda disk: (len(disk.name), disk.name))


def count_failures(world: World, host: Machine) -> None:
    """As the kernel counts: each time that a path goes from usable to failed, as long as it is there."""
    seen = host.data["history"].get("paths", {})
    now = {}
    for disk in disks(world, host):
        was, times = seen.get(disk.name, (True, 0))
        now[disk.name] = [disk.alive, times + int(was and not disk.alive)]
    host.data["history"]["paths"] = now


def failures(host: Machine, disk: Disk) -> int:
    """How often it failed."""
    return int(host.data["history"].get("paths", {}).get(disk.name, (True, 0))[1])


def lun(world: World, wwid: str) -> dict[str, Any]:
    """A LUN's size in bytes, serial, vendor and model."""
    found: dict[str, Any] = world.state["san"]["luns"][wwid]
    return found


def new_names(host: Machine, count: int) -> list[str]:
    """Free disk names, "sda"..."""
    taken = {name for session in host.data["sessions"] for name in session["disks"].values()}
    return [name for name in (f"sd{chr(97 + n)}" for n in range(26)) if name not in taken][:count]


# --- multipath


def effective(host: Machine) -> Tree:
    """The file, with its drop-ins after it."""
    tree, _ = multipath(host.text("/etc/multipath.conf") or "")
    for path in host.glob("/etc/multipath/conf.d/*.conf"):
        tree = tree + multipath(host.text(path) or "")[0]
    return tree


def defaults(tree: Tree) -> dict[str, str]:
    """The settings of the defaults sections."""
    merged: dict[str, str] = {}
    for section in sections(tree, "defaults"):
        merged |= values(section)
    return merged


def settings(world: World, tree: Tree, wwid: str) -> dict[str, str]:
    """What holds for one map: built-in, defaults, device section, overrides, its own multipath section."""
    found = {"path_selector": "service-time 0", "path_grouping_policy": "failover", "failback": "manual"}
    found |= defaults(tree)
    disk = lun(world, wwid)
    for part in sections(tree, "devices"):
        for device in map(values, sections(part, "device")):
            if _device(device, disk):
                found |= device
    for part in sections(tree, "overrides"):
        found |= values(part)
    for part in sections(tree, "multipaths"):
        for each in map(values, sections(part, "multipath")):
            if each.get("wwid") == wwid:
                found |= each
    return found


def _device(device: dict[str, str], disk: dict[str, Any]) -> bool:
    vendor, product = device.get("vendor", ".*"), device.get("product", ".*")
    return bool(re.search(_regex(vendor), disk["vendor"]) and re.search(_regex(product), disk["model"]))


def _regex(text: str) -> str:
    return ".*" if text in ("*", ".*") else text.removeprefix("!")


def blacklisted(tree: Tree, disk: Disk, facts: dict[str, Any]) -> bool:
    """Whether the configuration keeps multipath off this disk."""
    return _listed(tree, "blacklist", disk, facts) and not _listed(tree, "blacklist_exceptions", disk, facts)


def _listed(tree: Tree, name: str, disk: Disk, facts: dict[str, Any]) -> bool:
    for part in sections(tree, name):
        for key, value in part:
            if key == "device" and isinstance(value, list) and _device(values(value), facts):
                return True
            subject = {"devnode": disk.name, "wwid": disk.wwid}.get(key)
            if subject is not None and isinstance(value, str) and _found(value, subject):
                return True
    return False


def _found(pattern: str, subject: str) -> bool:
    negated = pattern.startswith("!")
    return (re.search(_regex(pattern), subject) is not None) != negated


def wwids(host: Machine) -> list[str]:
    """The registered WWIDs."""
    return re.findall(r"(?m)^/(.+)/$", host.text(WWIDS) or "")


def register(host: Machine, wwid: str, add: bool = True) -> None:
    """Add a WWID to the file, or take it out: then its line is made a comment, not removed."""
    text = host.text(WWIDS) or HEADER
    if not add:
        text = text.replace(f"/{wwid}/\n", f"#{wwid}/\n")
    elif wwid not in wwids(host):
        text += f"/{wwid}/\n"
    host.put(WWIDS, text, 0o600)


def sweep(world: World, host: Machine, again: bool = False) -> None:
    """What multipathd does when paths or its configuration changed: make, rename and drop maps."""
    maps, paths = host.data["maps"], disks(world, host)
    by_wwid: dict[str, list[Disk]] = {}
    for disk in paths:
        by_wwid.setdefault(disk.wwid, []).append(disk)
    for gone in [each for each in maps if each["wwid"] not in by_wwid]:
        maps.remove(gone)
    if not host.active("multipathd.service"):
        return
    tree = effective(host)
    for wwid, group in by_wwid.items():
        known = next((each for each in maps if each["wwid"] == wwid), None)
        if known is None and _wanted(world, host, tree, wwid, group):
            number = min(set(range(64)) - {each["dm"] for each in maps} - set(host.data["lv_dms"].values()))
            maps.append({"wwid": wwid, "name": _name(world, host, tree, wwid), "dm": number})
            register(host, wwid)
        elif known is not None and again:
            known["name"] = _name(world, host, tree, wwid)
            if blacklisted(tree, group[0], lun(world, wwid)) and not opened(world, host, known["name"]):
                maps.remove(known)


def _wanted(world: World, host: Machine, tree: Tree, wwid: str, group: list[Disk]) -> bool:
    if blacklisted(tree, group[0], lun(world, wwid)):
        return False
    how = defaults(tree).get("find_multipaths", "strict")
    if how in ("no", "off", "greedy"):
        return True
    return wwid in wwids(host) or (how in ("yes", "on", "smart") and len(group) > 1)


def _name(world: World, host: Machine, tree: Tree, wwid: str) -> str:
    found = settings(world, tree, wwid)
    if "alias" in found:
        return found["alias"]
    if found.get("user_friendly_names") in ("yes", "1"):
        others = [each for each in host.data["maps"] if re.fullmatch("mpath[a-z]", each["name"])]
        mine = next((each["name"] for each in others if each["wwid"] == wwid), None)
        return mine or f"mpath{chr(97 + len(others))}"
    return wwid


def opened(world: World, host: Machine, name: str) -> bool:
    """Whether a map is in use: a volume on it is active here."""
    wwid = next((each["wwid"] for each in host.data["maps"] if each["name"] == name), "")
    return any(
        world.state["vgs"][volume.split("/")[0]]["wwid"] == wwid for volume in host.data["lv_dms"]
    )  # fmt: skip
