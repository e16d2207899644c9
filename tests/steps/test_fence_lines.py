"""dlm.conf on every member: read on each, this host's lines on all, and what may not be believed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.steps.cluster_site import SITE
from tests.steps.test_cluster import FACTS, FENCED, STEP, codes, done, filled, finished, member, planned
from tui_installer.formats.dlm_conf import parse
from tui_installer.hosts.host import File
from tui_installer.model.answers import Secret
from tui_installer.model.change import WriteFiles, show
from tui_installer.model.step import Problem
from tui_installer.probes.cluster import DLM_CONF
from tui_installer.steps.cluster.facts import ClusterFacts

LINES = "Give all hosts the lines by which they fence this one"
BOARDS = b"""\
device ipmi-node1 fence_ipmilan ip=10.0.1.111 username=fence password=x1 lanplus=1
connect ipmi-node1 node=1

device ipmi-node2 fence_ipmilan ip=10.0.1.112 username=fence password=x2 lanplus=1
connect ipmi-node2 node=2
"""
DUAL = b"""\
device apc:1 fence_apc ip=10.0.9.1
connect apc:1 node=1 port=1
connect apc:1 node=2 port=2

device apc:2 fence_apc ip=10.0.9.2
connect apc:2 node=1 port=1
connect apc:2 node=2 port=2
"""


def with_files(*contents: bytes | None, facts: ClusterFacts = FACTS, **more: object) -> ClusterFacts:
    """The members with these dlm.conf, by their order."""
    members = tuple(
        replace(each, cluster=replace(
            each.cluster, dlm_conf=None if text is None else File(text), fences=parse(text or b""), **more))  # type: ignore[arg-type]
        for each, text in zip(facts.members, contents, strict=True)
    )  # fmt: skip
    return replace(facts, members=members)


def lines(facts: ClusterFacts, **given: Any) -> dict[str, bytes]:
    """What each host gets to read."""
    changes = STEP.plan(facts, SITE, filled(facts, **given))
    found = [change for change in changes if change.title == LINES]
    assert all(isinstance(change, WriteFiles) for change in found)
    return {edit.host: edit.after.content for change in found if isinstance(change, WriteFiles)
            for edit in change.edits if edit.after}  # fmt: skip


def said(facts: ClusterFacts, code: str, **given: Any) -> list[Problem]:
    return [each for each in STEP.problems(facts, SITE, filled(facts, **given)) if each.code == code]


def test_every_member_gets_the_line_before_dlm_starts_here() -> None:
    titles = [change.title for change in planned()]
    assert (
        titles.index(LINES)
        < titles.index("Start corosync, now and at boot")
        < titles.index("Start dlm, now and at boot")
    )
    found = lines(FACTS)
    assert set(found) == {"here", "node1", "node2"}
    assert set(found.values()) == {FENCED + b"connect ipmi node=3 ip=10.0.1.113\n"}
    assert "cluster.confirm" in codes(level="ask", confirm="")


def test_without_its_settings_nothing_is_joined_unless_that_is_accepted_by_name() -> None:
    (problem,) = said(FACTS, "cluster.fence", fence_settings=())
    assert (problem.level, problem.field, problem.acceptable) == ("ask", "fence_settings", True)
    assert codes(level="ask", fence_settings=(), accept=("cluster.fence",)) == []
    assert lines(FACTS, fence_settings=(), accept=("cluster.fence",)) == {}


def test_what_stays_undone_stays_said() -> None:
    facts = FACTS
    for change in STEP.plan(FACTS, SITE, filled(fence_settings=())):
        facts = done(facts, change)
    (problem,) = said(facts, "cluster.fence-line", fence_settings=())
    assert (problem.level, problem.stays) == ("warn", "no fencing of this host")
    assert "this host, node1, node2" in problem.text
    assert said(finished(FACTS), "cluster.fence-line") == []


def test_a_member_that_lacks_the_line_is_named_and_gets_it() -> None:
    facts = finished(FACTS)
    first, second = facts.members
    old = replace(second.cluster, dlm_conf=File(FENCED), fences=parse(FENCED))
    facts = replace(facts, members=(first, replace(second, cluster=old)))
    (problem,) = said(facts, "cluster.fence-line", fence_settings=())
    assert "dlm.conf of node2 has no way" in problem.text
    assert list(lines(facts, fence_settings=())) == ["node2"]
    assert "cluster.confirm" in codes(facts, level="ask", confirm="")


def test_a_board_of_its_own_is_a_section_of_its_own_on_all() -> None:
    facts = with_files(BOARDS, BOARDS)
    (problem,) = said(facts, "cluster.fence", fence_settings=())
    assert problem.field == "fence_address"
    given: dict[str, Any] = {
        "fence_settings": (),
        "fence_address": "10.0.1.113",
        "fence_login": "f",
        "fence_password": Secret("x3"),
    }
    found = lines(facts, **given)
    device = b"device  ipmi-fresh fence_ipmilan ip=10.0.1.113 username=f lanplus=1 password=x3"
    new = b"\n" + device + b"\nconnect ipmi-fresh node=3\n"
    assert found == dict.fromkeys(("here", "node1", "node2"), BOARDS + new)
    shown = "\n".join(line for change in STEP.plan(facts, SITE, filled(facts, **given)) for line in show(change))
    assert "ipmi-fresh" in shown and not any(secret in shown for secret in ("x1", "x2", "x3"))
    edits = [edit for change in STEP.plan(facts, SITE, filled(facts, **given)) if isinstance(change, WriteFiles)
             for edit in change.edits if edit.path == DLM_CONF]  # fmt: skip
    assert all(
        edit.after and edit.after.mode & 0o007 == 0 for edit in edits if edit.after and b"x3" in edit.after.content
    )


def test_the_board_of_another_node_is_refused() -> None:
    facts = with_files(BOARDS, BOARDS)
    assert said(facts, "cluster.fence", fence="ipmi-node1", fence_settings=(), fence_address="10.0.1.113")
    same: dict[str, Any] = {"fence_settings": (), "fence_address": "10.0.1.111", "fence_password": Secret("x")}
    (problem,) = said(facts, "cluster.fence", **same)
    assert "node" not in problem.field and "ipmi-node1" in problem.text
    assert lines(facts, **same) == {}


def test_parallel_devices_need_a_port_each() -> None:
    facts = with_files(DUAL, DUAL)
    assert said(facts, "cluster.fence", fence_settings=("port=7",))
    found = lines(facts, fence_settings=("apc:1/port=7", "apc:2/port=8"))["node1"].decode()
    assert "connect apc:1 node=2 port=2\nconnect apc:1 node=3 port=7\n" in found
    assert "connect apc:2 node=2 port=2\nconnect apc:2 node=3 port=8\n" in found


def test_members_that_differ_are_named_each_with_what_it_has() -> None:
    (problem,) = said(with_files(FENCED, b""), "cluster.fencing-differs")
    assert problem.evidence == ("node1: node 1 by ipmi; node 2 by ipmi", "node2: no fencing")
    assert (problem.level, problem.acceptable, problem.stays) == ("ask", True, "fencing differs")
    facts = with_files(FENCED, FENCED)
    off = replace(facts.members[1].cluster, dlm_settings=(("enable_fencing", "0"),))
    (problem,) = said(
        replace(facts, members=(facts.members[0], replace(facts.members[1], cluster=off))), "cluster.fencing-differs"
    )
    assert problem.evidence[1] == "node2: fencing is turned off (enable_fencing=0)"
    assert said(FACTS, "cluster.fencing-differs") == []


def test_a_file_that_dlm_refuses_is_no_fencing() -> None:
    joint = FENCED + b"device spare fence_x\nconnect spare node=1\n"
    (problem,) = said(with_files(FENCED, joint), "cluster.fencing-differs")
    assert "node2: dlm.conf is not taken for fencing: line 4" in problem.evidence[1]


@pytest.mark.parametrize(
    ("first", "second"),
    [(b"", b""), (None, None), (b"enable_fencing=0\n" + FENCED,) * 2, (b"fence_all dlm_stonith\n",) * 2],
)
def test_no_fencing_has_to_be_accepted_and_stays_said(first: bytes | None, second: bytes | None) -> None:
    facts = with_files(first, second)
    (problem,) = said(facts, "cluster.no-fencing", fence_settings=())
    assert (problem.level, problem.acceptable, problem.stays) == ("ask", True, "no fencing")
    assert codes(facts, level="ask", fence_settings=(), accept=("cluster.no-fencing",)) == []


def test_one_agent_for_all_needs_no_line() -> None:
    facts = with_files(*(b"fence_all fence_x ip=10.0.9.9\n",) * 2)
    assert codes(facts, level="ask", fence_settings=()) == [] and lines(facts, fence_settings=()) == {}


def test_lines_of_a_host_that_is_gone_are_not_taken_for_ours() -> None:
    old = FENCED + b"connect ipmi node=3 ip=10.0.1.99\n"
    (problem,) = said(with_files(old, old), "cluster.fence-stale")
    assert (problem.level, problem.acceptable, problem.field) == ("stop", False, "nodeid")
    ready = FENCED + b"connect ipmi node=3 ip=10.0.1.113\n"
    assert said(with_files(ready, ready), "cluster.fence-stale") == []


def test_a_member_that_has_met_the_number_reads_no_new_line() -> None:
    met = with_files(FENCED, FENCED, dlm_nodes=(1, 2, 3))
    (problem,) = said(met, "cluster.fence-unread")
    assert "dlm on node1, node2 has met node 3 before" in problem.text
    assert said(FACTS, "cluster.fence-unread") == []


def test_leaving_takes_the_lines_of_that_day_out() -> None:
    joined = finished(FACTS)
    more = b"connect ipmi node=4 ip=10.0.1.114\n"
    grown = tuple(
        replace(
            each, cluster=replace(each.cluster, dlm_conf=File(file.content + more), fences=parse(file.content + more))
        )
        for each in joined.members
        if (file := each.cluster.dlm_conf)
    )
    facts = replace(joined, members=grown)
    for change in STEP.plan_removal(facts, SITE, tuple(planned())):
        facts = done(facts, change)
    assert {each.cluster.dlm_conf.content for each in facts.members if each.cluster.dlm_conf} == {FENCED + more}


def test_a_member_by_hand_is_in_place_without_answers() -> None:
    facts = finished(FACTS)
    assert list(STEP.plan(facts, SITE, filled(facts, fence_settings=()))) == []
    assert member("node1", 1).cluster.fences.nodes[1]
