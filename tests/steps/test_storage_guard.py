"""The storage guard: what it judges, what it plans, on hosts made of plain facts."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.strategies import files
from tests.steps.storage_site import GROUP, site_of, witness
from tui_installer.formats import blocks
from tui_installer.hosts.host import File
from tui_installer.model.change import Run, WriteFiles
from tui_installer.model.site import Site
from tui_installer.model.step import Plan, judged
from tui_installer.probes.guard import SINGLE_PATHS, accepts, auto, exactly, listed, map_names, without_auto
from tui_installer.probes.lvm import FilterView, Group
from tui_installer.probes.multipath import Map
from tui_installer.steps.aside import BACK, COPY
from tui_installer.steps.storage_guard.corosync import (
    GRUB,
    GRUB_DROP_IN,
    StorageGuardFacts,
    StorageGuardStep,
    wanted_filter,
)
from tui_installer.steps.storage_guard.shared import LVM_CONF, MDADM_CONF, MULTIPATH_CONF, StorageGuardAnswers

CONF = File(b'devices {\n\tdir = "/dev"\n\t# global_filter = [ "a|.*|" ]\n}\nglobal {\n\tuse_lvmlockd = 0\n}\n')
ROOT = Group("vg0", "root-uuid", "", "", False, "10g", "1g", ("/dev/vda2",))
LVM = FilterView(True, CONF, False, False, "", (ROOT,))
FRESH = StorageGuardFacts(
    lvm=LVM,
    own_pvs=("/dev/vda2",),
    devices_file=False,
    san_disks=(),
    maps=(),
    multipath_installed=True,
    multipath=None,
    mdadm=File(b"HOMEHOST <system>\nMAILADDR root\n"),
    arrays=0,
    grub=((GRUB, File(b"GRUB_TIMEOUT=5\n")),),
    os_prober=True,
    initramfs=True,
    initrds=("/boot/initrd.img-6.12.1",),
    kept=(),
)
STEP = StorageGuardStep()


def map_of(name: str, wwid: str = "36001") -> Map:
    """A map of that name."""
    return Map(name, wwid, "", "", "", "", ())


GOOD = '[ "a|^/dev/vda2$|", "a|^/dev/mapper/|", "r|.*|" ]'
SAFE = replace(
    FRESH,
    lvm=replace(LVM, filter=GOOD),
    multipath=File(b"defaults {\n  skip_kpartx yes\n}\n"),
    mdadm=File(b"AUTO -all\n"),
    grub=((GRUB, File(b'GRUB_DISABLE_OS_PROBER="true"\n')),),
)


def plan(facts: StorageGuardFacts, site: Site | None = None, **answers: Any) -> Plan:
    """The step's plan."""
    site, given_answers = site or Site(), StorageGuardAnswers(**answers)
    changes = tuple(STEP.plan(facts, site, given_answers))
    return Plan(STEP.id, changes, tuple(judged(STEP.problems(facts, site, given_answers), given_answers.accept)))


def written(found: Plan) -> dict[str, File | None]:
    """The files that a plan writes."""
    return {
        edit.path: edit.after for change in found.changes if isinstance(change, WriteFiles) for edit in change.edits
    }


@pytest.mark.parametrize(
    ("text", "names", "passes"),
    [
        ("", ("/dev/sda",), True),
        ('[ "a|.*|" ]', ("/dev/sda",), True),
        ('[ "r|^/dev/sd|" ]', ("/dev/sda",), False),
        ('[ "r|^/dev/sd|" ]', ("/dev/vda",), True),
        ('[ "a|^/dev/mapper/vm[0-9]+$|", "r|^/dev/sd|" ]', SINGLE_PATHS[0], False),
        ('[ "a|^/dev/mapper/vm[0-9]+$|", "r|^/dev/sd|" ]', ("/dev/mapper/vm0",), True),
        ('[ "a|loop|", "r|.*|" ]', ("/dev/loop0",), True),
        ('[ "a/loop/", "r|/dev/hdc|", "a|/dev/ide|", "r|.*|" ]', ("/dev/hdc", "/dev/ide/0"), True),
        ('["r|/dev/disk/|","a|^/dev/sda$|","r|.*|"]', ("/dev/disk/by-id/x", "/dev/sda"), True),
        ('[ "r|(|" ]', ("/dev/sda",), True),
    ],
)
def test_how_a_filter_is_read(text: str, names: tuple[str, ...], passes: bool) -> None:
    assert accepts(text, *names) is passes


def filter_of(*patterns: str) -> str:
    """A filter as it is written in lvm.conf."""
    quoted = (pattern.replace("\\", "\\\\").replace('"', '\\"') for pattern in patterns)
    return f"[ {', '.join(f'{chr(34)}{pattern}{chr(34)}' for pattern in quoted)} ]"


PATTERNS = st.builds("{}|{}|".format, st.sampled_from("ar"), st.text(alphabet="^$.*+?()[]{}-&~|\\1/devsm", max_size=12))
DEVICES = st.from_regex(r"/dev/(mapper/)?[A-Za-z0-9._+-]{1,12}", fullmatch=True)


@given(st.lists(PATTERNS, max_size=4), DEVICES, st.booleans())
def test_the_first_pattern_that_matches_counts(patterns: list[str], name: str, passes: bool) -> None:
    everything = "a|.*|" if passes else "r|.*|"
    assert accepts(filter_of(everything, *patterns), name) is passes
    assert accepts(filter_of(*patterns, "a|.*|"), name) is accepts(filter_of(*patterns), name)


@given(DEVICES, DEVICES)
def test_an_element_for_one_device_accepts_no_other(device: str, other: str) -> None:
    text = f'[ {exactly(device)}, "r|.*|" ]'
    assert accepts(text, device)
    assert accepts(text, other) is (other == device)


@given(st.text(alphabet="[]^-&~|.*{}\\ab", min_size=1, max_size=6), st.characters(codec="ascii"))
def test_a_set_of_escaped_members_holds_these_alone(members: str, char: str) -> None:
    written = "".join(f"\\{member}" if member in "]^-\\" else member for member in members)
    assert accepts(filter_of(f"a#^[{written}]$#", "r|.*|"), char) is (char in members)


@pytest.mark.parametrize(
    ("pattern", "name", "passes"),
    [("r|x{2}|", "xx", True), ("r|x{2}|", "x{2}", False), (r"r|\dev|", "/dev/sda", False), ("r|[[a]|", "[", False)],
)
def test_the_dialect_is_lvms_own(pattern: str, name: str, passes: bool) -> None:
    assert accepts(filter_of(pattern), name) is passes


MDADM = [
    b"AUTO +imsm -all",
    b"auto homehost",
    b"# AUTO +all",
    b"ARRAY /dev/md0 UUID=1",
    b"MAILADDR root",
    b"",
    b"AUTOMATIC x",
]


@given(files(MDADM))
def test_no_array_is_assembled_but_those_that_are_listed(content: bytes) -> None:
    result = without_auto(content)
    assert auto(result) == ["-all"]
    assert listed(result) == listed(content)
    rows = [row.removeprefix(b"# ") for row in result.splitlines()][: len(content.splitlines())]
    assert rows == [row.removeprefix(b"# ") for row in content.splitlines()]


def test_the_filter_shows_own_volumes_and_maps_and_hides_the_rest() -> None:
    text = wanted_filter(FRESH)
    assert text == GOOD
    assert accepts(text, "/dev/vda2")
    assert accepts(text, "/dev/dm-3", "/dev/mapper/vm0")
    assert not any(accepts(text, *names) for names in SINGLE_PATHS)


def test_a_local_group_beside_the_system_stays_visible_and_a_single_path_does_not() -> None:
    data = Group("data", "d", "none", "", False, "1g", "1g", ("/dev/sdb1", "/dev/sdc", "[unknown]"))
    facts = replace(FRESH, lvm=replace(LVM, groups=(ROOT, data)), san_disks=("/dev/sdc",))
    assert wanted_filter(facts) == '[ "a|^/dev/vda2$|", "a|^/dev/sdb1$|", "a|^/dev/mapper/|", "r|.*|" ]'


def test_a_fresh_host() -> None:
    found = plan(FRESH)
    files = written(found)
    assert list(files) == [LVM_CONF, MDADM_CONF, MULTIPATH_CONF, GRUB_DROP_IN]
    lvm_conf, mdadm, multipath = (files[path] for path in (LVM_CONF, MDADM_CONF, MULTIPATH_CONF))
    assert lvm_conf is not None and mdadm is not None and multipath is not None
    assert blocks.get(lvm_conf.content, blocks.LVM, ("devices",), "global_filter") == GOOD
    assert mdadm.content.endswith(b"AUTO -all\n")
    assert blocks.get(multipath.content, blocks.MULTIPATH, ("defaults",), "skip_kpartx") == "yes"
    assert not found.blocked


def test_the_filter_is_tried_and_the_initrd_kept_before_anything_is_written() -> None:
    keep, trial, write, *_ = plan(FRESH).changes
    assert isinstance(keep, Run) and isinstance(trial, Run) and isinstance(write, WriteFiles)
    paths = ("/boot/initrd.img-6.12.1", "/boot/initrd.img-6.12.1.before-tui-installer")
    assert (keep.argv, keep.undo[0].argv) == (("sh", "-c", COPY, *paths), ("sh", "-c", BACK, *paths))
    assert trial.argv == ("pvs", "--config", f"devices{{global_filter={GOOD}}}")
    import re

    assert re.search(trial.expect, "  PV         VG  Fmt\n  /dev/vda2  vg0 lvm2 a--\n")
    assert not re.search(trial.expect, "  PV         VG  Fmt\n  /dev/vda21 vg0 lvm2 a--\n")
    assert [run.argv[0] for run in write.then] == ["lvmconfig", "update-initramfs"]


def test_a_kept_initrd_is_not_kept_again() -> None:
    found = plan(replace(FRESH, kept=("/boot/initrd.img-6.12.1.before-tui-installer",)))
    assert found.changes
    assert not any(isinstance(change, Run) and change.title.startswith("Keep the old") for change in found.changes)


def test_no_initramfs_tools() -> None:
    changes = plan(replace(FRESH, initramfs=False)).changes
    assert changes
    assert not any("update-initramfs" in str(change) for change in changes)


IN_PLACE: list[tuple[str, StorageGuardFacts]] = [
    ("as we write it", SAFE),
    ("no GRUB", replace(SAFE, grub=())),
    ("no os-prober", replace(SAFE, grub=FRESH.grub, os_prober=False)),
    ("no mdadm", replace(SAFE, mdadm=None)),
    ("a devices file", replace(SAFE, lvm=replace(LVM, use_devicesfile=True), devices_file=True)),
    ("another filter", replace(SAFE, lvm=replace(LVM, filter='[ "a|^/dev/vda|", "r|^/dev/sd|" ]'))),
    (
        "a member set up by hand",
        replace(
            SAFE,
            lvm=replace(LVM, filter='[ "a|^/dev/mapper/vm[0-9]+$|", "r|^/dev/sd|" ]', groups=()),
            own_pvs=(),
            maps=(map_of("vm0"), map_of("vm1")),
            multipath=File(b"defaults {\n  find_multipaths strict\n}\n"),
            grub=FRESH.grub,
        ),
    ),
]


@pytest.mark.parametrize("facts", [facts for _, facts in IN_PLACE], ids=[name for name, _ in IN_PLACE])
def test_what_does_the_job_is_left_alone(facts: StorageGuardFacts) -> None:
    assert plan(facts).in_place


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        (replace(SAFE, lvm=replace(LVM, filter='[ "r|^/dev/vda|", "r|^/dev/sd|" ]')), LVM_CONF),
        (replace(SAFE, lvm=replace(LVM, filter='[ "a|^/dev/vda2$|", "r|.*|" ]')), LVM_CONF),
        (replace(SAFE, lvm=replace(LVM, use_devicesfile=True)), LVM_CONF),
        (replace(SAFE, mdadm=File(b"AUTO +imsm +1.x -all\n")), MDADM_CONF),
        (replace(SAFE, multipath=File(b"defaults {\n  skip_kpartx no\n}\n")), MULTIPATH_CONF),
        (replace(SAFE, grub=((GRUB, File(b"GRUB_DISABLE_OS_PROBER=false\n")),), maps=(map_of("vm0"),)), GRUB_DROP_IN),
    ],
)
def test_only_what_is_missing_is_written(facts: StorageGuardFacts, path: str) -> None:
    assert list(written(plan(facts))) == [path]


def test_an_applied_plan_is_in_place() -> None:
    files = written(plan(FRESH))
    after = replace(
        FRESH,
        lvm=replace(LVM, filter=GOOD, conf=files[LVM_CONF]),
        mdadm=files[MDADM_CONF],
        multipath=files[MULTIPATH_CONF],
        grub=(*FRESH.grub, (GRUB_DROP_IN, files[GRUB_DROP_IN] or File())),
    )
    assert plan(after).in_place


def test_mdadms_old_words_stay_as_a_comment() -> None:
    assert without_auto(b"AUTO +1.x").startswith(b"# AUTO +1.x\n")


def test_arrays_that_no_line_lists_are_not_lost() -> None:
    found = plan(replace(FRESH, arrays=1))
    assert MDADM_CONF not in written(found)
    assert [problem.code for problem in found.problems] == ["storage-guard.arrays"]
    listed = replace(FRESH, arrays=1, mdadm=File(b"ARRAY /dev/md0 UUID=1\n"))
    assert MDADM_CONF in written(plan(listed))


def test_a_filter_may_know_the_maps_by_their_uuid() -> None:
    by_uuid = '[ "a|/dev/disk/by-id/dm-uuid-.*mpath-.*|", "a|^/dev/vda2$|", "r|.*|" ]'
    assert accepts(by_uuid, *map_names("vm0", "36001"))
    assert not accepts(by_uuid, *SINGLE_PATHS[0])


BY_HAND = replace(SAFE, lvm=replace(LVM, filter='[ "a|^/dev/vda2$|", "a|^/dev/mapper/vm0$|", "r|.*|" ]'))


def shared(*maps: Map, itself: bool = False) -> Site:
    """A site whose witness, a member or this host, has those maps."""
    seen = witness()
    site = site_of(replace(seen, multipath=replace(seen.multipath, maps=maps)))
    return replace(site, itself=itself)


@pytest.mark.parametrize("name", ["mpath0", "mpatha", "36001"])
def test_a_map_that_waits_for_its_name_unsettles_nothing(name: str) -> None:
    site = shared(map_of("vm0"))
    assert plan(BY_HAND, site).in_place
    assert plan(replace(BY_HAND, maps=(map_of(name),)), site).in_place


def test_a_map_that_somebody_calls_otherwise_here_stays_visible() -> None:
    hers = '[ "a|^/dev/vda2$|", "a|^/dev/mapper/data$|", "r|.*|" ]'
    facts = replace(BY_HAND, lvm=replace(LVM, filter=hers), maps=(map_of("data"),))
    assert plan(facts, shared(map_of("vm0"))).in_place
    assert LVM_CONF in written(plan(facts, shared(map_of("vm0", "36002"))))


def test_a_member_without_maps_keeps_its_filter() -> None:
    hers = '[ "a|^/dev/vda2$|", "a|^/dev/mapper/data$|", "r|.*|" ]'
    assert plan(replace(BY_HAND, lvm=replace(LVM, filter=hers)), shared(itself=True)).in_place


def test_a_group_with_the_name_of_a_shared_one_is_refused() -> None:
    mine = Group(GROUP, "mine", "", "", False, "1g", "1g", ("/dev/vdb",))
    facts = replace(SAFE, lvm=replace(SAFE.lvm, filter='[ "r|^/dev/sd|" ]', groups=(ROOT, mine)))
    found = plan(facts, site_of(witness()))
    assert [(problem.code, problem.level) for problem in found.problems] == [("storage-guard.vg-collision", "stop")]
    assert found.changes == ()
    accepted = plan(facts, site_of(witness()), accept=("storage-guard.vg-collision",))
    assert accepted.blocked
    assert "storage-guard.vg-collision cannot be accepted" in accepted.problems[0].hint
    assert plan(facts, replace(site_of(witness()), itself=True)).in_place


def test_a_file_that_cannot_be_read_stops_the_step() -> None:
    facts = replace(FRESH, multipath=File(b"defaults {\n    find_\n"))
    found = plan(facts)
    assert [problem.code for problem in found.problems] == ["storage-guard.file"]
    assert found.changes == ()
    assert STEP.shown(facts, Site())["multipath.conf"] == "not ready for the SAN"


def test_what_is_shown_names_each_guard() -> None:
    assert "(none)" in STEP.shown(FRESH, Site()).values()
    assert STEP.shown(SAFE, Site())["LVM"] == "sees no single path of the SAN"


@pytest.mark.parametrize(
    "facts", [replace(FRESH, lvm=replace(LVM, installed=False)), replace(FRESH, multipath_installed=False)]
)
def test_the_packages_come_first(facts: StorageGuardFacts) -> None:
    found = plan(facts)
    assert [problem.code for problem in found.problems] == ["storage-guard.not-installed"]
    assert found.changes == ()
