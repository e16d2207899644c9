"""Worlds of any size, and the engine over one of their members, whose answers are known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import world as simulated
from tests.bench_scale.answered import Answered, AnsweredDialer, Book
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.model.step import Context
from tui_installer.simulator import Size
from tui_installer.steps import choose

TRIES = 10
"""Statuses in which all must have answered."""
STACKS = {"corosync": "large", "rhcs": "squeeze-large"}
"""The world of each stack."""
FIRST = {"corosync": "node1", "rhcs": "top"}
"""A member that has all of the storage."""


def size(luns: int, members: int = 64) -> Size:
    """A world of so many LUNs over four paths each, and in proportion to them targets, groups and volumes."""
    return Size(luns=luns, targets=luns // 5, portals=4, members=members, groups=luns // 2, volumes=5 * luns)


def targets(count: int) -> Size:
    """A world of so many IQNs at eight portals each, one LUN in each."""
    return Size(luns=count, targets=count, portals=8, members=2, groups=count // 2, volumes=count)


@dataclass(frozen=True, slots=True)
class Seen:
    """A member of a world that is looked at."""

    world: Path
    engine: Engine
    book: Book


def member(folder: Path, stack: str, wanted: Size) -> Seen:
    """A member of a new world, its answers known."""
    if not (folder / "state.json").exists():
        simulator.create(folder, STACKS[stack], size=wanted)
    return seen(folder, stack)


def seen(folder: Path, stack: str, given: dict[str, dict[str, Any]] | None = None) -> Seen:
    """The same of a world that is there."""
    book = Book()
    here = simulator.here(folder, FIRST[stack])
    context = Context(Answered(here, book), AnsweredDialer(simulator.dialer(folder), book))
    state = State(folder / f"{FIRST[stack]}-state", folder / f"{FIRST[stack]}-run")
    found = Seen(folder, Engine(choose(here).load(), context, state, given or {}), book)
    for _ in range(TRIES):  # the simulated tools may be slow at it, on a busy machine
        if all(row.state != "unknown" for row in found.engine.status()):
            return found
    raise RuntimeError(f"{folder}: it does not answer")


def without_maps(first: Path, stack: str) -> Seen:
    """The member in a copy of that world, with all of its LUNs and no map yet, as after the first login; another member
    tells their names."""
    folder = simulated.copy(first, first.with_name(f"{first.name}-new"))
    with simulator.opened(folder) as world:
        machine, other = world.machine(FIRST[stack]), world.machine({"corosync": "node2", "rhcs": "left"}[stack])
        machine.data.update(maps=[], lv_dms={})
        text = machine.text("/etc/multipath.conf") or ""
        machine.put("/etc/multipath.conf", text[: text.index("\nmultipaths") + 1])
        machine.put("/etc/multipath/wwids", "")
        address = other.data["address"]
    keys = simulator.dialer(folder).keys(address, 22)
    site = {"peer": address, "password": simulated.PASSWORD, "host-keys": list(keys)}
    return seen(folder, stack, {"site": site})
