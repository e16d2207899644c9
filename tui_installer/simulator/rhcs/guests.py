"""Guests of Xen: the disks and cards that dom0 serves for them, and their end."""

from __future__ import annotations

import shutil

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.world import World

FOLDER = "/sys/bus/xen-backend/devices"
STAYS = "guest-stays"
"""The fault by which guests do not heed a shutdown."""


def names(host: Machine) -> dict[str, int]:
    """Domain number by name."""
    return {each["name"]: each["id"] for each in host.data.get("guests", ())}


def start(world: World, host: Machine, volume: str) -> None:
    """A guest of the volume's name begins to run on it."""
    group, name = volume.split("/")
    number = max(names(host).values(), default=0) + 1
    host.data["guests"] = [*host.data.get("guests", ()), {"name": name, "id": number, "volume": volume}]
    world.state["vgs"][group]["lvs"][name]["open"] = host.name
    for device in (f"vbd-{number}-51712", f"vif-{number}-0"):
        host.put(f"{FOLDER}/{device}/nodename", f"backend/{device[:3]}/{number}\n")


def end(world: World, host: Machine, name: str = "") -> None:
    """That guest is gone, or all of them."""
    for each in [each for each in host.data.get("guests", ()) if name in ("", each["name"])]:
        group, volume = each["volume"].split("/")
        world.state["vgs"][group]["lvs"][volume]["open"] = ""
        host.data["guests"].remove(each)
        for path in host.glob(f"{FOLDER}/*-{each['id']}-*"):
            shutil.rmtree(host.real(path))


def shutdown(world: World, host: Machine, words: list[str]) -> tuple[int, str, str]:
    """xm shutdown [-a] [-w] [DOMAIN]: it asks the guest, and does not wait unless it is told to."""
    wanted = [word for word in words if not word.startswith("-")]
    if wanted == [] and "-a" not in words:
        return 1, "", "Error: Missing <Domain>\n"
    if unknown := [name for name in wanted if name not in names(host)]:
        return 1, "", f"Error: Domain '{unknown[0]}' does not exist.\n"
    if not world.fault(STAYS):
        for name in wanted or list(names(host)):
            end(world, host, name)
    return 0, "", ""
