"""What each step would write on a fresh host is what the golden files say: pure plans, no host."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from tests.golden.compare import RELEASES, changes, golden
from tests.steps.rhcs import facts as world
from tests.steps.rhcs.facts import fresh, wanted
from tui_installer.hosts.host import File
from tui_installer.model.answers import Secret
from tui_installer.model.change import Change, WriteFiles
from tui_installer.model.step import Step
from tui_installer.steps.console.rhcs import ConsoleFacts, ConsoleStep
from tui_installer.steps.iscsi.facts import IscsiFacts
from tui_installer.steps.iscsi.rhcs import IscsiStep, RhcsIscsiFacts
from tui_installer.steps.lvm.rhcs import LvmAnswers, LvmFacts, LvmStep
from tui_installer.steps.multipath.facts import MultipathFacts
from tui_installer.steps.multipath.rhcs import MultipathStep, RhcsMultipathFacts
from tui_installer.steps.rhcs.release import RELEASES as KNOWN
from tui_installer.steps.rhcs.release import Release
from tui_installer.steps.storage_guard.rhcs import StorageGuardFacts, StorageGuardStep
from tui_installer.steps.storage_network.facts import StorageNetworkFacts
from tui_installer.steps.storage_network.rhcs import RhcsNetFacts, StorageNetworkStep
from tui_installer.steps.xen.rhcs import XenFacts, XenStep

DATA: dict[str, Release] = {release.name: release for release in KNOWN}


def planned(step: Step[Any, Any], facts: Any, release: str, answers: Any = None) -> list[Change]:
    """The plan with the answers filled in; nothing stands in its way."""
    site = world.site(release)
    given = step.with_defaults(facts, site, answers or step.asks())
    assert [problem for problem in step.problems(facts, site, given) if problem.level != "warn"] == []
    return list(step.plan(facts, site, given))


def written(plan: Iterable[Change]) -> dict[str, File]:
    """The files after the plan, by path."""
    edits = [edit for change in plan if isinstance(change, WriteFiles) for edit in change.edits]
    return {edit.path: edit.after for edit in edits if edit.after}


def text(files: dict[str, File], path: str) -> str:
    """A file's text."""
    return files[path].content.decode()


@pytest.mark.parametrize("release", RELEASES)
def test_the_storage_network_is_written_as_in_the_golden_file(release: str) -> None:
    seen = RhcsNetFacts(StorageNetworkFacts(world.bottom_network(release), fresh(release, "/etc/modules")))
    files = written(planned(StorageNetworkStep(DATA[release]), seen, release))
    assert text(files, "/etc/network/interfaces") == wanted(release, "/etc/network/interfaces")
    assert ("/etc/modules" in files) == (release != "squeeze")


@pytest.mark.parametrize("release", RELEASES)
def test_the_initiators_files_and_links_are_the_golden_ones(release: str) -> None:
    conf = replace(fresh(release, "/etc/iscsi/iscsid.conf"), mode=0o600)
    name = fresh(release, "/etc/iscsi/initiatorname.iscsi")
    here = replace(world.initiator("iqn.1993-08.org.debian:01:5a3e9c71b2d4"), conf=conf, name_file=name)
    places = (("/etc/iscsi/iscsid.conf", conf), ("/etc/iscsi/initiatorname.iscsi", name))
    step = IscsiStep(DATA[release])
    answers = step.asks(chap_user="vmhosts", chap_password=Secret("tjstorage2008"))
    files = written(planned(step, RhcsIscsiFacts(IscsiFacts(here, (), ()), places), release, answers))
    rows = [
        f"{path} -> {file.link}" if file.link else f"{path} {file.mode:04o}" for path, file in files.items()
    ]  # fmt: skip
    assert {row for row in wanted(release, "files.list").splitlines() if "iscsi" in row} == set(rows)
    for path, file in files.items():
        assert file.link or file.content.decode() == wanted(release, path)


@pytest.mark.parametrize("release", RELEASES)
def test_guard_and_multipath_write_the_golden_multipath_conf(release: str) -> None:
    guard = StorageGuardFacts(
        world.lvm(release, world.LOCAL), world.multipath(release), (), True, ("/boot/initrd.img-2.6",), ()
    )
    files = written(planned(StorageGuardStep(DATA[release]), guard, release))
    conf = files["/etc/multipath.conf"]
    sessions = tuple(world.session(n, portal) for n, portal in enumerate(world.PORTALS, 1))
    sessions = (replace(sessions[0], disks=("sda", "sdb")), replace(sessions[1], disks=("sdc", "sdd")))
    seen = world.multipath(release, conf=conf, seen=world.disks("sda", "sdb", "sdc", "sdd"))
    files = written(planned(MultipathStep(DATA[release]), RhcsMultipathFacts(MultipathFacts(seen, sessions)), release))
    assert text(files, "/etc/multipath.conf") == wanted(release, "/etc/multipath.conf")


@pytest.mark.parametrize("release", RELEASES)
def test_guard_and_lvm_change_the_golden_lines_of_lvm_conf(release: str) -> None:
    before = fresh(release, "/etc/lvm/lvm.conf")
    guard = StorageGuardFacts(world.lvm(release, world.LOCAL), world.multipath(release), (), False, (), ())
    conf = written(planned(StorageGuardStep(DATA[release]), guard, release))["/etc/lvm/lvm.conf"]
    here = world.lvm(release, world.LOCAL, *world.GROUPS, conf=conf)
    own = () if not DATA[release].clvm_script else (("/etc/init.d/clvm", File(b"", 0o755)),)
    seen = LvmFacts(here, world.cman(), world.scripts(insserv=DATA[release].insserv), own)
    files = written(planned(LvmStep(DATA[release]), seen, release, LvmAnswers(("san",))))
    assert changes(before.content.decode(), text(files, "/etc/lvm/lvm.conf")) == wanted(
        release, "/etc/lvm/lvm.conf.changes"
    )
    for path in files:
        if path != "/etc/lvm/lvm.conf":
            assert text(files, path) == wanted(release, path)
            assert (files[path].mode == 0o755) == path.startswith("/etc/init.d/")


@pytest.mark.parametrize("release", RELEASES)
def test_xend_is_told_the_golden_lines(release: str) -> None:
    before = fresh(release, "/etc/xen/xend-config.sxp")
    theirs = wanted(release, "/etc/xen/xend-config.sxp.changes")
    member = File(b"(network-script network-bridge)\n" if "network-bridge" in theirs else before.content)
    seen = XenFacts(before, True, True, "198.38.17.55", member)
    plan = planned(XenStep(DATA[release]), seen, release)
    assert changes(before.content.decode(), text(written(plan), "/etc/xen/xend-config.sxp")) == theirs


@pytest.mark.parametrize("release", RELEASES)
def test_console_files_get_the_golden_lines(release: str) -> None:
    paths = ("/etc/inittab", "/etc/securetty", "/boot/grub/menu.lst")
    inittab, securetty, menu = (fresh(release, path) for path in paths)
    files = written(planned(ConsoleStep(DATA[release]), ConsoleFacts(inittab, securetty, menu, False), release))
    for path, before in zip(paths[:2], (inittab, securetty), strict=True):
        lines = golden(release).get(f"{path}.changes", "")
        assert changes(before.content.decode(), files.get(path, before).content.decode()) == lines
    options = [row for row in wanted(release, "/boot/grub/menu.lst.changes").splitlines() if row[1:2] == "#"]
    assert changes(menu.content.decode(), text(files, paths[2])).splitlines() == options
