"""Nothing that changes a host begins by Space, by noise, by a paste, or by a key that was typed before the question."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.screen import Screen

from screens.app import InstallerApp
from screens.asking import AskScreen
from screens.deciding import SLOW, Deciding
from screens.fields import TextEntry
from screens.following import Process
from screens.terminal.keys import Keyboard, Press
from screens.terminal.paste import Pasted, Pastes
from tests.memory import MemoryHost
from tests.screens.stage import FileStep, Peer, Running, app, engine, idle, press, screen_text, see, until
from tests.screens.test_log import begin
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.model.change_json import to_json
from tui_installer.model.step import Plan

RUNS = int(os.environ.get("NOISE", "1"))
"""How often each screen is tried with noise, as often where members are changed (`make noise`: 500)."""
APPLIED = ("down", "enter", "enter", "enter")
SCREENS: dict[str, tuple[str, ...]] = {
    "1 Cluster to join": (),
    "Help": ("question_mark",),
    "Console": ("c",),
    "Hand-over sheet": ("s",),
    "Its ssh port": ("home", "enter"),
    "Enter: apply": ("down", "enter"),
    "File                      not there": ("down", "enter", "f"),
    "Text of the file": ("down", "enter", "e"),
    "Apply: Storage network?": ("down", "enter", "enter"),
}
"""By what is on it: how to get there."""
FAILED: dict[str, tuple[str, ...]] = {
    "WHY      The daemon did not come back.": APPLIED,
    "What the failed command said:": (*APPLIED, "l"),
    "The page of one.failed": (*APPLIED, "p"),
    "NOT IN PLACE": (*APPLIED, "escape", "w"),
    "What was applied by this program": (*APPLIED, "escape", "u"),
    "Take back: Storage network?": (*APPLIED, "escape", "u", "enter"),
}
"""The same, where something was applied and failed."""
PAGES = [(False, *each) for each in SCREENS.items()] + [(True, *each) for each in FAILED.items()]


def made(folder: Path, **of_step: object) -> Engine:
    return engine(folder, [Peer(), FileStep("one", "Storage network", "/etc/one", **of_step)])  # type: ignore[arg-type]


def changed(of: Engine) -> object:
    """What the hosts hold beside their names, and what was begun."""
    files = [host.files for host in of._context.hosts.values() if isinstance(host, MemoryHost)]
    return [{path: each[path] for path in each if path != "/etc/hostname"} for each in files], len(
        of.journal.attempts()
    )


@pytest.mark.parametrize(("failed", "words", "keys"), PAGES, ids=[words for _, words, _ in PAGES])
async def test_space_scrolls_and_presses_nothing(
    tmp_path: Path, failed: bool, words: str, keys: tuple[str, ...]
) -> None:
    of = made(tmp_path, command=("false",) if failed else ("true",))
    async with app(of).run_test(size=(80, 24)) as pilot:
        shown = await press(pilot, *keys)
        assert words in shown
        before = shown.splitlines()[0], changed(of)
        assert ((await press(pilot, *["space"] * 3)).splitlines()[0], changed(of)) == before


async def test_what_was_typed_before_a_question_is_there_answers_it_not(tmp_path: Path) -> None:
    of = made(tmp_path)
    shown = app(of)
    async with shown.run_test(size=(80, 24)) as pilot:
        await press(pilot, "down", "enter")
        for _ in range(5):
            shown.post_message(events.Key("enter", None))
        await idle(pilot)
        assert "Apply: Storage network?" in screen_text(shown)
        assert changed(of) == ([{}, {}], 0)
        early = events.Key("enter", None)
        early.time = 0
        shown.post_message(early)
        assert "before the question was on the terminal: nothing was done" in await press(pilot)
        assert "in place" in await press(pilot, "enter")


async def test_a_question_is_heard_as_soon_as_a_slow_line_has_brought_it(tmp_path: Path) -> None:
    class OnASlowLine(InstallerApp):
        there, asked = True, 0

        @property
        def settled(self) -> bool:
            self.asked += 1
            return self.there

    shown = OnASlowLine(made(tmp_path), [], True)
    async with shown.run_test(size=(80, 24)) as pilot:
        await press(pilot, "down", "enter")
        shown.there = False
        await pilot.press("enter")
        asked = shown.asked
        await pilot.pause(SLOW / 2)
        assert shown.asked - asked >= 8  # of twenty: a machine may be busy
        assert isinstance(shown.screen, Deciding) and not shown.screen.ready
        shown.there = True
        await until(pilot, lambda: isinstance(shown.screen, Deciding) and shown.screen.ready)
        assert "before the question" not in await press(pilot, "enter")


async def test_one_enter_too_many_changes_no_member(tmp_path: Path) -> None:
    of = made(tmp_path, on=("here", "node1"))
    async with app(of).run_test(size=(80, 24)) as pilot:
        assert ">[ Back ]" in await press(pilot, "down", "enter", "enter")
        assert "Step 2 of 2" in await press(pilot, "enter")
        assert changed(of) == ([{}, {}], 0)


def noise(seed: str) -> list[Press | Pasted]:
    """What 200 bytes of a bad line are taken for, read in pieces as they come."""
    made_of, keyboard, pastes, typed = random.Random(seed), Keyboard(), Pastes(), []
    data = bytes(made_of.randrange(256) for _ in range(200)).replace(b"\x03", b"")  # Ctrl-C only leaves
    while data:
        size = made_of.randrange(1, 40)
        typed += [*pastes.take(keyboard.type(data[:size].decode("latin-1"))), *pastes.end()]
        data = data[size:]
    return typed


@pytest.mark.parametrize("on", [("here",), ("here", "node1")], ids=["host", "members"])
@pytest.mark.parametrize(("failed", "words", "keys"), PAGES, ids=[words for _, words, _ in PAGES])
async def test_noise_changes_no_host(
    tmp_path: Path, failed: bool, words: str, keys: tuple[str, ...], on: tuple[str, ...]
) -> None:
    of = made(tmp_path, on=on, command=("false",) if failed else ("true",))
    if failed:
        assert of.apply(of.plan("one")) == "failed"
    keys = ("down", "w", *keys[len(APPLIED) :]) if failed else keys
    before, given, shown = changed(of), of.state.answers(), app(of)
    async with shown.run_test(size=(80, 24)) as pilot:
        for run in range(RUNS):
            await press(pilot)
            for step in of.stack.steps:  # some noise is an answer, and its form is not the first page any more
                of.state.keep(step.id, given.get(step.id, {}), {})
            shown.ways.home()
            assert words in await press(pilot, "home", *keys)
            for each in noise(f"{words} {run}"):
                typed = events.Paste(each.text) if isinstance(each, Pasted) else events.Key(each.name, each.character)
                if getattr(typed, "key", "") != "q":
                    shown.post_message(typed)
            await idle(pilot)
            assert changed(of) == before, run


class Fleeting(Screen[None]):
    """A screen that goes before it comes to rest."""

    def __init__(self) -> None:
        super().__init__()
        self.gone = asyncio.Event()

    async def on_mount(self) -> None:
        """Do nothing else until it is gone."""
        await self.gone.wait()


async def test_a_question_that_was_covered_for_a_moment_is_heard(tmp_path: Path) -> None:
    shown, over = app(made(tmp_path)), Fleeting()
    async with shown.run_test(size=(80, 24)) as pilot:
        await press(pilot)
        question = AskScreen("Really?", ("It is asked.",), (("yes", "Yes"),))
        shown.push_screen(question)
        shown.push_screen(over)
        while not question.is_mounted or question.message_queue_size:
            await asyncio.sleep(0.01)
        shown.pop_screen()
        over.gone.set()
        await until(pilot, lambda: question.ready)


async def test_a_paste_is_one_text_in_one_field(tmp_path: Path) -> None:
    shown = app(made(tmp_path))
    async with shown.run_test(size=(80, 24)) as pilot:
        await press(pilot, "home", "enter")
        field = shown.focused
        assert isinstance(field, TextEntry)
        began = time.process_time()
        shown.post_message(events.Paste("x" * 100_000))
        assert "No answer is longer" in await press(pilot)
        assert time.process_time() - began < 1
        shown.post_message(events.Paste("one\ntwo"))
        assert "This field holds one line; 2 were pasted" in await press(pilot)
        shown.post_message(events.Paste("n" * 3400))
        await press(pilot)
        assert (shown.focused, field.value) == (field, "n" * 3400)


async def test_a_paste_elsewhere_is_no_row_of_keys(tmp_path: Path) -> None:
    shown = app(made(tmp_path))
    async with shown.run_test(size=(80, 24)) as pilot:
        await press(pilot, "down", "enter")
        shown.post_message(events.Paste("a" * 40))
        assert "What was pasted was left out" in await press(pilot)


async def test_an_apply_is_shown_on_every_screen_from_its_first_moment(tmp_path: Path) -> None:
    of = made(tmp_path)

    def launch(state: State, options: Sequence[str], plan: Plan) -> Process:
        return Running()

    shown = InstallerApp(of, [], True, launch=launch, poll=0.02)
    async with shown.run_test(size=(80, 24)) as pilot:
        await press(pilot, "down", "enter", "enter")
        await pilot.press("enter")
        await see(pilot, "Starting...")
        text = await press(pilot, "escape")
        assert "Storage network is being applied now: Enter shows it" in text
        assert "2 Storage network                 running" in text
        assert "Storage network is being applied now" in await press(pilot, "down", "enter")
        assert "Nothing else can be changed" in await press(pilot, "enter")
        assert "Starting..." in await press(pilot, "enter")
        attempt = begin(of, os.getpid())
        assert "running   Write /etc/one" in await see(pilot, "1/2")
        await press(pilot, "escape")
        assert "being applied now, change 1 of 2" in await see(pilot, "change 1 of 2")
        of.journal.add("end", attempt, outcome="stopped")
        await until(pilot, lambda: "being applied" not in screen_text(shown))


async def test_whenever_one_leaves_an_apply_the_first_screen_says_at_once_that_it_goes_on(tmp_path: Path) -> None:
    of = made(tmp_path)
    changes = [to_json(change, of.state) for change in of.plan("one").changes]
    start = {"step": "one", "action": "apply", "changes": changes, "of": [], "loaded": [], "pid": os.getpid()}
    moments: list[tuple[str, dict[str, Any], str]] = [
        ("start", start, "Starting..."),
        ("begun", {"index": 0, "title": "Write /etc/one", "made": []}, "running   Write /etc/one"),
        ("said", {"text": "a line"}, "a line"),
        ("done", {"index": 0}, "done      Write /etc/one"),
        ("begun", {"index": 1, "title": "Reload what reads it", "made": []}, "running   Reload what reads it"),
        ("confirm", {"within": 600}, "Keep it"),
    ]
    shown = InstallerApp(of, [], True, launch=lambda state, options, plan: Running(), poll=0.02)
    async with shown.run_test(size=(80, 24)) as pilot:
        await press(pilot, "down", "enter", "enter")
        await pilot.press("enter")
        await see(pilot, "Starting...")
        for kind, data, words in moments:
            of.journal.add(kind, "0123abcd", **data)
            await see(pilot, words)
            await pilot.press("escape")
            await pilot.pause()
            assert "Storage network is being applied now" in screen_text(shown), kind
            await press(pilot, "home", "enter")
        of.journal.add("end", "0123abcd", outcome="stopped")


async def test_the_last_failure_can_be_called_up_again(tmp_path: Path) -> None:
    of = made(tmp_path, command=("false",))
    async with app(of).run_test(size=(80, 24)) as pilot:
        failed = await press(pilot, *APPLIED)
        assert "reload: giving up" in failed
        assert failed == await press(pilot, "escape", "w")
        assert "Nothing was done here yet." in await press(pilot, "escape", "up", "w")
