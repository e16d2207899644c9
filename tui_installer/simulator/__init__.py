"""A simulated world: a fresh host, a SAN with two portals, two members of a cluster. All of it lies in one folder.

It knows `hosts.host` and nothing else of the program, so that it cannot agree with the program's mistakes.
"""

from __future__ import annotations

from pathlib import Path

from tui_installer.simulator.faults import FAULTS, inflict
from tui_installer.simulator.growing import Size
from tui_installer.simulator.host import SimulatedHost, dialer, here, plug, pull, switch_on
from tui_installer.simulator.scenario import create
from tui_installer.simulator.serve import serve
from tui_installer.simulator.world import World, opened

__all__ = [
    "FAULTS",
    "SimulatedHost",
    "Size",
    "World",
    "create",
    "dialer",
    "here",
    "incidents",
    "inflict",
    "inquorate_moments",
    "opened",
    "plug",
    "pull",
    "serve",
    "switch_on",
]


def inquorate_moments(folder: Path) -> list[str]:
    """Every moment in which a member was without quorum, in words."""
    with opened(folder) as world:
        return [f"{each['host']} after {each['at']} s: {each['why']}" for each in world.inquorate_moments]


def incidents(folder: Path) -> list[str]:
    """What a real cluster would have suffered from."""
    with opened(folder) as world:
        return list(world.incidents)
