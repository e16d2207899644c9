"""One map for each disk of the array, over all its paths, under the name that the members use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.change import Change, Check, Edit, Run, WriteFiles
from tui_installer.model.diagnosis import Cause, diagnosed
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step
from tui_installer.model.view import View
from tui_installer.probes import iscsi, multipath
from tui_installer.probes.failures import often_failed
from tui_installer.steps import subjects
from tui_installer.steps.multipath import conf
from tui_installer.steps.multipath.changes import removal
from tui_installer.steps.multipath.facts import Lun, MultipathAnswers, MultipathFacts
from tui_installer.steps.multipath.problems import found
from tui_installer.steps.multipath.shown import VIEWS, lines, named_disks
from tui_installer.steps.multipath.wanted import (
    answered,
    content_of,
    keeps_names,
    names,
    setting,
    unreadable,
    wanted_conf,
)

RETRIES = "12"
"""Where nobody says: a minute without any path before I/O fails, at one check in 5 s."""

CAUSES = (
    Cause(
        "multipath.no-map",
        "",
        "The map {alias} did not come up with all its paths.",
        "See multipathd show maps, and multipath -v3 -d: a path that LVM or mdadm uses, a blacklist, or a session "
        "that is down keeps paths out. Then plan again.",
        run=r"multipath:map (?P<alias>\S+)",
    ),
    Cause(
        "multipath.refused",
        "",
        "multipath does not like the new multipath.conf: it was not written.",
        "Its words name the line; what is odd was there before. Mend it, then plan again.",
        reasons=("refused",),
    ),
)
"""Why the maps do not come."""


class MultipathStep(Step[MultipathFacts, MultipathAnswers]):
    """Maps the array's disks."""

    id, title = subjects.MULTIPATH
    asks = MultipathAnswers
    modules = ("dm_round_robin", "dm_queue_length", "dm_service_time", "dm_multipath")

    def probe(self, ctx: Context, site: Site, answers: MultipathAnswers) -> MultipathFacts:
        """Look at the maps, and at the sessions whose disks are their paths."""
        sessions = iscsi.sessions(ctx.here)
        here = multipath.probe(ctx.here, sessions)
        failed = often_failed(ctx.here, sessions) if here.maps else ()
        return MultipathFacts(here, sessions, often_failed=failed)

    def with_defaults(self, facts: MultipathFacts, site: Site, answers: MultipathAnswers) -> MultipathAnswers:
        """As the members have it; names that nobody has are vm0, vm1, ..."""
        if unreadable(facts, site, answers):
            return answers
        retries = setting(facts, site, "no_path_retry")
        fresh = site.witness is None and not facts.here.maps
        return replace(
            answers,
            aliases=tuple(f"{wwid}={alias}" for wwid, alias in names(facts, site, answers).items()),
            policy=answers.policy or setting(facts, site, "path_grouping_policy"),
            no_path_retry=answers.no_path_retry or retries or (RETRIES if fresh else ""),
        )

    def plan(self, facts: MultipathFacts, site: Site, answers: MultipathAnswers) -> Iterator[Change]:
        """What is missing: the file, the registration of each disk, the daemon, the maps."""
        disks, here = facts.luns, facts.here
        if not here.installed or not disks or unreadable(facts, site, answers):
            return
        content, new = wanted_conf(facts, site, answers), [lun for lun in disks if lun.map is None]
        if content != (here.conf.content if here.conf else b"" if new else conf.fresh()):
            yield _write(facts, content)
        yield from _register([lun for lun in new if lun.wwid not in here.wwids])
        aliases = answered(answers)
        gone = tuple(removal(aliases[lun.wwid]) for lun in new if not {aliases[lun.wwid], lun.wwid} & {*here.kernel})
        yield from _daemon(here.running, here.at_boot, gone)
        if new and here.running:
            argv = ("multipathd", "reconfigure")
            yield Run("Let multipathd look at the disks", "here", argv, within=ends.COMMAND, undo=gone)
        yield from (_wait(lun, aliases[lun.wwid]) for lun in disks if lun.map is None or _misnamed(lun, aliases))

    def problems(self, facts: MultipathFacts, site: Site, answers: MultipathAnswers) -> Iterator[Problem]:
        """What is in the way."""
        yield from found(facts, site, answers, unreadable(facts, site, answers))

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnosed(failure, self.id, CAUSES)

    def views(self) -> tuple[View, ...]:
        """The maps as multipath itself prints them."""
        return VIEWS

    def shown(self, facts: MultipathFacts, site: Site) -> dict[str, str]:
        """Each LUN of the array with its map, its size and its paths."""
        return lines(facts)

    def choices(self, facts: MultipathFacts, site: Site) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """The disks with the names that they would get."""
        nothing = MultipathAnswers()
        return {} if unreadable(facts, site, nothing) else {"aliases": named_disks(facts, site)}


def _misnamed(lun: Lun, aliases: Mapping[str, str]) -> bool:
    return lun.map is not None and lun.map.name != aliases.get(lun.wwid, lun.map.name)


_PRIVATE = 'mount --bind "$0" /etc/multipath.conf && exec multipath -t'


def _write(facts: MultipathFacts, content: bytes) -> WriteFiles:
    """The file. The tool reads one fixed path only and says 0 to rubbish: a private mount, and not a word on stderr."""
    before = facts.here.conf
    after = replace(before, content=content) if before else File(content)
    check = Check("here", multipath.CONF, ("unshare", "-m", "sh", "-c", _PRIVATE, "@"), reject=r"\S")
    reload = Run("Let multipathd read its file", "here", ("multipathd", "reconfigure"), within=ends.COMMAND)
    return WriteFiles(
        "Name the array's disks, and say how their paths are used",
        (Edit("here", multipath.CONF, before, after),),
        (reload,) * (facts.here.running and keeps_names(facts, content_of(before))),
        (check,) * (before is not None),
    )


def _register(disks: list[Lun]) -> Iterator[Run]:
    """With find_multipaths strict only registered WWIDs are mapped. A by-id path would fail without a word."""
    if disks:
        yield Run("Wait for the disks", "here", ("udevadm", "settle"), within=ends.SETTLE)
    for lun in disks:
        device = f"/dev/{lun.disks[0]}"
        gone = Run(f"Forget {lun.wwid}", "here", ("multipath", "-w", device), ok=(0, 1))
        yield Run(f"Register {lun.wwid}", "here", ("multipath", "-a", device), undo=(gone,))


def _daemon(running: bool, at_boot: bool, gone: tuple[Run, ...]) -> Iterator[Run]:
    """`gone` removes the maps that its start makes."""
    if running and at_boot:
        return
    words = {
        (False, False): (("enable", "--now"), ("disable", "--now")),
        (True, False): (("enable",), ("disable",)),
        (False, True): (("start",), ("stop",)),
    }
    do, undo = (("systemctl", *each, "multipathd") for each in words[running, at_boot])
    back = Run("multipathd as it was", "here", undo, within=ends.SERVICE)
    yield Run("Run multipathd, now and at boot", "here", do, within=ends.SERVICE, undo=(*gone * (not running), back))


def _wait(lun: Lun, alias: str) -> Run:
    """Until the map is there with every path that can be seen now."""
    return Run(
        title=f"Wait for {alias}",
        host="here",
        argv=("multipathd", "show", "maps", "json"),
        within=ends.MAP,
        expect=rf'"name"\s*:\s*"{re.escape(alias)}"[^{{\[]*?"paths"\s*:\s*{lun.ready}\b',
        strand=alias,
        id=f"multipath:map {alias}",
    )
