"""A joined host, a year later: one thing is another than it was. What is said, planned, mended, and left alone."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.before import Before
from tests.simulator.worlds import fault, member, ok
from tests.through import Through
from tests.world import PowerCut, answers, copy, differences, engine, picture
from tui_installer import simulator
from tui_installer.cli import commands as cli
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.hosts.host import Dialer, File, Host, Login, OnLine, Result
from tui_installer.model.change import WriteFiles, hosts, touches_members
from tui_installer.model.step import Context, Plan
from tui_installer.probes.corosync_conf import CONF
from tui_installer.steps import STACKS


@pytest.fixture
def world(before: Before, tmp_path: Path) -> Path:
    """A host that has joined, with its lockspaces."""
    return copy(before.world("corosync", "joined"), tmp_path / "world")


def edited(host: Host, old: bytes, new: bytes) -> None:
    """Change its corosync.conf, as somebody with an editor would."""
    file = host.read(CONF)
    assert file is not None and old in file.content
    host.write(CONF, File(file.content.replace(old, new), file.mode, file.owner))


def version(host: Host) -> int:
    """The config_version in its file."""
    file = host.read(CONF)
    assert file is not None
    return int(file.content.partition(b"config_version:")[2].split()[0])


def written(plan: Plan) -> list[tuple[str, ...]]:
    """The hosts that each of its edits touches."""
    assert all(isinstance(change, WriteFiles) for change in plan.changes), plan.changes
    return [hosts(change) for change in plan.changes]


def mended(mine: Engine, plan: Plan, world: Path) -> None:
    """Apply it: then all is in place, and nobody was harmed by it."""
    before = simulator.inquorate_moments(world), simulator.incidents(world)
    assert mine.apply(plan) == "done", mine.failure(plan.step)
    assert mine.plan(plan.step).in_place
    assert (simulator.inquorate_moments(world), simulator.incidents(world)) == before


def test_an_older_file_here_is_replaced_here_alone_and_needs_no_confirmation(world: Path) -> None:
    here, mine = simulator.here(world), engine(world)
    now = version(here)
    edited(here, b"config_version: %d" % now, b"config_version: %d" % (now - 1))
    mine.keep("cluster", mine.stack.step("cluster").asks())
    plan = mine.plan("cluster")
    assert not plan.blocked, plan.problems
    assert written(plan) == [("here",)]
    mended(mine, plan, world)
    assert version(here) == now


def test_an_older_file_of_a_stopped_member_is_delivered_once_the_name_is_typed(world: Path) -> None:
    away = member(world, "node2")
    now = version(away)
    ok(away, "systemctl stop lvmlocks lvmlockd dlm corosync")
    edited(away, b"config_version: %d" % now, b"config_version: %d" % (now - 2))
    mine = engine(world)
    mine.keep("cluster", mine.stack.step("cluster").asks())
    assert [each.code for each in mine.plan("cluster").problems if each.level != "warn"] == ["cluster.confirm"]
    mine = engine(world)
    plan = mine.plan("cluster")
    assert not plan.blocked, plan.problems
    assert written(plan) == [("node2",)]
    mended(mine, plan, world)
    assert version(away) == now


def test_a_file_that_was_delivered_is_no_ones_way_back_once_this_host_has_left(world: Path) -> None:
    """The member's file is another one then: all else is taken back, and nothing is left standing."""
    away = member(world, "node2")
    now = version(away)
    ok(away, "systemctl stop lvmlocks lvmlockd dlm corosync")
    edited(away, b"config_version: %d" % now, b"config_version: %d" % (now - 2))
    mine = engine(world)
    mended(mine, mine.plan("cluster"), world)
    ok(away, "systemctl start corosync dlm lvmlockd lvmlocks")
    assert cli.leave(mine, "xencluster") == cli.Exit.DONE
    assert cli.undo(mine, ()) == cli.Exit.DONE
    assert not any(mine.journal.standing(step.id) for step in mine.stack.steps)
    assert version(away) > now and not simulator.incidents(world)


def test_a_failed_repair_is_taken_back_without_anybody_leaving(world: Path) -> None:
    """The file that was delivered named this host, and the older one did not: that is no join."""
    away = member(world, "node2")
    now = version(away)
    ok(away, "systemctl stop lvmlocks lvmlockd dlm corosync")
    edited(away, b"config_version: %d" % now, b"config_version: %d" % (now - 2))
    edited(away, b"\tnode {\n\t\tname: fresh\n\t\tnodeid: 3\n\t\tring0_addr: 10.0.1.13\n\t}\n", b"")
    mine = engine(world)
    assert mine.apply(mine.plan("cluster")) == "done"
    back = mine.plan_revert("cluster")
    assert not back.blocked and not touches_members(back.changes), back
    assert version(away) == now


def test_without_quorum_too_a_stopped_member_gets_the_file_that_it_needs_to_start(world: Path) -> None:
    away = member(world, "node2")
    now = version(away)
    ok(away, "systemctl stop lvmlocks lvmlockd dlm corosync")
    edited(away, b"config_version: %d" % now, b"config_version: %d" % (now - 1))
    with simulator.opened(world) as opened:
        opened.machine("node1").data["corosync"] = None
    mine = engine(world)
    plan = mine.plan("cluster")
    assert {each.code: each.level for each in plan.problems}["cluster.inquorate"] == "warn"
    assert not plan.blocked and written(plan) == [("node2",)], plan.problems
    assert mine.apply(plan) == "done"
    assert version(away) == now
    assert {each.code: each.level for each in mine.plan("cluster").problems}["cluster.inquorate"] == "stop"


@pytest.mark.parametrize("where", ["node1", "here"])
def test_an_edit_that_nobody_loaded_stops_all_of_it(world: Path, where: str) -> None:
    host = simulator.here(world) if where == "here" else member(world, where)
    now = version(host)
    edited(host, b"config_version: %d" % now, b"config_version: %d" % (now + 1))
    plan = engine(world).plan("cluster")
    assert [each.code for each in plan.problems if each.level == "stop"] == ["cluster.unfinished-edit"]
    assert not plan.changes


def test_a_member_whose_corosync_died_starts_it_stops_nothing_and_changes_nobody_else(world: Path) -> None:
    with simulator.opened(world) as opened:
        here = opened.machine("fresh")
        here.data["corosync"] = None
        here.data["units"]["corosync.service"] = "failed"
    mine = engine(world)
    mine.keep("cluster", mine.stack.step("cluster").asks())
    plan = mine.plan("cluster")
    assert not plan.blocked, plan.problems
    titles = [change.title for change in plan.changes]
    assert titles[0] == "Start corosync, now and at boot"
    assert not [title for title in titles if title.startswith("Stop")]


def test_an_undo_that_fails_leaves_no_masks(before: Before, tmp_path: Path) -> None:
    world = copy(before.world("corosync", "packages"), tmp_path / "world")
    mine = engine(world)
    assert mine.apply(mine.plan("packages")) == "done"
    fault(world, "apt", "locked")
    assert mine.apply(mine.plan_undo("packages")) == "failed"
    here = simulator.here(world)
    masked = [
        path for path in here.list("/etc/systemd/system/*") if (file := here.read(path)) and file.link == "/dev/null"
    ]
    assert not masked


@pytest.mark.parametrize("release", ["etch", "lenny", "squeeze"])
@pytest.mark.parametrize("by", [-1, 1])
def test_no_cluster_conf_of_a_member_is_changed_unasked(before: Before, tmp_path: Path, release: str, by: int) -> None:
    world = copy(before.world(release, "joined"), tmp_path / "world")
    here, path = simulator.here(world), "/etc/cluster/cluster.conf"
    file = here.read(path)
    assert file is not None
    now = int(file.content.partition(b'config_version="')[2].partition(b'"')[0])
    other = file.content.replace(b'config_version="%d"' % now, b'config_version="%d"' % (now + by))
    here.write(path, File(other, file.mode, file.owner))
    mine = engine(world, stack=STACKS[release])
    mine.keep("cluster", mine.stack.step("cluster").asks())
    plan = mine.plan("cluster")
    asked = [problem.code for problem in plan.problems if problem.level != "warn"]
    assert not touches_members(plan.changes) or "cluster.confirm" in asked


class Cut(Through):
    """A member on which our process dies when it asks for the n-th reload of corosync."""

    def __init__(self, host: Host, at: int) -> None:
        super().__init__(host)
        self._left = at

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        self._left -= argv == ("corosync-cfgtool", "-R")
        if self._left == 0:
            raise PowerCut
        return super().run(*argv, stdin=stdin, within=within, on_line=on_line)


class CutDialer:
    """Reaches such members."""

    def __init__(self, dialer: Dialer, at: int) -> None:
        self._dialer = dialer
        self._at = at

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        return self._dialer.keys(address, port)

    def connect(self, login: Login, trusted: tuple[str, ...]) -> Host:
        return Cut(self._dialer.connect(login, trusted), self._at)


@pytest.mark.parametrize("at", [1, 2])
def test_leaving_that_was_killed_before_a_reload_completes_it(before: Before, tmp_path: Path, at: int) -> None:
    """First the vote is taken away, then the entry: each is written to the members' files, and then loaded."""
    world = copy(before.world("corosync", "lvm"), tmp_path / "world")
    context = Context(simulator.here(world), CutDialer(simulator.dialer(world), at))
    mine = Engine(STACKS["corosync"], context, State(world / "state", world / "run"), answers(world))
    with pytest.raises(PowerCut):
        mine.confirm_leaving("xencluster")
        mine.apply(mine.plan_leave(), just_made=True)
    again = engine(world)
    assert cli.leave(again, "xencluster") == cli.Exit.DONE, again.failure("cluster")
    for name in ("node1", "node2"):
        memory = ok(member(world, name), "corosync-cmapctl")
        file = member(world, name).read(CONF)
        assert file is not None
        assert "fresh" not in memory and b"fresh" not in file.content
        assert f"config_version (u64) = {version(member(world, name))}\n" in memory
    assert not simulator.inquorate_moments(world)


FIRST = {
    "packages": "protected.lockspaces",
    "storage-network": "protected.last-path",
    "iscsi": "protected.last-path",
    "cluster": "cluster.leave",
    "lvm": "protected.volumes",
}
"""What each step's taking back is refused with on a member that works, whatever the order of steps would say."""


def in_use(world: Path, stack: str) -> None:
    """A guest has a volume open here, with which the host works."""
    with simulator.opened(world) as opened:
        groups, name = opened.state["vgs"], "fresh" if stack == "corosync" else "bottom"
        lv_dms = opened.machine(name).data["lv_dms"]
        free = [
            f"{g}/{v}" for g in groups for v in groups[g]["lvs"] if not opened.state.get("locks", {}).get(f"{g}/{v}")
        ]
    volume = next(iter(lv_dms), free[0])
    if not lv_dms:
        ok(simulator.here(world), f"lvchange -aey {volume}")
    with simulator.opened(world) as opened:
        group, _, lv = volume.partition("/")
        opened.state["vgs"][group]["lvs"][lv]["open"] = name


@pytest.mark.parametrize(("stack", "step"), [(name, step) for name in STACKS for step in FIRST])
def test_nothing_is_taken_from_under_a_member_at_work(before: Before, tmp_path: Path, stack: str, step: str) -> None:
    """As if no later step stood: then only what lives there speaks against it."""
    last = "joined" if stack == "corosync" else "xen"
    world = copy(before.world(stack, last), tmp_path / "world")
    in_use(world, stack)
    mine = engine(world, stack=STACKS[stack])
    steps = mine.stack.steps
    mine.stack = replace(mine.stack, steps=steps[: [each.id for each in steps].index(step) + 1])
    shown = picture(world)
    for plan in (mine.plan_undo(step), mine.plan_revert(step)):
        assert FIRST[step] in [problem.code for problem in plan.problems]
        assert not plan.changes
    assert not differences(shown, picture(world))
    assert not simulator.incidents(world)


@pytest.mark.parametrize("stack", STACKS)
def test_nobody_leaves_with_a_volume_open(before: Before, tmp_path: Path, stack: str) -> None:
    world = copy(before.world(stack, "joined" if stack == "corosync" else "xen"), tmp_path / "world")
    in_use(world, stack)
    shown, mine = picture(world), engine(world, stack=STACKS[stack])
    assert cli.leave(mine, "xencluster" if stack == "corosync" else "vmcluster") == cli.Exit.PROBLEM
    assert [problem.code for problem in mine.plan_leave().problems][:1] == ["protected.volumes"]
    assert not mine.plan_leave().changes
    assert not differences(shown, picture(world))


def test_nobody_leaves_whose_vote_the_others_need(world: Path) -> None:
    ok(member(world, "node2"), "systemctl stop lvmlocks lvmlockd dlm corosync")
    plan = engine(world).plan_leave()
    assert "cluster.leave-quorum" in [problem.code for problem in plan.problems]
    assert not plan.changes


def test_a_host_joined_by_hand_leaves_and_its_failed_repair_does_not(world: Path) -> None:
    shutil.rmtree(world / "state")  # as if this program had never been here
    here, mine = simulator.here(world), engine(world)
    now = version(here)
    edited(here, b"config_version: %d" % now, b"config_version: %d" % (now - 1))
    plan = mine.plan("cluster")
    assert [change.title for change in plan.changes] == ["Give this host the corosync.conf that is in force"]
    assert mine.apply(plan) == "done"
    for back in (mine.plan_revert("cluster"), mine.plan_undo("cluster")):
        assert [change.title for change in back.changes] == [f"Nothing to take back: {plan.changes[0].title}"]
    assert "Remove this host from the members' configuration" in [c.title for c in mine.plan_leave().changes]
    assert cli.leave(mine, "xencluster") == cli.Exit.DONE
    assert b"fresh" not in (member(world, "node1").read(CONF) or File()).content
    assert not simulator.incidents(world) and not simulator.inquorate_moments(world)


def test_a_lockspace_that_hangs_is_named_and_nothing_is_started_beside_it(world: Path) -> None:
    with simulator.opened(world) as opened:
        opened.machine("fresh").data["stuck"] = ["lvm_vg_cluster"]
        opened.machine("fresh").data["lockspaces"] = ["lvm_global"]
    plan = engine(world).plan("lvm")
    assert not plan.changes
    (said,) = (problem for problem in plan.problems if problem.code == "lvm.lockspace-hangs")
    assert (said.level, said.evidence) == ("stop", ("lvm_vg_cluster: wait quorum",))
    assert "lvm_vg_cluster" in said.text
