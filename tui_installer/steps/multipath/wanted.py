"""What the maps are to be called, and what multipath.conf is to say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File
from tui_installer.model.site import Site
from tui_installer.steps.multipath import conf
from tui_installer.steps.multipath.facts import Lun, MultipathAnswers, MultipathFacts


def content_of(file: File | None) -> bytes:
    """What a multipath.conf says; nothing if there is none."""
    return file.content if file else b""


def theirs(site: Site) -> dict[str, str]:
    """The members' names by WWID."""
    maps = site.witness.multipath.maps if site.witness else ()
    return {found.wwid: found.name for found in maps if found.named}


def answered(answers: MultipathAnswers) -> dict[str, str]:
    """The names that were answered, by WWID."""
    pairs = (each.partition("=") for each in answers.aliases)
    return {wwid.strip(): alias.strip() for wwid, _, alias in pairs if wwid.strip()}


def names(facts: MultipathFacts, site: Site, answers: MultipathAnswers) -> dict[str, str]:
    """A name for every LUN: as answered, as the members have it, as it is called here, or the next vmN."""
    here = {found.wwid: found.name for found in facts.here.maps if found.name != found.wwid}
    known = here | conf.aliases(content_of(facts.here.conf), facts.dialect) | theirs(site) | answered(answers)
    free = _free({*here.values(), *known.values()})
    return {lun.wwid: known.get(lun.wwid) or next(free) for lun in facts.luns}


def _free(used: set[str]) -> Iterator[str]:
    return (f"vm{number}" for number in range(10**6) if f"vm{number}" not in used)


def setting(facts: MultipathFacts, site: Site, key: str) -> str:
    """A setting for the array: as the members have it, else as this host has it; empty: nobody says."""
    models = [site.witness.multipath.conf] if site.witness else []
    for model in (*models, facts.here.conf):
        for lun in facts.arrays:
            if value := conf.effective(content_of(model), lun, facts.dialect).get(key, ""):
                return value
    return ""


def settings(lun: Lun, site: Site, answers: MultipathAnswers) -> dict[str, str]:
    """All settings for an array: those of the members, and what was answered."""
    model = conf.effective(content_of(site.witness.multipath.conf), lun) if site.witness else {}
    given = {"path_grouping_policy": answers.policy, "no_path_retry": answers.no_path_retry}
    return model | {key: value for key, value in given.items() if value}


def given(facts: MultipathFacts, content: bytes) -> dict[str, str]:
    """The names, by WWID, that the files would give with the next reconfigure: those that multipath has counted, those
    of multipath.conf with that content, and those of what is read after it. Raises `FormatError`."""
    found = dict(facts.here.bindings) | {
        wwid: name for wwid, name in conf.aliases(content, facts.dialect).items() if name
    }
    for file in facts.here.drop_ins:
        with suppress(FormatError):  # multipath reads the others all the same
            found |= conf.aliases(file.content, facts.dialect)
    return found


def unnamed(facts: MultipathFacts, answers: MultipathAnswers, content: bytes) -> dict[str, str]:
    """The names, by WWID, that no file gives, whatever the maps are called now: with the next reconfigure they would
    lose them."""
    known, aliases = given(facts, content), answered(answers)
    return {lun.wwid: alias for lun in facts.luns if (alias := aliases.get(lun.wwid)) and alias != known.get(lun.wwid)}


def keeps_names(facts: MultipathFacts, content: bytes) -> bool:
    """Whether the maps would keep their names if multipathd read that file.

    Else the file was changed, and nobody reloads it: not even to take a change back, for volumes lie on these names."""
    later = given(facts, content)
    return all(lun.map is None or later.get(lun.wwid, lun.map.name) == lun.map.name for lun in facts.luns) and (
        bool(content) or not any(lun.map for lun in facts.luns)
    )


def wanted_conf(facts: MultipathFacts, site: Site, answers: MultipathAnswers) -> bytes:
    """multipath.conf as it is to be; the same bytes if it does its job. Raises `FormatError`."""
    before = facts.here.conf.content if facts.here.conf else conf.fresh()
    content = before
    for lun in facts.arrays:
        content = conf.tuned(content, lun, settings(lun, site, answers))
    content = conf.named(content, unnamed(facts, answers, content))
    if conf.takes_everything(content):
        mapped = {path.device for found in facts.here.maps for path in found.paths}
        san = {disk for session in facts.sessions for disk in session.disks}
        local = [disk.wwid for disk in facts.here.disks if disk.wwid and disk.name not in mapped | san]
        content = conf.without(content, dict.fromkeys(local))
    return content


def unreadable(facts: MultipathFacts, site: Site, answers: MultipathAnswers) -> str:
    """Why multipath.conf (here or at the member) cannot be worked with; empty: it can."""
    try:
        wanted_conf(facts, site, answers)
    except FormatError as error:
        return str(error)
    return ""
