"""The device is asked for its status, from every host, before anything is written; it is never told to do anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.before import Before
from tests.world import answers, copy, engine
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.formats.fencing import FenceDevice, FenceUse, Method
from tui_installer.hosts.host import File
from tui_installer.model.change import Run, show
from tui_installer.probes.cluster import DLM_CONF
from tui_installer.steps.cluster.fence_status import STATUS, checks
from tui_installer.steps.cluster.fencing import Wanted

BOARD = FenceDevice("ipmi-3", "fence_ipmilan", (("ip", "10.0.1.113"),), (("password", "topsecret"),))
WAYS = Wanted(
    (Method("1", (FenceUse("ipmi-3", (("action", "off"),)), FenceUse("ipmi-3", (("action", "on"),)))),), BOARD
)


def at_cluster(before: Before, tmp_path: Path, **faults: object) -> tuple[Path, Engine]:
    world = copy(before.world("corosync", "cluster"), tmp_path / "world")
    with simulator.opened(world) as changed:
        changed.state["faults"].update(faults)
    return world, engine(world)


def test_status_is_all_that_is_ever_asked_and_no_password_is_in_an_argv() -> None:
    found = list(checks(WAYS, (), ("here", "node1")))
    assert [(run.host, run.argv) for run in found] == [("here", ("fence_ipmilan",)), ("node1", ("fence_ipmilan",))]
    assert {run.stdin for run in found} == {b"ip=10.0.1.113\npassword=topsecret\naction=status\n"}
    assert all(run.id == STATUS and "topsecret" not in "".join((run.title, *show(run))) for run in found)


@pytest.mark.parametrize("agent", ["dlm_stonith", "/opt/site/switch"])
def test_what_is_no_agent_of_fence_agents_is_left_alone(agent: str) -> None:
    other = FenceDevice("x", agent)
    assert list(checks(Wanted((Method("1", (FenceUse("x"),)),), other), (), ("here",))) == []


def test_it_is_asked_from_every_host_before_a_line_is_written(before: Before, tmp_path: Path) -> None:
    world, mine = at_cluster(before, tmp_path)
    plan = mine.plan("cluster")
    runs = [change for change in plan.changes if isinstance(change, Run) and change.id == STATUS]
    assert [run.host for run in runs] == ["here", "node1", "node2"]
    titles = [change.title for change in plan.changes]
    assert titles.index(runs[-1].title) < titles.index("Give all hosts the lines by which they fence this one")
    assert mine.apply(plan) == "done" and mine.plan("cluster").in_place and simulator.incidents(world) == []


@pytest.mark.parametrize(
    ("faults", "said"),
    [({"board-silent": ["node2"]}, "node2 gets no answer"), ({"board-off": ["fresh"]}, "says that its power is off")],
)
def test_a_device_that_does_not_answer_for_this_host_ends_the_join_with_nothing_lost(
    before: Before, tmp_path: Path, faults: dict[str, object], said: str
) -> None:
    world, mine = at_cluster(before, tmp_path, **faults)
    assert mine.apply(mine.plan("cluster")) == "failed"
    (problem,) = mine.failure("cluster")
    assert problem.code == "cluster.fence-status" and said in problem.text and problem.evidence
    assert mine.apply(mine.plan_revert("cluster")) == "done"
    with simulator.opened(world) as found:
        assert not any("node=3" in (machine.text(DLM_CONF) or "") for machine in found.machines())
    assert simulator.incidents(world) == simulator.inquorate_moments(world) == []


def test_it_may_be_left_untried_and_that_stays_said(before: Before, tmp_path: Path) -> None:
    _, mine = at_cluster(before, tmp_path, **{"board-silent": ["fresh", "node1", "node2"]})
    mine.keep(
        "cluster",
        mine.stack.step("cluster").asks(confirm="xencluster", fence_settings=("ip=10.0.1.113",), fence_untried=True),
    )
    assert mine.apply(mine.plan("cluster")) == "done"
    row = next(row for row in mine.status() if row.id == "cluster")
    assert (row.state, row.notes) == ("in-place", ("fencing untried",))


def test_a_host_without_the_agent_is_named(before: Before, tmp_path: Path) -> None:
    world, mine = at_cluster(before, tmp_path)
    with simulator.opened(world) as changed:
        changed.machine("fresh").remove("/usr/sbin/fence_ipmilan")
    (problem,) = [each for each in mine.plan("cluster").problems if each.code == "cluster.fence-agent"]
    assert problem.level == "ask" and problem.acceptable and "this host" in problem.text
    given = answers(world)
    given["cluster"]["accept"] = ["cluster.fence-agent"]
    other = engine(world, given)
    assert not other.plan("cluster").blocked
    hosts = [change.host for change in other.plan("cluster").changes if isinstance(change, Run) and change.id == STATUS]
    assert hosts == ["node1", "node2"]


def test_who_would_be_fenced_by_what_is_anothers_is_an_incident(before: Before, tmp_path: Path) -> None:
    """The simulator sees what the installer must not bring about: here an administrator does."""
    world, mine = at_cluster(before, tmp_path)
    with simulator.opened(world) as changed:
        for machine in (changed.machine("node1"), changed.machine("node2")):
            text = machine.text(DLM_CONF) or ""
            machine.write(
                DLM_CONF, File(text.replace("unfence", "connect ipmi node=3 ip=10.0.1.112\nunfence").encode())
            )
    (stop,) = [each for each in mine.plan("cluster").problems if each.level == "stop"]
    assert stop.code == "cluster.fence-stale"
    with simulator.opened(world) as changed:
        for machine in (changed.machine("node1"), changed.machine("node2")):
            text = machine.text(DLM_CONF) or ""
            machine.write(DLM_CONF, File(text.replace("connect ipmi node=3 ip=10.0.1.112\n", "").encode()))
    given = answers(world)
    given["cluster"] = {"confirm": "xencluster", "accept": ["cluster.fence"]}
    other = engine(world, given)
    assert other.apply(other.plan("cluster")) == "done"
    assert any("cannot fence node 3" in said for said in simulator.incidents(world))
    assert other.plan("cluster").notes == ("no fencing of this host",)


def test_boards_of_their_own_come_and_go_with_their_passwords_closed(before: Before, tmp_path: Path) -> None:
    world, _ = at_cluster(before, tmp_path)
    boards = "\n".join(
        f"device ipmi-node{at} fence_ipmilan ip=10.0.1.11{at} password=x{at}\nconnect ipmi-node{at} node={at}\n"
        for at in (1, 2)
    )
    with simulator.opened(world) as changed:
        for name in ("node1", "node2"):
            changed.machine(name).write(DLM_CONF, File(boards.encode()))
    given = answers(world)
    given["cluster"] = {"confirm": "xencluster", "fence-address": "10.0.1.113", "fence-password": "x3"}
    mine = engine(world, given)
    assert mine.apply(mine.plan("cluster")) == "done", mine.failure("cluster")
    with simulator.opened(world) as found:
        files = [machine.read(DLM_CONF) for machine in found.machines()]
    assert all(file and b"connect ipmi-fresh node=3\n" in file.content and file.mode == 0o640 for file in files)
    assert simulator.incidents(world) == [] and mine.plan("cluster").notes == ()
    mine.confirm_leaving("xencluster")
    assert mine.apply(mine.plan_leave()) == "done", mine.failure("cluster")
    assert mine.apply(mine.plan_undo("cluster")) == "done", mine.failure("cluster")
    with simulator.opened(world) as found:
        assert [machine.text(DLM_CONF) for machine in found.machines()] == [None, boards, boards]
