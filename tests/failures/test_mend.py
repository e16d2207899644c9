"""Mend and go on: the remedy of a failure is a plan, shown and approved like any other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.before import Before
from tests.world import copy, engine
from tui_installer import simulator
from tui_installer.cli import commands as cli
from tui_installer.cli.saying import say_problems
from tui_installer.engine.engine import Drifted, Engine
from tui_installer.model.change import Run
from tui_installer.simulator.rhcs import dpkg as old_dpkg
from tui_installer.simulator.tools import dpkg
from tui_installer.steps import STACKS


@pytest.fixture(params=["corosync", "squeeze"])
def failed(request: pytest.FixtureRequest, before: Before, tmp_path: Path) -> Engine:
    """A host on which the script of a package has failed, and would not fail again."""
    stack = str(request.param)
    world = copy(before.world(stack, "packages"), tmp_path / "world")
    _fault(world, {"apt": "postinst:open-iscsi"})
    mine = engine(world, stack=STACKS[stack])
    assert mine.apply(mine.plan("packages")) == "failed"
    _fault(world, {})
    return mine


def _fault(world: Path, faults: dict[str, str]) -> None:
    with simulator.opened(world) as opened:
        opened.state["faults"] = faults


HALF = {"half": "iH", "broken": "iU"}
"""What the package is before, where the fault is about one."""


@pytest.mark.parametrize("stack", ["corosync", "etch", "squeeze"])
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("behind:18541", "clock"),
        ("full", "no-space"),
        ("outdated", "list-outdated"),
        ("half:open-iscsi", "half-installed"),
        ("broken:multipath-tools", "half-configured"),
        ("postinst:open-iscsi", "script-failed"),
    ],
)
def test_each_cause_is_mended_until_all_is_installed(
    fault: str, code: str, stack: str, before: Before, tmp_path: Path
) -> None:
    world = copy(before.world(stack, "packages"), tmp_path / "world")
    kind, _, name = fault.partition(":")
    here = {"corosync": "fresh"}.get(stack, "bottom")
    with simulator.opened(world) as opened:
        opened.state["faults"] = {"apt": fault}
        if kind in HALF:
            machine = opened.machine(here)
            (dpkg if stack == "corosync" else old_dpkg).unpack(opened, machine, [name], lambda line: None)
            machine.data["packages"][name] = HALF[kind]
    mine = engine(world, stack=STACKS[stack])
    assert mine.apply(mine.plan("packages")) == "failed"
    (problem,) = mine.failure("packages")
    assert problem.code == f"packages.{code}"
    assert problem.evidence and problem.hint
    if kind == "postinst":
        _fault(world, {})
    assert mine.apply(mine.plan_mend("packages")) == "done", mine.failure("packages")
    assert not mine.failure("packages")
    assert mine.apply(mine.plan("packages")) == "done", mine.failure("packages")
    assert mine.plan("packages").in_place
    assert simulator.here(world).run("dpkg", "--audit").out == ""


def test_a_remedy_is_a_plan_and_then_it_goes_on(failed: Engine) -> None:
    (problem,) = failed.failure("packages")
    assert problem.code == "packages.script-failed"
    assert problem.remedy and problem.remedy.title == "Let dpkg finish"
    plan = failed.plan_mend("packages")
    stood = failed.journal.standing("packages")
    assert [change.argv[-1] for change in plan.changes if isinstance(change, Run)] == ["-a"]
    assert failed.apply(plan) == "done"
    assert not failed.failure("packages") and failed.journal.standing("packages") == stood
    assert failed.apply(failed.plan("packages")) == "done"
    assert failed.plan("packages").in_place
    assert failed.plan_mend("packages").changes == ()


def test_the_failed_attempt_can_still_be_taken_back_after_it_was_mended(failed: Engine) -> None:
    attempt = failed.journal.newest("packages")
    assert failed.apply(failed.plan_mend("packages")) == "done"
    assert attempt and failed.plan_revert("packages").attempt == attempt.id


def test_a_remedy_of_another_failure_is_refused(failed: Engine) -> None:
    plan = failed.plan_mend("packages")
    assert failed.apply(plan) == "done"
    with pytest.raises(Drifted):
        failed.apply(plan)


def test_it_is_offered_by_its_command(failed: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    say_problems(failed.failure("packages"))
    assert "-> tui-installer mend packages: Let dpkg finish" in capsys.readouterr().out
    assert cli.mend(failed, ["packages"]) == cli.Exit.DONE
    assert "--configure -a" in capsys.readouterr().out
    assert cli.mend(failed, []) == cli.Exit.TODO


@pytest.fixture
def member(before: Before, tmp_path: Path) -> Callable[[str, str], Engine]:
    """To call for a joined host on which the script of vlan has failed, and would not fail again; meanwhile another
    package has become what its letters say."""

    def make(other: str, letters: str) -> Engine:
        world = copy(before.world("corosync", "console"), tmp_path / "world")
        with simulator.opened(world) as opened:
            del opened.machine("fresh").data["packages"]["vlan"]
        mine = engine(world)
        _fault(world, {"apt": "postinst:vlan"})
        assert mine.apply(mine.plan("packages")) == "failed"
        _fault(world, {})
        with simulator.opened(world) as opened:
            opened.machine("fresh").data["packages"][other] = letters
        return engine(world)

    return make


def test_on_a_member_dpkg_finishes_what_holds_no_locks(member: Callable[[str, str], Engine]) -> None:
    mine = member("vlan", "iF")
    plan = mine.plan_mend("packages")
    assert plan.changes and not plan.problems
    assert mine.apply(plan) == "done"
    assert mine.apply(mine.plan("packages")) == "done"
    assert mine.look("packages").plan.in_place


def test_and_says_why_it_does_not(member: Callable[[str, str], Engine], capsys: pytest.CaptureFixture[str]) -> None:
    mine = member("lvm2-lockd", "iF")
    plan = mine.plan_mend("packages")
    assert not plan.changes and [each.code for each in plan.problems] == ["protected.packages"]
    assert "lvm2-lockd" in plan.problems[0].text and "vlan" not in plan.problems[0].text
    assert cli.mend(mine, ["packages"]) == cli.Exit.PROBLEM
    assert "protected.packages" in capsys.readouterr().out
