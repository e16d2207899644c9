"""What stands in the way on hosts of that time, from facts alone; and hosts that are right already, in other words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.steps.rhcs import facts as world
from tests.steps.rhcs.facts import fresh, wanted
from tui_installer.hosts.host import File
from tui_installer.model.change import Run, WriteFiles
from tui_installer.model.site import Site
from tui_installer.model.step import Failure, Problem, Step
from tui_installer.probes.iscsi import Iscsi
from tui_installer.probes.multipath import Disk, Multipath
from tui_installer.probes.rhcs.sysv import Sysv
from tui_installer.probes.system import System
from tui_installer.steps.console.rhcs import ConsoleAnswers, ConsoleFacts, ConsoleStep
from tui_installer.steps.iscsi.facts import IscsiFacts
from tui_installer.steps.iscsi.rhcs import IscsiStep, RhcsIscsiFacts
from tui_installer.steps.lvm.rhcs import LvmAnswers, LvmFacts, LvmStep
from tui_installer.steps.multipath.facts import MultipathFacts
from tui_installer.steps.multipath.rhcs import MultipathStep, RhcsMultipathFacts
from tui_installer.steps.reboot.rhcs import RebootAnswers, RebootFacts, RebootStep, missing, pending
from tui_installer.steps.rhcs.release import ETCH, LENNY, RELEASES, SQUEEZE, Release
from tui_installer.steps.rhcs.runlevels import link, linked
from tui_installer.steps.storage_guard.rhcs import StorageGuardFacts, StorageGuardStep, blacklisted, guards_multipath
from tui_installer.steps.storage_network.facts import StorageNetworkFacts
from tui_installer.steps.storage_network.rhcs import RhcsNetFacts, StorageNetworkStep
from tui_installer.steps.xen.rhcs import XenFacts, XenStep, admits, admitting

ETCH_SITE = world.site("etch")
MODERN = Site(here=System("node1", "debian", "12", "bookworm", "6.1", 0, 0))


def codes(step: Step[Any, Any], facts: Any, answers: Any = None, site: Site = ETCH_SITE) -> dict[str, Problem]:
    """The problems by their codes."""
    given = step.with_defaults(facts, site, answers or step.asks())
    return {problem.code: problem for problem in step.problems(facts, site, given)}


def plan(step: Step[Any, Any], facts: Any, answers: Any = None, site: Site = ETCH_SITE) -> list[str]:
    """The titles of the changes."""
    given = step.with_defaults(facts, site, answers or step.asks())
    return [change.title for change in step.plan(facts, site, given)]


# --- storage


def test_a_filter_in_other_words_is_left_alone() -> None:
    conf = fresh("etch", "/etc/lvm/lvm.conf")
    text = b'filter = [ "a|^/dev/mapper/|", "a|^/dev/cciss/|", "r/.*/" ]'
    mine = replace(conf, content=conf.content.replace(b'filter = [ "a/.*/" ]', text))
    multipath = world.multipath("etch", conf=File(wanted("etch", "/etc/multipath.conf").encode()))
    facts = StorageGuardFacts(world.lvm("etch", world.LOCAL, conf=mine), multipath, (), True, (), ())
    assert plan(StorageGuardStep(ETCH), facts) == []


def test_a_local_scsi_disk_goes_onto_the_blacklist() -> None:
    local = Disk("sda", "3600508b1001c1234", "", "72G", "HP", "LOGICAL VOLUME")
    multipath = world.multipath("etch", conf=File(b"blacklist {\n    devnode st\n}\n"), seen=(local,))
    step, facts = (
        StorageGuardStep(ETCH),
        StorageGuardFacts(world.lvm("etch", world.LOCAL), multipath, (), False, (), ()),
    )
    written = [
        edit.after for change in step.plan(facts, ETCH_SITE, step.asks()) for edit in getattr(change, "edits", ())
    ]
    assert b"wwid 3600508b1001c1234" in b"".join(file.content for file in written if file)
    assert plan(step, replace(facts, san_disks=("sda",))) == plan(step, facts)[:2]


def test_mdadm_is_told_to_leave_guests_arrays_alone_where_it_can_be() -> None:
    mdadm = File(b"DEVICE partitions\nARRAY /dev/md0 UUID=1\n")
    facts = StorageGuardFacts(
        world.lvm("squeeze", world.LOCAL), world.multipath("squeeze"), (), False, (), (), mdadm, 1
    )
    step, site = StorageGuardStep(SQUEEZE), world.site("squeeze")
    written = [edit.after for change in step.plan(facts, site, step.asks()) for edit in getattr(change, "edits", ())]
    assert any(b"AUTO -all\n" in file.content for file in written if file)
    assert "storage-guard.arrays" in codes(step, replace(facts, arrays=2), site=site)


def test_a_bridge_that_cannot_be_guessed_is_only_said() -> None:
    text = fresh("squeeze", world.INTERFACES).content.replace(b"allow-hotplug eth0", b"auto eth0 eth2")
    seen = replace(world.bottom_network("squeeze"), files=((world.INTERFACES, File(text)),))
    step, site = StorageNetworkStep(SQUEEZE), world.site("squeeze")
    assert codes(step, RhcsNetFacts(StorageNetworkFacts(seen)), site=site)["storage-network.bridge"].level == "warn"
    assert "Configure eth1" in plan(step, RhcsNetFacts(StorageNetworkFacts(seen)), site=site)


def test_without_bridge_utils_no_card_is_given_to_a_bridge() -> None:
    seen = RhcsNetFacts(StorageNetworkFacts(world.bottom_network("squeeze")), brctl=False)
    step, site = StorageNetworkStep(SQUEEZE), world.site("squeeze")
    assert "bridge-utils" in codes(step, seen, site=site)["storage-network.bridge"].evidence[0]
    assert not any("bridge" in title for title in plan(step, seen, site=site))


# --- iSCSI


def initiator(sessions: int = 2) -> Iscsi:
    """With records and sessions to the first portals."""
    records = tuple(map(world.record, world.PORTALS[:sessions]))
    up = tuple(world.session(n, portal) for n, portal in enumerate(world.PORTALS[:sessions], 1))
    return world.initiator("iqn.1992-03.edu.tjhsst:initiator:bottom.0", up, records)


def test_sessions_in_use_are_never_restarted() -> None:
    """A file somewhere else, a name in another style: nothing is moved under a session."""
    facts = RhcsIscsiFacts(IscsiFacts(initiator(), (), ()))
    assert plan(IscsiStep(ETCH), facts) == []
    other = IscsiStep(ETCH).asks(initiator="iqn.1992-03.edu.tjhsst:initiator:other.0")
    assert plan(IscsiStep(ETCH), facts, other) == []
    assert "iscsi.name-in-use" in codes(IscsiStep(ETCH), facts, other)


def test_a_missing_portal_is_discovered_and_waited_for() -> None:
    titles = plan(IscsiStep(ETCH), RhcsIscsiFacts(IscsiFacts(initiator(1), (), ())))
    assert titles[-3:] == [
        "Discover the targets at 172.16.1.3:3260",
        f"Log in to {world.IQN} at 172.16.1.3:3260",
        f"Wait for the session to {world.IQN} at 172.16.1.3:3260",
    ]
    assert not any("estart" in title for title in titles)


def test_a_cloned_name_is_refused() -> None:
    clone = world.initiator("iqn.1992-03.edu.tjhsst:initiator:top.0")
    given = IscsiStep(ETCH).asks(initiator="iqn.1992-03.edu.tjhsst:initiator:top.0")
    assert "iscsi.name-taken" in codes(IscsiStep(ETCH), RhcsIscsiFacts(IscsiFacts(clone, (), ())), given)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("initiator reported error (5 - encountered iSCSI login failure)", "iscsi.login-refused"),
        ("initiator reported error (24 - iSCSI login failed due to authorization failure)", "iscsi.login-refused"),
        ("initiator reported error (8 - connection timed out)", "iscsi.login-timeout"),
        ("initiator reported error (20 - could not connect to iscsid)", "iscsi.no-daemon"),
    ],
)
def test_failed_logins_are_told_by_the_number_in_brackets(words: str, code: str) -> None:
    argv = ("iscsiadm", "-m", "node", "-T", world.IQN, "-p", "172.16.1.2:3260", "--login")
    failure = Failure(f"Log in to {world.IQN} at 172.16.1.2:3260", "here", argv, "exit code 255", 255, (words,))
    assert IscsiStep(ETCH).diagnose(failure).code == code


# --- multipath


def mapped(*, groups: int = 1, conf: bytes = b"") -> RhcsMultipathFacts:
    """Both LUNs mapped under their names."""
    text = conf or wanted("etch", "/etc/multipath.conf").encode()
    sessions = (world.session(1, world.PORTALS[0], ("sda", "sdb")), world.session(2, world.PORTALS[1], ("sdc", "sdd")))
    first, second = world.WWIDS
    maps = (world.mapped(first, "sda", "sdc", groups=groups), world.mapped(second, "sdb", "sdd", groups=groups))
    seen = world.disks("sda", "sdb", "sdc", "sdd")
    return RhcsMultipathFacts(MultipathFacts(world.multipath("etch", *maps, conf=File(text), seen=seen), sessions))


def test_a_member_that_is_set_up_is_left_alone() -> None:
    assert plan(MultipathStep(ETCH), mapped()) == []
    assert set(codes(MultipathStep(ETCH), mapped())) == {"multipath.two-portals-one-nic"}


def test_what_a_second_section_throws_away_is_said() -> None:
    twice = wanted("etch", "/etc/multipath.conf") + "blacklist {\n    wwid x\n}\n"
    assert "multipath.overridden" in codes(MultipathStep(ETCH), mapped(conf=twice.encode()))


def test_what_multipath_would_misread_is_said() -> None:
    text = (
        wanted("etch", "/etc/multipath.conf")
        .replace('"^st[0-9]"', "st")
        .replace("defaults {", "defaults {\n    find_multipaths yes")
    )
    found = codes(MultipathStep(ETCH), mapped(groups=2, conf=text.encode()))
    assert {"multipath.foreign", "multipath.loose", "multipath.groups"} <= set(found)
    assert not any(found[code].level == "stop" for code in ("multipath.foreign", "multipath.loose", "multipath.groups"))


# --- LVM


def lvm(release: Release = ETCH, **changed: Any) -> LvmFacts:
    """A host in a quorate cluster, before the step."""
    facts = LvmFacts(world.lvm(release.name, world.LOCAL, *world.GROUPS), world.cman(), world.scripts(), ())
    return replace(facts, **changed)


SAN = LvmAnswers(("san",))


def test_without_quorum_nothing_is_locked() -> None:
    assert codes(LvmStep(ETCH), lvm(cman=world.cman(blocked=True)), SAN)["lvm.inquorate"].level == "stop"


@pytest.mark.parametrize("code", ["duplicate-pv", "clvmd-missing"])
def test_what_lvm_complains_of_stops_it(code: str) -> None:
    here = replace(lvm().here, complaints=(code,), failure=("clvmd not running on node left",))
    found = codes(LvmStep(ETCH), lvm(here=here), SAN)
    assert {"lvm.duplicate-pv", "lvm.clvmd-elsewhere"} & set(found)


def test_the_guides_open_quote_is_named() -> None:
    here = replace(lvm().here, refusal='line 27: found " without its closing quote')
    found = codes(LvmStep(ETCH), lvm(here=here), SAN)
    assert "quote" in found["lvm.file"].hint
    assert plan(LvmStep(ETCH), lvm(here=here), SAN) == []


def test_a_local_group_is_never_shared() -> None:
    assert "lvm.not-shared" in codes(LvmStep(ETCH), lvm(), LvmAnswers(("local",)))


@pytest.mark.parametrize(("release", "first"), [(ETCH, "Start clvmd"), (LENNY, "Have LVM lock through the cluster")])
def test_lvm_never_waits_for_a_clvmd_that_does_not_run(release: Release, first: str) -> None:
    titles = plan(LvmStep(release), lvm(release), SAN)
    pair = [title for title in titles if title in ("Start clvmd", "Have LVM lock through the cluster")]
    assert pair[0] == first
    assert len(pair) == 2


@pytest.mark.parametrize(
    ("path", "taken_back"),
    [("/dev/mapper/san-mail", False), ("/dev/mapper/san--2-mail", True), ("/dev/mapper/santest-mail", True)],
)
def test_only_what_was_active_stays_so(path: str, taken_back: bool) -> None:
    """A "-" in a group's name is doubled in the names of its maps."""
    facts = lvm(mapped=(path,))
    changes = LvmStep(ETCH).plan(facts, world.site("etch"), SAN)
    (activates,) = [each for each in changes if isinstance(each, Run) and each.title == "Activate san"]
    assert bool(activates.undo) == taken_back


def test_clvmds_ends_are_diagnosed() -> None:
    words = "clvmd could not connect to cluster manager"
    failure = Failure("Start clvmd", "here", ("/etc/init.d/clvm", "start"), "exit code 3", 3, (words,))
    assert LvmStep(ETCH).diagnose(failure).code == "lvm.no-cluster"


# --- runlevels


def test_wrong_links_are_put_right_one_by_one() -> None:
    seen = world.scripts("/etc/rc2.d/S20clvm", "/etc/rc3.d/S74clvm", names=("clvm",))
    (change,) = link(seen, ETCH.script("clvm"))
    edits = {edit.path: edit.after for edit in getattr(change, "edits", ())}
    assert edits["/etc/rc2.d/S20clvm"] is None
    assert edits["/etc/rc2.d/S74clvm"] == File(link="../init.d/clvm")
    assert "/etc/rc3.d/S74clvm" not in edits
    right = Sysv(world.scripts(*ETCH.script("clvm").paths).links, (), False)
    assert linked(right, ETCH.script("clvm"))


# --- xend


@pytest.mark.parametrize(
    ("value", "good"),
    [
        (r"^localhost$ ^198\.38\.17\.5[567]$", True),
        (r"^198\.38\.17\.55$  ^198\.38\.17\.56$", False),
        ("", False),
        (None, False),
        (r"^198\.38\.17\.56$", False),
    ],
    ids=["in other words", "two blanks", "empty", "none", "not this host"],
)
def test_who_is_let_in(value: str | None, good: bool) -> None:
    assert admits(value, ("198.38.17.55", "198.38.17.56")) is good


def test_an_open_door_is_asked_for_and_said() -> None:
    facts = XenFacts(fresh("etch", "/etc/xen/xend-config.sxp"), True, True, "198.38.17.55", None)
    answers = XenStep(ETCH).asks(allow_all=True)
    assert codes(XenStep(ETCH), facts, answers)["xen.allow-all"].level == "warn"
    assert "xen.allow-all" not in codes(XenStep(ETCH), facts)


def test_a_member_that_refuses_this_host_is_said() -> None:
    theirs = File(rb"(xend-relocation-hosts-allow '^localhost$ ^198\.38\.17\.5[67]$')")
    conf = fresh("etch", "/etc/xen/xend-config.sxp")
    facts = XenFacts(conf, True, True, "198.38.17.55", theirs, (("top", theirs),), "vmcluster")
    found = codes(XenStep(ETCH), facts)
    assert found["xen.member-refuses"].level == "warn" and found["xen.confirm"].level == "ask"
    step = XenStep(ETCH)
    planned = step.plan(facts, ETCH_SITE, step.with_defaults(facts, ETCH_SITE, step.asks()))
    (change,) = [each for each in planned if isinstance(each, WriteFiles) and each.edits[0].host == "top"]
    assert change.then == ()  # nobody restarts a member's daemon
    allow = r"(xend-relocation-hosts-allow '^localhost$ ^198\\.38\\.17\\.5[67]$ ^198\\.38\\.17\\.55$')"
    after = change.edits[0].after
    assert (
        after is not None
        and allow in after.content.decode()
        and "(xend-relocation-server yes)" in after.content.decode()
    )
    assert "xen.confirm" not in codes(XenStep(ETCH), facts, XenStep(ETCH).asks(confirm="vmcluster"))


@pytest.mark.parametrize("text", [b"(xend-relocation-server no)\n", b"(xend-relocation-hosts-allow '')\n"])
def test_a_member_that_served_nobody_is_not_opened_to_all(text: bytes) -> None:
    after = admitting(File(text), "198.38.17.55").content.decode()
    assert r"(xend-relocation-hosts-allow '^localhost$ ^198\\.38\\.17\\.55$')" in after
    everybody = File(b"(xend-relocation-server yes)\n(xend-relocation-hosts-allow '')\n")
    assert admitting(everybody, "198.38.17.55") == everybody


# --- console


def test_a_getty_that_is_there_is_enough() -> None:
    inittab = File(b"id:2:initdefault:\nS0:2345:respawn:/sbin/mgetty -r ttyS0\n")
    menu = File(wanted_menu())
    facts = ConsoleFacts(inittab, fresh("etch", "/etc/securetty"), menu, False)
    assert plan(ConsoleStep(ETCH), facts) == []


def wanted_menu() -> bytes:
    """menu.lst of etch with the guide's options in the option and in the entry."""
    before = fresh("etch", "/boot/grub/menu.lst").content
    return before.replace(b"xenkopt=console=tty0", b"xenkopt=" + GUIDE).replace(b"ro console=tty0", b"ro " + GUIDE)


GUIDE = b"console=ttyS0,115200n8 console=tty0 xencons=tty"


def test_unit_and_speed_are_answers() -> None:
    inittab, securetty = fresh("lenny", "/etc/inittab"), fresh("lenny", "/etc/securetty")
    facts = ConsoleFacts(inittab, securetty, fresh("lenny", "/boot/grub/menu.lst"), True)
    step = ConsoleStep(LENNY)
    menu = step.menu(fresh("lenny", "/boot/grub/menu.lst").content, ConsoleAnswers("1", "57600", "all")).decode()
    assert "# xenhopt=com2=57600,8n1 console=com2\n" in menu
    assert "# kopt=root=/dev/cciss/c0d0p1 ro console=tty0 console=ttyS1,57600n8\n" in menu
    assert codes(step, facts, ConsoleAnswers("9", "57600"))["console.unit"].level == "ask"


def test_options_of_a_version_go_before_those_of_all_kernels() -> None:
    """update-grub's get_kernel_opt: where there is a kopt_2_6, kopt is not looked at."""
    before = fresh("etch", "/boot/grub/menu.lst").content.replace(b"# kopt=", b"# kopt_2_6=root=/dev/sda9 ro\n# kopt=")
    for kernels, more in (("all", " console=tty0 console=ttyS1,57600n8"), ("xen", "")):
        menu = ConsoleStep(ETCH).menu(before, ConsoleAnswers("1", "57600", kernels)).decode()
        assert f"# kopt_2_6=root=/dev/sda9 ro{more}\n" in menu


# --- the restart


def rebooted(**changed: Any) -> RebootFacts:
    """A host on which all is there, as it booted."""
    conf = File(wanted("etch", "/etc/multipath.conf").encode())
    scripts = world.scripts(*(path for each in ETCH.links for path in each.paths))
    first, second = world.WWIDS
    maps = (world.mapped(first, "sda", "sdc"), world.mapped(second, "sdb", "sdd"))
    both = initiator()
    sessions = tuple(
        replace(each, disks=d) for each, d in zip(both.sessions, (("sda", "sdb"), ("sdc", "sdd")), strict=True)
    )
    facts = RebootFacts(
        boot="0a",
        cmdline=tuple(f"root=/dev/cciss/c0d0p1 ro {GUIDE.decode()}".split()),
        menu=File(wanted_menu()),
        dom0=True,
        xend=True,
        modules=frozenset({"cman", "dlm", "8021q"}),
        network=world.bottom_network("etch"),
        iscsi=replace(both, sessions=sessions),
        multipath=world.multipath("etch", *maps, conf=conf),
        cman=world.cman(),
        lvm=world.lvm("etch", world.LOCAL, *world.GROUPS, clvmd=True, active=True),
        scripts=scripts,
        groups=("san",),
    )
    return replace(facts, **changed)


def test_after_the_restart_nothing_is_left() -> None:
    assert pending(rebooted()) == missing(rebooted(), ETCH) == ()
    assert plan(RebootStep(ETCH), rebooted()) == []


def test_what_did_not_come_back_is_named_by_its_step() -> None:
    lost = rebooted(modules=frozenset({"cman"}), cman=world.cman(blocked=True), scripts=world.scripts(), xend=False)
    lines = missing(lost, ETCH)
    assert {line.partition(":")[0] for line in lines} == {"packages", "at boot", "cluster", "xen"}
    assert codes(RebootStep(ETCH), lost)["reboot.missing"].evidence == lines


def test_a_restart_is_confirmed_by_the_hosts_name() -> None:
    waiting = rebooted(cmdline=("root=/dev/cciss/c0d0p1", "ro", "console=tty0"))
    asked = codes(RebootStep(ETCH), waiting)["reboot.confirm"]
    assert asked.level == "ask" and asked.text.startswith("This host has to be restarted: ")
    wrong = codes(RebootStep(ETCH), waiting, RebootAnswers("top"))["reboot.confirm"]
    assert wrong.text == f"'top' is not this host's name. {asked.text}"
    assert plan(RebootStep(ETCH), waiting) == []
    titles = plan(RebootStep(ETCH), waiting, RebootAnswers("bottom"))
    assert titles[:2] == ["Restart this host", "Wait until it is back"]


def test_a_restart_never_takes_guests_down() -> None:
    here = rebooted().lvm
    busy = replace(here, volumes=tuple(replace(each, open=True) for each in here.volumes))
    waiting = rebooted(dom0=False, cmdline=(), lvm=busy)
    assert plan(RebootStep(ETCH), waiting, RebootAnswers("bottom")) == []
    assert "reboot.in-use" in codes(RebootStep(ETCH), waiting)


# --- hosts of today


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
def test_a_modern_host_is_never_given_these_settings(release: Release) -> None:
    steps: tuple[tuple[Step[Any, Any], Any], ...] = (
        (LvmStep(release), lvm(release)),
        (XenStep(release), XenFacts(None, False, False, "", None)),
        (MultipathStep(release), mapped()),
        (IscsiStep(release), RhcsIscsiFacts(IscsiFacts(initiator(), (), ()))),
        (ConsoleStep(release), ConsoleFacts(None, None, None, False)),
    )
    for step, facts in steps:
        found = list(step.problems(facts, MODERN, step.asks()))
        assert found[0].code == "stack.modern-host"
        assert found[0].level == "stop"


def test_the_local_disks_go_into_the_blacklist_that_is_there() -> None:
    """A second section would throw away what keeps the other disks out."""
    conf = File(b'blacklist {\n\tdevnode "^hd[a-z]"\n\twwid 3600508b400105df70000e00000ac0000\n}\n')
    local = Disk("sda", "3600508e000000000aaaa", "", "68G", "LSILOGIC", "Logical Volume")
    seen = Multipath(True, False, True, conf, (), (local,), ())
    facts = StorageGuardFacts(world.lvm("etch"), seen, (), False, (), ())
    assert not guards_multipath(facts)
    content = blacklisted(facts)
    assert content == conf.content.replace(b"0ac0000\n", b"0ac0000\n\twwid 3600508e000000000aaaa\n")
    assert guards_multipath(replace(facts, multipath=replace(seen, conf=File(content))))
    lost = File(content + b"blacklist {\n\twwid x\n}\n")
    assert not guards_multipath(replace(facts, multipath=replace(seen, conf=lost)))
