"""Following an apply: running, asked to stop, to be confirmed, cut off, ended without a word."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from screens import card, following, snapshot
from screens.app import InstallerApp
from screens.following import Process
from screens.progress import Progress
from tests.screens.stage import (
    Done,
    FileStep,
    Peer,
    Running,
    app,
    compare,
    engine,
    idle,
    press,
    screen_text,
    see,
    until,
)
from tui_installer.engine.engine import Engine
from tui_installer.engine.entries import Entry
from tui_installer.engine.state import State
from tui_installer.model.change_json import to_json
from tui_installer.model.step import PAST, Plan

GONE = 2**22 + 1
"""No process has that id: it is above the kernel's limit."""


def made(folder: Path, **of_step: object) -> Engine:
    one = FileStep("one", "Storage network", "/etc/one", **of_step)  # type: ignore[arg-type]
    return engine(folder, [Peer(), one])


def begin(of: Engine, pid: int, attempt: str = "0123abcd", born: str = "") -> str:
    """What a process of that id writes at first; returns the attempt."""
    changes = [to_json(change, of.state) for change in of.plan("one").changes]
    of.journal.add("start", attempt, step="one", action="apply", changes=changes, of=[], loaded=[], pid=pid, born=born)
    of.journal.add("begun", attempt, index=0, title="Write /etc/one", made=[])
    return attempt


def half_way(of: Engine) -> InstallerApp:
    """An app whose applies begin, and then take their time."""

    def launch(state: State, options: Sequence[str], plan: Plan) -> Process:
        attempt = begin(of, os.getpid())
        of.journal.add("done", attempt, index=0)
        of.journal.add("begun", attempt, index=1, title="Reload what reads it", made=[])
        of.journal.add("said", attempt, text="eth1.16: waiting for carrier")
        return Running()

    return InstallerApp(of, [], True, launch=launch, poll=0.02)


async def test_running_then_stopped(tmp_path: Path) -> None:
    of = made(tmp_path)
    async with half_way(of).run_test(size=(80, 24)) as pilot:
        await press(pilot, "down", "enter", "enter")
        await pilot.press("enter")
        compare("running", await see(pilot, "waiting for carrier"))
        attempt = of.interrupted()
        assert attempt is not None
        await pilot.press("enter")  # an impatient one
        await pilot.press("tab", "enter")
        compare("stopping", await see(pilot, "It stops after"))
        await until(pilot, lambda: of.state.requested(attempt.id, "stop"))
        of.journal.add(
            "failed",
            attempt.id,
            index=1,
            title="Reload what reads it",
            host="here",
            command=["true"],
            verdict="exit code 1",
            code=1,
            evidence=["no carrier"],
        )
        of.journal.add("end", attempt.id, outcome="failed")
        assert "no carrier" in await see(pilot, "NOT IN PLACE")


async def test_a_stop_that_comes_too_early_is_kept_until_it_has_begun(tmp_path: Path) -> None:
    of = made(tmp_path)
    shown = InstallerApp(of, [], True, launch=lambda state, options, plan: Running(), poll=0.02)
    async with shown.run_test(size=(80, 24)) as pilot:
        await press(pilot, "down", "enter", "enter")
        await pilot.press("enter")
        await see(pilot, "Starting...")
        await pilot.press("tab", "enter")
        await see(pilot, "It stops after")
        attempt = begin(of, os.getpid())
        await until(pilot, lambda: of.state.requested(attempt, "stop"))
        of.journal.add("end", attempt, outcome="stopped")


async def test_the_attempt_that_runs_is_shown_not_an_older_one_at_that_step(tmp_path: Path) -> None:
    of = made(tmp_path)
    of.journal.add("end", begin(of, GONE, "01da77e3"), outcome="stopped")
    attempt = begin(of, os.getpid())
    async with app(of).run_test(size=(80, 24)) as pilot:
        await press(pilot, "home")
        await pilot.press("enter")
        await see(pilot, "running   Write /etc/one")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: of.state.requested(attempt, "stop"))


async def test_a_change_of_the_network_must_be_confirmed(tmp_path: Path) -> None:
    of = made(tmp_path)
    shown = half_way(of)
    async with shown.run_test(size=(80, 24)) as pilot:
        await press(pilot, "down", "enter", "enter")
        await pilot.press("enter")
        await see(pilot, "waiting for carrier")
        attempt = of.interrupted()
        assert attempt is not None
        of.journal.add("done", attempt.id, index=1)
        of.journal.add("confirm", attempt.id, within=94)
        await see(pilot, ">[ Keep it ]")
        await idle(pilot)
        compare("to-confirm", screen_text(shown))
        await pilot.press("enter")
        await until(pilot, lambda: of.state.requested(attempt.id, "confirm"))
        text = await see(pilot, "Confirmed: it is kept.")
        assert "[ Keep it ]" not in text and "Storage network - running" in text
        of.journal.add("end", attempt.id, outcome="reverted")
        assert "All is as it was before" in await see(pilot, "NOT IN PLACE")


async def test_an_apply_that_runs_is_offered_and_left_alone(tmp_path: Path) -> None:
    of = made(tmp_path)
    begin(of, os.getpid())
    async with app(of).run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        compare("status-running", await press(pilot, "home"))
        await pilot.press("enter")
        assert "running" in await see(pilot, "[ Stop ]")
        assert "Storage network is being applied now" in await press(pilot, "escape")
    assert of.interrupted() is not None


async def test_an_apply_that_was_cut_off_is_told(tmp_path: Path) -> None:
    of = made(tmp_path)
    begin(of, GONE)
    async with app(of).run_test(size=(80, 24)) as pilot:
        compare("status-cut-off", await press(pilot, "home"))
        await press(pilot, "enter")
        compare("cut-off", await see(pilot, "NOT IN PLACE"))
        assert "Apply: Storage network?" in await press(pilot, "enter")


async def test_a_number_that_another_process_has_by_now_is_not_taken_for_the_apply(tmp_path: Path) -> None:
    of = made(tmp_path)
    begin(of, os.getpid(), born="1")
    async with app(of).run_test(size=(80, 24)) as pilot:
        assert "Storage network was cut off while it was being applied" in await press(pilot, "home")


async def test_a_process_that_ended_without_a_word_has_its_last_lines_shown(tmp_path: Path) -> None:
    of = made(tmp_path)

    def launch(state: State, options: Sequence[str], plan: Plan) -> Process:
        (state.run / "apply.log").write_text("one: not applied: process 77 is changing this host now\n")
        return Done()

    async with InstallerApp(of, [], True, launch=launch, poll=0.02).run_test(size=(80, 24)) as pilot:
        await press(pilot, "down", "enter", "enter", "enter")
        compare("ended-silently", await see(pilot, "NOT IN PLACE"))


async def test_a_launch_that_fails_is_told(tmp_path: Path) -> None:
    of = made(tmp_path)

    def launch(state: State, options: Sequence[str], plan: Plan) -> Process:
        raise OSError(28, "No space left on device")

    async with InstallerApp(of, [], True, launch=launch, poll=0.02).run_test(size=(80, 24)) as pilot:
        await press(pilot, "down", "enter", "enter", "enter")
        assert "An error" in await see(pilot, "No space left on device")


def test_an_empty_line_of_a_tool_is_a_line() -> None:
    progress = Progress("one", "apply")
    told = (("start", {"step": "one", "changes": [{"write": "W"}]}), ("begun", {"index": 0}), ("said", {"text": ""}))
    progress.tell([Entry(kind, "a", "2026-01-01T00:00:00.000", data) for kind, data in told])
    assert progress.log() == ["   1/1  running   W", "         |"]


def test_what_runs_is_told_with_its_age_and_its_limit_in_steps_of_ten_seconds() -> None:
    progress, began = Progress("one", "apply"), datetime.now(UTC)
    later = began + timedelta(seconds=100)

    def tell(at: datetime, kind: str, **data: object) -> None:
        progress.tell([Entry(kind, "a", at.isoformat(), data)])

    def last(at: datetime, seconds: int) -> str:
        return progress.log(at.timestamp() + seconds)[-1]

    tell(began, "start", step="one", changes=[{"write": "W", "then": []}, {"run": {"title": "R", "within": 600}}])
    tell(began, "begun", index=0)
    for seconds, age in ((0, ""), (9, ""), (10, " (0:10)"), (75, " (1:10)")):
        assert last(began, seconds) == f"   1/2  running   W{age}"
    tell(later, "done", index=0)
    tell(later, "begun", index=1)
    assert last(later, 75) == "   2/2  running   R (1:10 of 10:00 at most)"
    assert progress.log(later.timestamp() + 75)[0] == "   1/2  done      W"
    assert progress.log()[-1] == "   2/2  running   R"
    assert progress.current(later.timestamp() + 75) == "2 of 2: R (1:10 of 10:00 at most)"
    tell(later, "done", index=1)
    assert progress.current(later.timestamp() + 75) == ""
    assert last(later, 75) == "   2/2  done      R"


async def test_a_change_that_runs_for_long_is_shown_with_its_age_and_its_limit(tmp_path: Path) -> None:
    of = made(tmp_path)
    attempt = begin(of, os.getpid())
    of.journal.add("done", attempt, index=0)
    of.journal.add("begun", attempt, index=1, title="Reload what reads it", made=[])
    *before, last = of.state.journal.read_text().splitlines()
    since = (datetime.now(UTC) - timedelta(seconds=75)).isoformat(timespec="milliseconds")
    of.state.journal.write_text("\n".join([*before, json.dumps({**json.loads(last), "at": since})]) + "\n")
    async with app(of).run_test(size=(80, 24)) as pilot:
        await press(pilot, "home")
        await pilot.press("enter")
        shown = await see(pilot, " at most)")
        assert re.search(r"2/2  running   Reload what reads it \(1:\d0 of \d+:\d\d at most\)", shown), shown
        assert re.search(r"1/2  done      Write /etc/one$", shown, re.MULTILINE), shown


def test_the_time_to_confirm_is_told_in_steps_of_ten_seconds() -> None:
    progress = Progress("one", "apply")
    began = datetime.now(UTC)
    progress.tell([Entry("start", "a", began.isoformat(), {"step": "one", "changes": []})])
    progress.tell([Entry("confirm", "a", began.isoformat(), {"within": 90})])
    assert [progress.left(began.timestamp() + after) for after in (0, 4, 6, 61, 200)] == [90, 90, 80, 30, 10]
    progress.tell([Entry("end", "a", began.isoformat(), {"outcome": "done"})])
    assert progress.left(time.time()) == 0


def test_what_is_no_matter_of_one_step_is_not_called_by_it() -> None:
    said = [following.Running("reboot", action, None).words("Restart and check") for action in PAST]
    assert said == [
        "Restart and check is being applied now",
        "Restart and check is being taken back now",
        "Restart and check is being mended now",
        "The cluster is being left now",
        "This host is being shut down now",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"), [(90.0, "taken back by the host itself"), (0, "Nothing goes on by itself")]
)
def test_a_risky_attempt_whose_process_is_gone_is_said_to_be_taken_back(
    tmp_path: Path, seconds: float, words: str
) -> None:
    progress = Progress("one", "apply")
    changes = [{"write": "A card", "confirm": seconds}]
    progress.tell([Entry("start", "a", datetime.now(UTC).isoformat(), {"step": "one", "changes": changes})])
    assert words in "\n".join(card.card(progress, snapshot.see(made(tmp_path), "one"), []))


async def test_a_plan_that_no_longer_fits_is_not_applied(tmp_path: Path) -> None:
    of = made(tmp_path)
    shown = app(of)
    async with shown.run_test(size=(80, 24)) as pilot:
        await press(pilot, "down", "enter", "enter")
        of.keep("one", of.stack.step("one").asks("something else"))
        await press(pilot, "enter", "pagedown")
        assert "Drifted" in screen_text(shown)
