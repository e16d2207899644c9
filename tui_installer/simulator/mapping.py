"""multipathd of today: its configuration, the WWIDs that it knows, and the maps that it makes."""

from __future__ import annotations

import re
from typing import Any

from tui_installer.simulator import numbers, storage
from tui_installer.simulator.conf import Tree, multipath, sections, values
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.storage import Disk, lun
from tui_installer.simulator.world import World

WWIDS = "/etc/multipath/wwids"
HEADER = """\
# Multipath wwids, Version : 1.0
# NOTE: This file is automatically maintained by multipath and multipathd.
# You should not need to edit this file in normal circumstances.
#
# Valid WWIDs:
"""


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


class Configuration:
    """What is configured for the maps of a host, read once."""

    def __init__(self, world: World, host: Machine) -> None:
        self._world, self.tree = world, effective(host)
        self._kinds: dict[tuple[str, str], dict[str, str]] = {}
        """By vendor and model."""
        self._own: dict[str, dict[str, str]] = {}
        """By WWID."""
        for part in sections(self.tree, "multipaths"):
            for each in map(values, sections(part, "multipath")):
                self._own.setdefault(each.get("wwid", ""), {}).update(each)

    def of(self, wwid: str) -> dict[str, str]:
        """What holds for one map: built-in, defaults, device section, overrides, its own multipath section."""
        disk = lun(self._world, wwid)
        kind = disk["vendor"], disk["model"]
        if kind not in self._kinds:
            self._kinds[kind] = self._of_kind(disk)
        return self._kinds[kind] | self._own.get(wwid, {})

    def _of_kind(self, disk: dict[str, Any]) -> dict[str, str]:
        found = {"path_selector": "service-time 0", "path_grouping_policy": "failover", "failback": "manual"}
        found |= defaults(self.tree)
        for part in sections(self.tree, "devices"):
            for device in map(values, sections(part, "device")):
                if _device(device, disk):
                    found |= device
        for part in sections(self.tree, "overrides"):
            found |= values(part)
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


def register(host: Machine, *new: str) -> None:
    """Add WWIDs to the file; one that is there stays as it is."""
    known = set(wwids(host))
    lines = "".join(f"/{wwid}/\n" for wwid in new if wwid not in known)
    if new:
        host.put(WWIDS, (host.text(WWIDS) or HEADER) + lines, 0o600)


def unregister(host: Machine, wwid: str) -> None:
    """Take a WWID out of the file: its line is made a comment, not removed."""
    host.put(WWIDS, (host.text(WWIDS) or HEADER).replace(f"/{wwid}/\n", f"#{wwid}/\n"), 0o600)


def sweep(world: World, host: Machine, again: bool = False) -> None:
    """What multipathd does when paths or its configuration changed: make, rename and drop maps."""
    paths, used = storage.by_wwid(world, host), storage.on_it(world, host)
    host.data["maps"][:] = [each for each in host.data["maps"] if each["wwid"] in paths]
    if not host.active("multipathd.service"):
        return
    conf, registered, known = Configuration(world, host), set(wwids(host)), storage.mapped(host)
    new = [wwid for wwid, group in paths.items() if wwid not in known and _wanted(world, conf, registered, group)]
    if again:
        for each in known.values():
            each["name"] = _name(host, conf, each["wwid"])
            first = paths[each["wwid"]][0]
            if blacklisted(conf.tree, first, lun(world, first.wwid)) and first.wwid not in used:
                host.data["maps"].remove(each)
    for wwid, number in zip(new, storage.new_dms(host, len(new)), strict=True):
        host.data["maps"].append({"wwid": wwid, "name": _name(host, conf, wwid), "dm": number})
    register(host, *(wwid for wwid in new if wwid not in registered))


def _wanted(world: World, conf: Configuration, registered: set[str], group: list[Disk]) -> bool:
    if blacklisted(conf.tree, group[0], lun(world, group[0].wwid)):
        return False
    how = defaults(conf.tree).get("find_multipaths", "strict")
    if how in ("no", "off", "greedy"):
        return True
    return group[0].wwid in registered or (how in ("yes", "on", "smart") and len(group) > 1)


def _name(host: Machine, conf: Configuration, wwid: str) -> str:
    found = conf.of(wwid)
    if "alias" in found:
        return found["alias"]
    if found.get("user_friendly_names") in ("yes", "1"):
        others = {each["name"]: each["wwid"] for each in host.data["maps"] if _COUNTED.fullmatch(each["name"])}
        mine = next((name for name, owner in others.items() if owner == wwid), None)
        return mine or next(name for name in map(_counted, range(len(others) + 1)) if name not in others)
    return wwid


_COUNTED = re.compile("mpath[a-z]+")


def _counted(number: int) -> str:
    """A name of user_friendly_names: "mpatha" ... "mpathz", "mpathaa" ... (format_devname of libmultipath/alias.c)."""
    return f"mpath{numbers.disk_name(number).removeprefix('sd')}"


def opened(world: World, host: Machine, name: str) -> bool:
    """Whether a map is in use: a volume on it is active here."""
    wwid = next((each["wwid"] for each in host.data["maps"] if each["name"] == name), "")
    return wwid in storage.on_it(world, host)
