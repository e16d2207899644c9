"""Shared groups: what is planned on a fresh member, what is left alone on one set up by hand, and what is refused."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets import template
from tests.probes.recorded import output
from tests.steps.cluster_site import CLUSTER, GROUP, LVM, SITE
from tui_installer.hosts.host import File
from tui_installer.model.change import Change, Run, WriteFiles
from tui_installer.model.site import Site
from tui_installer.probes.boot_order import activated_at_boot, locks_at_boot, stops_in_order
from tui_installer.probes.lvm import Group, Lockspace, Lvm, Volume
from tui_installer.probes.units import Unit
from tui_installer.steps.lvm.corosync import LvmAnswers, LvmFacts, LvmStep, unit_text
from tui_installer.steps.lvm.facts import FOLDER, PATHS, UNIT, parsed

STEP = LvmStep()
VM01 = Volume("vm01", "vg_cluster", "uuid1", "100m", True, True, "ex")
VM02 = Volume("vm02", "vg_cluster", "uuid2", "64m", False, False, "")
THEIRS = replace(LVM, volumes=(VM01, VM02))
WITNESSED = replace(SITE, witness=replace(SITE.witness, lvm=THEIRS)) if SITE.witness else SITE
UNREAD = Group("vg_cluster", "", "dlm", "", False, "", "", ())
CONF = File(b"# site settings\nglobal {\n\t# use_lvmlockd = 0\n\tumask = 077\n}\n")


def unit(name: str, *after: str, enabled: bool = True, active: bool = True, wants: tuple[str, ...] = ()) -> Unit:
    return Unit(name, active, enabled, frozenset(after), frozenset(wants), ())


DEBIAN = (
    unit("lvmlocks.service", "lvmlockd.service", "dlm.service", active=False),
    unit("lvmlockd.service", "sysinit.target", active=False),
    unit("dlm.service", "corosync.service"),
    unit("corosync.service", "network-online.target"),
    unit("multipathd.service"),
    unit("open-iscsi.service", "iscsid.service"),
    unit("blk-availability.service", "iscsid.service"),
)
FRESH = Lvm(
    installed=True, conf=CONF, use_lvmlockd=False, use_devicesfile=False, filter="", groups=(UNREAD,),
    volumes=(), lockd=False, lockd_at_boot=True, locks_at_boot=(), stops_in_order=False, lockspaces=(),
    activated_at_boot=(),
)  # fmt: skip
FACTS = LvmFacts(FRESH, CLUSTER, DEBIAN, tuple((path, None) for path in PATHS), automatic=True)


def filled(facts: LvmFacts = FACTS, site: Site = WITNESSED, **given: object) -> LvmAnswers:
    return STEP.with_defaults(facts, site, LvmAnswers(**given))  # type: ignore[arg-type]


def planned(facts: LvmFacts = FACTS, site: Site = WITNESSED, **given: object) -> list[Change]:
    return list(STEP.plan(facts, site, filled(facts, site, **given)))


def codes(facts: LvmFacts = FACTS, site: Site = WITNESSED, level: str = "stop", **given: object) -> list[str]:
    found = STEP.problems(facts, site, filled(facts, site, **given))
    return [problem.code for problem in found if problem.level == level]


def test_the_row_says_what_runs() -> None:
    for lockd, words in ((False, "lvmlockd does not run"), (True, "lvmlockd runs")):
        shown = STEP.shown(replace(FACTS, here=replace(FRESH, lockd=lockd)), WITNESSED)
        assert next(iter(shown.values())) == words


# --- the plan


def test_the_groups_of_the_cluster_are_filled_in_and_no_volume() -> None:
    assert filled() == LvmAnswers(groups=("vg_cluster",))


def test_what_a_fresh_member_needs() -> None:
    assert [change.title for change in planned(activate=("vg_cluster/vm02",))] == [
        "Have LVM use lvmlockd",
        "Order boot and shutdown around the shared groups",
        "Start lvmlockd, now and at boot",
        "Wait until the cluster is quorate",
        "Start the lockspace of vg_cluster",
        "Wait until vg_cluster has its locks",
        "Do not start every shared group that is seen",
        "Arrange boot and shutdown of the shared groups",
        "Activate vg_cluster/vm02 exclusively",
    ]
    assert codes(activate=("vg_cluster/vm02",)) == codes(level="ask") == []


def test_lvm_conf_keeps_its_bytes() -> None:
    change = planned()[0]
    assert isinstance(change, WriteFiles)
    (edit,) = change.edits
    assert edit.after is not None
    assert edit.after.content == CONF.content.replace(b"= 0\n", b"= 0\n\tuse_lvmlockd = 1\n")


def written() -> dict[str, File]:
    change = planned(activate=("vg_cluster/vm02=sy",))[1]
    assert isinstance(change, WriteFiles)
    return {each.path: each.after for each in change.edits if each.after}


def test_only_what_is_not_ordered_yet_gets_a_drop_in() -> None:
    files = written()
    assert sorted(files) == sorted(path for path in PATHS if "/dlm.service.d/" not in path)
    lockd = files[f"{FOLDER}/lvmlockd.service.d/san-volumes.conf"].content
    assert b"After=dlm.service\n" in lockd


def test_our_own_unit_passes_our_own_judgement() -> None:
    text = unit_text(("vg_cluster",), ("/dev/mapper/cluster-lun1",), (("vg_cluster/vm02", "sy"),))
    lines = dict(re.findall(r"(?m)^(Wants)=(.*)$", text))
    after = frozenset(word for line in re.findall(r"(?m)^After=(.*)$", text) for word in line.split())
    own = Unit(UNIT, True, True, after, frozenset(lines["Wants"].split()), ())
    known = {each.name: each for each in DEBIAN} | {
        UNIT: own,
        "lvmlockd.service": unit("lvmlockd.service", "dlm.service"),
        "corosync.service": unit("corosync.service", "multipathd.service", "open-iscsi.service"),
        "lvmlocks.service": unit("lvmlocks.service", "lvmlockd.service", "dlm.service", enabled=False, active=False),
    }
    texts = {name: text if name == UNIT else "" for name in known}
    assert locks_at_boot(known, texts, (("vg_cluster", ("/dev/mapper/cluster-lun1",)),)) == ("vg_cluster",)
    assert activated_at_boot(known, texts, ()) == (("vg_cluster/vm02", "sy"),)
    assert stops_in_order(known, texts)


def test_the_unit_names_its_groups_and_leaves_no_blank() -> None:
    text = unit_text(("vg1", "vg2"), ("/dev/mapper/a",), ())
    assert not re.search("@[A-Z]+@", text)
    assert "ExecStart=/sbin/vgchange --lock-start vg1 vg2\n" in text
    assert "auto" not in text
    assert "lvchange" not in text


def test_the_helper_is_a_shell_script() -> None:
    script = template("corosync/san-volumes-stop")
    assert subprocess.run(["sh", "-n"], input=script, text=True, check=False).returncode == 0


def test_the_wait_for_locks_matches_what_the_tool_prints() -> None:
    wait = next(change for change in planned() if change.title.startswith("Wait until vg_cluster"))
    assert isinstance(wait, Run)
    text = output("lvm/lvmlockctl-peer.txt")
    assert re.search(wait.expect, text, re.MULTILINE)
    assert not re.search(wait.expect, text.replace("lvm_vg_cluster", "lvm_vg_cluster2"), re.MULTILINE)


def test_undo_deactivates_before_it_stops_lockspaces() -> None:
    undone = [run.argv for change in reversed(planned(activate=("vg_cluster/vm02",))) if isinstance(change, Run)
              for run in change.undo]  # fmt: skip
    assert undone == [
        ("lvchange", "-an", "vg_cluster/vm02"),
        ("systemctl", "disable", "--now", UNIT),
        ("systemctl", "enable", "lvmlocks"),
        ("vgchange", "--lock-stop", "vg_cluster"),
        ("lvmlockctl", "--stop-lockspaces", "--wait", "1"),
        ("systemctl", "stop", "lvmlockd"),
    ]


JOINED = replace(
    FRESH, use_lvmlockd=True, groups=(GROUP,), volumes=(replace(VM01, active=False, lock=""), VM02), lockd=True,
    locks_at_boot=("vg_cluster",), stops_in_order=True, lockspaces=(Lockspace("", ""), Lockspace("vg_cluster", "dlm")),
)  # fmt: skip


def test_a_member_set_up_by_hand_is_left_alone() -> None:
    facts = replace(FACTS, here=JOINED, automatic=False)
    assert planned(facts) == []
    assert planned(facts, replace(WITNESSED, itself=True)) == []
    assert codes(facts) == []


def test_after_it_was_applied_nothing_is_left_to_do() -> None:
    here = replace(
        JOINED, volumes=(VM01, replace(VM02, active=True, lock="sh")), activated_at_boot=(("vg_cluster/vm02", "sy"),)
    )
    ours = (*DEBIAN, unit(UNIT))
    files = tuple((path, written().get(path)) for path in PATHS)
    ordered = tuple(
        unit(each.name, "dlm.service") if each.name == "lvmlockd.service"
        else unit(each.name, "multipathd.service", "open-iscsi.service", "blk-availability.service")
        if each.name == "corosync.service" else each
        for each in ours
    )  # fmt: skip
    facts = LvmFacts(here, CLUSTER, ordered, files, automatic=False)
    assert planned(facts, activate=("vg_cluster/vm02=sy",)) == []
    assert filled(facts).activate == ("vg_cluster/vm02=sy",)


def test_a_volume_that_lost_its_activation_is_activated_again() -> None:
    here = replace(JOINED, activated_at_boot=(("vg_cluster/vm02", "ey"),))
    facts = replace(FACTS, here=here, automatic=False)
    assert [change.title for change in planned(facts, activate=("vg_cluster/vm02",))] == [
        "Activate vg_cluster/vm02 exclusively"
    ]


def test_without_a_site_nothing_is_planned_until_groups_are_named() -> None:
    facts = replace(FACTS, here=replace(FRESH, groups=()))
    assert planned(facts, Site()) == []
    assert codes(facts, Site()) == []
    assert codes(facts, Site(), level="warn") == ["lvm.no-groups"]


# --- what is refused


def with_group(**changes: object) -> LvmFacts:
    return replace(FACTS, here=replace(FRESH, groups=(replace(GROUP, **changes),)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (replace(FACTS, here=replace(FRESH, installed=False)), "lvm.not-installed"),
        (replace(FACTS, here=replace(FRESH, failure=("vgs: did not end in time",))), "lvm.not-answering"),
        (replace(FACTS, here=replace(FRESH, groups=())), "lvm.group-unseen"),
        (replace(FACTS, cluster=replace(CLUSTER, quorum=None)), "lvm.inquorate"),
        (replace(FACTS, cluster=replace(CLUSTER, fencing=("lvm_global: wait fencing",))), "lvm.fencing"),
        (with_group(lock_args="1.0.0:other"), "lvm.lock-args"),
        (with_group(lock_type="sanlock"), "lvm.sanlock"),
        (with_group(clustered=True), "lvm.clvm"),
        (with_group(lock_type="none"), "lvm.not-shared"),
    ],
)
def test_what_stops_it(facts: LvmFacts, code: str) -> None:
    assert codes(facts, groups=("vg_cluster",)) == [code]


def test_a_group_without_locking_that_two_hosts_see() -> None:
    bare = replace(GROUP, name="vg_old", uuid="u9", lock_type="")
    site = replace(WITNESSED, witness=replace(WITNESSED.witness, lvm=replace(THEIRS, groups=(GROUP, bare))))  # type: ignore[type-var]
    facts = replace(FACTS, here=replace(FRESH, groups=(UNREAD, bare)))
    assert codes(facts, site, level="warn") == ["lvm.no-locking"]


@pytest.mark.parametrize("text", ["vm01", "vg_cluster/none", "vg_other/vm01", "vg_cluster/vm01=xy"])
def test_volumes_that_cannot_be_activated(text: str) -> None:
    assert codes(level="ask", activate=(text,)) == ["lvm.activate"]


def test_choices_say_who_uses_a_volume() -> None:
    choices = STEP.choices(FACTS, WITNESSED)
    assert choices["activate"][0] == ("vg_cluster/vm01", "vg_cluster/vm01  100m, active on node1")
    assert choices["groups"][0][0] == "vg_cluster"


@given(st.text())
def test_no_answer_is_a_surprise(text: str) -> None:
    found = parsed(text)
    assert found is None or text in (found[0], f"{found[0]}={found[1]}")
