"""Shutting a host of the old releases down: in order, asked for by its name, and the next boot brings all back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.before import Before
from tests.failures.impatient import impatient
from tests.screens.plain.test_session import told
from tests.screens.stage import app, press, see
from tests.simulator.worlds import fault, member, ok
from tests.world import copy, engine
from tui_installer import simulator
from tui_installer.cli import commands as cli
from tui_installer.engine.engine import Engine
from tui_installer.hosts.host import HostError
from tui_installer.model.answers import questions
from tui_installer.simulator.rhcs import guests
from tui_installer.steps import STACKS

RELEASES = ("etch", "lenny", "squeeze")
ORDER = {
    "etch": [
        "Shut the guests down", "Wait until no guest runs here", "Deactivate san", "Stop clvmd",
        "See that no lockspace is in use here", "Leave the fence domain", "Leave the cluster", "Stop ccs",
        "Stop multipathd", "Remove the map vm0", "Remove the map vm1", "Wait until the array's maps are gone",
        "Log out of the array", "Wait until no session is left", "Stop iscsid", "Shut this host down",
    ],
}  # fmt: skip
ORDER["lenny"] = ORDER["squeeze"] = [
    each for each in ORDER["etch"] if each not in ("Leave the fence domain", "Stop ccs")
]  # fmt: skip
"""Guests, volumes, lockspaces, the fence domain (by cman's script where that has it), cman, ccs, multipath, iSCSI."""


def joined(before: Before, tmp_path: Path, release: str, *, guest: bool = True) -> tuple[Path, Engine]:
    """A host with all of it, restarted once; a guest runs on one of its volumes."""
    world = copy(before.world(release, "joined"), tmp_path / "world")
    if guest:
        with simulator.opened(world) as changed:
            guests.start(changed, changed.machine("bottom"), "san/mail")
    return world, engine(world, stack=STACKS[release])


@pytest.mark.parametrize("release", RELEASES)
def test_all_of_it_ends_in_order_and_the_next_boot_brings_it_back(before: Before, tmp_path: Path, release: str) -> None:
    world, mine = joined(before, tmp_path, release)
    conf = ok(member(world, "top"), "cat /etc/cluster/cluster.conf")
    assert cli.shutdown(mine, "") == cli.Exit.TODO  # shown alone
    assert cli.shutdown(mine, "left") == cli.Exit.TODO  # another host's name
    assert {row.state for row in mine.status()} == {"in-place"}
    mine.confirm_shutdown("bottom")
    plan = mine.plan_shutdown()
    assert [change.title for change in plan.changes] == ORDER[release]
    assert [problem.code for problem in plan.problems] == ["xen.guests"]
    assert mine.apply(plan) == "done", mine.failure("reboot")
    with pytest.raises(HostError):
        simulator.here(world).read("/etc/hostname")
    assert not mine.given("reboot").shut_down  # typed for that once
    assert "bottom" in conf and ok(member(world, "top"), "cat /etc/cluster/cluster.conf") == conf
    simulator.switch_on(world)
    again = engine(world, stack=STACKS[release])
    assert {row.id: row.state for row in again.status() if row.state != "in-place"} == {}
    assert again.journal.attempts()[-1].action == "shutdown" and not simulator.incidents(world)
    assert not simulator.inquorate_moments(world)


def test_a_guest_that_stays_up_keeps_the_host_up_with_all_that_it_needs(before: Before, tmp_path: Path) -> None:
    world, _ = joined(before, tmp_path, "lenny")
    fault(world, "guest-stays", True)
    mine = engine(world, stack=impatient(STACKS["lenny"]))
    assert cli.shutdown(mine, "bottom") == cli.Exit.PROBLEM
    assert [problem.code for problem in mine.failure("reboot")] == ["reboot.guest-stays"]
    assert [row.state for row in mine.status() if row.id in ("cluster", "lvm", "iscsi")] == ["in-place"] * 3


def test_a_volume_that_somebody_else_holds_is_not_taken_from_under_them(before: Before, tmp_path: Path) -> None:
    world, mine = joined(before, tmp_path, "etch", guest=False)
    with simulator.opened(world) as changed:
        changed.state["vgs"]["san"]["lvs"]["web"]["open"] = "bottom"
    mine.confirm_shutdown("bottom")
    plan = mine.plan_shutdown()
    assert not plan.changes and "protected.volumes" in [problem.code for problem in plan.problems]


def test_stopped_half_way_it_goes_on_or_comes_back(before: Before, tmp_path: Path) -> None:
    world, mine = joined(before, tmp_path, "squeeze", guest=False)
    for command in ("vgchange -aln san", "/etc/init.d/clvm stop"):
        ok(simulator.here(world), command)
    mine.confirm_shutdown("bottom")
    titles = [change.title for change in mine.plan_shutdown().changes]
    assert (
        titles[:2] == ["See that no lockspace is in use here", "Leave the cluster"] and titles[-1] == ORDER["etch"][-1]
    )
    assert cli.apply(mine, ["lvm"], "leave") == cli.Exit.DONE
    assert {row.state for row in mine.status()} == {"in-place"}


def test_nobody_goes_down_whose_vote_the_others_need_unless_that_is_accepted(before: Before, tmp_path: Path) -> None:
    world, mine = joined(before, tmp_path, "squeeze", guest=False)
    for command in ("/etc/init.d/clvm stop", "fence_tool leave", "cman_tool leave"):  # its vote is expected still
        ok(member(world, "left"), command)
    mine.confirm_shutdown("bottom")
    plan = mine.plan_shutdown()
    assert "cluster.shutdown-quorum" in [problem.code for problem in plan.problems] and not plan.changes
    mine.keep("cluster", replace(mine.given("cluster"), accept=("cluster.shutdown-quorum",)))
    assert mine.plan_shutdown().changes


def test_by_lines_the_name_is_typed_and_then_yes(before: Before, tmp_path: Path) -> None:
    world, mine = joined(before, tmp_path, "squeeze", guest=False)
    assert "TO ANSWER" in told(mine, "d", "top", "q")  # another host's name
    text = told(engine(world, stack=STACKS["squeeze"]), "d", "bottom", "yes")
    assert "Shut bottom down?" in text and "This host goes down. Its next boot brings all back." in text
    with pytest.raises(HostError):
        simulator.here(world).read("/etc/hostname")


async def test_on_the_screens_it_is_shown_and_asked_for(before: Before, tmp_path: Path) -> None:
    world, mine = joined(before, tmp_path, "squeeze", guest=False)
    async with app(mine).run_test(size=(80, 24)) as pilot:
        await see(pilot, "All in place, but")
        text = await press(pilot, "d")
        assert "Shut down" in text and "Type its name to confirm: bottom" in text
        text = await press(pilot, "enter")
        label = next(each.label for each in questions(mine.stack.step("reboot").asks) if each.name == "shut_down")
        assert "[*Form*]" in text and f"> {label}" in text
        text = await press(pilot, *"top", "escape", "enter")  # another host's name
        assert "Type its name to confirm: bottom" in text
        text = await press(pilot, "enter", "ctrl+u", *"bottom", "escape", "enter")
        assert text.startswith("Shut down? ") and ">[ Back ]" in text
        await press(pilot, "left", "enter")
        await see(pilot, "This host goes down. Its next boot brings all back.")
    with pytest.raises(HostError):
        simulator.here(world).read("/etc/hostname")


def test_today_systemd_does_it(before: Before, tmp_path: Path) -> None:
    mine = engine(copy(before.world("corosync", "site"), tmp_path / "world"))
    assert cli.shutdown(mine, "fresh") == cli.Exit.PROBLEM
    assert [problem.code for problem in mine.plan_shutdown().problems] == ["reboot.by-systemd"]
