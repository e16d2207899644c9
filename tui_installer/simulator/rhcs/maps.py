"""multipath-tools 0.4.7 to 0.4.9: configuration in its dialects, and making maps."""

from __future__ import annotations

import re

from tui_installer.simulator import conf, storage
from tui_installer.simulator.conf import Tree, sections, values
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import daemons, paths
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.storage import Disk
from tui_installer.simulator.world import World

CONF = "/etc/multipath.conf"
_ENTRY = "devnode wwid device"
_MAP = "wwid alias path_grouping_policy path_selector failback rr_weight no_path_retry rr_min_io features"
_DEVICE = (
    "vendor product product_blacklist bl_product path_grouping_policy getuid_callout path_selector path_checker "
    "checker features hardware_handler prio_callout failback rr_weight no_path_retry rr_min_io"
)
_DEFAULTS = (
    "polling_interval multipath_tool udev_dir selector path_selector path_grouping_policy getuid_callout prio_callout "
    "path_checker features rr_min_io rr_weight no_path_retry failback max_fds user_friendly_names bindings_file "
    "default_selector default_path_grouping_policy default_getuid_callout default_prio_callout default_features "
    "default_path_checker"
)
KNOWN = {
    "": "defaults blacklist devnode_blacklist devices multipaths",
    "defaults": _DEFAULTS, "blacklist": _ENTRY, "devnode_blacklist": _ENTRY, "blacklist/device": "vendor product",
    "devnode_blacklist/device": "vendor product", "devices": "device", "devices/device": _DEVICE,
    "multipaths": "multipath", "multipaths/multipath": _MAP,
}  # fmt: skip
"""Section -> its keywords, as init_keywords of libmultipath/dict.c installs them at 0.4.7."""
ALSO = {
    "B": {},
    "C": {"": "blacklist_exceptions", "blacklist_exceptions": _ENTRY, "blacklist_exceptions/device": "vendor product",
          "defaults": "pg_timeout", "devices/device": "pg_timeout", "multipaths/multipath": "pg_timeout"},
    "D": {"": "blacklist_exceptions", "blacklist_exceptions": _ENTRY, "blacklist_exceptions/device": "vendor product",
          "defaults": "verbosity prio prio_args pg_timeout flush_on_last_del queue_without_daemon mode uid gid "
          "checker_timeout",
          "devices/device": "prio prio_args pg_timeout flush_on_last_del",
          "multipaths/multipath": "pg_timeout flush_on_last_del mode uid gid"},
}  # fmt: skip
"""What the later ones know beside that."""
_ALL = ("blacklist", "multipaths", "devices")
ANEW = {"B": _ALL, "C": _ALL, "D": _ALL[:2]}
"""Sections whose handler allocates its vector anew: what an earlier one said is lost. From 761c66f on devices stay."""
LISTED = {"B": "^cciss!c[0-9]d[0-9]*", "C": "^dcssblk[0-9]*", "D": "^dcssblk[0-9]*"}


def read(host: Machine) -> Tree:
    """multipath.conf as process_stream of libmultipath/parser.c takes it, without a word about what it does not know.

    A keyword with keywords below it reads on until the next "}"; what is unknown is passed over line by line, its
    braces too: so the "}" of an unknown section ends the one around it.
    """
    rows = [words for line in (paths.text(host, CONF) or "").splitlines() if (words := conf.words_of(line))]
    return _level(era(host).maps, rows, "")


def _level(generation: str, rows: list[list[str]], path: str) -> Tree:
    keywords = {*KNOWN.get(path, "").split(), *ALSO[generation].get(path, "").split()}
    found: Tree = []
    while rows:
        words = rows.pop(0)
        if words[0] == "}" and path:
            return found
        inner = f"{path}/{words[0]}" if path else words[0]
        if words[0] not in keywords:
            continue
        if inner in KNOWN or inner in ALSO[generation]:
            kind = words[0].removeprefix("devnode_")
            if not path and kind in ANEW[generation]:
                found = [each for each in found if each[0] != kind]
            found.append((kind, _level(generation, rows, inner)))
        elif len(words) > 1:
            found.append((words[0], words[1]))  # an unquoted value ends at its first blank
    return found


class Configuration:
    """multipath.conf of a host, read once, and what it makes of its LUNs."""

    def __init__(self, world: World, host: Machine) -> None:
        self._world, self._host, self._tree = world, host, read(host)
        self._kinds: dict[tuple[str, str], dict[str, str]] = {}
        """By vendor and model."""
        self._own: dict[str, dict[str, str]] = {}
        """By WWID."""
        for part in sections(self._tree, "multipaths"):
            for each in map(values, sections(part, "multipath")):
                self._own.setdefault(each.get("wwid", ""), {}).update(each)
        parts = [each for part in sections(self._tree, "blacklist") for each in part if isinstance(each[1], str)]
        listed = ["^(ram|raw|loop|fd|md|dm-|sr|scd|st)[0-9]*", "^hd[a-z]", LISTED[era(host).maps]]
        self._devnodes = [*listed, *(str(value) for key, value in parts if key == "devnode")]
        self._wwids = [str(value) for key, value in parts if key == "wwid"]

    def of(self, wwid: str) -> dict[str, str]:
        """What holds for one map: defaults, its device section, its own section."""
        disk = storage.lun(self._world, wwid)
        kind = disk["vendor"], disk["model"]
        if kind not in self._kinds:
            self._kinds[kind] = self._of_kind(*kind)
        return self._kinds[kind] | self._own.get(wwid, {})

    def _of_kind(self, vendor: str, model: str) -> dict[str, str]:
        found = {"path_grouping_policy": "failover", "features": "0", "selector": "round-robin 0"}
        for part in sections(self._tree, "defaults"):
            found |= values(part)
        for part in sections(self._tree, "devices"):
            for device in map(values, sections(part, "device")):
                pairs = (("vendor", vendor), ("product", model))
                if all(_matches(device.get(key, "-"), text) for key, text in pairs):
                    found |= device
        return found

    def blacklisted(self, disk: Disk) -> bool:
        """Whether multipath keeps off a disk; patterns of devnode are anchored nowhere by themselves."""
        devnode = any(re.search(pattern, disk.name) for pattern in self._devnodes)
        return devnode or any(re.search(pattern, disk.wwid) for pattern in self._wwids)

    def callout(self, wwid: str) -> list[str]:
        """The program that tells a disk's WWID, with its arguments."""
        found = self.of(wwid)
        default = f"{era(self._host).scsi_id} -g -u -s /block/%n"
        if era(self._host).maps == "D":
            default = "/lib/udev/scsi_id --whitelisted --device=/dev/%n"
        return (found.get("getuid_callout") or found.get("default_getuid_callout") or default).split()

    def works(self, disk: Disk) -> bool:
        """Whether the callout finds a WWID."""
        argv = [word.replace("%n", disk.name) for word in self.callout(disk.wwid)]
        named = _named(self._host, tuple(argv))[0].rsplit("/", 1)[-1]
        return disk.alive and named == disk.name and paths.executable(self._host, argv[0])


def _matches(pattern: str, text: str) -> bool:
    return re.search(pattern.rstrip(), text) is not None


def _named(host: Machine, argv: tuple[str, ...]) -> tuple[str, str]:
    """The disk that a command line of scsi_id means, and the word that it does not know."""
    squeeze, name, words = era(host).name == "squeeze", "", list(argv[1:])
    while words:
        word = words.pop(0)
        if word in ("-g", "-u", "--whitelisted", "--replace-whitespace"):
            continue
        device = word.removeprefix("--device=") if word.startswith("--device=") else ""
        if (word == "-d" and words) or device:
            name = device or words.pop(0)
        elif word == "-s" and words and not squeeze:
            name = words.pop(0)
        else:
            return "", word
    return name, ""


def scsi_id(world: World, host: Machine, argv: tuple[str, ...]) -> tuple[int, str, str]:
    """scsi_id -g -u -s /block/sdX (etch, lenny), or with --device=/dev/sdX (squeeze)."""
    name, wrong = _named(host, argv)
    if wrong:
        return 1, "", f"{argv[0]}: invalid option -- {wrong[1:2]}\n"
    disk = storage.disk(world, host, name.rsplit("/", 1)[-1])
    if disk is None or not disk.alive:
        return 1, "", f"{argv[0]}: unable to access '{name}'\n"
    return 0, f"{disk.wwid}\n", ""


def hotplug(world: World, host: Machine) -> None:
    """New disks are there: multipathd, if it runs, makes their maps."""
    if daemons.runs(host, "multipathd"):
        make(world, host)


def unplug(world: World, host: Machine) -> None:
    """Disks are gone: a map without paths goes too, unless it is in use."""
    left = {disk.wwid for disk in storage.disks(world, host)} | storage.on_it(world, host).keys()
    host.data["maps"] = [each for each in host.data["maps"] if each["wwid"] in left]


def free_dm(host: Machine) -> int:
    """The lowest device-mapper number that is free; 0 is the local swap's."""
    return storage.new_dms(host, taken=(0,))[0]


def make(world: World, host: Machine) -> list[dict[str, object]]:
    """Make, rename and drop maps as configured; returns those that are new or changed."""
    if "dm_multipath" not in host.data["modules"]:
        return []
    if "dm_round_robin" not in host.data["modules"]:
        host.data["modules"].append("dm_round_robin")
    conf, known, used = Configuration(world, host), storage.mapped(host), storage.on_it(world, host)
    touched, disks = [], storage.disks(world, host)
    numbers = iter(storage.new_dms(host, len({disk.wwid for disk in disks}), taken=(0,)))
    for disk in disks:
        mine = known.get(disk.wwid)
        if conf.blacklisted(disk):
            if mine and disk.wwid not in used:
                host.data["maps"].remove(known.pop(disk.wwid))
            continue
        name = _name_of(host, conf, disk.wwid)
        if mine is None and conf.works(disk) and disk.wwid not in used:
            # a volume that was activated on a single path keeps the disk busy: no map can be made over it
            known[disk.wwid] = {"wwid": disk.wwid, "name": name, "dm": next(numbers)}
            host.data["maps"].append(known[disk.wwid])
            touched.append(known[disk.wwid])
        elif mine is not None and mine["name"] != name:
            mine["name"] = name
            touched.append(mine)
    return touched


def _name_of(host: Machine, conf: Configuration, wwid: str) -> str:
    """A map's alias, or mpathN, or the WWID."""
    found = conf.of(wwid)
    if "alias" in found:
        return found["alias"]
    if found.get("user_friendly_names") != "yes":
        return wwid
    path = "/var/lib/multipath/bindings"
    text = host.text(path) or "# Multipath bindings, Version : 1.0\n"
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    bound = {row[1]: row[0] for row in rows}
    if wwid not in bound:
        bound[wwid] = f"mpath{len(bound)}"
        host.put(path, f"{text}{bound[wwid]} {wwid}\n", 0o600)
    return bound[wwid]
