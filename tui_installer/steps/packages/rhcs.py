"""Packages of the Red Hat Cluster Suite, and the two failures that installing them is known for.

ccs cannot be configured without /etc/cluster/cluster.conf, cman not without the kernel modules of the running kernel:
both are there before the package is configured, be it installed now or left half-configured by an earlier attempt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from tui_installer.formats import lines
from tui_installer.hosts.host import File, Host
from tui_installer.model import ends
from tui_installer.model.change import Change, Edit, Run, Stops, WriteFiles
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step
from tui_installer.model.text import count
from tui_installer.probes import kernel
from tui_installer.probes.packages import Packages, Simulation, simulate
from tui_installer.probes.rhcs import cman, packages
from tui_installer.steps import subjects
from tui_installer.steps.packages import odds
from tui_installer.steps.packages.causes import CAUSES, diagnose
from tui_installer.steps.packages.odds import POLICY, Odds
from tui_installer.steps.packages.remedies import KEPT, LISTS
from tui_installer.steps.packages.rhcs_causes import RHCS_CAUSES
from tui_installer.steps.packages.rhcs_problems import audited, needed, no_configuration
from tui_installer.steps.packages.shared import (
    PackagesAnswers,
    anew,
    certain,
    finishing,
    first,
    interrupted,
    refused,
    removals,
    set_aside,
    tagged,
    upgrades_waiting,
    without_modules,
)
from tui_installer.steps.rhcs import etc_cluster
from tui_installer.steps.rhcs.etc_cluster import Folder
from tui_installer.steps.rhcs.release import Release, unfit

ALONE = ("-o", "APT::Install-Recommends=false")
"""The apt of etch has no --no-install-recommends; a setting that it does not know does no harm."""
APT = ("apt-get", "-y", "-q", *ALONE, "-o", "Dpkg::Use-Pty=0", *KEPT)
MODULES_FILE = "/etc/modules"
GUARD = File(
    b"#!/bin/sh\n# tui-installer: cman would try to join before this host is one of the cluster's nodes.\n"
    b'case "$1 $2" in "cman "*start*|"fence "*start*|"clvm "*start*) exit 101 ;; esac\nexit 0\n',
    0o755,
)
"""See invoke-rc.d(8): 101 forbids the action. It stands only while packages are configured."""


@dataclass(frozen=True, slots=True)
class PackagesFacts:
    """The packages here, what installing the missing ones would do, and what their scripts need."""

    wanted: tuple[str, ...]
    """Packages that this host is to have."""
    packages: Packages
    simulation: Simulation
    mine: Folder
    theirs: Folder | None
    """The member's /etc/cluster; None: no member can be asked."""
    loaded: frozenset[str]
    """Kernel modules."""
    at_boot: File | None
    """/etc/modules."""
    odds: Odds
    lacking: tuple[str, ...] = ()
    """Kernel modules that cannot be loaded into the running kernel, and that no package brings."""


class PackagesStep(Step[PackagesFacts, PackagesAnswers]):
    """Installs the packages of a member, with /etc/cluster and the kernel modules there before they are configured."""

    id, title = subjects.PACKAGES
    asks: ClassVar[type[PackagesAnswers]] = PackagesAnswers
    modules: ClassVar[tuple[str, ...]] = (
        *("iscsi_tcp", "libiscsi", "scsi_transport_iscsi", "dm_round_robin", "dm_multipath", "8021q", "configfs"),
    )

    def __init__(self, release: Release) -> None:
        self._release = release

    def probe(self, ctx: Context, site: Site, answers: PackagesAnswers) -> PackagesFacts:
        """Ask dpkg and apt, and look at what the packages' scripts need."""
        domain = bool(self._release.fence_package) and any(map(cman.in_fence_domain, ctx.hosts.values()))
        names = _wanted(self._release, site, answers, domain)
        found = packages.probe(ctx.here, *names)
        if self._release.xen not in {*found.installed, *found.candidates}:
            names, found = _provided(ctx.here, names, found, self._release.xen, site)
        missing = [name for name in names if name not in found.installed and name in found.candidates]
        member = site.witness.name if site.witness and not site.itself else ""
        return PackagesFacts(
            wanted=names,
            packages=found,
            simulation=simulate(ctx.here, *missing, alone=ALONE) if missing else Simulation(),
            mine=etc_cluster.probe("here", ctx.here),
            theirs=etc_cluster.probe(member, ctx.members[member]) if member in ctx.members else None,
            loaded=kernel.loaded(ctx.here),
            at_boot=ctx.here.read(MODULES_FILE),
            odds=odds.probe(ctx.here),
            lacking=kernel.lacking(
                ctx.here, *needed(self._release.modules, _modules_package(self._release, site), found)
            ),
        )

    def with_defaults(self, facts: PackagesFacts, site: Site, answers: PackagesAnswers) -> PackagesAnswers:
        """VLAN tagging as the member that was asked has it."""
        return replace(answers, vlan=tagged(site)) if answers.vlan is None else answers

    def plan(self, facts: PackagesFacts, site: Site, answers: PackagesAnswers) -> Iterator[Change]:
        """What the scripts need, then the packages; cman and clvmd are left to their own steps."""
        missing = _missing(facts)
        if _unread(facts, missing):
            yield LISTS
            return  # what is virtual, and whether all is there, is only known then
        yield from _configuration(self._release, facts, missing)
        coming = facts.packages.unfinished or bool(missing and self._release.modules_package)
        guarded = coming and facts.odds.policy is None
        if guarded:
            guard = (Edit("here", POLICY, None, GUARD),)
            yield WriteFiles("Keep cman from starting meanwhile", guard, scaffold=True)
        modules = [name for name in missing if name == _modules_package(self._release, site)]
        if modules:
            yield from certain(_install(modules, modules, facts.simulation), facts.packages, modules)
        yield from _loading(self._release, facts)
        yield from finishing(facts.packages) if facts.packages.unfinished else first(facts.simulation)
        begun = {*facts.packages.broken} - {*facts.packages.torn}
        if rest := [name for name in missing if name not in modules and name not in begun]:
            told = [name for name, _ in facts.simulation.new if name not in modules]
            yield from certain(_install(rest, told or rest, facts.simulation), facts.packages, rest)
        if guarded or facts.odds.policy == GUARD:
            yield WriteFiles("Let packages start their daemons again", (Edit("here", POLICY, GUARD, None),))

    def problems(self, facts: PackagesFacts, site: Site, answers: PackagesAnswers) -> Iterator[Problem]:
        """What is met on the way, and what cannot be mended."""
        yield from unfit(site.here)
        missing, modules = _missing(facts), _modules_package(self._release, site)
        yield from _met(self._release, facts, site)
        yield from _beyond_mending(self._release, facts, site, missing)
        if _unread(facts, missing):
            text = "apt knows none of the packages yet: its lists are read first, then the step is planned again."
            yield Problem("packages.no-candidate", text, hint=SOURCES, level="warn")
        elif lost := [name for name in missing if name not in facts.packages.candidates and name not in modules]:
            text = f"apt does not have {', '.join(lost)}: nothing is installed while a part of it would fail."
            yield Problem("packages.no-candidate", text, hint=SOURCES)
        elif (told := refused(facts.simulation)) and not facts.packages.unfinished:
            yield told
        yield from set_aside(facts.packages)
        yield from removals(facts.simulation)
        yield from odds.problems(facts.odds, facts.packages, facts.simulation, GUARD)
        yield from upgrades_waiting(facts.packages)
        yield from without_modules(facts.lacking, facts.loaded, site)

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnose(failure, (*RHCS_CAUSES, *CAUSES))

    def shown(self, facts: PackagesFacts, site: Site) -> dict[str, str]:
        """Versions, what is to come, and the kernel modules."""
        installed = facts.packages.installed
        names = dict.fromkeys((*_all(self._release, site, vlan=True), *facts.wanted))
        known = [f"{each} {installed[each]}" for each in names if each in installed]
        loaded = [name for name in self._release.modules if name in facts.loaded]
        return {
            "Installed": ", ".join(known) or "none of them",
            "To install": count(len(facts.simulation.new), "package") if facts.simulation.new else "none",
            "Kernel modules": ", ".join(loaded) or f"none of {', '.join(self._release.modules)}",
        }


SOURCES = "A source lacks the release's section main, or the host's architecture: see /etc/apt/sources.list."

# --- which packages


def _modules_package(release: Release, site: Site) -> str:
    return release.modules_for(site.here.kernel if site.here else "")


def _all(release: Release, site: Site, vlan: bool) -> tuple[str, ...]:
    early = (*release.storage, *(("vlan",) if vlan else ()), _modules_package(release, site), release.config_daemon)
    return tuple(name for name in (*early, *release.cluster, release.xen) if name)


def _wanted(release: Release, site: Site, answers: PackagesAnswers, domain: bool) -> tuple[str, ...]:
    """`domain`: some host is in a fence domain, so this one must be able to join it."""
    vlan = tagged(site) if answers.vlan is None else answers.vlan
    names = _all(release, site, vlan and not site.itself)
    if not domain:
        return names
    at = names.index(release.cluster[0]) + 1
    return (*names[:at], release.fence_package, *names[at:])


def _provided(
    here: Host, names: tuple[str, ...], found: Packages, virtual: str, site: Site
) -> tuple[tuple[str, ...], Packages]:
    """The names and what is known of them with a package instead of the virtual one: one that is installed, else the
    one for the running kernel's architecture. Without any the name stays, and has no candidate."""
    known = packages.providers(here, virtual)
    there = {name: version for name, version in known.items() if name in found.installed}
    name = next(iter(there), "") or packages.fitting(known, site.here.kernel if site.here else "")
    if not name:
        return names, found
    candidates = {**found.candidates, name: known[name]}
    return tuple(name if each == virtual else each for each in names), replace(found, candidates=candidates)


def _missing(facts: PackagesFacts) -> tuple[str, ...]:
    return tuple(name for name in facts.wanted if name not in facts.packages.installed)


def _unread(facts: PackagesFacts, missing: tuple[str, ...]) -> bool:
    """Whether apt's lists were never read: it knows nothing of all that was asked for."""
    return bool(missing) and not facts.packages.candidates


# --- what their scripts need


def _configuration(release: Release, facts: PackagesFacts, missing: tuple[str, ...]) -> Iterator[Change]:
    """/etc/cluster, before the daemon that fails without it is configured."""
    if release.config_daemon in missing and facts.mine.conf is None and facts.theirs is not None:
        title = f"Copy /etc/cluster from {facts.theirs.host}: {release.config_daemon} does not start without it"
        yield WriteFiles(title, tuple(etc_cluster.copied(facts.mine, facts.theirs)))


def _loading(release: Release, facts: PackagesFacts) -> Iterator[Change]:
    """The modules, now and at boot, a line each: on one line the second would be an argument of the first."""
    before = facts.at_boot or File()
    content = before.content
    for name in release.modules:
        content = lines.add_module(content, name)
    if content != before.content:
        edit = Edit("here", MODULES_FILE, facts.at_boot, replace(before, content=content))
        yield WriteFiles("Load the cluster's kernel modules at boot", (edit,))
    for name in release.modules:
        if name not in facts.loaded:
            unload = Run(f"Unload {name}", "here", ("modprobe", "-r", name), ok=(0, 1))
            yield Run(f"Load {name}", "here", ("modprobe", name), undo=(unload,))


# --- what is met


def _met(release: Release, facts: PackagesFacts, site: Site) -> Iterator[Problem]:
    """Packages that an earlier attempt left half-configured, and what mends them."""
    if facts.theirs is not None and facts.theirs.refused:
        text = "A member has files in /etc/cluster that are not taken over."
        yield Problem("packages.handed", text, facts.theirs.refused, "Look at them there.", "warn")
    broken, daemon, audit = facts.packages.broken, release.config_daemon, facts.packages.audit
    modules = _modules_package(release, site)
    headless = daemon in broken and facts.mine.conf is None
    bodiless = "cman" in broken and modules not in ("", *facts.packages.installed)
    if headless:
        text = f"{daemon} was installed, but could not be configured: it does not start without /etc/cluster."
        hint = "It is copied from the member, then dpkg finishes."
        yield Problem("packages.ccs-failed", text, audited(audit, daemon), hint, "warn")
    if bodiless:
        text = "cman was installed, but cannot be configured: the running kernel has no modules for it."
        hint = f"{modules} comes first, then dpkg finishes."
        yield Problem("packages.cman-failed", text, audited(audit, "cman"), hint, "warn")
    limping = "clvm" in broken and not (headless or bodiless or set(release.modules) <= facts.loaded)
    if limping:
        text = "clvm was installed, but could not be configured: clvmd finds no lock manager in the kernel."
        hint = f"{' and '.join(release.modules)} comes first, then dpkg finishes."
        yield Problem("packages.clvm-failed", text, audited(audit, "clvm"), hint, "warn")
    if not (headless or bodiless or limping):
        yield from interrupted(facts.packages)


def _beyond_mending(release: Release, facts: PackagesFacts, site: Site, missing: tuple[str, ...]) -> Iterator[Problem]:
    """The remedies that do not work."""
    if release.config_daemon in missing and facts.mine.conf is None:
        yield from no_configuration(release.config_daemon, facts.theirs)
    modules = _modules_package(release, site)
    if modules in missing and modules not in facts.packages.candidates and not _unread(facts, missing):
        text = f"apt has no {modules}: cman cannot run under the kernel that runs now."
        hint = (
            "See apt-cache search redhat-cluster-modules for the kernels that it has, and boot one of them; "
            "or build it from redhat-cluster-source."
        )
        yield Problem("packages.no-cluster-modules", text, facts.packages.audit, hint)


def _install(names: list[str], new: list[str], simulation: Simulation) -> Run:
    """Taking it back purges what came: `new` is what apt said that it would install."""
    purge = ("apt-get", "-y", "-q", "-o", "Dpkg::Use-Pty=0", "--purge", "remove", *new)
    many, argv = count(len(new), "package"), (*APT, "install", *names)
    undo = Run(f"Purge {many}", "here", purge, within=ends.PACKAGES, stops=(Stops("purged", tuple(new)),))
    return Run(f"Install {', '.join(names)}", "here", argv, within=ends.PACKAGES, undo=(undo,), stops=anew(simulation))
