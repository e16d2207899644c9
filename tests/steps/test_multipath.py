"""The multipath step: what it fills in, plans and refuses, on plain facts."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.steps.storage_site import (
    DISKS,
    IQN,
    MAPS,
    MULTIPATH,
    MULTIPATH_CONF,
    PORTALS,
    SESSIONS,
    WWIDS,
    lun,
    path,
    session,
    site_of,
    witness,
)
from tui_installer.formats import blocks
from tui_installer.hosts.host import File
from tui_installer.model.change import Run, WriteFiles
from tui_installer.model.site import Site
from tui_installer.model.step import Plan, judged
from tui_installer.probes.multipath import Disk, Multipath
from tui_installer.steps.multipath.conf import aliases, device, effective, without
from tui_installer.steps.multipath.corosync import MultipathStep
from tui_installer.steps.multipath.facts import MultipathAnswers, MultipathFacts

STEP = MultipathStep()
SITE = site_of(witness())
GUARDED = File(b"# ours\ndefaults {\n    find_multipaths strict\n    skip_kpartx yes\n}\n")
FRESH = MultipathFacts(Multipath(True, True, True, GUARDED, (), DISKS, ()), SESSIONS)
DONE = MultipathFacts(MULTIPATH, SESSIONS)
ITSELF = replace(SITE, itself=True)
OUTPUTS = Path(__file__).parents[1] / "outputs" / "multipath"


def plan(facts: MultipathFacts, site: Site = SITE, **given_answers: Any) -> Plan:
    """The step's plan, as the engine makes it."""
    answers = STEP.with_defaults(facts, site, MultipathAnswers(**given_answers))
    changes = tuple(STEP.plan(facts, site, answers))
    return Plan(STEP.id, changes, tuple(judged(STEP.problems(facts, site, answers), answers.accept)))


def codes(found: Plan, *levels: str) -> list[str]:
    """The codes of a plan's problems that matter."""
    return [problem.code for problem in found.problems if problem.level in (levels or ("stop", "ask"))]


def commands(found: Plan) -> list[str]:
    """The command lines of a plan."""
    return [" ".join(change.argv) for change in found.changes if isinstance(change, Run)]


def written(found: Plan) -> bytes:
    """The new multipath.conf."""
    (after,) = [edit.after for each in found.changes if isinstance(each, WriteFiles) for edit in each.edits]
    assert after is not None
    return after.content


def test_a_fresh_host() -> None:
    found = plan(FRESH)
    assert commands(found) == [
        "udevadm settle",
        "multipath -a /dev/sda",
        "multipath -a /dev/sdb",
        "multipathd reconfigure",
        "multipathd show maps json",
        "multipathd show maps json",
    ]
    assert not found.blocked
    content = written(found)
    assert content.startswith(GUARDED.content)
    assert aliases(content) == {WWIDS[0]: "vm0", WWIDS[1]: "vm1"}
    section = device(content, "LABSAN", "VIRTUAL-DISK")
    assert (section["path_grouping_policy"], section["no_path_retry"]) == ("multibus", "12")
    assert section["path_selector"] == "round-robin 0"


def test_the_file_is_tried_in_a_private_mount() -> None:
    (write,) = [change for change in plan(FRESH).changes if isinstance(change, WriteFiles)]
    assert write.checks[0].argv[:3] == ("unshare", "-m", "sh")
    assert write.checks[0].argv[-1] == "@"
    assert re.search(write.checks[0].reject, "739.98 | /etc/multipath.conf line 3, invalid keyword")
    assert [run.argv for run in write.then] == [("multipathd", "reconfigure")]


def test_the_wait_is_over_when_all_paths_are_there() -> None:
    waits = [change for change in plan(FRESH).changes if isinstance(change, Run) and change.expect]
    shown = (OUTPUTS / "maps-trixie.out").read_text().replace("cluster-lun1", "vm0").replace("cluster-lun2", "vm1")
    assert all(re.search(each.expect, shown) for each in waits)
    half = (OUTPUTS / "maps-one-failed.out").read_text().replace("cluster-lun1", "vm0").replace("cluster-lun2", "vm1")
    assert not any(re.search(each.expect, half) for each in waits)
    assert not any(re.search(each.expect, '{"maps": []}') for each in waits)


@pytest.mark.parametrize("running", [True, False])
def test_what_makes_maps_removes_them_and_forgets_the_registrations(running: bool) -> None:
    """Not the wait for them: it may never have begun."""
    facts = replace(FRESH, here=replace(FRESH.here, running=running, at_boot=running))
    makes, *_ = (each for each in reversed(plan(facts).changes) if isinstance(each, Run) and not each.expect)
    assert [run.argv for run in makes.undo][:2] == [("multipath", "-f", "vm0"), ("multipath", "-f", "vm1")]
    undone = [run.argv for each in reversed(plan(facts).changes) if isinstance(each, Run) for run in each.undo]
    assert undone[-2:] == [("multipath", "-w", "/dev/sdb"), ("multipath", "-w", "/dev/sda")]
    assert len(undone) == 4 + (not running)


@pytest.mark.parametrize(
    ("running", "at_boot", "do", "undo"),
    [
        (False, False, "systemctl enable --now multipathd", "systemctl disable --now multipathd"),
        (True, False, "systemctl enable multipathd", "systemctl disable multipathd"),
        (False, True, "systemctl start multipathd", "systemctl stop multipathd"),
    ],
)
def test_the_daemon(running: bool, at_boot: bool, do: str, undo: str) -> None:
    facts = replace(DONE, here=replace(MULTIPATH, running=running, at_boot=at_boot))
    (change,) = plan(facts).changes
    assert isinstance(change, Run)
    assert (" ".join(change.argv), " ".join(change.undo[0].argv)) == (do, undo)


def test_what_was_applied_plans_nothing_more() -> None:
    conf = File(written(plan(FRESH)))
    after = replace(DONE, here=replace(MULTIPATH, conf=conf))
    assert plan(after).in_place
    before_the_map = replace(FRESH, here=replace(FRESH.here, conf=conf, wwids=WWIDS))
    assert not [change for change in plan(before_the_map).changes if isinstance(change, WriteFiles)]


COUNTED = (lun(0, "mpatha", "sda", "sdc"), lun(1, "mpathb", "sdb", "sdd"))
BOUND = tuple((each.wwid, each.name) for each in COUNTED)
MEMBERS: list[tuple[str, MultipathFacts, Site]] = [
    ("itself", DONE, ITSELF),
    ("without a site", DONE, Site()),
    (
        "names that the tool made",
        replace(DONE, here=replace(MULTIPATH, conf=None, maps=COUNTED, bindings=BOUND)),
        Site(),
    ),
    (
        "names in a drop-in",
        replace(DONE, here=replace(MULTIPATH, conf=File(b"defaults {\n}\n"), drop_ins=(File(MULTIPATH_CONF),))),
        replace(SITE, witness=replace(witness(), multipath=replace(MULTIPATH, conf=None)), itself=True),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "site"), [each[1:] for each in MEMBERS], ids=[each[0] for each in MEMBERS])
def test_a_member_set_up_by_hand_is_in_place(facts: MultipathFacts, site: Site) -> None:
    assert plan(facts, site).in_place


@pytest.mark.parametrize("site", [SITE, ITSELF])
def test_names_that_no_file_gives_any_more_are_written_before_multipathd_reads_it(site: Site) -> None:
    """The maps have their names until then."""
    emptied = replace(DONE, here=replace(MULTIPATH, conf=File(b"")))
    assert aliases(written(plan(emptied, site))) == {each.wwid: each.name for each in MAPS}


def test_without_a_member_names_are_counted_from_zero() -> None:
    found = plan(FRESH, Site())
    assert aliases(written(found)) == {WWIDS[0]: "vm0", WWIDS[1]: "vm1"}
    assert device(written(found), "LABSAN", "VIRTUAL-DISK")["no_path_retry"] == "12"
    named = plan(FRESH, Site(), aliases=(f"{WWIDS[1]}=vm0",))
    assert aliases(written(named)) == {WWIDS[0]: "vm1", WWIDS[1]: "vm0"}


def test_a_members_counted_names_are_not_taken_over() -> None:
    maps = (lun(0, "mpathq", "sda", "sdc"), lun(1, "vm1", "sdb", "sdd"))
    site = site_of(replace(witness(), multipath=replace(MULTIPATH, maps=maps)))
    assert aliases(written(plan(FRESH, site))) == {WWIDS[0]: "vm0", WWIDS[1]: "vm1"}


def test_defaults_of_a_member_become_the_arrays_here() -> None:
    conf = File(b"defaults {\n    path_grouping_policy multibus\n    no_path_retry queue\n    polling_interval 5\n}\n")
    site = site_of(replace(witness(), multipath=replace(MULTIPATH, conf=conf)))
    section = device(written(plan(FRESH, site)), "LABSAN", "VIRTUAL-DISK")
    assert (section["path_grouping_policy"], section["no_path_retry"]) == ("multibus", "queue")
    assert "polling_interval" not in section


def test_words_that_the_tool_has_forgotten_are_not_copied() -> None:
    old = MULTIPATH_CONF.replace(b"failback immediate", b'getuid_callout "/sbin/scsi_id -g -u -s /block/%n"')
    site = site_of(replace(witness(), multipath=replace(MULTIPATH, conf=File(old))))
    assert b"getuid_callout" not in written(plan(FRESH, site))


def test_another_policy_is_set_where_the_section_is() -> None:
    found = plan(DONE, policy="group_by_prio")
    assert written(found) == MULTIPATH_CONF.replace(b"multibus", b"group_by_prio")
    assert commands(found) == []


def test_a_map_is_renamed_to_the_members_name() -> None:
    maps = (lun(0, "mpatha", "sda", "sdc"), MAPS[1])
    facts = replace(DONE, here=replace(MULTIPATH, maps=maps, conf=GUARDED))
    found = plan(facts)
    assert aliases(written(found)) == {WWIDS[0]: "vm0", WWIDS[1]: "vm1"}  # it would lose that one
    (wait,) = [change for change in found.changes if isinstance(change, Run)]
    assert (wait.argv[0], wait.undo) == ("multipathd", ())


def test_local_disks_stay_out_where_all_are_taken() -> None:
    local = Disk("sdx", "35000c500a0b1c2d3", "sata", "1T", "ATA", "ST1000")
    greedy = File(b"defaults {\n    find_multipaths greedy\n}\n")
    facts = replace(FRESH, here=replace(FRESH.here, conf=greedy, disks=(*DISKS, local)))
    content = written(plan(facts))
    assert blocks.get(content, blocks.MULTIPATH, ("blacklist",), "wwid") == local.wwid
    assert without(content, [local.wwid]) == content
    strict = replace(FRESH, here=replace(FRESH.here, disks=(*DISKS, local)))
    assert b"blacklist" not in written(plan(strict))


def test_a_lost_path() -> None:
    broken = replace(MAPS[0], paths=(MAPS[0].paths[0], path("sdc", PORTALS[1], dm="failed", checker="faulty")))
    sessions = (SESSIONS[0], session(PORTALS[1], "sdc", "sdd", state="FREE", address=""))
    found = plan(MultipathFacts(replace(MULTIPATH, maps=(broken, MAPS[1])), sessions), ITSELF)
    assert codes(found) == ["multipath.paths-missing"]
    assert found.problems[0].evidence[1] == "sdc 10.16.0.2:3260 failed faulty running"
    assert found.changes == ()
    accepted = plan(replace(DONE, here=replace(MULTIPATH, maps=(broken, MAPS[1]))), accept=("multipath.paths-missing",))
    assert accepted.in_place


def test_a_path_that_never_came() -> None:
    one = replace(MAPS[0], paths=MAPS[0].paths[:1])
    assert codes(plan(replace(DONE, here=replace(MULTIPATH, maps=(one, MAPS[1]))))) == ["multipath.paths-missing"]


def test_a_disk_that_only_the_member_sees() -> None:
    sessions = (session(PORTALS[0], "sda"), session(PORTALS[1], "sdc"))
    found = plan(MultipathFacts(replace(MULTIPATH, maps=MAPS[:1]), sessions))
    assert codes(found) == ["multipath.lun-missing"]
    assert WWIDS[1] in found.problems[0].evidence[0]


@pytest.mark.parametrize(
    ("given_answers", "code"),
    [
        ({"aliases": (f"{WWIDS[0]}=other",)}, "multipath.alias-differs"),
        ({"aliases": (f"{WWIDS[0]}=vm1",)}, "multipath.alias-taken"),
        ({"aliases": (f"{WWIDS[0]}=no/slash",)}, "multipath.alias-invalid"),
        ({"no_path_retry": "for ever"}, "multipath.retry"),
    ],
)
def test_answers_that_do_not_fit(given_answers: dict[str, Any], code: str) -> None:
    assert code in codes(plan(FRESH, **given_answers))


def test_two_portals_through_one_nic_is_said() -> None:
    assert codes(plan(DONE), "warn") == ["multipath.two-portals-one-nic"]
    apart = (SESSIONS[0], session(PORTALS[1], "sdc", "sdd", address="10.17.1.12"))
    assert codes(plan(replace(DONE, sessions=apart)), "warn") == []


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (replace(FRESH, sessions=()), "multipath.no-sessions"),
        (replace(FRESH, sessions=(session(PORTALS[0]),)), "multipath.no-luns"),
        (MultipathFacts(Multipath(False, False, False, None, (), (), ()), ()), "multipath.not-installed"),
        (replace(FRESH, here=replace(FRESH.here, conf=File(b"defaults {\n"))), "multipath.file"),
    ],
)
def test_what_must_come_first(facts: MultipathFacts, code: str) -> None:
    found = plan(facts)
    assert codes(found)[0] == code
    assert found.changes == ()


def test_the_last_fitting_section_over_the_defaults_counts() -> None:
    odd = b'devices {\n    device {\n        vendor ".*"\n        product "("\n    }\n}\n'
    content = b"defaults {\n    no_path_retry 3\n}\n" + odd
    one = DONE.luns[0]
    assert effective(content, one) == {"no_path_retry": "3"}
    assert effective(MULTIPATH_CONF, one)["no_path_retry"] == "12"


def test_what_is_shown() -> None:
    shown = STEP.shown(DONE, SITE)
    assert shown[WWIDS[0]] == "vm0, 512M, 2 of 2 paths"
    assert shown["Daemon"] == "multipathd runs, started at boot"
    assert STEP.choices(FRESH, SITE)["aliases"][0] == (f"{WWIDS[0]}=vm0", f"vm0  {WWIDS[0]}")
    assert DONE.luns[0].expected == sum(each.iqn == IQN for each in SESSIONS)
