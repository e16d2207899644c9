"""Mend and go on: the remedy of a failure is a plan, shown and approved like any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.failures.conftest import Before
from tests.world import copy, engine
from tui_installer import simulator
from tui_installer.cli import commands as cli
from tui_installer.cli.saying import say_problems
from tui_installer.engine.engine import Drifted, Engine
from tui_installer.model.change import Run
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
