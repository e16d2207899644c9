"""The failure card: whole on one screen, whatever failed, and every way on from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from screens import card
from screens.app import InstallerApp
from screens.progress import Progress
from screens.snapshot import StepSnapshot
from screens.snapshot import see as look
from tests.screens.stage import Done, FileStep, Peer, app, engine, press
from tui_installer.engine.engine import Engine
from tui_installer.engine.entries import Entry
from tui_installer.engine.state import State
from tui_installer.model.change import Run, Stops
from tui_installer.model.step import Action, Plan, Problem, Remedy
from tui_installer.probes.alive import Alive

APPLIED = ("down", "enter", "enter", "enter")
LONG = "a long sentence of many words that says a great deal about very little and goes on for lines " * 4
FIX = Remedy("Write the file that it reads", (Run("Write it", "here", ("touch", "/etc/other")),))


def made(folder: Path, **of_step: object) -> Engine:
    return engine(folder, [Peer(), FileStep("one", "Storage network", "/etc/one", **of_step)])  # type: ignore[arg-type]


def test_it_fits_on_the_screen_with_all_its_parts(tmp_path: Path) -> None:
    of = made(tmp_path, command=("false",), remedy=FIX)
    assert of.apply(of.plan("one")) == "failed"
    attempt = of.last("one")
    assert attempt is not None
    progress = Progress("one", "apply", only=attempt.id)
    progress.tell(of.journal.read()[0])
    seen = look(of, "one")
    said = (*(f"line {n}" for n in range(40)), "E: Could not get lock", *(f"after {n}" for n in range(40)))
    problem = Problem("one.failed", LONG, said, LONG, remedy=Remedy(LONG, FIX.runs))
    lines = card.card(progress, StepSnapshot(seen.look, {}, {}, (problem,), True), [])
    assert len(lines) <= card.ROWS and max(map(len, lines)) <= 80
    text = "\n".join(lines)
    assert all(f"\n{word} " in f"\n{text} " for word in ("FAILED", "VERDICT", "WHY", "TRY", "CHANGED", "SAFE"))
    assert "| E: Could not get lock" in text and text.count("\n         | ") == card.SAID


@pytest.mark.parametrize(
    ("action", "words"),
    [("apply", "0 of 2 changes done."), ("undo", "0 of 2 changes taken back."), ("leave", "0 of 2 changes done.")],
)
def test_what_was_changed_is_not_taken_for_what_is_left(tmp_path: Path, action: Action, words: str) -> None:
    progress = Progress("one", action)
    entries = (("start", {"step": "one", "changes": [{"write": "W"}, {"write": "V"}]}), ("begun", {"index": 0}))
    progress.tell([Entry(kind, "a", "2026-01-01T00:00:00.000", data) for kind, data in entries])
    assert f"CHANGED  {words}" in card.card(progress, look(made(tmp_path), "one"), [])


async def test_the_record_and_the_page_are_one_key_away(tmp_path: Path) -> None:
    of = made(tmp_path, command=("false",))
    async with app(of).run_test(size=(80, 24)) as pilot:
        first = await press(pilot, *APPLIED)
        assert "-- more --" not in first and "-- lines" not in first
        assert "What the failed command said:" in await press(pilot, "l")
        assert first == await press(pilot, "l")
        assert "The page of one.failed" in await press(pilot, "p")
        assert first == await press(pilot, "escape")


async def test_the_same_again(tmp_path: Path) -> None:
    of = made(tmp_path, command=("false",))
    async with app(of).run_test(size=(80, 24)) as pilot:
        assert ">[ t Try again ]" in await press(pilot, *APPLIED)
        of.here.write("/etc/one", None)
        assert "Apply: Storage network?" in await press(pilot, "t")


async def test_mend_and_go_on_by_keys(tmp_path: Path) -> None:
    of = made(tmp_path, command=("false",), remedy=FIX)
    async with app(of).run_test(size=(80, 24)) as pilot:
        text = await press(pilot, *APPLIED)
        assert ">[ m Mend, go on ]" in text and "Write the file that it reads: m shows the plan." in text
        of.here.write("/etc/one", None)
        assert "1. Write it" in await press(pilot, "m")
        assert [each.action for each in of.journal.attempts()] == ["apply"]
        assert "Storage network - mended" in await press(pilot, "enter")
        assert [each.action for each in of.journal.attempts()] == ["apply", "mend"]
        assert "Apply: Storage network?" in await press(pilot, "t")


async def test_what_must_not_be_mended_now_says_why(tmp_path: Path) -> None:
    """It led to the step's plan before, without a word."""
    harmful = replace(FIX.runs[0], stops=(Stops("daemon", ("dlm",)),))
    of = made(tmp_path, command=("false",), remedy=Remedy("Start it anew", (harmful,)))
    of.stack = replace(of.stack, alive=lambda host: Alive(lockspaces=("lvm_vg",)))
    async with app(of).run_test(size=(80, 24)) as pilot:
        await press(pilot, *APPLIED)
        text = await press(pilot, "m")
        assert "Not mended: Storage network" in text and "protected.lockspaces" in text and "lvm_vg" in text
        assert "Apply: Storage network - NOT IN PLACE" in await press(pilot, "escape")


@pytest.mark.parametrize("offered", [True, False])
async def test_a_shell_and_back(tmp_path: Path, offered: bool) -> None:
    of = made(tmp_path, command=("false",))
    told: list[str] = []

    def launch(state: State, options: object, plan: Plan) -> Done:
        of.apply(plan)
        return Done()

    shown = InstallerApp(of, [], True, launch=launch, poll=0.02, rest=0, shell=told.append if offered else None)
    async with shown.run_test(size=(80, 24)) as pilot:
        first = await press(pilot, *APPLIED)
        assert ("[ s Shell ]" in first) == offered
        assert first == await press(pilot, "s")
    assert told == (["one failed"] if offered else [])
