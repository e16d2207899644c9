"""The first screen over the real stack, while a tool hangs for ever."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest
from textual import events

from screens.app import InstallerApp
from screens.render import gist
from tests.before import Before
from tests.failures.test_hanging import NEED, THERE, TRIES, Hanging, engine_over
from tests.pace import busy
from tests.screens.stage import app, screen_text
from tests.world import copy
from tui_installer import simulator

ANSWERED = 0.2
"""Seconds after which a key has moved the mark."""
MORE = 8
"""Keys that are pressed once the rows are there, while the tool hangs on."""


async def _press(shown: InstallerApp, at: Iterator[int]) -> float:
    """Go to the next row; returns the seconds until the mark stands there."""
    row, begun = next(at), time.monotonic()
    shown.post_message(events.Key("down" if row > 1 else "home", None))
    while f"\n> {row:>2} " not in screen_text(shown):
        await asyncio.sleep(0.002)
    return time.monotonic() - begun


async def _tried(shown: InstallerApp, tool: str) -> tuple[float, float]:
    """The seconds that the slowest of many keys took, and those until all other rows were there, from before the screen
    was made. It says in the meantime which tool it is."""
    begun, numbers = time.monotonic(), range(1, len(shown.engine.stack.steps) + 1)
    async with shown.run_test(size=(80, 24)):
        at, took = cycle((*numbers[1:], *numbers[:1])), list[float]()
        while len(shown.known) < len(numbers):
            took.append(await _press(shown, at))
        there = time.monotonic() - begun
        took += [await _press(shown, at) for _ in range(MORE)]
        late = [row for row in shown.known.values() if row.state != "in-place"]
        text = screen_text(shown)
    assert {row.id for row in late} <= NEED[tool]
    assert text.count("  in place  ") == len(numbers) - len(late)
    assert f"{late[0].title:<32}unknown    {tool}: did not" in text.replace("> ", "  "), text
    assert gist(late[0]).startswith(f"{tool}: did not end in time, asked at ")
    return max(took), there


@pytest.mark.parametrize("tool", NEED)
async def test_the_first_screen_hears_keys_shows_the_other_rows_and_names_the_tool(
    tool: str, before: Before, tmp_path: Path
) -> None:
    """The slowest key of a try counts, and of the tries the best one: see `TRIES`."""
    world = copy(before.world("corosync", "joined"), tmp_path / tool)  # what hung before may still write to its own
    for _ in range(TRIES):
        host = Hanging(simulator.here(world), tool)
        slowest, there = await _tried(app(engine_over(world, host)), tool)
        assert not host.go.is_set()
        host.go.set()
        if slowest < ANSWERED * busy() and there < THERE * busy():
            break
    assert (slowest < ANSWERED * busy(), there < THERE * busy()) == (True, True), (slowest, there)
