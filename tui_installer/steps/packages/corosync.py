"""Step "packages": what a member needs is installed, and none of its daemons runs before its own step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.change import Change, Edit, Run, Stops, WriteFiles
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step
from tui_installer.model.text import count
from tui_installer.probes import kernel, packages
from tui_installer.probes.corosync_conf import CONF, is_default, parse_conf
from tui_installer.probes.packages import Packages, Simulation
from tui_installer.probes.units import Unit, units
from tui_installer.steps import subjects
from tui_installer.steps.packages import odds
from tui_installer.steps.packages.causes import diagnose
from tui_installer.steps.packages.odds import Odds
from tui_installer.steps.packages.remedies import KEPT, LISTS
from tui_installer.steps.packages.shared import (
    PackagesAnswers,
    again,
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

NAMES = ("open-iscsi", "multipath-tools", "corosync", "dlm-controld", "lvm2", "lvm2-lockd")

UNITS = {
    "corosync": ("corosync.service",),
    "dlm-controld": ("dlm.service",),
    "lvm2-lockd": ("lvmlockd.service", "lvmlocks.service"),
    "multipath-tools": ("multipathd.service", "multipathd.socket"),
}
"""The units that Debian starts as soon as the package is there: corosync would form a cluster of its own."""

WANTS = {
    "corosync.service": "multi-user.target",
    "dlm.service": "multi-user.target",
    "lvmlockd.service": "multi-user.target",
    "lvmlocks.service": "multi-user.target",
    "multipathd.service": "sysinit.target",
    "multipathd.socket": "sockets.target",
}
"""Which target starts them at boot once their packages are configured (captures of installations, Debian 12 and 13)."""

ON_MEMBERS = frozenset(("corosync", "dlm-controld", "lvm2", "lvm2-lockd", "multipath-tools"))
"""Their upgrades restart what holds the locks (rule 22 of those that protect a cluster)."""

NEEDED = ("iscsi_tcp", "dm_multipath", "dlm")
"""The kernel modules that no member can do without."""

MASK = File(b"", 0o777, "root:root", "/dev/null")
FOLDER = "/etc/systemd/system"
INSTALL = (
    *("apt-get", "-y", "-q", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", *KEPT),
    *("-o", "DPkg::Lock::Timeout=900"),
)
"""A lock is waited for: apt says every second by whom it is held."""
RELOAD = Run("Let systemd read its units", "here", ("systemctl", "daemon-reload"))


@dataclass(frozen=True, slots=True)
class PackagesFacts:
    """The packages here and what installing the missing ones would do."""

    packages: Packages
    simulation: Simulation
    masks: Mapping[str, File | None]
    """Unit -> what stands for it in /etc/systemd/system."""
    units: Mapping[str, Unit]
    lockspaces: tuple[str, ...]
    """dlm's lockspaces that are active here."""
    unconfigured: bool
    """Corosync has no configuration of its own, or that of its package."""
    odds: Odds = field(default_factory=Odds)
    lacking: tuple[str, ...] = ()
    """Kernel modules that cannot be loaded into the running kernel."""
    loaded: frozenset[str] = frozenset()
    """Kernel modules that are loaded."""


MODULES = (
    *("iscsi_tcp", "libiscsi_tcp", "libiscsi", "scsi_transport_iscsi"),
    *("dm_round_robin", "dm_queue_length", "dm_service_time", "dm_multipath", "dm_mod"),
    *("sd_mod", "t10_pi", "crc64_rocksoft", "crc64_rocksoft_generic", "crc64", "sg", "scsi_mod", "scsi_common"),
    *("dlm", "8021q", "garp", "mrp", "stp", "llc"),
)
"""What the daemons of these packages hold on to until they are gone: only then can it be unloaded.

Without sctp, which dlm brings along: its own control sockets hold it, so no kernel lets it go before a restart.
"""


class PackagesStep(Step[PackagesFacts, PackagesAnswers]):
    """Installs the packages of a member, with their daemons masked until their own steps."""

    id, title = subjects.PACKAGES
    asks: ClassVar[type[PackagesAnswers]] = PackagesAnswers
    modules = MODULES

    def probe(self, ctx: Context, site: Site, answers: PackagesAnswers) -> PackagesFacts:
        """Ask dpkg, apt and systemd."""
        names = wanted(site, answers)
        found = packages.probe(ctx.here)
        missing = _lacking(names, found)
        simulation = packages.simulate(ctx.here, *missing) if missing else Simulation()
        offered = dict(simulation.new)
        asked = missing if missing and not simulation.error else names
        if unsaid := [name for name in asked if name not in offered]:
            offered |= packages.candidates(ctx.here, *unsaid)
        all_units = [unit for each in UNITS.values() for unit in each]
        there = units(ctx.here, *all_units)
        dlm = there.get("dlm.service")
        said = ctx.here.run("dlm_tool", "ls", within=20).answer().splitlines() if dlm and dlm.active else ()
        return PackagesFacts(
            packages=replace(found, candidates=offered),
            simulation=simulation,
            masks={unit: ctx.here.read(f"{FOLDER}/{unit}") for unit in all_units},
            units=there,
            lockspaces=tuple(line.split()[-1] for line in said if line.startswith("name ")),
            unconfigured=_unconfigured(ctx.here.read(CONF)),
            odds=odds.probe(ctx.here),
            lacking=kernel.lacking(ctx.here, *NEEDED),
            loaded=kernel.loaded(ctx.here),
        )

    def with_defaults(self, facts: PackagesFacts, site: Site, answers: PackagesAnswers) -> PackagesAnswers:
        """VLAN tagging as the member that was asked has it."""
        return replace(answers, vlan=tagged(site)) if answers.vlan is None else answers

    def plan(self, facts: PackagesFacts, site: Site, answers: PackagesAnswers) -> Iterator[Change]:
        """Mend, mask, install, unmask, disable."""
        missing = _missing(facts, site, answers)
        yield from finishing(facts.packages)
        if any(name not in facts.packages.candidates for name in missing):
            yield LISTS
        elif not facts.packages.unfinished:
            yield from first(facts.simulation)
        yield from again(facts.packages, facts.simulation, missing)
        masks = [unit for unit in _units_of(missing) if facts.masks.get(unit) is None]
        if masks:
            edits = tuple(Edit("here", f"{FOLDER}/{unit}", None, MASK) for unit in masks)
            yield WriteFiles("Keep daemons from starting unconfigured", edits, (RELOAD,), scaffold=True)
        if missing:
            yield from certain(_install(missing, facts.simulation), facts.packages, missing)
        yield from _quiet(facts, site, masks, missing)

    def problems(self, facts: PackagesFacts, site: Site, answers: PackagesAnswers) -> Iterator[Problem]:
        """What apt would do that nobody asked for, and why it would do nothing."""
        missing = _missing(facts, site, answers)
        lacking = [name for name in missing if name not in facts.packages.candidates]
        yield from interrupted(facts.packages)
        yield from set_aside(facts.packages)
        if (told := refused(facts.simulation)) and not lacking and not facts.packages.unfinished:
            yield told
        if lacking:
            yield _no_candidate(lacking, site)
        yield from _unasked(facts)
        yield from odds.problems(facts.odds, facts.packages, facts.simulation)
        yield from _unfinished_on_a_member(facts)
        yield from upgrades_waiting(facts.packages)
        yield from without_modules(facts.lacking, facts.loaded, site)

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnose(failure)

    def shown(self, facts: PackagesFacts, site: Site) -> dict[str, str]:
        """Versions, what is to come, and the stack that this release offers."""
        installed = facts.packages.installed
        name, reason = offered_stack(facts.packages)
        known = [f"{each} {installed[each]}" for each in (*NAMES, "vlan") if each in installed]
        return {
            "Installed": ", ".join(known) or "none of them",
            "To install": count(len(facts.simulation.new), "package") if facts.simulation.new else "none",
            "Stack": f"{name or 'none'}: {reason}",
        }


def offered_stack(found: Packages) -> tuple[str, str]:
    """The stack that this host's release has packages for, and why; the name is empty if there is none."""
    needs = ("corosync", "dlm-controld", "lvm2-lockd")
    lacking = [name for name in needs if name not in found.candidates and name not in found.installed]
    if lacking:
        return "", f"this release has no {', '.join(lacking)}"
    return "corosync", f"this release has {', '.join(needs)}"


def wanted(site: Site, answers: PackagesAnswers) -> tuple[str, ...]:
    """The packages that must be there. A member whose VLAN works needs no package for it."""
    vlan = tagged(site) if answers.vlan is None else answers.vlan
    return (*NAMES, "vlan") if vlan and not site.itself else NAMES


def _unconfigured(file: File | None) -> bool:
    """Whether corosync has no configuration, or its package's. One that is not understood is somebody's."""
    try:
        return file is None or is_default(parse_conf(file.content))
    except FormatError:
        return False


def _missing(facts: PackagesFacts, site: Site, answers: PackagesAnswers) -> tuple[str, ...]:
    return _lacking(wanted(site, answers), facts.packages)


def _lacking(names: tuple[str, ...], found: Packages) -> tuple[str, ...]:
    """What apt has to install: not what dpkg only has to finish."""
    there = {*found.installed, *found.broken} - {*found.torn}
    return tuple(name for name in names if name not in there)


def _units_of(names: tuple[str, ...]) -> list[str]:
    return [unit for name in names for unit in UNITS.get(name, ())]


def _install(missing: tuple[str, ...], simulation: Simulation) -> Run:
    """Taking it back purges what apt said that it would install; without its word, what was asked for."""
    new = tuple(name for name, _ in simulation.new) or missing
    purge = ("apt-get", "-y", "-q", "-o", "Dpkg::Use-Pty=0", "purge", *new)
    many, argv = count(len(new), "package"), (*INSTALL, "install", *missing)
    undo = Run(f"Purge {many}", "here", purge, within=ends.PACKAGES, stops=(Stops("purged", new),))
    return Run(f"Install {many}", "here", argv, within=ends.PACKAGES, undo=(undo,), stops=anew(simulation))


def _quiet(facts: PackagesFacts, site: Site, masks: list[str], missing: tuple[str, ...]) -> Iterator[Change]:
    """Take the masks away, those also that a run which was cut short left; boot starts nothing unconfigured.

    That is files and one reload: `systemctl disable` takes an update-rc.d and a reload of its own for each unit, a
    third of a minute on a slow host, and sees nothing behind a mask. deb-systemd-helper leaves a link that is gone
    alone at upgrades. Whether a member masks something is its own affair.
    """
    left = [unit for unit, file in facts.masks.items() if file == MASK and not site.itself]
    gone = [*masks, *(unit for unit in left if unit not in masks)]
    units = dict.fromkeys((*_units_of(missing), *gone, *_early(facts)))
    if units:  # first: of a unit whose mask is gone nobody knows any more that it is to be left
        links = (f"{FOLDER}/{WANTS[unit]}.wants/{unit}" for unit in units)
        yield Run("Leave starting them at boot to their own steps", "here", ("rm", "-f", *links))
    if gone:
        edits = tuple(Edit("here", f"{FOLDER}/{unit}", MASK, None) for unit in gone)
        yield WriteFiles("Take the masks away", edits, (RELOAD,))
    elif units:
        yield RELOAD


def _early(facts: PackagesFacts) -> list[str]:
    """Cluster daemons that the next boot would start although there is no cluster yet."""
    if not facts.unconfigured:
        return []
    names = _units_of(("corosync", "dlm-controld", "lvm2-lockd"))
    return [name for name in names if (unit := facts.units.get(name)) and unit.enabled and not unit.active]


def _no_candidate(names: list[str], site: Site) -> Problem:
    codename = site.here.codename if site.here and site.here.codename else "CODENAME"
    text = f"apt knows no {', '.join(names)} yet. Its lists are read first; what these bring along is known only then."
    where = "/etc/apt/sources.list and sources.list.d"
    hint = f"If they are still missing, the mirror named in {where} lacks: {codename} main"
    return Problem("packages.no-candidate", text, hint=hint, level="warn")


def _unfinished_on_a_member(facts: PackagesFacts) -> Iterator[Problem]:
    """What may not be configured while its locks are in use."""
    restarts = [name for name in facts.packages.broken if name in ON_MEMBERS]
    if restarts and facts.lockspaces:
        text = f"{', '.join(restarts)} would be configured while lockspaces are active: {', '.join(facts.lockspaces)}."
        hint = "That restarts what holds the locks. Leave the cluster first, or have it done in a maintenance window."
        yield Problem("packages.upgrades-member", text, facts.packages.audit, hint)


def _unasked(facts: PackagesFacts) -> Iterator[Problem]:
    """Removals and upgrades."""
    yield from removals(facts.simulation)
    upgraded = tuple(f"{name}: {old} -> {new}" for name, old, new in facts.simulation.upgraded)
    restarts = [name for name, _, _ in facts.simulation.upgraded if name in ON_MEMBERS]
    if restarts and facts.lockspaces:
        text = f"apt would upgrade {', '.join(restarts)} while lockspaces are active: {', '.join(facts.lockspaces)}."
        hint = "Their upgrade restarts what holds the locks. Leave the cluster first, then upgrade."
        yield Problem("packages.upgrades-member", text, upgraded, hint)
    elif upgraded:
        yield Problem("packages.upgrades", "apt would upgrade what is installed.", upgraded, level="warn")
