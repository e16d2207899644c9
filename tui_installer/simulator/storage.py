"""The SAN as a host sees it: targets behind portals, sessions, disks, and what stands on the LUNs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tui_installer.simulator import net, numbers
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.world import World


@dataclass(frozen=True, slots=True)
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
        return numbers.disk_device(numbers.disk_index(self.name))

    @property
    def hcil(self) -> str:
        """Host, channel, id, LUN."""
        return f"{self.number}:0:0:{self.lun}"


def alive(world: World, host: Machine, session: dict[str, Any]) -> bool:
    """Whether a session's portal can be reached now."""
    return net.reaches(world, host, session["address"], session["link"] or None)


def disks(world: World, host: Machine) -> list[Disk]:
    """All disks of all sessions, by name."""
    found: list[Disk] = []
    ways: dict[tuple[str, str], bool] = {}
    for each in host.data["sessions"]:
        luns, way = world.state["san"]["targets"][each["iqn"]]["luns"], (each["address"], each["link"])
        if way not in ways:
            ways[way] = alive(world, host, each)
        found += [
            Disk(name, int(lun), luns[lun], each["sid"], each["number"], each["address"], each["iqn"], ways[way])
            for lun, name in each["disks"].items()
        ]
    return sorted(found, key=lambda disk: (len(disk.name), disk.name))


def by_wwid(world: World, host: Machine) -> dict[str, list[Disk]]:
    """The paths to each LUN, by name."""
    found: dict[str, list[Disk]] = {}
    for disk in disks(world, host):
        found.setdefault(disk.wwid, []).append(disk)
    return found


def disk(world: World, host: Machine, name: str) -> Disk | None:
    """The disk of that name; None: there is none."""
    for each in host.data["sessions"]:
        if name in each["disks"].values():
            luns = world.state["san"]["targets"][each["iqn"]]["luns"]
            lun = next(number for number, known in each["disks"].items() if known == name)
            where = each["sid"], each["number"], each["address"], each["iqn"]
            return Disk(name, int(lun), luns[lun], *where, alive(world, host, each))
    return None


def count_failures(world: World, host: Machine) -> None:
    """As the kernel counts: each time that a path goes from usable to failed, as long as it is there."""
    seen = host.data["history"].get("paths", {})
    now = {}
    for disk in disks(world, host):
        was, times = seen.get(disk.name, (True, 0))
        if not disk.alive or times:
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
    return numbers.free_disks([name for each in host.data["sessions"] for name in each["disks"].values()], count)


def rescan(world: World, host: Machine) -> None:
    """Sessions find the LUNs that their targets have got meanwhile."""
    for each in host.data["sessions"]:
        new = [lun for lun in world.state["san"]["targets"][each["iqn"]]["luns"] if lun not in each["disks"]]
        each["disks"] |= dict(zip(new, new_names(host, len(new)), strict=True))


def new_session(host: Machine) -> int:
    """The number of the SCSI host of a new session."""
    return numbers.free([each["number"] for each in host.data["sessions"]])[0]


# --- what stands on the LUNs


def mapped(host: Machine) -> dict[str, dict[str, Any]]:
    """The maps by WWID."""
    return {each["wwid"]: each for each in host.data["maps"]}


def new_dms(host: Machine, count: int = 1, *, taken: tuple[int, ...] = ()) -> list[int]:
    """Numbers for new devices of device-mapper, beside those `taken` that the state does not have."""
    return numbers.free([*taken, *(each["dm"] for each in host.data["maps"]), *host.data["lv_dms"].values()], count)


def below(world: World, volume: str) -> str:
    """The WWID of the physical volume that a volume, "GROUP/VOLUME", lies on: they are dealt out in turn."""
    group, _, name = volume.partition("/")
    wwids, names = list(world.state["vgs"][group]["pvs"]), list(world.state["vgs"][group]["lvs"])
    return str(wwids[names.index(name) % len(wwids)])


def pv_size(world: World, group: str, wwid: str) -> tuple[int, int]:
    """Bytes of a physical volume, and those of them that are used; LVM keeps 4 MiB of a LUN for itself."""
    lvs = world.state["vgs"][group]["lvs"]
    used = sum(lv["size"] for name, lv in lvs.items() if below(world, f"{group}/{name}") == wwid)
    return lun(world, wwid)["size"] - (4 << 20), used


def on_it(world: World, host: Machine) -> dict[str, list[str]]:
    """The active volumes by the WWID of what they lie on."""
    found: dict[str, list[str]] = {}
    for volume in host.data["lv_dms"]:
        found.setdefault(below(world, volume), []).append(volume)
    return found
