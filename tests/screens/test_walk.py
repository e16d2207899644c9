"""What an operator does: from the first screen to everything in place, back again, and out whatever hangs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from threading import Event

import pytest
from textual import events

from screens.asking import AskScreen
from screens.following import Running
from screens.looked_at import LOST, UNKEPT
from screens.step import StepScreen
from screens.words import fit, fold, wrap
from tests.screens.stage import FileStep, Peer, app, engine, press, see
from tui_installer.hosts.host import Host, HostError
from tui_installer.model.view import View


async def test_enter_leads_through_all_steps(tmp_path: Path) -> None:
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one"), FileStep("two", "Two", "/etc/two")])
    async with app(of).run_test(size=(80, 24)) as pilot:
        await press(pilot, "home", "enter", *"node1", "escape", "enter", "space", "escape", "enter")
        assert "Step 1 of 3: Cluster to join - in place" in await press(pilot, "p")
        assert "Step 2 of 3: One - to do" in await press(pilot, "enter")
        assert "Apply: One - in place" in await press(pilot, "enter", "enter")
        assert "Step 3 of 3: Two - to do" in await press(pilot, "enter")
        assert "Apply: Two - in place" in await press(pilot, "enter", "enter")
        assert "Everything is in place." in await press(pilot, "enter")
    assert [row.state for row in of.status()] == ["in-place"] * 3


async def test_the_first_screen_leads_to_what_is_next(tmp_path: Path) -> None:
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one"), FileStep("two", "Two", "/etc/two")])
    async with app(of).run_test(size=(80, 24)) as pilot:
        assert ">  2 One" in await press(pilot)
        assert ">  2 One" in await press(pilot, "enter", "n", "escape")
        assert "Apply: One - in place" in await press(pilot, "enter", "enter", "enter")
        assert ">  3 Two" in await press(pilot, "escape")


@pytest.mark.parametrize(("keys", "row"), [(["home"], ">  1 Cluster to join"), (["end"], ">  3 Two")])
async def test_a_row_that_was_chosen_stays_the_current_one(tmp_path: Path, keys: list[str], row: str) -> None:
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one"), FileStep("two", "Two", "/etc/two")])
    async with app(of).run_test(size=(80, 24)) as pilot:
        assert row in await press(pilot, *keys, "r")
        assert row in await press(pilot, "enter", "p", "escape", "escape")


async def test_a_row_that_was_chosen_is_left_once_it_is_in_place(tmp_path: Path) -> None:
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one"), FileStep("two", "Two", "/etc/two")])
    async with app(of).run_test(size=(80, 24)) as pilot:
        assert ">  2 One" in await press(pilot, "home", "down")
        assert "Apply: One - in place" in await press(pilot, "enter", "enter", "enter")
        assert ">  3 Two" in await press(pilot, "escape")


async def test_an_answer_that_was_typed_is_kept_and_planned_with(tmp_path: Path) -> None:
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one")])
    async with app(of).run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "down", "enter", "e", "end", *"!!", "enter", "enter")
        assert "+wanted!!" in text
    assert of.given("one").text == "wanted!!"


@pytest.mark.parametrize(("out", "back"), [("escape", "e"), ("shift+tab", "tab"), ("enter", "shift+tab")])
async def test_a_button_is_no_field(tmp_path: Path, out: str, back: str) -> None:
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one")])
    async with app(of).run_test(size=(80, 24)) as pilot:
        assert "-- field 1 of 1 --" in await press(pilot, "enter", "e")
        text = await press(pilot, out)
        assert ">[" in text and "field 1 of 1" not in text and "What the file is to hold." not in text
        text = await press(pilot, back)
        assert "-- field 1 of 1 --" in text and "What the file is to hold." in text


async def test_a_password_is_kept_or_forgotten(tmp_path: Path) -> None:
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one")])
    async with app(of).run_test(size=(80, 24)) as pilot:
        await press(pilot, "home", "enter", "tab", "tab", *"secret", "tab", "tab", "tab", "enter")
        assert of.given("site").password.value == "secret"
        assert "(kept if left empty; - forgets it)" in await press(pilot, "e")
        await press(pilot, "tab", "tab", "-", "tab", "tab", "tab", "enter")
        assert of.given("site").password.value == ""
        assert "forgets it" not in await press(pilot, "e")


@pytest.mark.parametrize("key", ["r", "n", "escape"])
async def test_no_stray_key_throws_away_what_was_entered(tmp_path: Path, key: str) -> None:
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one"), FileStep("two", "Two", "/etc/two")])
    async with app(of).run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "enter", "e", "end", *"!!", "escape", "f", key)
        assert "Step 2 of 3" in text and LOST in text
        assert "wanted!!" in await press(pilot, "e")
        assert "wanted!!" in await press(pilot, "escape", "f", key, "f", key, "e")
        text = await press(pilot, "escape", "f", key, key)
        assert LOST not in text
        assert "wanted!!" not in await press(pilot, *([] if key == "r" else ["escape", "home", "down", "enter"]), "e")


@pytest.mark.parametrize(
    ("asking", "text"),
    [
        (["escape", "f", "r", "e", "end", "!"], "wanted!"),
        (["end", "?", "enter", "enter", "shift+tab", "end", "!"], "wanted?!"),
    ],
)
async def test_what_is_typed_while_an_answer_is_awaited_stays(tmp_path: Path, asking: list[str], text: str) -> None:
    free = Event()
    free.set()
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one", hang=free)])
    async with app(of).run_test(size=(80, 24)) as pilot:
        await press(pilot, "down", "enter", "e")
        free.clear()
        for key in asking:
            pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))
            await pilot.pause(0.02)
        assert "looking..." in await see(pilot, text)
        free.set()
        assert "to do" in await see(pilot, UNKEPT)
        assert f"+{text}" in await press(pilot, "enter", "enter")


async def test_the_letter_of_the_plan_keeps_what_was_entered_as_its_button_does(tmp_path: Path) -> None:
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one")])
    async with app(of).run_test(size=(80, 24)) as pilot:
        assert "+wanted!!" in await press(pilot, "down", "enter", "e", "end", *"!!", "escape", "p")


@pytest.mark.parametrize("key", ["p", "f"])
async def test_another_section_has_another_message(tmp_path: Path, key: str) -> None:
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one")])
    async with app(of).run_test(size=(80, 24)) as pilot:
        assert "What the file is to hold." in await press(pilot, "down", "enter", "e")
        text = await press(pilot, "escape", key)
        assert "What the file is to hold." not in text and "\nEnter: apply\n" in text


async def test_the_keys_tell_of_a_live_view_where_there_is_one(tmp_path: Path) -> None:
    live = FileStep("two", "Two", "/etc/two", panels=(View("Load", lambda host: "low"),))
    async with app(engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one"), live])).run_test() as pilot:
        assert "l live" not in await press(pilot, "enter")
        assert "l live" in await press(pilot, "escape", "down", "enter")


async def test_a_step_that_waits_for_another_one_says_so(tmp_path: Path) -> None:
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one"), FileStep("two", "Two", "/etc/two")])
    async with app(of).run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "end", "enter")
        assert "Step 3 of 3: Two - waits" in text and "Waits for: One. Enter: apply" in text
        of.apply(of.plan("one"))
        assert "Step 3 of 3: Two - to do" in await press(pilot, "escape", "r", "enter")


async def test_letters_belong_to_the_field_that_has_the_focus(tmp_path: Path) -> None:
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one")])
    async with app(of).run_test(size=(80, 24)) as pilot:
        assert "[pafrq?" in await press(pilot, "home", "enter", *"pafrq", "question_mark")


async def test_keys_that_come_at_once_go_where_they_were_meant_for(tmp_path: Path) -> None:
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one")])
    shown = app(of)
    async with shown.run_test(size=(80, 24)) as pilot:
        await press(pilot, "home", "enter")
        for key in (*"wrong", "ctrl+u", *"node1", "tab", "ctrl+u", *"22", "tab", *"secret", "shift+tab", *"3"):
            shown.post_message(events.Key(key, key if len(key) == 1 else None))
        text = await see(pilot, "[******")
        assert "[node1 " in text
        assert "[223 " in text


async def test_one_may_leave_while_a_probe_hangs(tmp_path: Path) -> None:
    hang = Event()
    shown = app(engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one", hang=hang)]))
    async with shown.run_test(size=(80, 24)) as pilot:
        await see(pilot, "looking...")
        await pilot.press("down", "enter")
        assert "looking..." in await see(pilot, "Step 2 of 2")
        await pilot.press("escape", "q")
    assert shown.return_value == 0
    hang.set()


async def test_a_live_view_shows_what_the_tool_says_and_when(tmp_path: Path) -> None:
    def topology(host: Host) -> str:
        return "mpatha (3600140) dm-0 LIO-ORG\n`-+- policy='service-time 0' \x1b[31mactive"

    def lost(host: Host) -> str:
        raise HostError("multipathd does not answer")

    step = FileStep("one", "One", "/etc/one", panels=(View("multipath -ll", topology), View("topology", lost)))
    async with app(engine(tmp_path, [Peer(), step])).run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "down", "enter", "l")
        assert "[*Live*]" in text
        assert "multipath -ll - read at " in text
        assert "`-+- policy='service-time 0' \\x1b[31mactive" in text
        assert "multipathd does not answer" in text


async def test_a_bug_is_shown_and_ends_nothing(tmp_path: Path) -> None:
    def broken(host: Host) -> str:
        raise RuntimeError("[red]markup[/red] is text")

    step = FileStep("one", "One", "/etc/one", panels=(View("broken", broken),))
    async with app(engine(tmp_path, [Peer(), step])).run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "down", "enter", "l", "end")
        assert "An error" in text
        assert "Step 2 of 2" in await press(pilot, "enter")


async def test_every_letter_is_kept_for_the_terminal_that_has_it(tmp_path: Path) -> None:
    step = FileStep("one", "One", "/etc/one", expect="\u201etr\u00e4ge\u201c", facts={"Ort": "K\u00f6ln\x1b[2J"})
    of = engine(tmp_path, [Peer(), step])
    shown = app(of)
    async with shown.run_test(size=(80, 24)) as pilot:
        assert "K\u00f6ln\\x1b[2J" in await press(pilot, "down", "enter", "f")
        assert "[\u201etr\u00e4ge\u201c" in await press(pilot, "e")


def test_text_is_made_to_fit() -> None:
    assert fit("short", 8) == "short   "
    assert fit("rather long", 8) == "rathe..."
    assert wrap("one two three", 9, "-> ") == ["-> one", "   two", "   three"]
    assert fold("a" * 12, 10) == ["a" * 9 + "\\", "    aaa"]


async def test_leaving_a_step_while_its_form_is_made_leaves_the_screen_alive(tmp_path: Path) -> None:
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one")])
    shown = app(of)
    async with shown.run_test(size=(80, 24)) as pilot:
        await press(pilot)
        for turn in range(40):
            shown.simulate_key("enter")
            await pilot.pause(turn / 1000)
            shown.simulate_key("escape")
            shown.simulate_key("escape")
            await pilot.pause(turn / 2000)
        await press(pilot, "escape", "escape", "home")
        assert ">  2 One" in await press(pilot, "down")
        assert ">  1 Cluster to join" in await press(pilot, "up")


@pytest.mark.parametrize("turns", range(0, 12, 2))
async def test_a_screen_that_is_left_before_it_is_there_does_not_begin(tmp_path: Path, turns: int) -> None:
    shown = app(engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one")]))
    async with shown.run_test(size=(80, 24)) as pilot:
        await press(pilot)
        for screen in (StepScreen("one"), AskScreen("Sure?", ["It is asked."], [("yes", "Yes")])):
            shown.push_screen(screen)
            for _ in range(turns):
                await asyncio.sleep(0)
            shown.pop_screen()
            assert "Cluster to join" in await press(pilot)


@pytest.mark.parametrize("turns", range(0, 6, 2))
async def test_what_happens_while_a_screen_is_made_is_told_there_later_or_never(tmp_path: Path, turns: int) -> None:
    shown = app(engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one")]))
    async with shown.run_test(size=(80, 24)) as pilot:
        await press(pilot)
        for leaves in (False, True):
            shown.push_screen(StepScreen("one"))
            for _ in range(turns):
                await asyncio.sleep(0)
            shown.exit(0) if leaves else shown.runs(Running("one", "apply", None))


@pytest.mark.parametrize("turns", range(0, 12, 4))
async def test_what_was_approved_is_begun_whatever_becomes_of_its_screen(tmp_path: Path, turns: int) -> None:
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one")])
    shown = app(of)
    async with shown.run_test(size=(80, 24)) as pilot:
        await press(pilot)
        shown.ways._start(of.plan("one"), ())
        for _ in range(turns):
            await asyncio.sleep(0)
        shown.ways.home()
        assert "2 One                             in place" in await see(pilot, "wanted")


async def test_the_sheet_by_keys(tmp_path: Path) -> None:
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one")])
    async with app(of).run_test(size=(80, 24)) as pilot:
        assert "# Hand-over: fresh" in await press(pilot, "s")
        assert "Written:" in await press(pilot, "tab", "enter")
    assert "- One: to do" in (tmp_path / "state" / "handover.md").read_text()
