"""What holds for every step of every stack, over the simulated world."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.world import Disturbed, PowerCut, copy, differences, engine, join, picture
from tui_installer import cli, simulator
from tui_installer.steps import COROSYNC

STEPS = [step.id for step in COROSYNC.steps]

EXEMPT = {
    "config_version": "it only ever rises",
    "/etc/multipath/wwids": "multipath keeps it by itself",
    "iscsid.service": "its socket starts it whenever somebody asks it something",
}
"""What taking back leaves, and why."""


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The world before each step, and after the last ("joined"): one join, copied as it goes."""
    folder = tmp_path_factory.mktemp("worlds")
    world = folder / "world"
    simulator.create(world)
    found = {}
    for step in STEPS:
        found[step] = copy(world, folder / step)
        mine = engine(world)
        plan = mine.plan(step)
        assert not plan.blocked, plan.problems
        assert mine.apply(plan) == "done", mine.failure(step)
    found["joined"] = world
    return found


@pytest.mark.parametrize("step", STEPS)
def test_planning_changes_nothing(worlds: dict[str, Path], step: str, tmp_path: Path) -> None:
    world = copy(worlds[step], tmp_path / "world")
    before = picture(world)
    engine(world).plan(step)
    assert not differences(before, picture(world))


@pytest.mark.parametrize("step", STEPS)
def test_an_applied_step_plans_nothing_more(worlds: dict[str, Path], step: str) -> None:
    plan = engine(worlds["joined"]).plan(step)
    assert plan.in_place, (plan.changes, plan.problems)


@pytest.mark.parametrize("step", STEPS)
def test_undo_brings_back_what_was(worlds: dict[str, Path], step: str, tmp_path: Path) -> None:
    world = copy(worlds[step], tmp_path / "world")
    before = picture(world)
    mine = engine(world)
    assert mine.apply(mine.plan(step)) == "done"
    assert mine.apply(mine.plan_undo(step)) == "done", mine.journal.attempts()[-1].failure
    left = differences(before, picture(world))
    assert not [line for line in left if not any(exempt in line for exempt in EXEMPT)], left


def test_undo_of_the_whole_join_brings_back_what_was(worlds: dict[str, Path], tmp_path: Path) -> None:
    world = copy(worlds["joined"], tmp_path / "world")
    assert cli.undo(engine(world), ()) == cli.Exit.DONE
    left = differences(picture(worlds[STEPS[0]]), picture(world))
    assert not [line for line in left if not any(exempt in line for exempt in EXEMPT)], left


@pytest.fixture(scope="session")
def undisturbed(worlds: dict[str, Path]) -> dict[str, tuple[int, int, dict[str, object]]]:
    """Of each step: acts on the host before applying, acts in all, and what the world is like afterwards."""
    found = {}
    for step in STEPS[1:]:
        world = copy(worlds[step], worlds[step].with_name(f"{step}-whole"))
        host = Disturbed(simulator.here(world), at=0, after=False)
        whole = engine(world, here=host)
        plan = whole.plan(step)
        looked = host.acts
        assert whole.apply(plan) == "done"
        found[step] = 2 * looked, host.acts, picture(world)
    return found


@pytest.mark.parametrize("step", STEPS[1:])
@pytest.mark.parametrize(("share", "after"), [(0.2, True), (0.5, False), (0.9, True)])
def test_cut_off_anywhere_the_next_run_ends_where_an_undisturbed_one_ends(
    worlds: dict[str, Path],
    undisturbed: dict[str, tuple[int, int, dict[str, object]]],
    step: str,
    share: float,
    after: bool,
    tmp_path: Path,
) -> None:
    first, last, expected = undisturbed[step]
    cut = copy(worlds[step], tmp_path / "cut")
    at = first + max(1, round(share * (last - first)))
    disturbed = engine(cut, here=Disturbed(simulator.here(cut), at, after))
    with pytest.raises(PowerCut):
        disturbed.apply(disturbed.plan(step))
    again = engine(cut)
    plan = again.plan(step)
    assert not plan.blocked, plan.problems
    assert again.apply(plan) == "done", again.failure(step)
    assert again.plan(step).in_place
    assert not differences(expected, picture(cut))


def test_the_whole_join_is_in_place_and_every_member_agrees(worlds: dict[str, Path]) -> None:
    assert [row.state for row in engine(worlds["joined"]).status()] == ["in-place"] * len(STEPS)


def test_joining_never_makes_a_member_inquorate(worlds: dict[str, Path]) -> None:
    assert not simulator.inquorate_moments(worlds["joined"])


def test_a_join_in_one_go(tmp_path: Path) -> None:
    simulator.create(tmp_path / "world")
    join(engine(tmp_path / "world"))
