"""Membership under cman: what is read, what is planned, and what each line of cman_tool means."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.world import engine, join, picture, rhcs_answers
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.formats.cluster_conf import parse
from tui_installer.model.change import Run, WriteFiles
from tui_installer.steps import STACKS
from tui_installer.steps.cluster.rhcs.explained import COLUMN, NODES, SERVICES, STATUS, WIDTH, Meanings, explained
from tui_installer.steps.cluster.rhcs.facts import parse_log, parse_resolved

CONF = "/etc/cluster/cluster.conf"


def at_cluster(world: Path, release: str) -> Engine:
    """An engine for a world in which everything before the membership is in place."""
    simulator.create(world, release)
    mine = engine(world, stack=STACKS[release])
    join(mine, until="cluster")
    return mine


def test_names_lead_where_getent_says() -> None:
    text = "198.38.17.56    top.tjhsst.edu top\n127.0.1.1       bottom.tjhsst.edu bottom\n"
    assert parse_resolved(text, ("top", "left", "bottom")) == {"top": "198.38.17.56", "bottom": "127.0.1.1"}


def test_a_log_is_asked_only_for_why_a_join_fails() -> None:
    line = "Nov 22 22:06:43 top kernel: CMAN: Join request from bottom rejected, config version local 6 remote 5"
    text = f"==> /var/log/syslog <==\nsomething else\n{line}\n\n==> /var/log/kern.log <==\n{line}\n"
    assert parse_log(text) == (line,)


@pytest.mark.parametrize(
    ("release", "commands"),
    [
        ("etch", ["ccs_tool update /etc/cluster/cluster.conf", "cman_tool version -r 6", "/etc/init.d/ccs restart",
                  "/etc/init.d/cman start", "/etc/init.d/fence start"]),
        ("lenny", ["ccs_tool update /etc/cluster/cluster.conf", "cman_tool version -r 6", "/etc/init.d/cman start"]),
        ("squeeze", ["cman_tool version -r 6 -S", "/etc/init.d/cman start"]),
    ],
)  # fmt: skip
def test_each_family_is_told_in_its_own_way(tmp_path: Path, release: str, commands: list[str]) -> None:
    world = tmp_path / "world"
    plan = at_cluster(world, release).plan("cluster")
    runs = [run for change in plan.changes for run in (change.then if isinstance(change, WriteFiles) else (change,))]
    assert [" ".join(run.argv) for run in runs if isinstance(run, Run) and not run.expect] == commands
    edits = [edit for change in plan.changes if isinstance(change, WriteFiles) for edit in change.edits]
    told = {edit.host for edit in edits if edit.path == CONF}
    assert told == {"top", "left", "here"} if release == "squeeze" else {"top", "here"}
    new = [parse(edit.after.content) for edit in edits if edit.path == CONF and edit.after]
    node = new[0].node("bottom")
    assert {each.version for each in new} == {6} and node is not None
    assert node.nodeid == (None if release == "etch" else 3)


def test_a_name_on_the_loopback_is_a_planned_edit(tmp_path: Path) -> None:
    plan = at_cluster(tmp_path / "world", "etch").plan("cluster")
    edits = {e.host: e for c in plan.changes if isinstance(c, WriteFiles) for e in c.edits if e.path == "/etc/hosts"}
    after = edits["here"].after
    assert after is not None and b"127.0.1.1" not in after.content
    assert b"198.38.17.55\tbottom.tjhsst.edu bottom" in after.content


def test_the_confirmation_is_the_name_of_the_cluster(tmp_path: Path) -> None:
    world = tmp_path / "world"
    at_cluster(world, "lenny")
    given = {**rhcs_answers(world), "cluster": {"confirm": "another"}}
    before = picture(world)
    plan = engine(world, given, stack=STACKS["lenny"]).plan("cluster")
    assert [problem.code for problem in plan.problems if problem.level == "ask"] == ["cluster.confirm"]
    assert picture(world) == before


def test_the_view_says_what_each_line_means() -> None:
    text = "Config version: 6\nCluster Member: Yes\nNodes: 1\nQuorum: 2  Activity blocked\nSomething: new\n"
    shown = explained(text, STATUS).splitlines()
    assert shown[1].endswith("no proof: a cluster of one says so too")
    assert shown[3].endswith("NO QUORUM: LVM stands still")
    assert shown[4] == "Something: new"
    assert explained("   2    1    3   X   top", NODES).endswith("not there: down, or it left")
    assert "LVM's locks work" in explained('DLM Lock Space:  "clvmd"        3   4 run       -', SERVICES)
    assert "WAITS" in explained("dlm              1     clvmd    00050001 FAIL_STOP_WAIT", SERVICES)
    assert max(map(len, shown)) < 80


@pytest.mark.parametrize("meanings", [STATUS, NODES, SERVICES])
def test_a_meaning_fits_behind_the_column(meanings: Meanings) -> None:
    assert max(COLUMN + 2 + len(words) for _, words in meanings) <= WIDTH


@pytest.mark.parametrize("release", ["etch", "lenny", "squeeze"])
def test_a_member_sees_itself_in_the_live_view(tmp_path: Path, release: str) -> None:
    world = tmp_path / "world"
    mine = at_cluster(world, release)
    assert mine.apply(mine.plan("cluster")) == "done"
    step = mine.stack.step("cluster")
    status, nodes, services = (mine.reading(view) for view in step.views())
    assert "must be the same on all members" in status.text and "NO QUORUM" not in status.text
    assert nodes.text.count("  member") == 3
    assert services.text and not services.error
