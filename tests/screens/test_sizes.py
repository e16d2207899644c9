"""Terminals that are not 80x24: nothing is out of reach on a small one, and a resize in mid-work harms nothing."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from textual import events

from screens.literal import TextButton
from screens.step import StepScreen
from tests.screens.stage import FileStep, Peer, app, engine, press, screen_text, until
from tui_installer.engine.engine import Engine


def made(folder: Path) -> Engine:
    return engine(folder, [Peer(), FileStep("one", "One with a title that is quite long", "/etc/one")])


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (132, 43)])
async def test_a_step_is_applied_at_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    of = made(tmp_path)
    shown = app(of)
    async with shown.run_test(size=size) as pilot:
        text = await press(pilot, "down")
        assert "to do" in text and "in place" in text
        await press(pilot, "enter", "enter")
        text = await press(pilot, "enter")
        assert "in place" in text
        assert all(len(line) <= size[0] for line in text.splitlines())
    assert [row.state for row in of.status()] == ["in-place"] * 2


async def test_every_line_of_a_plan_can_be_scrolled_to_at_40x12(tmp_path: Path) -> None:
    async with app(made(tmp_path)).run_test(size=(40, 12)) as pilot:
        seen = await press(pilot, "down", "enter", "home")
        for _ in range(8):
            seen += await press(pilot, "space")
        for words in ("Write /etc/one", "+wanted", "Reload what reads it", "$ true", "-- end --"):
            assert words in seen


@pytest.mark.parametrize(
    "label", ["> A member of the cluster", "> Its root password", "> Use the ssh agent", ">[ Keep and plan ]"]
)
async def test_every_field_of_a_form_can_be_reached_at_40x12(tmp_path: Path, label: str) -> None:
    async with app(made(tmp_path)).run_test(size=(40, 12)) as pilot:
        seen = await press(pilot, "home", "enter", "e")
        for _ in range(13):
            if label in seen:
                return
            seen = await press(pilot, "tab")
    raise AssertionError(seen)


@pytest.mark.parametrize("size", [(40, 12), (80, 10)])
async def test_whoever_types_fast_sees_what_has_the_focus(tmp_path: Path, size: tuple[int, int]) -> None:
    """Each Tab comes while the screen still moves for the one before: sooner, later, and at once."""
    async with app(made(tmp_path)).run_test(size=size) as pilot:
        await press(pilot, "home", "enter", "e")
        for rounds in (*range(0, 40, 4), *range(40, 600, 40)):
            for _ in range(3):
                pilot.app.post_message(events.Key("tab", None))
                for _ in range(rounds):
                    await asyncio.sleep(0)
            text = await press(pilot)
            assert re.search(r"^>|>\[", text, re.MULTILINE), text


@pytest.mark.parametrize("keys", [["right"] * count for count in range(1, 5)])
async def test_the_button_that_has_the_focus_is_seen_at_40x12(tmp_path: Path, keys: list[str]) -> None:
    shown = app(made(tmp_path))
    async with shown.run_test(size=(40, 12)) as pilot:
        text = await press(pilot, "down", "enter", "tab", *keys)
        assert isinstance(shown.focused, TextButton)
        assert f">[ {shown.focused.label} ]" in text.replace("*", " ")


async def test_all_of_a_list_s_row_can_be_read_at_40x12(tmp_path: Path) -> None:
    async with app(made(tmp_path)).run_test(size=(40, 12)) as pilot:
        text = await press(pilot, "home", "enter", *"node1", "escape", "enter")
        assert ">[ ] 10.0.1.11 SHA256:aaaa" in text
    long = FileStep("one", "One", "/etc/one", offered=("a " * 20 + "first", "a " * 20 + "second"))
    async with app(engine(tmp_path / "long", [Peer(), long])).run_test(size=(40, 12)) as pilot:
        text = await press(pilot, "down", "enter", "e")
        assert "a a ...\n" in text and "first\nWhat the file is to hold." in text
        assert "second\nWhat the file is to hold." in await press(pilot, "down")


@pytest.mark.parametrize(
    ("text", "shown_as"),
    [
        ("one two " * 9, ["one two one two one two one two one two", "one two one two one two one two"]),
        (
            "one two " * 40,
            [*["one two one two one two one two one two"] * 2, "one two one two one two one two one ..."],
        ),
    ],
)
async def test_a_message_takes_the_lines_that_it_needs_and_says_if_it_was_cut(
    tmp_path: Path, text: str, shown_as: list[str]
) -> None:
    shown = app(made(tmp_path))
    async with shown.run_test(size=(40, 12)) as pilot:
        await press(pilot, "down", "enter")
        page = shown.screen
        assert isinstance(page, StepScreen)
        page.message(text)
        assert (await press(pilot)).splitlines()[-1 - len(shown_as) : -1] == shown_as


async def test_a_resize_at_any_moment_is_only_another_size(tmp_path: Path) -> None:
    of = made(tmp_path)
    shown = app(of)
    async with shown.run_test(size=(80, 24)) as pilot:
        for size, keys in (
            ((40, 12), ["down", "enter"]),
            ((132, 43), ["enter"]),
            ((41, 10), ["enter"]),
            ((80, 24), []),
        ):
            await pilot.resize_terminal(*size)
            await press(pilot, *keys)
        await until(pilot, lambda: "in place" in screen_text(shown))
    assert [row.state for row in of.status()] == ["in-place"] * 2


async def test_control_l_changes_nothing_and_control_c_leaves(tmp_path: Path) -> None:
    shown = app(made(tmp_path))
    async with shown.run_test(size=(80, 24)) as pilot:
        before = await press(pilot, "down")
        assert await press(pilot, "ctrl+l") == before
        await pilot.press("ctrl+c")
    assert shown.return_code == 0
