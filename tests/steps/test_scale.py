"""A thousand LUNs cost a look no more than they must: work grows as the number of disks and sessions does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from tests.steps.rhcs import facts as world
from tui_installer.hosts.host import File
from tui_installer.model.change import Change, WriteFiles
from tui_installer.model.site import Site
from tui_installer.probes.iscsi import Iscsi, Record, Session
from tui_installer.probes.lvm import Group, Volume
from tui_installer.probes.multipath import Disk, Multipath
from tui_installer.steps.iscsi.corosync import IscsiStep
from tui_installer.steps.iscsi.facts import IscsiAnswers, IscsiFacts
from tui_installer.steps.iscsi.wanted import incomplete
from tui_installer.steps.lvm.rhcs import LvmAnswers, LvmFacts, LvmStep
from tui_installer.steps.multipath.corosync import MultipathStep
from tui_installer.steps.multipath.facts import MultipathAnswers, MultipathFacts
from tui_installer.steps.rhcs.release import SQUEEZE

GUARDED = File(b"defaults {\n    find_multipaths strict\n}\n")
AUTOMATIC = File(b"node.startup = automatic\n")
GROWTH = 8.0
"""Four times as much may take so many times as long: 4 is linear, 16 is not."""


def seconds(look: Callable[[int], object], size: int) -> float:
    """CPU seconds of a look, the least of three."""
    times = []
    for _ in range(3):
        begun = time.process_time()
        look(size)
        times.append(time.process_time() - begun)
    return min(times)


def new_luns(size: int) -> list[Change]:
    """A look at so many LUNs, each seen over four paths, that are not mapped yet."""
    names = [tuple(f"sd{path}x{lun}" for lun in range(size)) for path in range(4)]
    sessions = tuple(
        Session(path, "iqn.x:c", f"10.16.0.{path}:3260", "default", f"10.16.1.{path}", "LOGGED_IN", names[path])
        for path in range(4)
    )
    disks = tuple(
        Disk(name, f"36{lun:030d}", "iscsi", "1G", "LIO-ORG", "disk") for each in names for lun, name in enumerate(each)
    )
    facts, step = MultipathFacts(Multipath(True, True, True, GUARDED, (), disks, ()), sessions), MultipathStep()
    answers = step.with_defaults(facts, Site(), MultipathAnswers())
    assert list(step.problems(facts, Site(), answers)) == []
    return list(step.plan(facts, Site(), answers))


def sessions_in_place(size: int) -> list[Change]:
    """A look at so many targets with eight portals each, all of them logged in to."""
    records = tuple(
        Record(f"iqn.x:{target}", f"10.16.0.{portal}:3260", 1, "default", "automatic", "/x", AUTOMATIC)
        for target in range(size)
        for portal in range(8)
    )
    sessions = tuple(
        Session(sid, each.iqn, each.portal, "default", "10.16.1.1", "LOGGED_IN", ()) for sid, each in enumerate(records)
    )
    here = Iscsi(True, "iqn.2024-01.lab:me", "", None, AUTOMATIC, records, sessions, True, True, True)
    facts, step = IscsiFacts(here, (), ()), IscsiStep()
    answers = step.with_defaults(facts, Site(), IscsiAnswers())
    assert incomplete(facts, Site(), answers) == ()
    assert list(step.problems(facts, Site(), answers)) == []
    return list(step.plan(facts, Site(), answers))


def old_groups(size: int) -> list[Change]:
    """A look of the old stack at so many clustered groups with ten volumes each, none of them active yet."""
    groups = tuple(Group(f"san{n}", "", "", "", True, "10.00G", "1.00G", (f"/dev/mapper/vm{n}",)) for n in range(size))
    volumes = tuple(Volume(f"v{n}", each.name, "", "1.00G", False, False, "") for each in groups for n in range(10))
    lvm = replace(world.lvm("squeeze", *groups), volumes=volumes)
    facts, step = LvmFacts(lvm, world.cman(), world.scripts(insserv=True), ()), LvmStep(SQUEEZE)
    answers = LvmAnswers(tuple(each.name for each in groups))
    list(step.problems(facts, Site(), answers))
    assert step.shown(facts, Site())["group san0"] == "clustered, 10.00G, 0 of 10 volumes active"
    return list(step.plan(facts, Site(), answers))


def test_a_thousand_luns() -> None:
    changes = new_luns(1000)
    [file] = [change for change in changes if isinstance(change, WriteFiles)]
    assert file.edits[0].after is not None
    assert file.edits[0].after.content.count(b"wwid") == 1000
    assert seconds(new_luns, 1000) < GROWTH * max(seconds(new_luns, 250), 0.005)


def test_two_hundred_targets_at_eight_portals() -> None:
    assert sessions_in_place(200) == []
    assert seconds(sessions_in_place, 200) < GROWTH * max(seconds(sessions_in_place, 50), 0.005)


def test_a_thousand_groups_of_the_old_stack() -> None:
    assert any("san999" in str(change) for change in old_groups(1000))
    assert seconds(old_groups, 1000) < GROWTH * max(seconds(old_groups, 250), 0.005)
