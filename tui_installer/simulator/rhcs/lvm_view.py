"""What LVM 2.02 sees on a host: through its filter and its locks."""

from __future__ import annotations

from tui_installer.simulator import storage
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs.lvm_conf import Locks, accepted
from tui_installer.simulator.world import World

LOCAL = "/dev/cciss/c0d0p2"


class View:
    """What LVM sees on a host: volume groups on devices that the filter lets through."""

    def __init__(self, world: World, host: Machine, found: dict[str, str], how: Locks) -> None:
        self.world = world
        self.host = host
        self.shared = how.cluster
        self.err = how.said
        self.pvs: dict[str, str] = {"local": LOCAL} if accepted(found, [LOCAL]) else {}
        for name, group in world.state["vgs"].items():
            device = self._device(found, group)
            if device:
                self.pvs[name] = device
        self.skipped = [name for name in self.pvs if name != "local" and how.hides]

    def _device(self, found: dict[str, str], group: dict[str, str]) -> str:
        disks = [each for each in storage.disks(self.world, self.host) if each.wwid == group["wwid"] and each.alive]
        if not disks:
            return ""
        for each in self.host.data["maps"]:
            if each["wwid"] == group["wwid"]:
                names = [f"/dev/mapper/{each['name']}", f"/dev/dm-{each['dm']}"]
                if accepted(found, names):
                    return names[0]
        single = [f"/dev/{disk.name}" for disk in disks if accepted(found, [f"/dev/{disk.name}"])]
        for one, other in zip(single[1:], single, strict=False):
            uuid = group["pv_uuid"].replace("-", "")
            self.err += f"  Found duplicate PV {uuid}: using {one} not {other}\n"
        return single[-1] if single else ""

    def groups(self) -> list[str]:
        """The names of the groups that may be used."""
        return [name for name in self.pvs if name not in self.skipped]


def skipped(view: View, names: list[str] | None = None) -> str:
    """What is said about clustered groups that cannot be locked."""
    told = [name for name in view.skipped if not names or name in names]
    return "".join(f"  Skipping clustered volume group {name}\n" for name in told)
