"""Stopping for the night between any two steps: the host is switched off, and the next day another process goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.before import Before
from tests.simulator.worlds import ok, run
from tests.steps.rhcs import facts
from tests.world import copy, engine
from tui_installer import simulator
from tui_installer.hosts.host import HostError
from tui_installer.steps import STACKS
from tui_installer.steps.rhcs.release import LENNY
from tui_installer.steps.rhcs.runlevels import linked


def night(world: Path) -> None:
    """Switch the host off, and on the next morning."""
    ok(simulator.here(world), "shutdown -h now")
    with pytest.raises(HostError):
        simulator.here(world).read("/etc/hostname")
    simulator.switch_on(world)
    ok(simulator.here(world), "true")


@pytest.mark.parametrize("release", ["etch", "lenny", "squeeze"])
def test_each_day_a_step_ends_in_place(release: str, tmp_path: Path) -> None:
    world, stack = tmp_path / "world", STACKS[release]
    simulator.create(world, release)
    for step in stack.steps:
        mine = engine(world, stack=stack)
        plan = mine.plan(step.id)
        assert not plan.blocked, (step.id, plan.problems)
        assert plan.in_place or mine.apply(plan) == "done", (step.id, mine.failure(step.id))
        night(world)
    assert {row.id: row.state for row in engine(world, stack=stack).status() if row.state != "in-place"} == {}
    assert not simulator.incidents(world) and not simulator.inquorate_moments(world)


def test_clvmd_is_stopped_before_cman_when_the_host_goes_down_and_only_then(before: Before, tmp_path: Path) -> None:
    """On lenny, whose own links stop it behind cman."""
    world = copy(before.world("lenny", "joined"), tmp_path / "world")
    host, stop = simulator.here(world), "/etc/init.d/san-lvm stop"
    ok(host, stop)  # by somebody at a prompt
    assert ok(host, "pidof clvmd")
    with simulator.opened(world) as changed:
        changed.state["vgs"]["san"]["lvs"]["web"]["open"] = "bottom"
    ok(host, f"env RUNLEVEL=6 {stop}")
    assert ok(host, "pidof clvmd"), "who uses a volume keeps its lock"
    with simulator.opened(world) as changed:
        changed.state["vgs"]["san"]["lvs"]["web"]["open"] = ""
    ok(host, f"env RUNLEVEL=6 {stop}")
    assert run(host, "pidof clvmd").code


def test_a_san_lvm_of_somebody_elses_may_do_without_stopping() -> None:
    links = LENNY.script("san-lvm")
    up = [path for path in links.paths if "/S75" in path]
    assert len(links.paths) == 6 and len(up) == 4
    for paths, good in ((links.paths, True), (up, True), (up[1:], False), ((*up, "/etc/rc1.d/K20san-lvm"), False)):
        assert linked(facts.scripts(*paths), links) is good, paths
