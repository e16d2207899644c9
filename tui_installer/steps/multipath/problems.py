"""What can be wrong with the paths."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from tui_installer.model.site import Site
from tui_installer.model.step import Problem
from tui_installer.model.text import count
from tui_installer.steps.multipath.facts import Lun, MultipathAnswers, MultipathFacts
from tui_installer.steps.multipath.wanted import answered, theirs

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,126}")


def found(facts: MultipathFacts, site: Site, answers: MultipathAnswers, unreadable: str) -> Iterator[Problem]:
    """All that is in the way; `unreadable` is why multipath.conf cannot be worked with, empty: it can."""
    if not facts.here.installed:
        yield Problem("multipath.not-installed", "multipath-tools is not installed.", (), "The packages come first.")
        return
    if unreadable:
        yield Problem("multipath.file", "multipath.conf cannot be edited.", (unreadable,), "Mend the line first.")
        return
    yield from _disks(facts, site)
    yield from _names(facts, site, answers)
    if answers.no_path_retry and not re.fullmatch(r"\d{1,6}|fail|queue", answers.no_path_retry):
        text = f"{answers.no_path_retry!r} is no number of retries."
        yield Problem("multipath.retry", text, (), "Accepted: a number, fail, queue.", field="no_path_retry")
    for lun in facts.luns:
        if lun.map is not None and lun.usable < lun.expected:
            yield _paths(lun)
    yield from _orphans(facts)
    yield from _flapping(facts)
    yield from _one_nic(facts)


def _disks(facts: MultipathFacts, site: Site) -> Iterator[Problem]:
    here = {lun.wwid for lun in facts.luns} | {each.wwid for each in facts.here.maps}
    if not facts.sessions:
        hint = "The iSCSI sessions come first."
        yield Problem("multipath.no-sessions", "There is no session to a target.", (), hint)
    elif not facts.luns:
        text = "The targets show this host no disk."
        evidence = tuple(f"{each.iqn} at {each.portal}: {each.state}" for each in facts.sessions)
        yield Problem("multipath.no-luns", text, evidence, "Have the LUNs mapped to this host's initiator name.")
    if site.witness is None or site.itself or not facts.sessions:
        return
    for each in site.witness.multipath.maps:
        if each.wwid not in here:
            text = f"{site.witness.name} has {each.name} ({each.wwid}), and this host does not see that disk."
            evidence = (f"{each.name} ({each.wwid}) {each.dm} {each.vendor},{each.product} size={each.size}",)
            yield Problem("multipath.lun-missing", text, evidence, "Have that LUN mapped to this host too.")


def _names(facts: MultipathFacts, site: Site, answers: MultipathAnswers) -> Iterator[Problem]:
    wanted, shared = answered(answers), theirs(site)
    for alias, times in Counter(wanted.values()).items():
        if not _NAME.fullmatch(alias):
            text = f"{alias!r} cannot be a map's name."
            yield Problem(
                "multipath.alias-invalid",
                text,
                (),
                "Accepted: letters, digits and _ . + - after the first.",
                field="aliases",
            )
        elif times > 1:
            yield Problem(
                "multipath.alias-taken", f"{alias} would name {times} disks.", (), "One name a disk.", field="aliases"
            )
    for wwid, alias in wanted.items():
        if shared.get(wwid, alias) != alias:
            text = f"The members call {wwid} {shared[wwid]}; here it would be {alias}."
            hint = "One name everywhere is easier; accept it to have two."
            yield Problem("multipath.alias-differs", text, (), hint, "ask", acceptable=True)


def _orphans(facts: MultipathFacts) -> Iterator[Problem]:
    """Maps over disks that the array does not show this host any more: what is on them waits, or fails."""
    known = {lun.wwid for lun in facts.luns}
    for each in facts.here.maps if facts.sessions else ():
        if each.wwid not in known and not any(path.usable for path in each.paths):
            text = f"{each.name} ({each.wwid}) has no path: no session shows its disk any more."
            hint = (
                "Have the LUN mapped to this host again. If it is gone for good: deactivate what is on it, "
                f"then multipath -f {each.name}."
            )
            yield Problem("multipath.no-paths", text, (), hint, acceptable=True, outside=True)


def _paths(lun: Lun) -> Problem:
    paths = lun.map.paths if lun.map else ()
    down = [path.portal for path in paths if path.portal and not path.usable]
    away = f" Down: {', '.join(dict.fromkeys(down))}." if down else ""
    text = f"{lun.map.name if lun.map else lun.wwid} has {lun.usable} usable of {count(lun.expected, 'path')}.{away}"
    evidence = tuple(
        f"{path.device} {path.portal or '(portal not known)'} {path.dm_state} {path.checker_state} {path.device_state}"
        for path in paths
    )
    hint = "Look at the portal that is not listed as active ready: cable, VLAN, its iSCSI session."
    return Problem("multipath.paths-missing", text, evidence, hint, acceptable=True, outside=True)


def _flapping(facts: MultipathFacts) -> Iterator[Problem]:
    """Paths that are up now, or not, and were both before: by their portals, for that is where to look."""
    failed, portals = dict(facts.often_failed), defaultdict[str, list[str]](list)
    for each in facts.here.maps:
        for path in each.paths:
            if path.device in failed:
                portals[path.portal].append(f"{each.name}: {path.device} failed {failed[path.device]} times")
    for portal, rows in sorted(portals.items()):
        text = f"Paths through {portal or 'a portal that is not known'} come and go, be they up now or down."
        hint = (
            "See the logs of multipathd and of the switch port: a cable, a port, a portal that restarts. It is counted "
            "since the map was loaded last."
        )
        yield Problem("multipath.paths-flap", text, tuple(rows), hint, "warn", stays=f"paths through {portal} flap")


def _one_nic(facts: MultipathFacts) -> Iterator[Problem]:
    up = [each for each in facts.sessions if each.up and each.address]
    addresses, portals = {each.address for each in up}, {each.portal for each in up}
    if len(portals) > 1 and len(addresses) == 1:
        text = f"All {len(portals)} portals are reached from {addresses.pop()}: one cable is a single point of failure."
        evidence = tuple(f"{each.portal} from {each.address}" for each in up)
        hint = "A second storage interface makes them independent."
        yield Problem("multipath.two-portals-one-nic", text, evidence, hint, "warn")
