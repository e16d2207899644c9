"""The packages: what is planned, in which order, and what is said about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.steps.cluster_site import HERE, SITE
from tui_installer.hosts.host import File
from tui_installer.model.change import Change, Run, WriteFiles
from tui_installer.model.site import Site
from tui_installer.model.step import Problem
from tui_installer.probes.packages import Packages, Simulation
from tui_installer.probes.units import Unit
from tui_installer.steps.packages.corosync import (
    MASK,
    NAMES,
    UNITS,
    PackagesFacts,
    PackagesStep,
    offered_stack,
)
from tui_installer.steps.packages.remedies import LISTS
from tui_installer.steps.packages.shared import PackagesAnswers

STEP = PackagesStep()
ALL = (*NAMES, "vlan")
ALL_UNITS = [unit for each in UNITS.values() for unit in each]
NEW = tuple((name, "1") for name in ("libqb100", *ALL))


def facts(
    *,
    installed: tuple[str, ...] = (),
    candidates: tuple[str, ...] = ALL,
    broken: tuple[str, ...] = (),
    simulation: Simulation | None = None,
    masked: tuple[str, ...] = (),
    enabled: tuple[str, ...] = (),
    lockspaces: tuple[str, ...] = (),
    unconfigured: bool = True,
) -> PackagesFacts:
    versions = {name: "1" for name in candidates}
    return PackagesFacts(
        Packages({name: "1" for name in installed}, versions, broken, audit=("their audit",) if broken else ()),
        simulation or Simulation(new=NEW if not installed else ()),
        {unit: MASK if unit in masked else None for unit in ALL_UNITS},
        {name: Unit(name, False, True, frozenset(), frozenset(), ()) for name in enabled},
        lockspaces,
        unconfigured,
    )


def plan(found: PackagesFacts, site: Site = SITE) -> list[Change]:
    return list(STEP.plan(found, site, STEP.with_defaults(found, site, PackagesAnswers())))


def problems(found: PackagesFacts, site: Site = SITE) -> dict[str, Problem]:
    answers = STEP.with_defaults(found, site, PackagesAnswers())
    return {problem.code: problem for problem in STEP.problems(found, site, answers)}


def test_a_fresh_host_gets_all_under_masks_that_are_gone_afterwards() -> None:
    mask, install, leave, unmask = plan(facts())  # left first: of a unit whose mask is gone nothing is known any more
    assert isinstance(mask, WriteFiles) and isinstance(unmask, WriteFiles)
    assert {edit.path.rpartition("/")[2] for edit in mask.edits} == set(ALL_UNITS)
    assert all((edit.before, edit.after) == (None, MASK) for edit in mask.edits)
    assert [(edit.path, edit.before, edit.after) for edit in unmask.edits] == [
        (edit.path, MASK, None) for edit in mask.edits
    ]
    assert [run.argv for run in (*mask.then, *unmask.then)] == [("systemctl", "daemon-reload")] * 2
    assert isinstance(install, Run) and install.argv[-len(ALL) :] == ALL
    assert isinstance(leave, Run) and leave.argv[:2] == ("rm", "-f")
    links = {each.removeprefix("/etc/systemd/system/") for each in leave.argv[2:]}
    assert links == {
        "sysinit.target.wants/multipathd.service",
        "sockets.target.wants/multipathd.socket",
        *(f"multi-user.target.wants/{unit}.service" for unit in ("corosync", "dlm", "lvmlockd", "lvmlocks")),
    }


def test_taking_it_back_purges_exactly_what_apt_said_that_it_installs() -> None:
    [install] = [change for change in plan(facts()) if isinstance(change, Run) and change.undo]
    assert install.undo[0].argv == ("apt-get", "-y", "-q", "-o", "Dpkg::Use-Pty=0", "purge", "libqb100", *ALL)


def test_one_package_is_said_to_be_one() -> None:
    found = facts(installed=NAMES, simulation=Simulation(new=(("vlan", "1"),)))
    [install] = [change for change in plan(found) if isinstance(change, Run) and change.undo]
    assert (install.title, install.undo[0].title) == ("Install 1 package", "Purge 1 package")
    assert STEP.shown(found, SITE)["To install"] == "1 package"
    assert STEP.shown(facts(), SITE)["To install"] == f"{len(NEW)} packages"


def test_all_installed_is_in_place() -> None:
    found = facts(installed=ALL)
    assert (plan(found), problems(found)) == ([], {})


def test_a_member_by_itself_needs_no_package_for_a_vlan_that_works() -> None:
    itself = replace(SITE, itself=True)
    assert plan(facts(installed=NAMES, masked=("lvmlocks.service",), unconfigured=False), itself) == []


def test_vlan_is_wanted_only_where_the_member_has_one() -> None:
    found = facts(installed=NAMES)
    assert plan(found, Site(HERE)) == []
    [_, *_] = plan(found)
    assert list(STEP.plan(found, SITE, PackagesAnswers(vlan=False))) == []


def test_only_units_of_new_packages_are_masked() -> None:
    rest = tuple(name for name in ALL if name != "corosync")
    mask, *_ = plan(facts(installed=rest, simulation=Simulation(new=(("corosync", "1"),))))
    assert isinstance(mask, WriteFiles)
    assert [edit.path for edit in mask.edits] == ["/etc/systemd/system/corosync.service"]


def test_a_unit_file_of_the_operator_is_left_alone() -> None:
    found = facts()
    own = {**found.masks, "corosync.service": File(b"[Unit]\n")}
    mask, *_ = plan(replace(found, masks=own))
    assert isinstance(mask, WriteFiles)
    assert "/etc/systemd/system/corosync.service" not in [edit.path for edit in mask.edits]


@pytest.mark.parametrize(
    ("found", "titles"),
    [
        (facts(installed=ALL, masked=("dlm.service",)), ["Leave starting them", "Take the masks away"]),
        (
            facts(installed=ALL, enabled=("corosync.service", "dlm.service")),
            ["Leave starting them", "Let systemd read"],
        ),
        (facts(installed=ALL, enabled=("corosync.service",), unconfigured=False), []),
    ],
)
def test_what_a_run_that_was_cut_short_left_is_finished(found: PackagesFacts, titles: list[str]) -> None:
    changes = plan(found)
    assert len(changes) == len(titles)
    assert all(change.title.startswith(title) for change, title in zip(changes, titles, strict=True))


def test_an_interrupted_dpkg_is_finished_first() -> None:
    found = facts(broken=("lab-failing",), simulation=Simulation(error=("E: dpkg was interrupted",)))
    first, *_ = plan(found)
    assert isinstance(first, Run) and first.argv == ("dpkg", "--force-confdef", "--force-confold", "--configure", "-a")
    assert [(each.code, each.level, each.evidence) for each in problems(found).values()] == [
        ("packages.interrupted", "warn", ("their audit",))
    ]


def test_lists_are_read_only_where_a_candidate_is_missing() -> None:
    found = facts(candidates=("lvm2",), simulation=Simulation(error=("E: Unable to locate package corosync",)))
    first, *rest = plan(found)
    assert first == LISTS
    [install] = [change for change in rest if isinstance(change, Run) and change.undo]
    assert install.undo[0].argv[-len(ALL) :] == ALL
    assert {code: each.level for code, each in problems(found).items()} == {"packages.no-candidate": "warn"}
    assert "trixie main" in problems(found)["packages.no-candidate"].hint


UPGRADE = Simulation(upgraded=(("lvm2", "1", "2"),))


@pytest.mark.parametrize(
    ("found", "code", "level"),
    [
        (facts(simulation=Simulation(removed=("lvm2-lvmpolld",))), "packages.removes", "stop"),
        (facts(simulation=UPGRADE), "packages.upgrades", "warn"),
        (facts(simulation=UPGRADE, lockspaces=("lvm_global",)), "packages.upgrades-member", "stop"),
        (facts(simulation=Simulation(error=("E: held broken packages",))), "packages.unmet", "stop"),
        (facts(simulation=Simulation(error=("E: something else",))), "packages.apt-refuses", "stop"),
    ],
)
def test_what_nobody_asked_for_is_said(found: PackagesFacts, code: str, level: str) -> None:
    assert {code: each.level for code, each in problems(found).items()} == {code: level}


def test_the_stack_follows_from_what_the_release_has() -> None:
    assert offered_stack(facts().packages)[0] == "corosync"
    assert offered_stack(Packages(candidates={"corosync": "1"})) == (
        "",
        "this release has no dlm-controld, lvm2-lockd",
    )
    assert STEP.shown(facts(), SITE)["Stack"].startswith("corosync: ")
