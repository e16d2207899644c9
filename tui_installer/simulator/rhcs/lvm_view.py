"""What LVM 2.02 sees on a host: through its filter and its locks."""

from __future__ import annotations

from typing import Any

from tui_installer.simulator import storage
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.rhcs.lvm_conf import Locks, accepted
from tui_installer.simulator.rhcs.lvm_parser import Config
from tui_installer.simulator.storage import Disk
from tui_installer.simulator.world import World

LOCAL = "/dev/cciss/c0d0p2"


UNKNOWN = "unknown device"
"""The name of a physical volume whose device is not there."""
LOST = "  Couldn't find device with uuid {uuid}.\n"
UNREAD = "  Couldn't find device with uuid '{uuid}'.\n  Couldn't find all physical volumes for volume group {name}.\n"
"""Up to 2.02.39, which cannot read such a group (both as people showed them in 2007 to 2010)."""


class View:
    """What LVM sees on a host: volume groups on devices that the filter lets through."""

    def __init__(self, world: World, host: Machine, found: Config, how: Locks) -> None:
        self.world = world
        self.host = host
        self.shared = how.cluster
        self.err = how.said
        self.pvs: dict[str, dict[str, str]] = {"local": {"": LOCAL}} if accepted(found, [LOCAL]) else {}
        """Of each group its physical volumes: the device by WWID."""
        disks, maps = storage.by_wwid(world, host), storage.mapped(host)
        for name, group in world.state["vgs"].items():
            known = group["pvs"].items()
            self._see(name, {wwid: self._device(found, uuid, disks.get(wwid), maps.get(wwid)) for wwid, uuid in known})
        self.skipped = [name for name in self.pvs if name != "local" and how.hides]

    def _see(self, name: str, devices: dict[str, str]) -> None:
        """A group, if any of it is there."""
        if not any(devices.values()):
            return
        whole = era(self.host).name != "squeeze"
        for wwid, uuid in self.world.state["vgs"][name]["pvs"].items():
            if not devices[wwid]:
                self.err += (UNREAD if whole else LOST).format(uuid=uuid, name=name)
        if all(devices.values()) or not whole:
            self.pvs[name] = {wwid: device or UNKNOWN for wwid, device in devices.items()}

    def _device(self, found: Config, uuid: str, paths: list[Disk] | None, over: dict[str, Any] | None) -> str:
        disks = [each for each in paths or () if each.alive]
        if disks and over is not None:
            names = [f"/dev/mapper/{over['name']}", f"/dev/dm-{over['dm']}"]
            if accepted(found, names):
                return names[0]
        single = [f"/dev/{disk.name}" for disk in disks if accepted(found, [f"/dev/{disk.name}"])]
        for one, other in zip(single[1:], single, strict=False):
            self.err += f"  Found duplicate PV {uuid.replace('-', '')}: using {one} not {other}\n"
        return single[-1] if single else ""

    def below(self, group: str, name: str) -> str:
        """The device that a volume lies on."""
        return self.pvs[group][storage.below(self.world, f"{group}/{name}")] if group != "local" else LOCAL

    def groups(self) -> list[str]:
        """The names of the groups that may be used."""
        return [name for name in self.pvs if name not in self.skipped]


def skipped(view: View, names: list[str] | None = None) -> str:
    """What is said about clustered groups that cannot be locked."""
    told = [name for name in view.skipped if not names or name in names]
    return "".join(f"  Skipping clustered volume group {name}\n" for name in told)
