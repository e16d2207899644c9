"""What cman shows: status, nodes and services of the three families."""

from __future__ import annotations

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.world import World


def proc(world: World, host: Machine) -> dict[str, str]:
    """/proc/cluster of 1.x."""
    return {}
