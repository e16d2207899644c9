"""How a simulated tool speaks."""

from __future__ import annotations

from collections.abc import Callable

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.world import World

Say = Callable[[str], None]
"""Prints one line of stdout at once, and lets a moment of the world's pace pass."""

Answer = tuple[int, str, str]
"""Exit code, the rest of stdout, stderr."""

Tool = Callable[[World, Machine, tuple[str, ...], bytes, Say], Answer]
