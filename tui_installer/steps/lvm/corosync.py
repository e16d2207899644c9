"""Shared volume groups: lvmlockd in use, lockspaces and chosen volumes now and at boot, and all given back in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

from assets import template
from tui_installer.formats import blocks
from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.change import Change, Edit, Run, Stops, WriteFiles
from tui_installer.model.diagnosis import diagnosed
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step
from tui_installer.probes.cluster import KERNEL_LOCKSPACES
from tui_installer.probes.lvm import CONF, Group, Lvm
from tui_installer.probes.units import after, unit_of_path
from tui_installer.steps import subjects
from tui_installer.steps.lvm import facts as seen
from tui_installer.steps.lvm.causes import CAUSES
from tui_installer.steps.lvm.facts import FOLDER, ORDERED, STOP, UNIT, LvmAnswers, LvmFacts
from tui_installer.steps.lvm.problems import problems

__all__ = ["LvmAnswers", "LvmFacts", "LvmStep"]

RELOAD = Run("Let systemd read its units again", "here", ("systemctl", "daemon-reload"))


class LvmStep(Step[LvmFacts, LvmAnswers]):
    """Use the shared volume groups: from lvm.conf to active volumes."""

    id, title = subjects.LVM
    asks: ClassVar[type[LvmAnswers]] = LvmAnswers
    leaves: ClassVar[bool] = True

    def probe(self, ctx: Context, site: Site, answers: LvmAnswers) -> LvmFacts:
        """See `Step.probe`."""
        return seen.probe(ctx)

    def with_defaults(self, facts: LvmFacts, site: Site, answers: LvmAnswers) -> LvmAnswers:
        """See `Step.with_defaults`: the groups of this cluster; no volume unless it was chosen before."""
        return seen.filled(facts, site, answers)

    def plan(self, facts: LvmFacts, site: Site, answers: LvmAnswers) -> Iterator[Change]:
        """See `Step.plan`."""
        if not answers.groups:
            return
        yield from _setting(facts)
        yield from _units(facts, site, answers)
        yield from _daemon(facts)
        yield from _lockspaces(facts, answers)
        yield from _arrangement(facts, answers)
        yield from _volumes(facts, answers)

    def problems(self, facts: LvmFacts, site: Site, answers: LvmAnswers) -> Iterator[Problem]:
        """See `Step.problems`."""
        yield from problems(facts, site, answers)

    def plan_leaving(self, facts: LvmFacts, site: Site) -> Iterator[Change]:
        """See `Step.plan_leaving`: volumes, our unit, lockspaces, lvmlockd."""
        yield from _given_back(facts)

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnosed(failure, self.id, CAUSES)

    def shown(self, facts: LvmFacts, site: Site) -> dict[str, str]:
        """See `Step.shown`: each group beside what the member sees of it."""
        theirs = seen.their_lvm(facts, site)
        names = dict.fromkeys([*(each.name for each in theirs.groups), *(each.name for each in facts.here.groups)])
        started = {each.name for each in facts.here.lockspaces}
        active = [f"{each.group}/{each.name} ({each.lock or 'no lock'})" for each in facts.here.volumes if each.active]
        return {
            "Daemon": f"lvmlockd {'runs' if facts.here.lockd else 'does not run'}",
            **{f"group {name}": _shown(facts.here, theirs, name, name in started) for name in names},
            "active here": ", ".join(active) or "nothing",
            "at boot": ", ".join(facts.here.locks_at_boot) or "no lockspace",
            "at shutdown": "in order" if facts.here.stops_in_order else "NOT in order: the others would see a crash",
        }

    def choices(self, facts: LvmFacts, site: Site) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """See `Step.choices`: groups and volumes, with who uses them as far as it is known."""
        theirs = seen.their_lvm(facts, site)
        groups = [each for each in theirs.groups if each.lock_type == "dlm"]
        name = site.witness.name if site.witness and not site.itself else "here"
        volumes = (facts.here if facts.here.volumes else theirs).volumes
        used = {f"{each.group}/{each.name}" for each in theirs.volumes if each.active}
        paths = [(f"{each.group}/{each.name}", each.size) for each in volumes]
        return {
            "groups": tuple((each.name, f"{each.name}  {each.size}, {each.free} free") for each in groups),
            "activate": tuple((p, f"{p}  {size}{f', active on {name}' if p in used else ''}") for p, size in paths),
        }


def _shown(here: Lvm, theirs: Lvm, name: str, started: bool) -> str:
    own, other = here.by_name.get(name), theirs.by_name.get(name)
    one = own if own and own.size else other or own
    kind = (one.lock_type if one else "") or "local"
    words = [kind, *(_size(one) if one else ()), "lockspace started" if started else "no lockspace"]
    return ", ".join(words if own else [*words, "NOT SEEN HERE"])


def _size(one: Group) -> tuple[str, ...]:
    return (one.size, f"{one.free} free") if one.size else ()


# --- the changes


def _setting(facts: LvmFacts) -> Iterator[Change]:
    if facts.here.use_lvmlockd:
        return
    before = facts.here.conf or File()
    after_it = replace(before, content=blocks.set(before.content, blocks.LVM, ("global",), "use_lvmlockd", "1"))
    check = Run("Let LVM check its configuration", "here", ("lvmconfig", "--validate"), within=ends.COMMAND)
    yield WriteFiles("Have LVM use lvmlockd", (Edit("here", CONF, facts.here.conf, after_it),), (check,))


def unit_text(groups: tuple[str, ...], pvs: tuple[str, ...], volumes: tuple[tuple[str, str], ...]) -> str:
    """Our unit, for these groups, their physical volumes, and (group/volume, mode) to activate."""
    lines = "\n".join(f"ExecStart=-/sbin/lvchange -a{mode} {path}" for path, mode in volumes)
    text = template("corosync/san-volumes.service")
    text = text.replace("@VOLUMES@\n", f"{lines}\n" if lines else "").replace("@GROUPS@", " ".join(groups))
    return text.replace("@DEVICES@", " ".join(unit_of_path(pv) for pv in pvs))


def _units(facts: LvmFacts, site: Site, answers: LvmAnswers) -> Iterator[Change]:
    """Our unit, its helper, and drop-ins for what Debian leaves unordered; nothing where others arranged it well."""
    own = facts.file(f"{FOLDER}/{UNIT}")
    if own is None and seen.arranged(facts, answers):
        return
    pvs = seen.devices(facts, site, answers.groups)
    files = {
        f"{FOLDER}/{UNIT}": File(unit_text(answers.groups, pvs, seen.wanted(answers)).encode()),
        STOP: File(template("corosync/san-volumes-stop").encode(), 0o755),
        **{seen.drop_in(unit): _order(needed) for unit, needed in _unordered(facts)},
    }
    edits = tuple(
        Edit("here", path, facts.file(path), file) for path, file in files.items() if facts.file(path) != file
    )
    if edits:
        yield WriteFiles("Order boot and shutdown around the shared groups", edits, (RELOAD,))


def _order(needed: tuple[str, ...]) -> File:
    return File(template("corosync/order.conf").replace("@AFTER@", " ".join(needed)).encode())


def _unordered(facts: LvmFacts) -> Iterator[tuple[str, tuple[str, ...]]]:
    known = {unit.name: unit for unit in facts.units}
    for unit, needed in ORDERED.items():
        there = tuple(each for each in needed if each in known)
        if unit in known and not set(there) <= after(known, unit):
            yield unit, there


def _daemon(facts: LvmFacts) -> Iterator[Change]:
    up, at_boot = facts.here.lockd, facts.here.lockd_at_boot
    if up and at_boot:
        return
    argv = ("systemctl", "enable", "lvmlockd") if up else ("systemctl", "enable", "--now", "lvmlockd")
    how = ("stop",) if at_boot else ("disable",) if up else ("disable", "--now")
    stops = (Stops("daemon", ("lvmlockd",)),)
    back = Run("lvmlockd as it was", "here", ("systemctl", *how, "lvmlockd"), within=ends.SERVICE, stops=stops)
    undo = () if facts.kernel and not up else (back,)  # locks that were in use before are not given up
    yield Run("Start lvmlockd, now and at boot", "here", argv, within=ends.SERVICE, undo=undo)


LAST = Run(
    "Stop the global lockspace",
    "here",
    ("lvmlockctl", "--stop-lockspaces", "--wait", "1"),
    ok=(0, 1),
    stops=(Stops("lockspace"),),
)
"""It stops all that are left."""


def stop(name: str) -> Run:
    """Stop the lockspace of a group: lvmlockd refuses while locks of its volumes are held."""
    argv, stops = ("vgchange", "--lock-stop", name), (Stops("lockspace", (f"lvm_{name}",)),)
    return Run(f"Stop the lockspace of {name}", "here", argv, within=ends.LOCKSPACE, stops=stops)


def deactivate(path: str) -> Run:
    """Deactivate a volume: LVM refuses while it is open."""
    argv, stops = ("lvchange", "-an", path), (Stops("volume", (path,)),)
    return Run(f"Deactivate {path}", "here", argv, within=ends.COMMAND, stops=stops)


def unit_off(groups: tuple[str, ...]) -> Run:
    """Stop our unit, which gives back what it holds of these groups, and do not start it at boot."""
    stops = (Stops("volume", groups), Stops("lockspace", tuple(f"lvm_{name}" for name in groups)))
    argv = ("systemctl", "disable", "--now", UNIT)
    return Run("Give back what it holds", "here", argv, within=ends.VOLUMES, stops=stops)


def _lockspaces(facts: LvmFacts, answers: LvmAnswers) -> Iterator[Change]:
    started = {each.name for each in facts.here.lockspaces}
    missing = [name for name in answers.groups if name not in started]
    if missing:
        argv = ("corosync-quorumtool", "-s")
        yield Run(
            "Wait until the cluster is quorate",
            "here",
            argv,
            within=ends.QUORUM,
            expect=r"^Quorate: +Yes",
            id="lvm:quorate",
        )
    for name in missing:
        first = not started and name == missing[0]
        back = (stop(name), LAST) if first else (stop(name),)
        start, title = ("vgchange", "--lock-start", name), f"Start the lockspace of {name}"
        undo = () if f"{KERNEL_LOCKSPACES}/lvm_{name}" in facts.kernel else back
        yield Run(title, "here", start, within=ends.LOCKSPACE, undo=undo, strand="" if first else name)
        title, there = (
            f"Wait until {name} has its locks",
            rf"^LS dlm lvm_{name.replace('.', '[.]').replace('+', '[+]')} *$",
        )
        yield Run(title, "here", ("lvmlockctl", "-i"), within=ends.LOCKS, expect=there, id=f"lvm:locks {name}")


def _given_back(facts: LvmFacts) -> Iterator[Change]:
    """Volumes first, then lockspaces, then lvmlockd; none of it at boot."""
    shared = {each.name for each in facts.here.groups if each.lock_type == "dlm"}
    for each in facts.here.volumes:
        if each.active and each.group in shared:
            yield deactivate(f"{each.group}/{each.name}")
    unit, started = facts.unit(UNIT), tuple(each.name for each in facts.here.lockspaces if each.name)
    if unit is not None and (unit.enabled or unit.active):
        yield unit_off(started)
    if (debian := facts.unit("lvmlocks.service")) is not None and debian.enabled:
        yield Run("Start no lockspace at boot", "here", ("systemctl", "disable", "lvmlocks"), within=ends.SERVICE)
    yield from map(stop, started)
    if facts.here.lockspaces:
        yield LAST
    if facts.here.lockd or facts.here.lockd_at_boot:
        argv, stops = ("systemctl", "disable", "--now", "lvmlockd"), (Stops("daemon", ("lvmlockd",)),)
        yield Run("Stop lvmlockd, now and at boot", "here", argv, within=ends.SERVICE, stops=stops)


def _arrangement(facts: LvmFacts, answers: LvmAnswers) -> Iterator[Change]:
    """Our unit started and enabled, if it is the one that is to do it."""
    own, unit = facts.file(f"{FOLDER}/{UNIT}"), facts.unit(UNIT)
    if own is None and seen.arranged(facts, answers):
        return
    if facts.automatic:
        back = Run("Enable lvmlocks again", "here", ("systemctl", "enable", "lvmlocks"))
        argv = ("systemctl", "disable", "lvmlocks")
        yield Run("Do not start every shared group that is seen", "here", argv, undo=(back,))
    if unit is None or not (unit.enabled and unit.active):
        off = Run("Do not start it at boot", "here", ("systemctl", "disable", UNIT))
        back = off if facts.here.lockspaces else unit_off(answers.groups)  # those that are in use stay so
        start = ("systemctl", "enable", "--now", UNIT)
        yield Run("Arrange boot and shutdown of the shared groups", "here", start, within=ends.VOLUMES, undo=(back,))


def _volumes(facts: LvmFacts, answers: LvmAnswers) -> Iterator[Change]:
    for path, mode in seen.wanted(answers):
        if not seen.held(facts, path, mode):
            title = f"Activate {path} {'exclusively' if mode == 'ey' else 'shared'}"
            argv, group = ("lvchange", f"-a{mode}", path), path.partition("/")[0]
            yield Run(title, "here", argv, within=ends.COMMAND, undo=(deactivate(path),), strand=group)
