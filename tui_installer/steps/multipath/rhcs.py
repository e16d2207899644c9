"""One map for each disk of the array, by multipath-tools 0.4: the guide's file in the release's dialect."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tui_installer.formats import multipath_keywords
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.change import Change, Edit, Run, WriteFiles
from tui_installer.model.diagnosis import Cause, diagnosed
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step
from tui_installer.model.view import View
from tui_installer.probes import multipath
from tui_installer.probes.failures import often_failed
from tui_installer.probes.rhcs import iscsi_text, multipath_text
from tui_installer.steps import subjects
from tui_installer.steps.multipath import conf
from tui_installer.steps.multipath.changes import removal
from tui_installer.steps.multipath.facts import Lun, MultipathAnswers, MultipathFacts
from tui_installer.steps.multipath.problems import found
from tui_installer.steps.multipath.shown import VIEWS, lines, named_disks
from tui_installer.steps.multipath.wanted import answered, content_of, keeps_names, names, unnamed
from tui_installer.steps.rhcs.release import Release, unfit
from tui_installer.steps.storage_guard.rhcs import FRESH, RECONFIGURE

SCRIPT = "/etc/init.d/multipath-tools"
MODULE = "dm_multipath"
QUEUE = "1 queue_if_no_path"
GUIDE = {"path_grouping_policy": "multibus", "features": QUEUE, "path_checker": "readsector0", "failback": "immediate"}
"""Where no member says otherwise."""
ORDER = ("path_grouping_policy", "getuid_callout", "features", "path_checker", "failback", "no_path_retry")
"""The guide's."""

_CALLOUT = re.compile(r'(?m)^\s*getuid_callout\s+"?(/[^\s"]+)')

CAUSES = (
    Cause(
        "multipath.no-map",
        "",
        "The map {alias} did not come up with all its paths.",
        "See multipath -v3 -d: a path that LVM uses, a blacklist, a getuid_callout that is not there, or a session "
        "that is down keeps paths out. Then plan again.",
        run=r"multipath:map (?P<alias>\S+)",
    ),
    Cause(
        "multipath.no-module",
        r"Module dm_multipath not found",
        "The running kernel has no module dm_multipath.",
        "Reboot into the kernel whose modules are installed; then apply again.",
    ),
)


@dataclass(frozen=True, slots=True)
class RhcsMultipathFacts:
    """Multipath, and its module."""

    seen: MultipathFacts
    """What is seen of multipath of any release."""
    module: bool = True
    """Whether dm_multipath is loaded or built in."""
    absent: tuple[str, ...] = ()
    """Programs that multipath.conf has as getuid_callout, and that are not there."""


class MultipathStep(Step[RhcsMultipathFacts, MultipathAnswers]):
    """Names the maps as the members do, in the multipath.conf of multipath-tools 0.4."""

    id, title = subjects.MULTIPATH
    asks = MultipathAnswers
    modules = ("dm_round_robin", "dm_queue_length", "dm_service_time", "dm_multipath")
    shuts_down = True

    def __init__(self, release: Release) -> None:
        self._release = release
        self._reads = multipath_keywords.DIALECTS[release.multipath]

    def probe(self, ctx: Context, site: Site, answers: MultipathAnswers) -> RhcsMultipathFacts:
        """Look at the maps, and at the sessions whose disks are their paths."""
        sessions = iscsi_text.sessions(ctx.here)
        here = multipath_text.probe(ctx.here, tuple(self._release.getuid_callout.split()), sessions)
        loaded = ctx.here.read("/proc/modules")
        module = bool(loaded and re.search(rb"(?m)^dm_multipath ", loaded.content))
        called = _CALLOUT.findall(content_of(here.conf).decode("utf-8", "replace"))
        absent = tuple(path for path in dict.fromkeys(called) if not ctx.here.list(path))
        module = module or bool(ctx.here.list(f"/sys/module/{MODULE}"))
        failed = often_failed(ctx.here, sessions) if here.maps else ()
        return RhcsMultipathFacts(MultipathFacts(here, sessions, self._reads, failed), module, absent)

    def with_defaults(self, facts: RhcsMultipathFacts, site: Site, answers: MultipathAnswers) -> MultipathAnswers:
        """As the members have it, else as in the guide."""
        if self._unreadable(facts.seen, site, answers):
            return answers
        model = next((found for lun in facts.seen.arrays if (found := effective(facts.seen, site, lun))), {})
        retry = model.get("no_path_retry") or ("queue" if QUEUE in model.get("features", QUEUE) else "fail")
        return replace(
            answers,
            aliases=tuple(f"{wwid}={alias}" for wwid, alias in names(facts.seen, site, answers).items()),
            policy=answers.policy or model.get("path_grouping_policy", GUIDE["path_grouping_policy"]),
            no_path_retry=answers.no_path_retry or retry,
        )

    def plan(self, facts: RhcsMultipathFacts, site: Site, answers: MultipathAnswers) -> Iterator[Change]:
        """The file, the daemon, the maps."""
        disks, here = facts.seen.luns, facts.seen.here
        if not here.installed or not disks or self._unreadable(facts.seen, site, answers):
            return
        content, aliases = self._wanted(facts.seen, site, answers), answered(answers)
        new = [lun for lun in disks if lun.map is None or lun.map.name != aliases.get(lun.wwid, lun.map.name)]
        if new and not facts.module:
            unload = Run(f"Unload {MODULE}", "here", ("modprobe", "-r", MODULE), ok=(0, 1))
            yield Run("Load the module for multipath", "here", ("modprobe", MODULE), undo=(unload,))
        if content != content_of(here.conf):
            edit = Edit("here", multipath.CONF, here.conf, replace(here.conf or File(), content=content))
            reload = Run("Let multipathd read its file", "here", RECONFIGURE)
            title = "Name the array's disks, and say how their paths are used"
            reloads = here.running and keeps_names(facts.seen, content_of(here.conf))
            yield WriteFiles(title, (edit,), (reload,) * reloads)
        gone = tuple(removal(aliases[lun.wwid]) for lun in new if lun.map is None)
        yield from _daemon(here.running, here.at_boot, gone)
        if new:
            yield Run("Make the maps", "here", ("multipath",), ok=(0, 1), within=ends.COMMAND, undo=gone)
        yield from (_wait(lun, aliases[lun.wwid]) for lun in new)

    def problems(self, facts: RhcsMultipathFacts, site: Site, answers: MultipathAnswers) -> Iterator[Problem]:
        """What is in the way."""
        yield from unfit(site.here)
        why, content = self._unreadable(facts.seen, site, answers), content_of(facts.seen.here.conf)
        yield from found(facts.seen, site, answers, why)
        if why:
            return
        yield from self._dialect(content)
        if facts.absent:
            text = f"multipath asks {', '.join(facts.absent)} for a disk's WWID, and there is no such program here."
            hint = f"Here it is {self._release.getuid_callout.split()[0]}: the array's section is written with that."
            yield Problem("multipath.callout", text, (), hint, "warn")
        told = re.search(rb"(?m)^\s*device\s*\{", content)  # else it is only to be written
        for lun in facts.seen.luns:
            if told and answers.policy == "multibus" and lun.map is not None and len(lun.map.groups) > 1:
                yield _split(lun)

    def plan_shutdown(self, facts: RhcsMultipathFacts, site: Site) -> Iterator[Change]:
        """See `Step.plan_shutdown`: the daemon, which would make a map anew, and the maps of the array."""
        if facts.seen.here.running:
            yield Run("Stop multipathd", "here", (SCRIPT, "stop"), within=ends.SERVICE)
        mapped = sorted({lun.map.name for lun in facts.seen.luns if lun.map})
        for name in mapped:  # 0.4.7 and 0.4.8 end with 1 all the same: what is there afterwards counts
            yield Run(f"Remove the map {name}", "here", ("multipath", "-f", name), ok=(0, 1))
        if mapped:
            gone = rf"(?m)\A(?!(?s:.*)^(?:{'|'.join(map(re.escape, mapped))})\t)"
            maps = ("dmsetup", "ls", "--target", "multipath")
            title = "Wait until the array's maps are gone"
            yield Run(title, "here", maps, within=ends.UNUSED, expect=gone, id="multipath:gone")

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnosed(failure, self.id, CAUSES)

    def views(self) -> tuple[View, ...]:
        """The maps as multipath itself prints them."""
        return VIEWS

    def shown(self, facts: RhcsMultipathFacts, site: Site) -> dict[str, str]:
        """Each LUN of the array with its map, its size and its paths."""
        return lines(facts.seen)

    def choices(self, facts: RhcsMultipathFacts, site: Site) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """The disks with the names that they would get."""
        nothing = MultipathAnswers()
        return {} if self._unreadable(facts.seen, site, nothing) else {"aliases": named_disks(facts.seen, site)}

    def _dialect(self, content: bytes) -> Iterator[Problem]:
        """What this release's multipath does not know, or takes for more than it says."""
        if dead := multipath_keywords.dead(content, self._release.multipath):
            text = f"multipath {self._release.multipath} throws parts of multipath.conf away: one section counts."
            hint = "Bring what is in them into the last section of that name: what is written here goes there."
            yield Problem("multipath.overridden", text, dead, hint, "warn")
        if foreign := multipath_keywords.foreign(content, self._release.multipath):
            text = f"multipath {self._release.multipath} does not know all that multipath.conf says."
            yield Problem(
                "multipath.foreign", text, foreign, "Take these lines out: they belong to other releases.", "warn"
            )
        if loose := multipath_keywords.loose(content):
            text = "Patterns of the blacklist are not anchored: they match in the middle of names too."
            yield Problem("multipath.loose", text, loose, 'Write devnode "^st[0-9]", not devnode st.', "warn")

    def _settings(self, facts: MultipathFacts, site: Site, lun: Lun, answers: MultipathAnswers) -> dict[str, str]:
        """The device section for an array, in the guide's order."""
        wanted = GUIDE | effective(facts, site, lun) | {"getuid_callout": self._release.getuid_callout}
        wanted["path_grouping_policy"] = answers.policy or wanted["path_grouping_policy"]
        retry = answers.no_path_retry or "queue"
        wanted |= {"features": QUEUE} if retry == "queue" else {"features": "0", "no_path_retry": retry}
        return {key: wanted[key] for key in ORDER if key in wanted and (key != "no_path_retry" or retry != "queue")}

    def _wanted(self, facts: MultipathFacts, site: Site, answers: MultipathAnswers) -> bytes:
        """multipath.conf as it is to be; the same bytes if it does its job. Raises `FormatError`."""
        content = content_of(facts.here.conf) or FRESH
        unmapped = {(lun.vendor, lun.product) for lun in facts.luns if lun.map is None}
        for lun in facts.arrays:
            if (lun.vendor, lun.product) in unmapped or not conf.device(content, lun.vendor, lun.product, self._reads):
                content = conf.tuned(content, lun, self._settings(facts, site, lun, answers), self._reads)
        return conf.named(content, unnamed(facts, answers, content), self._reads)

    def _unreadable(self, facts: MultipathFacts, site: Site, answers: MultipathAnswers) -> str:
        """Why multipath.conf (here or at the member) cannot be worked with; empty: it can."""
        try:
            self._wanted(facts, site, answers)
        except FormatError as error:
            return str(error)
        return ""


def effective(facts: MultipathFacts, site: Site, lun: Lun) -> dict[str, str]:
    """What the members' file says of an array, else this host's; without the path of scsi_id, which differs."""
    for model in (site.witness.multipath.conf if site.witness else None, facts.here.conf):
        if section := conf.device(content_of(model), lun.vendor, lun.product, facts.dialect):
            return {key: value for key, value in section.items() if key in ORDER and key != "getuid_callout"}
    return {}


def _split(lun: Lun) -> Problem:
    name = lun.map.name if lun.map else lun.wwid
    groups = tuple(" ".join(group) for group in lun.map.groups) if lun.map else ()
    text = f"{name} has {len(groups)} groups of paths: only one of them is used at a time."
    hint = "The device section's vendor and product must match the array's inquiry strings, blanks included."
    return Problem("multipath.groups", text, groups, hint, "warn")


def _daemon(running: bool, at_boot: bool, gone: tuple[Run, ...]) -> Iterator[Run]:
    """`gone` removes the maps that its start makes."""
    if not at_boot:
        off = Run("multipathd not at boot", "here", ("update-rc.d", "-f", "multipath-tools", "remove"))
        yield Run("Run multipathd at boot", "here", ("update-rc.d", "multipath-tools", "defaults"), undo=(off,))
    if not running:
        back = Run("Stop multipathd", "here", (SCRIPT, "stop"), within=ends.SERVICE)
        yield Run("Start multipathd", "here", (SCRIPT, "start"), within=ends.SERVICE, undo=(*gone, back))


def _wait(lun: Lun, alias: str) -> Run:
    """Until the map is there with every path that can be seen now; all four generations of `multipath -ll`."""
    path = r".*?\bsd[a-z]+\b[^\n]*\bactive\W+ready\b"
    return Run(
        title=f"Wait for {alias}",
        host="here",
        argv=("multipath", "-ll", alias),
        within=ends.MAP,
        expect=rf"(?s)\b{re.escape(alias)}\b(?:{path}){{{lun.ready}}}",
        strand=alias,
        id=f"multipath:map {alias}",
    )
