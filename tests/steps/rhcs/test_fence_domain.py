"""etch: who is not in the fence domain is never fenced."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.before import Before
from tests.world import copy, engine
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.steps import STACKS
from tui_installer.steps.cluster.rhcs import domain
from tui_installer.steps.packages.rhcs import PackagesStep
from tui_installer.steps.rhcs.release import ETCH

REAL = 'Fence Domain:    "default"                           1   2 run       -\n[1 2 3]\n'
"""As 1.x prints it (cluster 1.03, /proc/cluster/services)."""


def etch(before: Before, tmp_path: Path, step: str) -> tuple[Path, Engine]:
    world = copy(before.world("etch", step), tmp_path / "world")
    return world, engine(world, stack=STACKS["etch"])


@pytest.mark.parametrize(
    ("count", "nodeid", "text", "there"),
    [
        (3, 0, REAL, True),
        (3, 3, REAL, True),
        (3, 4, REAL, False),
        (2, 0, REAL, False),
        (3, 3, REAL.replace("run       -", "join     S-1,80,2"), False),
        (3, 3, REAL.replace("Fence Domain:", "DLM Lock Space:"), False),
        (
            20,
            20,
            REAL.replace("1 2 3", " ".join(map(str, range(1, 15))) + "\n" + " ".join(map(str, range(15, 21)))),
            True,
        ),
    ],
)
def test_the_wait_ends_when_all_are_in_it_and_at_rest(count: int, nodeid: int, text: str, there: bool) -> None:
    header = "Service          Name                              GID LID State     Code\n"
    assert bool(re.search(domain.in_domain(count, nodeid), header + text, re.MULTILINE)) is there


def test_the_new_host_is_in_the_domain_on_all_and_leaves_it_first(before: Before, tmp_path: Path) -> None:
    world, mine = etch(before, tmp_path, "cluster")
    plan = mine.plan("cluster")
    titles = [change.title for change in plan.changes]
    assert titles.index("Start fenced: it joins the fence domain") > titles.index("Start cman: it joins the cluster")
    assert mine.apply(plan) == "done" and mine.plan("cluster").in_place
    with simulator.opened(world) as found:
        assert [machine.data["joined"] for machine in found.machines()] == [["fence"]] * 3
    mine.confirm_leaving("vmcluster")
    back = [change.title for change in mine.plan_leave().changes]
    assert back.index("Leave the fence domain") < back.index("Leave the cluster")


def test_a_host_that_is_up_outside_the_domain_joins_it_and_nothing_else(before: Before, tmp_path: Path) -> None:
    world, mine = etch(before, tmp_path, "lvm")
    assert simulator.here(world).run("/etc/init.d/fence", "stop").ok()
    plan = mine.plan("cluster")
    assert [change.title for change in plan.changes][:1] == ["Start fenced: it joins the fence domain"]
    assert not plan.blocked and mine.apply(plan) == "done" and mine.plan("cluster").in_place


def test_without_the_package_nothing_joins(before: Before, tmp_path: Path) -> None:
    world, mine = etch(before, tmp_path, "cluster")
    with simulator.opened(world) as changed:
        changed.machine("bottom").remove("/etc/init.d/fence")
    (stop,) = [problem for problem in mine.plan("cluster").problems if problem.level == "stop"]
    assert stop.code == "cluster.no-fence-package" and not mine.plan("cluster").changes


def test_the_package_is_wanted_where_the_members_have_a_domain(before: Before, tmp_path: Path) -> None:
    world, mine = etch(before, tmp_path, "packages")
    assert "fence" in mine.look("packages").facts.wanted
    with simulator.opened(world) as changed:
        for machine in changed.machines():
            machine.data["joined"] = []
    assert "fence" not in mine.look("packages").facts.wanted
    unfenced = replace(mine.look("packages").facts, wanted=())
    assert PackagesStep(ETCH).shown(unfenced, mine.site())


def test_members_without_a_domain_are_not_passed_over(before: Before, tmp_path: Path) -> None:
    world, mine = etch(before, tmp_path, "cluster")
    with simulator.opened(world) as changed:
        for machine in changed.machines():
            machine.data["joined"] = []
    plan = mine.plan("cluster")
    assert "cluster.no-fence-domain" in [problem.code for problem in plan.problems] and "no fencing" in plan.notes
    assert "Start fenced" not in str([change.title for change in plan.changes])


def test_locks_outside_the_domain_are_an_incident(before: Before, tmp_path: Path) -> None:
    """The simulator records what the installer must not bring about."""
    world, _ = etch(before, tmp_path, "lvm")
    assert simulator.here(world).run("/etc/init.d/fence", "stop").ok()
    assert simulator.here(world).run("clvmd").ok()
    assert any("outside the fence domain" in said for said in simulator.incidents(world))
