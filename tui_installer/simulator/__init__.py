"""A simulated world: a fresh host, a SAN with two portals, two members of a cluster. All of it lies in one folder.

It knows `tui_installer.host` and nothing else of the program, so that it cannot agree with the program's mistakes.
"""

from __future__ import annotations

from tui_installer.simulator.host import SimulatedHost, dialer, here, plug, pull
from tui_installer.simulator.scenario import create
from tui_installer.simulator.serve import serve
from tui_installer.simulator.world import World, opened

__all__ = ["SimulatedHost", "World", "create", "dialer", "here", "opened", "plug", "pull", "serve"]
