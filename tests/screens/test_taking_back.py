"""What is taken back is seen before it is approved: of several steps all that it changes, on members too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from screens.app import InstallerApp
from screens.literal import Pager
from screens.render import what_stands
from screens.snapshot import standing
from tests.before import Before
from tests.screens.stage import Done, FileStep, Peer, app, engine, press, see
from tests.world import copy
from tests.world import engine as real
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.hosts.host import File
from tui_installer.model.change import Change, Run
from tui_installer.model.site import Site
from tui_installer.model.stack import Stack
from tui_installer.model.step import Plan
from tui_installer.model.view import View
from tui_installer.steps import STACKS

ONE, TWO = FileStep("one", "One", "/etc/one"), FileStep("two", "Two", "/etc/two")
BOTH = ("here", "node1")
STEPS = ("site", "one", "two", "three")


def made(folder: Path, one: FileStep = ONE, two: FileStep = TWO) -> Engine:
    """An engine whose two steps were applied."""
    of = engine(folder, [Peer(), one, two])
    for step in ("one", "two"):
        of.apply(of.plan(step))
    return of


def whole(shown: InstallerApp) -> str:
    """The page's whole text."""
    return "\n".join(shown.screen.query_one(Pager).text)


async def test_everything_is_taken_back_with_one_approval_that_shows_all_of_it(tmp_path: Path) -> None:
    of = made(tmp_path, FileStep("one", "One", "/etc/one", on=BOTH))
    shown = app(of)
    async with shown.run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "u")
        assert "Two: 2 changes" in text and "One: 2 changes" in text
        text = await press(pilot, "enter")
        assert "Take back 2 steps?" in text and "[ Take back 2 steps ] >[ Back ]" in text
        first, second = whole(shown).split("-- One ----")
        assert "This changes other hosts too: node1" in first and "-- Two ----" in first
        assert "1 change on this host\n" in first and "--- /etc/two on this host\n" in first
        assert "1 change on this host, node1\n" in second and "--- /etc/one on this host, node1\n" in second
        assert "-wanted" in first and "-wanted" in second
        for part in (first, second):
            assert part.rstrip().endswith("and 1 change that leaves nothing to take back")
            assert "Nothing to take back: Reload" not in part
        await press(pilot, "left", "enter")
        assert "taken back" in await see(pilot, "Take back: One - taken back")
    assert [row.state for row in of.status()] == ["in-place", "todo", "waits"]


class Telling(FileStep):
    """Its removal tells a member."""

    def plan_removal(self, facts: str, site: Site, taken: tuple[Change, ...]) -> Iterator[Change]:
        """See `Step.plan_removal`."""
        yield Run("Tell the member", "node1", ("true",))


async def test_what_was_not_shown_is_asked_for_when_its_turn_comes(tmp_path: Path) -> None:
    of = made(tmp_path)

    def launch(state: State, options: Sequence[str], plan: Plan) -> Done:
        of.apply(plan)
        of.stack = Stack("test", "", (Peer(), Telling("one", "One", "/etc/one"), TWO))
        return Done()

    shown = InstallerApp(of, [], True, launch=launch, poll=0.02, rest=0)
    async with shown.run_test(size=(80, 24)) as pilot:
        assert "Tell the member" not in await press(pilot, "u", "enter")
        await press(pilot, "left", "enter")
        text = await see(pilot, "Take back: One?")
        assert "This changes other hosts too: node1" in text and "Tell the member" in text and ">[ Back ]" in text
        await press(pilot, "enter")
        assert [step for step in ("one", "two") if of.journal.standing(step)] == ["one"]


async def test_what_cannot_be_planned_yet_is_said(tmp_path: Path) -> None:
    one = FileStep("one", "One", "/etc/one", on=BOTH)
    made(tmp_path, one)
    away = engine(tmp_path, (Peer(), one, TWO), members=())
    shown = app(away)
    async with shown.run_test(size=(80, 24)) as pilot:
        await press(pilot, "u", "enter")
        text = " ".join(whole(shown).split("-- One ----")[1].split())
        assert "It cannot be planned before its turn comes, and is asked for then:" in text
        assert "node1 would have to be changed too" in text
        await press(pilot, "left", "enter")
        assert "node1 would have to be changed too" in await see(pilot, "Not taken back: One")
    assert [step for step in ("one", "two") if away.journal.standing(step)] == ["one"]


async def test_what_cannot_be_taken_back_keeps_what_lies_under_it(tmp_path: Path) -> None:
    two = FileStep("two", "Two", "/etc/two", on=BOTH)
    made(tmp_path, two=two)
    away = engine(tmp_path, (Peer(), ONE, two), members=())
    async with app(away).run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "u", "enter")
        assert "Not taken back: Two" in text and "node1 would have to be changed too" in text
        assert "u take back" in await press(pilot, "escape")
    assert [step for step in ("one", "two") if away.journal.standing(step)] == ["one", "two"]


def test_which_steps_are_meant_is_said(tmp_path: Path) -> None:
    of = engine(tmp_path, (Peer(), ONE, TWO, FileStep("three", "Three", "/etc/three")))
    for step in ("one", "two", "three"):
        of.apply(of.plan(step))
    said = {step: [line for line in what_stands(standing(of, step)) if "later" in line] for step in STEPS}
    assert said == {"site": [], "one": [], "two": ["This and later: Three, Two."], "three": []}


async def test_a_folder_that_was_made_is_named(tmp_path: Path) -> None:
    of = engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one.d/file")])
    of.apply(of.plan("one"))
    async with app(of).run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "u", "enter")
        assert "2. Remove /etc/one.d, which was made\n   $ rmdir --ignore-fail-on-non-empty /etc/one.d" in text


async def test_what_a_failed_attempt_did_is_taken_back_alone(tmp_path: Path) -> None:
    of = engine(tmp_path, [Peer(), ONE])
    of.apply(of.plan("one"))
    of.stack = Stack("test", "", (Peer(), FileStep("one", "One", "/etc/one", command=("false",), expect="other")))
    assert of.apply(of.plan("one")) == "failed"
    async with app(of).run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "u")
        assert "can be taken back alone" in text and ">[ This attempt ]" in text
        assert "Take back: One?" in await press(pilot, "enter")
        assert "taken back" in await press(pilot, "enter")
    file = of.reading(View("", lambda host: (host.read("/etc/one") or File()).content.decode()))
    assert file.text == "wanted\n"


@pytest.mark.parametrize("stack", ["corosync", "etch"])
def test_of_a_real_stack_nothing_is_planned_that_was_not_foreseen(stack: str, before: Before, tmp_path: Path) -> None:
    of = real(copy(before.world(stack, "cluster"), tmp_path / "world"), None, stack=STACKS[stack])
    steps = [step.id for step in reversed(of.stack.steps) if of.journal.standing(step.id)]
    foreseen = of.foresee_undo(steps)
    assert len(steps) > 4 and all(plan.changes for plan in foreseen)
    for at, plan in enumerate(foreseen):
        now = of.plan_undo(plan.step, steps[at + 1 :])
        assert not now.blocked and set(change.title for change in now.changes if change not in plan.changes) == set()
        assert of.apply(now) == "done"
