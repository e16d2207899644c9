"""dmsetup: what device-mapper has, the same from 1.02.08 to 1.02.205.

Formats from its source: with --noheadings the columns are parted by ":" (`_report_init`, "emulate old dmsetup
behaviour"); `deps` writes "N dependencies", a tab and ":" (`_deps`); of a single device, newer ones leave out its name.
"""

from __future__ import annotations

from dataclasses import dataclass

from tui_installer.simulator import storage
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.world import World

MAJOR = 254


@dataclass(frozen=True, slots=True)
class Device:
    """A device of device-mapper."""

    name: str
    minor: int
    kind: str
    """Its target: "multipath", "linear"."""
    below: tuple[str, ...]
    """MAJOR:MINOR of what it stands on."""
    status: str = ""
    """Of a map: how its paths are."""
    used: int = 0
    """How many hold it open."""


def dmsetup(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """dmsetup ls|status|table [--target TYPE], info -c --noheadings -o name,major,minor,open, deps, remove NAME"""
    words, found = list(argv[1:]), sorted(_devices(world, host), key=lambda each: each.name)
    if "--target" in words:
        found = [each for each in found if each.kind == words[words.index("--target") + 1]]
    match words[:1]:
        case ["info"] if words[1:3] == ["-c", "--noheadings"] and words[3:4] == ["-o"] and len(words) == 5:
            rows = [":".join(_field(each, name) for name in words[4].split(",")) for each in found]
        case ["ls"]:
            rows = [f"{each.name}\t({MAJOR}, {each.minor})" for each in found]
        case ["deps"]:
            rows = [f"{each.name}: {len(each.below)} dependencies\t:{_pairs(each)}" for each in found]
        case ["status"]:
            rows = [f"{each.name}: 0 2097152 {each.kind}{each.status}" for each in found]
        case ["table"]:
            rows = [f"{each.name}: 0 2097152 {each.kind} {' '.join(each.below)}" for each in found]
        case ["remove"] if words[1:]:
            return _remove(host, words[-1], found)
        case _:
            return 1, "", "Unknown command\n"
    return 0, "".join(f"{row}\n" for row in rows) or "No devices found\n", ""


def _devices(world: World, host: Machine) -> list[Device]:
    swap = host.read("/dev/mapper/local-swap") is not None
    found = [Device("local-swap", 0, "linear", ("104:2",), used=1)] if swap else []
    disks, on, known = storage.by_wwid(world, host), storage.on_it(world, host), storage.mapped(host)
    for each in host.data["maps"]:
        paths = disks.get(each["wwid"], [])
        states = "".join(f" {disk.dev_t} {'A' if disk.alive else 'F'} {storage.failures(host, disk)}" for disk in paths)
        status = f" 2 0 0 0 1 1 A 0 {len(paths)} 0{states} "
        below = tuple(disk.dev_t for disk in paths)
        found.append(Device(each["name"], each["dm"], "multipath", below, status, len(on.get(each["wwid"], ()))))
    for volume, number in host.data["lv_dms"].items():
        group, name = (part.replace("-", "--") for part in volume.split("/"))
        wwid = storage.below(world, volume)
        below = (f"{MAJOR}:{known[wwid]['dm']}",) if wwid in known else ()
        found.append(Device(f"{group}-{name}", number, "linear", below, used=int(held(world, host, volume))))
    return found


def held(world: World, host: Machine, volume: str) -> bool:
    """Whether somebody on the host holds a volume open: a guest, a file system."""
    group, name = volume.split("/")
    return bool(world.state["vgs"][group]["lvs"][name].get("open") == host.name)


def _field(each: Device, name: str) -> str:
    return {"name": each.name, "major": str(MAJOR), "minor": str(each.minor), "open": str(each.used)}[name]


def _pairs(each: Device) -> str:
    return "".join(f" ({', '.join(devno.split(':'))})" for devno in each.below)


def _remove(host: Machine, name: str, found: list[Device]) -> Answer:
    one = next((each for each in found if each.name == name and each.kind == "multipath"), None)
    if one is None or one.used:
        return 1, "", "device-mapper: remove ioctl failed: Device or resource busy\nCommand failed\n"
    host.data["maps"] = [each for each in host.data["maps"] if each["name"] != name]
    return 0, "", ""
