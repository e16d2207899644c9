"""dm-multipath: its maps and paths, and the configuration in force."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from sys import intern
from typing import Any

from tui_installer.hosts.host import File, Host
from tui_installer.probes import iscsi, scsi_id
from tui_installer.probes.iscsi import Session
from tui_installer.probes.units import Unit, units

CONF = "/etc/multipath.conf"
DROP_INS = "/etc/multipath/conf.d/*.conf"
WWIDS = "/etc/multipath/wwids"
COUNTED = re.compile(r"mpath(?:[a-z]+|[0-9]+)")
"""Names that every host counts for itself: no member's name for a disk (numbers up to 0.4.8, then letters)."""
BINDINGS = ("/var/lib/multipath/bindings", "/etc/multipath/bindings")
"""Of Debian 4 to 6, and of later ones."""


@dataclass(frozen=True, slots=True)
class Path:
    """One path of a map."""

    device: str
    """Kernel name, "sda"."""
    dm_state: str
    """"active", "failed", "undef"."""
    device_state: str
    """"running", "offline", "blocked"."""
    checker_state: str
    """"ready", "faulty", "shaky", "ghost", ..."""
    portal: str
    """host_adapter's or the session's portal, "10.16.0.1:3260"; empty if not known."""

    @property
    def usable(self) -> bool:
        """I/O goes over it."""
        return self.dm_state == "active" and self.checker_state in ("ready", "ghost", "delayed")


@dataclass(frozen=True, slots=True)
class Map:
    """A multipath device."""

    name: str
    wwid: str
    dm: str
    """Kernel name, "dm-0"."""
    size: str
    """As the tool prints it, "512M"."""
    vendor: str
    product: str
    paths: tuple[Path, ...]
    groups: tuple[tuple[str, ...], ...] = ()
    """The disks of each path group, where the text of `multipath -ll` told them: multibus is one group."""
    features: str = ""
    """As in "1 queue_if_no_path"; from that text too."""

    @property
    def named(self) -> bool:
        """Whether somebody gave it its name: multipath by itself takes the WWID, or counts (user_friendly_names)."""
        return self.name != self.wwid and COUNTED.fullmatch(self.name) is None


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk that the kernel sees, before or under multipath."""

    name: str
    wwid: str
    """As multipath writes it (scsi_id -g -u); empty if it has none."""
    transport: str
    """"iscsi", "sata", ...; empty if not known."""
    size: str
    vendor: str
    model: str


@dataclass(frozen=True, slots=True)
class Multipath:
    """A host's multipath."""

    installed: bool
    running: bool
    at_boot: bool
    conf: File | None
    """/etc/multipath.conf."""
    maps: tuple[Map, ...]
    disks: tuple[Disk, ...]
    wwids: tuple[str, ...]
    """Those in /etc/multipath/wwids."""
    drop_ins: tuple[File, ...] = ()
    """Files that are read after it (multipath.conf(5), config_dir)."""
    bindings: tuple[tuple[str, str], ...] = ()
    """(WWID, name) of the maps that user_friendly_names has counted."""
    kernel: tuple[str, ...] = ()
    """Names of the maps that the kernel has, whether or not multipathd runs to tell of them."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Block devices as lsblk lists them."""

    devices: tuple[Mapping[str, Any], ...]
    """Those that stand on no other."""

    def all(self) -> Iterator[Mapping[str, Any]]:
        """Each, and before the next what stands on it."""
        return _with_children(self.devices)


# --- parsers


def parse_maps(text: str, portals: Mapping[str, str], sizes: Mapping[str, str]) -> tuple[Map, ...]:
    """The maps that `multipathd show maps json` prints; none from any other text.

    `portals` are those of disks, `sizes` those of maps; both by kernel name or map name.
    """
    return tuple(
        Map(
            name=_word(found, "name"),
            wwid=_word(found, "uuid"),
            dm=_word(found, "sysfs"),
            size=sizes.get(_word(found, "name"), ""),
            vendor=_word(found, "vend"),
            product=_word(found, "prod"),
            paths=tuple(
                _path(path, portals) for group in _list(found, "path_groups") for path in _list(group, "paths")
            ),
        )
        for found in _list(_json(text, _OF_MAPS), "maps")
    )


def _path(found: Mapping[str, Any], portals: Mapping[str, str]) -> Path:
    device, dm, kernel, checker = (_word(found, key) for key in ("dev", "dm_st", "dev_st", "chk_st"))
    return Path(device, dm, kernel, checker, portals.get(device, ""))


def parse_listing(text: str) -> Listing:
    """The block devices that `lsblk -J -b` prints, each with those that stand on it; none from any other text."""
    return Listing(tuple(_list(_json(text, _OF_DEVICES), "blockdevices")))


def disks(listed: Listing, wwids: Mapping[str, str]) -> tuple[Disk, ...]:
    """The disks among them, with their WWIDs by kernel name."""
    return tuple(
        Disk(
            name=_word(found, "name"),
            wwid=wwids.get(_word(found, "name"), ""),
            transport=_word(found, "tran"),
            size=size(_word(found, "size")),
            vendor=_word(found, "vendor"),
            model=_word(found, "model"),
        )
        for found in listed.devices
        if _word(found, "type") == "disk"
    )


def sizes(listed: Listing) -> dict[str, str]:
    """The sizes of all of them, by name."""
    return {_word(found, "name"): size(_word(found, "size")) for found in listed.all()}


def parse_wwids(text: str) -> tuple[str, ...]:
    """The WWIDs that /etc/multipath/wwids holds, each between slashes on a line of its own."""
    return tuple(dict.fromkeys(re.findall(r"(?m)^/([^/\n]+)/[^\S\n]*$", text)))


def parse_bindings(text: str) -> tuple[tuple[str, str], ...]:
    """(WWID, name) of what user_friendly_names has bound: a name and a WWID a line (multipath.conf(5))."""
    rows = (line.split() for line in text.splitlines() if not line.lstrip().startswith("#"))
    return tuple((row[1], row[0]) for row in rows if len(row) == 2)


def bindings(host: Host) -> tuple[tuple[str, str], ...]:
    """See `Multipath.bindings`. Raises `HostError`."""
    files = [file for path in BINDINGS if (file := host.read(path))]
    return tuple(pair for file in files for pair in parse_bindings(file.content.decode("utf-8", "replace")))


def size(digits: str) -> str:
    """A number of bytes as multipath prints it: "512M", "2.0G"; other text as it is."""
    if not (digits.isascii() and digits.isdigit() and len(digits) < 25):
        return digits
    number, unit = float(digits), ""
    for larger in "KMGTPE":
        if number < 1024:
            break
        number, unit = number / 1024, larger
    return f"{number:.1f}{unit}" if number < 10 and unit else f"{number:.0f}{unit}"


_OF_MAPS = {"maps", "name", "uuid", "sysfs", "vend", "prod", "path_groups", "paths", "dev", "dm_st", "dev_st", "chk_st"}
_OF_DEVICES = {"blockdevices", "children", "name", "type", "size", "tran", "vendor", "model"}
"""What is kept of each object: of 4,000 paths all else would be most of the memory."""


def _json(text: str, keys: Set[str]) -> dict[str, Any]:
    """The object that a text is, of this one and those in it these keys; none from any other text."""
    try:
        found = json.loads(text, object_hook=lambda each: {key: _kept(each[key]) for key in keys & each.keys()})
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _kept(value: Any) -> Any:
    """A word without the blanks around it, one string for all that are alike; a list as it is; else nothing."""
    if type(value) in (str, int):  # true and false are none
        return intern(str(value).strip())
    return value if isinstance(value, list) else ""


def _list(found: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = found.get(key)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _word(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key)
    return value if isinstance(value, str) else ""


def _with_children(devices: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for device in devices:
        yield device
        yield from _with_children(_list(device, "children"))


# --- probes


_MAPS = r"(?s)\s*\{.*\"maps\"\s*:\s*\[.*\}\s*\Z"
"""The form of `multipathd show maps json`, down to its last brace."""
CALLOUT = ("/lib/udev/scsi_id", "-g", "-u", "-d", "/dev/%n")
"""As udev's own rules have it, and so uid_attribute of multipath."""
LSBLK = ("lsblk", "-J", "-b", "-o", "NAME,TYPE,SIZE,TRAN,VENDOR,MODEL")


def daemon(host: Host) -> tuple[Unit | None, str]:
    """The daemon's unit, None if it is not installed, and what it shows of its maps, empty if it does not run.

    Raises `HostError`.
    """
    unit = units(host, "multipathd.service").get("multipathd.service")
    if unit is None or not unit.active:
        return unit, ""
    return unit, host.run("multipathd", "show", "maps", "json", within=20).answer(form=_MAPS)


def probe(host: Host, sessions: tuple[Session, ...] | None = None) -> Multipath:
    """Look at a host's multipath; whoever knows its iSCSI sessions already gives them. Raises `HostError`."""
    listed = parse_listing(host.run(*LSBLK, within=20).answer(form=r"(?s)\s*\{.*\}\s*\Z"))
    unit, shown = daemon(host)
    known = iscsi.sessions(host) if sessions is None else sessions
    portals = {disk: session.portal for session in known for disk in session.disks}
    maps = parse_maps(shown, portals, sizes(listed))
    named = [_word(found, "name") for found in listed.devices if _word(found, "type") == "disk"]
    wwids = host.read(WWIDS)
    return Multipath(
        installed=unit is not None,
        running=unit is not None and unit.active,
        at_boot=unit is not None and unit.enabled,
        conf=host.read(CONF),
        maps=maps,
        disks=disks(listed, _wwids(host, maps, named, portals)),
        wwids=parse_wwids(wwids.content.decode("utf-8", "replace") if wwids else ""),
        drop_ins=tuple(file for path in host.list(DROP_INS) if (file := host.read(path))),
        bindings=bindings(host),
        kernel=tuple(_word(found, "name") for found in listed.all() if _word(found, "type") == "mpath"),
    )


def _wwids(host: Host, maps: tuple[Map, ...], disks: Iterable[str], portals: Mapping[str, str]) -> dict[str, str]:
    """WWIDs by disk: those of maps from their maps; the other SCSI disks are asked."""
    known = {path.device: found.wwid for found in maps for path in found.paths}
    asked = {disk for disk in disks if disk.startswith("sd")} | set(portals)
    return known | scsi_id.ask(host, CALLOUT, sorted(asked - set(known)))


def topology(host: Host) -> str:
    """`multipathd show topology`: the daemon's own picture, which touches no path. Raises `HostError`."""
    result = host.run("multipathd", "show", "topology", within=20)
    return result.out or "\n".join(result.said) or result.verdict


def listing(host: Host) -> str:
    """`multipath -ll`: it checks every path, so it may take its time. Raises `HostError`."""
    result = host.run("multipath", "-ll", within=20)
    return result.out or "\n".join(result.said) or result.verdict
