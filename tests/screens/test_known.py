"""What is known of an answer, beside the field that it is typed into; and what of a form lies beyond the screen."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from screens.app import InstallerApp
from screens.form import Field
from tests.before import Before
from tests.screens.stage import FileStep, Peer, app, engine, press, screen_text
from tests.world import answers, copy
from tests.world import engine as simulated
from tui_installer.engine.engine import Engine
from tui_installer.steps import STACKS

TABS = 24
"""So often the lab's operator presses Tab to get to a field: see `_to` of tests/lab/joins/operator.py."""


def _world(before: Before, folder: Path, stack: str, step: str, **given: Any) -> tuple[Engine, list[str]]:
    """An engine before that step, and the keys that lead to its form."""
    world = copy(before.world(stack, step), folder / "world")
    of = simulated(world, {**answers(world, STACKS[stack]), **given}, stack=STACKS[stack])
    return of, ["home", *["down"] * [each.id for each in of.stack.steps].index(step), "enter", "e"]


def _typed(shown: InstallerApp, name: str) -> Any:
    return next(field.editor.raw for field in shown.screen.query(Field) if field.question.name == name)


async def _to(pilot: Pilot[int], label: str) -> None:
    """As the lab's operator does: by Tab alone, until the field has its marker."""
    for _ in range(TABS):
        assert isinstance(pilot.app, InstallerApp)
        if re.search(rf"^> {re.escape(label)}(?: |$)", screen_text(pilot.app), re.MULTILINE):
            return
        await press(pilot, "tab")
    raise AssertionError(f"{label} is never reached")


@asynccontextmanager
async def _at(label: str, before: Before, folder: Path, stack: str) -> AsyncIterator[tuple[InstallerApp, Pilot[int]]]:
    """The storage network's form, at that field."""
    of, keys = _world(before, folder, stack, "storage-network")
    shown = app(of)
    async with shown.run_test(size=(80, 24)) as pilot:
        await press(pilot, *keys)
        await _to(pilot, label)
        yield shown, pilot


@pytest.mark.parametrize("stack", STACKS)
async def test_a_card_is_picked_from_the_list(before: Before, tmp_path: Path, stack: str) -> None:
    of, keys = _world(before, tmp_path, stack, "storage-network")
    shown = app(of)
    async with shown.run_test(size=(80, 24)) as pilot:
        text = await press(pilot, *keys)
        free = re.search(r"\(.\) eth1  down, free, \w+\n +\(.\) eth0  link, \S+, default route here, \w+\n", text)
        assert free, text
        await _to(pilot, "Network card")
        assert ">(*) eth1" in await press(pilot, "ctrl+u", "down", "space") and _typed(shown, "nic") == "eth1"
        text = await press(pilot, "down", "space")
        assert ">(*) eth0" in text and "(*) eth1" not in text and _typed(shown, "nic") == "eth0"
        assert ">( ) eth0" in await press(pilot, "space") and _typed(shown, "nic") == ""
        assert "> VLAN" in await press(pilot, "down")


@pytest.mark.parametrize("stack", STACKS)
async def test_a_card_that_is_not_listed_is_typed_and_stays(before: Before, tmp_path: Path, stack: str) -> None:
    async with _at("Network card", before, tmp_path, stack) as (shown, pilot):
        text = await press(pilot, "ctrl+u", *"eth")
        assert "(*) eth" not in text
        assert "(*) eth0" in await press(pilot, "0"), "what is typed is ticked once it is known"
        text = await press(pilot, "backspace", "9", "escape", "enter")
        assert "There is no eth9 here." in text and "> Network card" in text
        assert "[eth9 " in text and "(*) eth9 (not seen now)" in text
    assert shown.engine.given("storage-network").nic == "eth9"


@pytest.mark.parametrize("stack", STACKS)
async def test_portals_are_ticked_and_others_typed(before: Before, tmp_path: Path, stack: str) -> None:
    async with _at("Portals", before, tmp_path, stack) as (shown, pilot):
        one, *_ = portals = _typed(shown, "portals").split(", ")
        text = await press(pilot, "tab", "space")
        assert f">[ ] {one}" in text and _typed(shown, "portals") == ", ".join(portals[1:])
        assert f">[x] {one}" in await press(pilot, "space")
        assert _typed(shown, "portals").split(", ") == [*portals[1:], one]
        await press(pilot, "shift+tab", *", 192.0.2.9", "escape", "enter", "e")
        assert "[x] 192.0.2.9  not tried" in screen_text(shown)
    assert shown.engine.given("storage-network").portals == (*portals[1:], one, "192.0.2.9")


@pytest.mark.parametrize(
    ("step", "labels"),
    [
        ("storage-network", ("VLAN", "Address", "Second portals")),
        ("iscsi", ("Targets", "CHAP user", "CHAP password", "Discovery password", "Mutual CHAP user")),
    ],
)
async def test_a_driver_that_knows_tab_alone_gets_to_every_field(
    before: Before, tmp_path: Path, step: str, labels: tuple[str, ...]
) -> None:
    """One after the other, and back to the first: it types into the field, whatever is listed below it."""
    of, keys = _world(before, tmp_path, "corosync", step)
    shown = app(of)
    async with shown.run_test(size=(80, 24)) as pilot:
        await press(pilot, *keys)
        for label in (*labels, labels[0]):
            await _to(pilot, label)
        await _to(pilot, labels[1])
        await press(pilot, "ctrl+u", *"typed")
        (typed,) = [field.editor.raw for field in shown.screen.query(Field) if field.question.label == labels[1]]
        assert typed == "typed"
        text = await press(pilot, "escape")
        assert ">[ Plan ]" in text


async def test_what_lies_beyond_the_screen_is_marked(before: Before, tmp_path: Path) -> None:
    of, keys = _world(before, tmp_path, "corosync", "storage-network")
    async with app(of).run_test(size=(80, 24)) as pilot:
        text = await press(pilot, *keys)
        assert text.splitlines()[21] == "-- fields 1-9 of 12   -- more --"
        await _to(pilot, "Second address")
        text = await press(pilot)
        assert text.splitlines()[21] == "-- fields 4-12 of 12   -- end --" and " [ Keep and plan ]" in text
        assert "-- fields" not in await press(pilot, "escape", "f")
        assert "-- fields" in await press(pilot, "e")


async def test_a_form_that_fits_has_no_mark(tmp_path: Path) -> None:
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one")])
    async with app(of).run_test(size=(80, 24)) as pilot:
        assert "-- fields" not in await press(pilot, "home", "enter")
    async with app(of).run_test(size=(80, 10)) as pilot:
        assert "-- fields 1-2 of 5   -- more --" in await press(pilot, "home", "enter")
        assert "-- fields 2-4 of 5   -- more --" in await press(pilot, "tab", "tab", "tab")
        assert "-- field 5 of 5   -- end --" in await press(pilot, "tab", "tab")


async def test_a_key_leads_to_the_step_before(tmp_path: Path) -> None:
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one"), FileStep("two", "Two", "/etc/two")])
    async with app(of).run_test(size=(80, 24)) as pilot:
        assert "Step 3 of 3: Two" in await press(pilot, "end", "enter")
        assert "Step 2 of 3: One" in await press(pilot, "less_than_sign")
        assert "Step 1 of 3: Cluster to join" in await press(pilot, "less_than_sign", "escape")
        text = await press(pilot, "less_than_sign")
        assert "Step 1 of 3: Cluster to join" in text and "This is the first step." in text
        assert re.search(r"<\s+The step before\.", await press(pilot, "question_mark", "space"))


async def test_the_step_before_does_not_lose_what_was_entered(tmp_path: Path) -> None:
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one")])
    async with app(of).run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "end", "enter", "e", *"<x", "escape", "less_than_sign")
        assert "Step 2 of 2: One" in text and "[wanted<x" in text and "not kept yet" in text
        assert "Step 1 of 2: Cluster to join" in await press(pilot, "less_than_sign")
