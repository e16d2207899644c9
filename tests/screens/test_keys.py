"""Keys that come at once, as line noise, a paste or an impatient hand sends them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from textual import events
from textual.geometry import Offset

from screens.fields import TextEntry
from tests.screens.stage import CHARACTERS, FileStep, Peer, app, engine, idle, press, screen_text

KEYS = ("enter", "escape", "tab", "up", "down", "left", "right", "space", "question_mark", "ctrl+l", *"feplarnuc1")


async def at_once(tmp_path: Path, keys: list[str]) -> str:
    """What is on the screen after these keys, pressed on the first screen's first row."""
    shown = app(engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one")]))
    async with shown.run_test(size=(80, 24)) as pilot:
        await press(pilot, "home")
        for key in keys:
            shown.post_message(events.Key(key, CHARACTERS.get(key, key if len(key) == 1 else None)))
        await idle(pilot)
        return screen_text(shown)


HOME, SITE, HELP = "Enter open", "Step 1 of 2: Cluster to join", "Help - tui-installer"


@pytest.mark.parametrize(
    ("keys", "where"),
    [
        (["escape", "enter"], SITE),
        (["enter", "enter"], SITE),
        (["enter", "escape", "escape"], HOME),
        (["question_mark", "escape", "enter"], SITE),
        (["question_mark", "question_mark"], HELP),
        (["enter", "escape", "question_mark", "escape", "escape"], HOME),
        (["c", "c", "escape", "escape"], HOME),
    ],
)
async def test_a_key_acts_on_the_screen_that_the_keys_before_it_led_to(
    tmp_path: Path, keys: list[str], where: str
) -> None:
    assert where in await at_once(tmp_path, keys)


@pytest.mark.parametrize("seed", range(12))
async def test_no_burst_of_keys_ends_the_program(tmp_path: Path, seed: int) -> None:
    keys = random.Random(seed).choices(KEYS, k=30)
    assert "An error" not in await at_once(tmp_path, keys)


async def test_the_caret_stays_where_the_picture_has_it_until_the_next_one(tmp_path: Path) -> None:
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one")])
    async with app(of).run_test(size=(80, 24)) as pilot:
        await press(pilot, "home", "enter")
        entry = pilot.app.focused
        assert isinstance(entry, TextEntry)
        before = entry.caret
        entry.insert_text_at_cursor("n")
        assert entry.caret == before
        await press(pilot)
        assert entry.caret == before + Offset(1, 0)
