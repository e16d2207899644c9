"""What lives on a host now and must not be taken away under those who use it: lockspaces, volumes on the SAN's maps,
the paths of these maps, guests. Volumes and paths are device-mapper's own word: no lock manager has to answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from tui_installer.hosts.host import Host, HostError
from tui_installer.probes import iscsi, packages
from tui_installer.probes.dlm import lockspaces
from tui_installer.probes.iscsi import Session
from tui_installer.probes.lvm import group_of

BACKENDS = "/sys/bus/xen-backend/devices"
INFO = ("dmsetup", "info", "-c", "--noheadings", "-o", "name,major,minor,open")
DEADLINE = 20.0
"""Seconds for a question to device-mapper."""


@dataclass(frozen=True, slots=True)
class LivePath:
    """A path of a map over which I/O goes now."""

    session: str
    """"IQN PORTAL"; empty: it is no iSCSI session's."""
    interface: str
    """The network interface that the session goes out through; empty: not known."""


@dataclass(frozen=True, slots=True)
class LiveMap:
    """A multipath map."""

    name: str
    open: bool
    """Somebody holds it: a volume, a guest, a file system."""
    paths: tuple[LivePath, ...]
    """The active ones."""
    volumes: tuple[str, ...] = ()
    """What holds it, as `LiveVolume.name`, where nothing else does; empty: somebody else may."""


@dataclass(frozen=True, slots=True)
class LiveVolume:
    """A volume that is active on a map of the SAN."""

    name: str
    """"GROUP/VOLUME"."""
    open: bool


@dataclass(frozen=True, slots=True)
class Alive:
    """Nothing, unless it was looked for."""

    lockspaces: tuple[str, ...] = ()
    """Names as dlm has them: "lvm_vg0", "clvmd"."""
    volumes: tuple[LiveVolume, ...] = ()
    maps: tuple[LiveMap, ...] = ()
    guests: tuple[str, ...] = ()
    unfinished: Callable[[], tuple[str, ...]] = field(default=tuple, compare=False)
    """Asks for the packages that dpkg has not finished. Raises `HostError`."""
    upgraded: Callable[[], tuple[str, ...]] = field(default=tuple, compare=False)
    """Asks for those that apt would upgrade to complete them. Raises `HostError`."""


@dataclass(frozen=True, slots=True)
class Eyes:
    """How the hosts of a stack are asked."""

    sessions: Callable[[Host], tuple[Session, ...]]
    lockspaces: Callable[[Host], tuple[str, ...]]

    def look(self, host: Host) -> Alive:
        """Look at a host. Raises `HostError`: then it cannot be told, and everything must be taken to live."""
        devices = parse_devices(host.run(*INFO, within=DEADLINE).answer(absent=True))
        status = _asked(host, "status", devices)
        below = parse_deps(_asked(host, "deps", devices), devices)
        seen = {name: states for name in devices if (states := parse_paths(status, name, devices))}
        known = _paths(host, self.sessions(host)) if seen else {}
        maps = {name: states for name, states in seen.items() if states.of_san(known)}
        volumes = _volumes(devices, below, maps)
        return Alive(
            lockspaces=self.lockspaces(host),
            volumes=tuple(volumes.values()),
            maps=tuple(
                LiveMap(
                    name,
                    devices[name].used > 0,
                    tuple(known.get(each, LivePath("", "")) for each in states.active),
                    _holders(devices[name], volumes, below),
                )
                for name, states in maps.items()
            ),
            guests=guests(host),
            unfinished=partial(packages.unfinished, host),
            upgraded=partial(packages.completing, host),
        )


# --- what the tools say


@dataclass(frozen=True, slots=True)
class Device:
    """A device of device-mapper."""

    number: str
    """"254:1"."""
    used: int
    """How many hold it open; a device that stands on it counts once (dm_get_device of dm-table.c)."""


@dataclass(frozen=True, slots=True)
class States:
    """The paths of a map, by MAJOR:MINOR."""

    active: tuple[str, ...]
    failed: tuple[str, ...]

    def of_san(self, known: Collection[str]) -> bool:
        """Whether it is a map of the SAN, `known` being the numbers of its sessions' disks: a local disk may have two
        ways as well. One that has lost all its paths counts."""
        numbers = {*self.active, *self.failed}
        return not numbers or not numbers.isdisjoint(known)


def parse_devices(text: str) -> dict[str, Device]:
    """Devices by name from `INFO`: "vm0:254:1:2"; dmsetup parts columns without headings by a colon."""
    rows = re.findall(r"(?m)^(\S+):(\d+):(\d+):(\d+)\s*$", text)
    return {name: Device(f"{major}:{minor}", int(used)) for name, major, minor, used in rows}


def _lines(text: str, devices: Mapping[str, Device]) -> dict[str, str]:
    """What `dmsetup status` or `deps` says of each; of a single device newer ones leave out its name."""
    if len(devices) == 1:
        name = next(iter(devices))
        return {name: text.removeprefix(f"{name}: ")}
    rows = (line.partition(": ") for line in text.splitlines())
    return {name: rest for name, _, rest in rows if name in devices}


def parse_deps(text: str, devices: Mapping[str, Device]) -> dict[str, tuple[str, ...]]:
    """What each device stands on, from `dmsetup deps`: "vg-lv: 1 dependencies : (254, 1)"."""
    found = {name: re.findall(r"\((\d+), (\d+)\)", rest) for name, rest in _lines(text, devices).items()}
    return {name: tuple(f"{major}:{minor}" for major, minor in pairs) for name, pairs in found.items()}


def parse_paths(text: str, name: str, devices: Mapping[str, Device]) -> States | None:
    """The paths of a multipath map, from `dmsetup status`: "0 SIZE multipath ... 8:16 A 0 8:32 F 1"; None: no map."""
    rest = _lines(text, devices).get(name, "")
    if rest.split()[2:3] != ["multipath"]:
        return None
    states = re.findall(r"\b(\d+:\d+) ([AF])\b", rest)
    active, failed = (tuple(number for number, state in states if state == letter) for letter in "AF")
    return States(active, failed)


def parse_guests(paths: Iterable[str]) -> tuple[str, ...]:
    """Guests, by the disks and cards that this kernel serves: "vbd-5-51712" and "vif-5-0" are domain 5's.

    Source of the names: backend_bus_id of Linux' xenbus_probe_backend.c. No xend and no xl has to answer for them.
    """
    found = (re.fullmatch(r"[a-z0-9]+-(\d+)-\S+", path.rsplit("/", 1)[-1]) for path in paths)
    return tuple(dict.fromkeys(f"domain {each[1]}" for each in found if each))


# --- looking


def _asked(host: Host, what: str, devices: Mapping[str, Device]) -> str:
    """What `dmsetup` says of all devices. Raises `HostError` if one is missing in it."""
    if not devices:
        return ""
    text = host.run("dmsetup", what, within=DEADLINE).answer()
    if untold := set(devices) - set(_lines(text, devices)):
        raise HostError(f"dmsetup {what}: it told nothing of {min(untold)}")
    return text


def _volumes(
    devices: Mapping[str, Device], below: Mapping[str, tuple[str, ...]], maps: Mapping[str, States]
) -> dict[str, LiveVolume]:
    """What stands on a map, directly or through others, by the device's name."""
    on_san, found = {devices[name].number for name in maps}, True
    volumes: dict[str, LiveVolume] = {}
    while found:
        new = [name for name in devices if name not in (*maps, *volumes) and on_san & set(below.get(name, ()))]
        for name in new:
            group = group_of(f"/dev/mapper/{name}")
            full = f"{group}/{name[len(group.replace('-', '--')) + 1 :].replace('--', '-')}" if group else name
            volumes[name] = LiveVolume(full, devices[name].used > 0)
            on_san.add(devices[name].number)
        found = bool(new)
    return volumes


def _holders(found: Device, volumes: Mapping[str, LiveVolume], below: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """See `LiveMap.volumes`."""
    direct = tuple(volume.name for name, volume in volumes.items() if found.number in below.get(name, ()))
    return direct if len(direct) == found.used else ()


def _paths(host: Host, sessions: tuple[Session, ...]) -> dict[str, LivePath]:
    """The paths that sessions are, by the number of their disk."""
    names = {address.split("/")[0]: link.name for link in host.links() for address in link.addresses}
    numbers = disk_numbers(host)
    found: dict[str, LivePath] = {}
    for session in sessions:
        path = LivePath(f"{session.iqn} {session.portal}", names.get(session.address, ""))
        found |= {numbers[disk]: path for disk in session.disks if disk in numbers}
    return found


def disk_numbers(host: Host) -> dict[str, str]:
    """The numbers of a host's disks, "8:16", by name. Raises `HostError`."""
    files = host.read_all("/sys/block/sd*/dev")
    return {path.split("/")[3]: file.content.decode("ascii", "replace").strip() for path, file in files.items()}


def guests(host: Host) -> tuple[str, ...]:
    """The guests that run on a host, as "domain 5"; it asks no program."""
    return parse_guests(host.list(f"{BACKENDS}/*-*-*"))


def names_of(host: Host) -> tuple[str, ...]:
    """Lockspaces of dlm on a host, by `dlm_tool ls`."""
    return tuple(each.name for each in lockspaces(host))


EYES = Eyes(iscsi.sessions, names_of)
"""Those of Debian 12 and 13."""
