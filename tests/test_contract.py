"""What holds for every step of every stack, over the simulated worlds: each stack's name is also that of a world."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from screens.snapshot import see
from tests.before import Before
from tests.world import Disturbed, PowerCut, copy, differences, engine, join, picture
from tui_installer import simulator
from tui_installer.cli import commands as cli
from tui_installer.engine.engine import Engine, OutOfOrder
from tui_installer.hosts.host import Host
from tui_installer.model.answers import convert, questions
from tui_installer.model.step import Plan
from tui_installer.steps import STACKS

STEPS = [(name, step.id) for name, stack in STACKS.items() for step in stack.steps]
UNDONE = [(name, step) for name, step in STEPS if step != "reboot"]
"""A host that was restarted is never as it was."""
CUT = [(name, step) for name, step in UNDONE if step != "site"]
SHARES = {"corosync": [(0.2, True), (0.5, False), (0.9, True)]}
CUTS = [(*each, *cut) for each in CUT for cut in SHARES.get(each[0], [(0.6, True)])]
"""After which share of its acts a step is cut off, and whether the last one was still done."""

CLUSTER = {"corosync": "xencluster"}
"""The names of the worlds' clusters, other than "vmcluster"."""
EXEMPT = {
    "config_version": "it only ever rises",
    "/etc/multipath/wwids": "multipath keeps it by itself",
    "iscsid.service": "its socket starts it whenever somebody asks it something",
}
"""What taking back leaves, and why."""
RHCS = {
    "/var/run/": "another process id after a restart",
    "/etc/cluster/cluster.conf": "its version only ever rises; ccsd writes it anew",
    "/ccsd/": "it has that version in memory",
    "/daemons: ['ccsd', ": "leaving stops it, and the next join starts it",
    "/cman/version": "that version",
    "/cman/seen": "cman remembers whom it saw",
    "/cman/joined": "when it joined",
    "/proc/": "it shows all this",
    "/var/lib/multipath/bindings": "multipath keeps it by itself",
    "/.cache": "LVM keeps it by itself",
    "'configfs', 'dlm',": "squeeze's cman script unloads dlm when it stops, and loads it when it starts",
}
"""The same in the rhcs worlds."""


def _left(before: Mapping[str, Any], world: Path, stack: str) -> list[str]:
    """What a world has that it had not, without what is exempt."""
    exempt = EXEMPT if stack == "corosync" else {**EXEMPT, **RHCS}
    return [line for line in differences(before, picture(world)) if not any(each in line for each in exempt)]


def _engine(world: Path, stack: str, here: Host | None = None) -> Engine:
    return engine(world, here=here, stack=STACKS[stack])


class Worlds:
    """The world of each stack before each step, and after the last ("joined"), and what undisturbed steps do there."""

    def __init__(self, before: Before, folder: Path) -> None:
        self.before = before.world
        self._folder = folder
        self._whole: dict[tuple[str, str], tuple[int, int, dict[str, Any]]] = {}

    def undisturbed(self, stack: str, step: str) -> tuple[int, int, dict[str, Any]]:
        """Of a step: acts on the host before applying, acts in all, and what the world is like afterwards."""
        if (stack, step) not in self._whole:
            world = copy(self.before(stack, step), self._folder / f"{stack}-{step}")
            host = Disturbed(simulator.here(world), at=0, after=False)
            whole = _engine(world, stack, host)
            plan, first = whole.plan(step), host.acts
            whole.plan(step)
            looked = host.acts - first  # applying looks once more, without the site
            assert whole.apply(plan) == "done"
            self._whole[stack, step] = first + looked, host.acts - looked, picture(world)
        return self._whole[stack, step]


@pytest.fixture(scope="session")
def worlds(before: Before, tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    return Worlds(before, tmp_path_factory.mktemp("undisturbed"))


@pytest.mark.parametrize(("stack", "step"), STEPS)
def test_planning_changes_nothing(worlds: Worlds, stack: str, step: str, tmp_path: Path) -> None:
    world = copy(worlds.before(stack, step), tmp_path / "world")
    before = picture(world)
    _engine(world, stack).plan(step)
    assert not differences(before, picture(world))


@pytest.mark.parametrize(("stack", "step"), STEPS)
def test_an_applied_step_plans_nothing_more(worlds: Worlds, stack: str, step: str) -> None:
    plan = _engine(worlds.before(stack, "joined"), stack).plan(step)
    assert plan.in_place, (plan.changes, plan.problems)


@pytest.mark.parametrize(("stack", "step"), UNDONE)
def test_undo_brings_back_what_was(worlds: Worlds, stack: str, step: str, tmp_path: Path) -> None:
    world = copy(worlds.before(stack, step), tmp_path / "world")
    before = picture(world)
    mine = _engine(world, stack)
    assert mine.apply(mine.plan(step)) == "done"
    if step == "cluster":
        assert [problem.code for problem in mine.plan_undo(step).problems] == ["cluster.leave"]
        assert cli.leave(mine, CLUSTER.get(stack, "vmcluster")) == cli.Exit.DONE
    assert mine.apply(mine.plan_undo(step)) == "done", mine.journal.attempts()[-1].failure
    assert not _left(before, world, stack)


@pytest.mark.parametrize("stack", STACKS)
def test_undo_of_the_whole_join_brings_back_what_was(worlds: Worlds, stack: str, tmp_path: Path) -> None:
    last = "reboot" if (stack, "reboot") in STEPS else "joined"
    world = copy(worlds.before(stack, last), tmp_path / "world")
    member = picture(world)
    assert cli.undo(_engine(world, stack), ()) == cli.Exit.PROBLEM  # the membership is left, as a whole and first
    assert not _left(member, world, stack)
    assert cli.leave(_engine(world, stack), CLUSTER.get(stack, "vmcluster")) == cli.Exit.DONE
    assert cli.undo(_engine(world, stack), ()) == cli.Exit.DONE
    assert not _left(picture(worlds.before(stack, "site")), world, stack)


@pytest.mark.parametrize("stack", STACKS)
def test_a_host_that_has_left_can_join_again(worlds: Worlds, stack: str, tmp_path: Path) -> None:
    world = copy(worlds.before(stack, "console"), tmp_path / "world")
    mine = _engine(world, stack)
    assert cli.leave(mine, "another") == cli.Exit.TODO
    assert [row.state for row in mine.status()][:6] == ["in-place"] * 6
    assert cli.leave(mine, CLUSTER.get(stack, "vmcluster")) == cli.Exit.DONE
    assert not mine.given("cluster").confirm  # typed for that once
    assert [problem.code for problem in mine.plan_leave().problems][:1] == ["cluster.not-a-node"]
    assert {row.id: row.state for row in mine.status()}["cluster"] in ("todo", "waits")
    again = _engine(world, stack)
    for step in ("packages", "cluster", "lvm"):
        plan = again.plan(step)
        assert not plan.blocked, plan.problems
        assert again.apply(plan) == "done", again.failure(step)
    assert {row.id: row.state for row in again.status()}["lvm"] == "in-place"
    assert not simulator.incidents(world) and not simulator.inquorate_moments(world)


@pytest.mark.parametrize(("stack", "step", "share", "after"), CUTS)
def test_cut_off_anywhere_the_next_run_ends_where_an_undisturbed_one_ends(
    worlds: Worlds, stack: str, step: str, share: float, after: bool, tmp_path: Path
) -> None:
    first, last, expected = worlds.undisturbed(stack, step)
    cut = copy(worlds.before(stack, step), tmp_path / "cut")
    at = first + max(1, round(share * (last - first)))
    disturbed = _engine(cut, stack, Disturbed(simulator.here(cut), at, after))
    with pytest.raises(PowerCut):
        disturbed.apply(disturbed.plan(step))
    again = _engine(cut, stack)
    plan = again.plan(step)
    assert not plan.blocked, plan.problems
    assert again.apply(plan) == "done", again.failure(step)
    assert again.plan(step).in_place
    assert not (differences(expected, picture(cut)) if stack == "corosync" else _left(expected, cut, stack))


@pytest.mark.parametrize("stack", STACKS)
def test_no_step_comes_before_an_earlier_one(worlds: Worlds, stack: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each pair: the later step is refused where the earlier one is the next; up to there nothing is left to do."""
    steps, pairs = STACKS[stack].steps, 0
    for at, first in enumerate(steps):
        world = worlds.before(stack, first.id)
        mine = _engine(world, stack) if at else engine(world, given={}, stack=STACKS[stack])  # answered, site is done
        begun = len(mine.journal.attempts())
        assert mine.waits(first.id) is None  # whatever is earlier is in place
        for later in steps[at + 1 :]:
            problem = mine.waits(later.id)
            assert problem is not None, (first.id, later.id)
            assert (problem.code, first.title in problem.text) == (f"{later.id}.waits", True)
            with pytest.raises(OutOfOrder):
                mine.apply(Plan(later.id), just_made=True)
            pairs += 1
        assert len(mine.journal.attempts()) == begun
    with capsys.disabled():
        sys.stdout.write(f" {stack}: {pairs} pairs ")
    assert pairs == len(steps) * (len(steps) - 1) // 2


@pytest.mark.parametrize("stack", STACKS)
def test_no_step_is_taken_back_from_under_a_later_one(
    worlds: Worlds, stack: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mine, pairs = _engine(worlds.before(stack, "joined"), stack), 0
    standing = [step for step in STACKS[stack].steps if mine.journal.standing(step.id)]
    for at, step in enumerate(standing):
        plan = mine.plan_undo(step.id)
        later = standing[at + 1 :]
        assert [problem.code for problem in plan.problems] == [f"{step.id}.needed"] * bool(later)
        assert bool(plan.changes) is not bool(later)
        for each in later:
            assert each.title in plan.problems[0].text, (step.id, each.id)
            pairs += 1
    with capsys.disabled():
        sys.stdout.write(f" {stack}: {pairs} pairs ")
    assert len(standing) >= 6


@pytest.mark.parametrize("stack", STACKS)
def test_the_whole_join_is_in_place_and_every_member_agrees(worlds: Worlds, stack: str) -> None:
    rows = _engine(worlds.before(stack, "joined"), stack).status()
    assert [row.state for row in rows] == ["in-place"] * len(STACKS[stack].steps)


@pytest.mark.parametrize("stack", STACKS)
def test_what_forms_offer_can_be_answered(worlds: Worlds, stack: str) -> None:
    """Each value of a list is a usable answer to its question, is told once, and what is told of it begins with it."""
    for when in ("packages", "joined"):
        for step in STACKS[stack].steps:
            asked = {question.name: question for question in questions(step.asks)}
            for name, rows in see(_engine(worlds.before(stack, when), stack), step.id).choices.items():
                assert asked[name].kind in ("text", "list") and len(dict(rows)) == len(rows), (step.id, name)
                for value, text in rows:
                    entered = convert(asked[name], value)
                    assert entered in (value, (value,)) and text.isprintable(), (step.id, name, value)
                    assert text.partition("  ")[0] == value or not asked[name].typed, (step.id, name, text)


@pytest.mark.parametrize("stack", STACKS)
def test_joining_never_makes_a_member_inquorate(worlds: Worlds, stack: str) -> None:
    assert not simulator.inquorate_moments(worlds.before(stack, "joined"))


def test_a_join_in_one_go(tmp_path: Path) -> None:
    simulator.create(tmp_path / "world")
    join(engine(tmp_path / "world"))
