"""A package's script that failed: which, what that leaves, its last words, and what can be gone on without."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.before import Before
from tests.world import copy, engine
from tui_installer import simulator
from tui_installer.model.step import Failure
from tui_installer.steps.packages.causes import diagnose
from tui_installer.steps.packages.remedies import ASIDE, FINISH

ENDS = "script subprocess returned error exit status 1"
NEW = "dpkg: error processing package corosync (--configure):\n installed corosync package {what} {ends}"
OLD = "dpkg: error processing corosync (--configure):\n subprocess {era}{what} script returned error exit status 1"
LEFT = {
    "pre-installation": "it was not unpacked",
    "post-installation": "it is there, but not usable yet",
    "pre-removal": "it was neither removed nor replaced",
    "post-removal": "what it leaves behind was not cleared",
}


def _failure(*evidence: str) -> Failure:
    return Failure("", "here", ("apt-get",), "exit code 100", 100, evidence)


@pytest.mark.parametrize("what", sorted(LEFT))
@pytest.mark.parametrize("era", ["now", "", "installed ", "new "])
def test_what_is_said_is_true_of_each_script_and_release(what: str, era: str) -> None:
    words = NEW.format(what=what, ends=ENDS) if era == "now" else OLD.format(what=what, era=era)
    problem = diagnose(_failure("Reading package lists...", *words.splitlines(), "E: Sub-process /usr/bin/dpkg"))
    assert problem.text == f"The {what} script of corosync failed: {LEFT[what]}."
    assert problem.remedy and problem.remedy.title == FINISH.title


def test_its_words_are_told_from_all_that_was_said_beside() -> None:
    told = " installed vlan package post-installation script subprocess returned error exit status 1"
    beside = ("Setting up vlan (2.0.5) ...", "asking udev", *(f"Setting up lib{n} (1) ..." for n in range(80)))
    after = ("Errors were encountered while processing:", " vlan", *("Processing triggers for man-db ...",) * 80)
    error = "dpkg: error processing package vlan (--configure):"
    problem = diagnose(_failure(*beside, "vlan: no such device", error, told, *after))
    assert problem.evidence == ("asking udev", "vlan: no such device", told)


def test_a_package_that_is_not_ours_is_set_aside_and_noted(before: Before, tmp_path: Path) -> None:
    world = copy(before.world("corosync", "packages"), tmp_path / "world")
    with simulator.opened(world) as opened:
        opened.state["faults"] = {"apt": "postinst:os-prober"}
        opened.machine("fresh").data["packages"]["os-prober"] = "iF"
    mine = engine(world)
    assert mine.apply(mine.plan("packages")) == "failed"
    (problem,) = mine.failure("packages")
    assert problem.remedy and problem.remedy.title == ASIDE.title.format(name="os-prober")
    assert mine.apply(mine.plan_mend("packages")) == "done", mine.failure("packages")
    assert mine.apply(mine.plan("packages")) == "done", mine.failure("packages")
    left = mine.plan("packages")
    assert left.in_place and left.notes == ("os-prober set aside",)
