"""Worlds of today's stack at its end, and what the tests of its last steps ask of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.before import Before
from tests.world import answers, copy, engine
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.model.step import Plan, Problem
from tui_installer.simulator import derived

CONSOLE = "/etc/default/grub.d/10-tui-installer-console.cfg"
GRUB_CFG = "/boot/grub/grub.cfg"


@pytest.fixture
def at(before: Before, tmp_path: Path) -> Callable[[str], Path]:
    """A copy of the world before a step, or of the one that has "joined"."""
    return lambda step: copy(before.world("corosync", step), tmp_path / step)


def disturb(world: Path, change: Any) -> None:
    """Change the fresh host behind the program's back."""
    with simulator.opened(world) as opened:
        change(opened.machine("fresh"))
        derived.refresh(opened)


def fault(world: Path, **faults: Any) -> None:
    """Break what the simulator breaks by name."""
    with simulator.opened(world) as opened:
        opened.state["faults"].update({name.replace("_", "-"): value for name, value in faults.items()})


def codes(plan: Plan) -> dict[str, Problem]:
    """The plan's problems, by their codes."""
    return {each.code: each for each in plan.problems}


def answered(world: Path, step: str, **others: Any) -> Engine:
    """An engine with other answers to that step."""
    usual = answers(world)
    return engine(world, {**usual, step: {**usual.get(step, {}), **others}})


def text_of(world: Path, path: str, host: str = "fresh") -> str:
    """The file of that host; empty: there is none."""
    with simulator.opened(world) as opened:
        return opened.machine(host).text(path) or ""
