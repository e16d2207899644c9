"""Shared volume groups under clvmd: cluster locking in lvm.conf, clvmd and san-lvm at boot, the chosen groups active.

There is no moment in which LVM waits for a clvmd that does not run: LVM of etch would, so it is told about clvmd last;
later ones fall back to local locks meanwhile, and clvm's own script of those releases activates groups by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from assets import template
from tui_installer.formats import blocks, keyvalue
from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.answers import ask
from tui_installer.model.change import Change, Edit, Run, Stops, WriteFiles
from tui_installer.model.diagnosis import diagnosed
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step
from tui_installer.model.text import count
from tui_installer.probes.kernel import loaded
from tui_installer.probes.lvm import CONF, Group, group_of
from tui_installer.probes.rhcs import cman, lvm_text, sysv
from tui_installer.probes.rhcs.cman import Cman
from tui_installer.probes.rhcs.lvm_text import RhcsLvm
from tui_installer.probes.rhcs.sysv import Sysv
from tui_installer.steps import subjects
from tui_installer.steps.lvm.rhcs_problems import CAUSES, Seen, problems
from tui_installer.steps.rhcs.release import Release, unfit
from tui_installer.steps.rhcs.runlevels import link, linked

CLVM, SAN_LVM = "/etc/init.d/clvm", "/etc/init.d/san-lvm"
DEFAULTS, CLVM_DEFAULTS = "/etc/default/san-lvm", "/etc/default/clvm"
LOG = '"/var/log/lvm2.log"'
FRESH = {
    DEFAULTS: b"# Volume groups of the SAN that are activated at boot, blanks between them; empty: none.\n"
    b'VOLUME_GROUPS=""\n',
    CLVM_DEFAULTS: b'# Volume groups that are activated with clvmd, blanks between them.\nLVM_VGS=""\n',
}
KEYS = {DEFAULTS: "VOLUME_GROUPS", CLVM_DEFAULTS: "LVM_VGS"}


@dataclass(frozen=True, slots=True)
class LvmAnswers:
    """What is asked about shared volume groups."""

    groups: tuple[str, ...] = ask(
        "Volume groups", "Clustered groups that are activated here, now and at every boot; no others are.", default=()
    )
    accept: tuple[str, ...] = ask("Accept", "Codes of problems that are accepted.", default=())


@dataclass(frozen=True, slots=True)
class LvmFacts:
    """LVM here, the cluster that it locks by, and what is started at boot."""

    here: RhcsLvm
    cman: Cman
    scripts: Sysv
    files: tuple[tuple[str, File | None], ...]
    """The init scripts and their settings, by path; None: not there."""
    dlm: bool = True
    """Whether the kernel has its lock manager."""
    mapped: tuple[str, ...] = ()
    """What device-mapper has, by path: volumes are active here whatever LVM can tell."""

    def file(self, path: str) -> File | None:
        """The file of that path, as it was read; None: there is none, or it was not asked for."""
        return dict(self.files).get(path)


class LvmStep(Step[LvmFacts, LvmAnswers]):
    """Puts LVM under clvmd, and activates the chosen volume groups now and at every boot."""

    id, title = subjects.LVM
    asks: ClassVar[type[LvmAnswers]] = LvmAnswers
    leaves: ClassVar[bool] = True
    shuts_down: ClassVar[bool] = True

    def __init__(self, release: Release) -> None:
        self._release = release

    def probe(self, ctx: Context, site: Site, answers: LvmAnswers) -> LvmFacts:
        """See `Step.probe`."""
        here, paths = ctx.here, (CLVM, SAN_LVM, DEFAULTS, CLVM_DEFAULTS)
        files = tuple((path, here.read(path)) for path in paths)
        dlm = "dlm" in loaded(here) or bool(here.list("/sys/module/dlm"))
        mapped = here.list("/dev/mapper/*")
        return LvmFacts(lvm_text.probe(here), cman.probe(here), sysv.probe(here), files, dlm, mapped)

    def with_defaults(self, facts: LvmFacts, site: Site, answers: LvmAnswers) -> LvmAnswers:
        """What is activated here already, else the clustered groups that the member has active."""
        written = _written(facts.file(DEFAULTS), KEYS[DEFAULTS])
        return replace(answers, groups=answers.groups or written or _active_there(facts, site))

    def plan(self, facts: LvmFacts, site: Site, answers: LvmAnswers) -> Iterator[Change]:
        """See `Step.plan`."""
        if not answers.groups or facts.here.refusal:
            return
        yield from self._scripts(facts, answers)
        for name in ("clvm", "san-lvm"):
            yield from link(facts.scripts, self._release.script(name))
        missing = [name for name in answers.groups if not _is_active(facts.here, name)]
        mapped = _mapped(facts) if missing else set()
        gone = {name: deactivate(name) for name in missing if name not in mapped}  # what was active stays so
        if self._release.clvm_script:
            yield from self._locking(facts)
            yield from _daemon(facts.here.clvmd, *gone.values())
        else:
            yield from _daemon(facts.here.clvmd)
            yield from self._locking(facts)
        if missing:
            yield Run("Look for volume groups", "here", ("vgscan",), within=ends.COMMAND)
            seen = "".join(rf"(?=.*^\s*{re.escape(name)}\s*$)" for name in missing)
            names = ("vgs", "--noheadings", "-o", "vg_name")
            yield Run(
                "Wait until LVM sees them through the cluster",
                "here",
                names,
                within=ends.LOCKS,
                expect=f"(?ms){seen}",
                id="lvm:sees",
            )
        for name in missing:
            argv, undo = ("vgchange", "-aly", name), (gone[name],) if name in gone else ()
            yield Run(f"Activate {name}", "here", argv, within=ends.COMMAND, undo=undo, strand=name)

    def problems(self, facts: LvmFacts, site: Site, answers: LvmAnswers) -> Iterator[Problem]:
        """See `Step.problems`."""
        yield from unfit(site.here)
        witness = site.witness if site.witness and not site.itself else None
        theirs, name = (witness.lvm.groups, witness.name) if witness else ((), "")
        seen = Seen(facts.here, facts.cman, facts.dlm, theirs, name, _greedy(facts.file(SAN_LVM)))
        yield from problems(seen, answers.groups)

    def plan_leaving(self, facts: LvmFacts, site: Site) -> Iterator[Change]:
        """See `Step.plan_leaving`: volumes, then clvmd with its lockspace. Without cman no boot starts it."""
        shared = {each.name for each in facts.here.groups if each.clustered}
        active = dict.fromkeys(each.group for each in facts.here.volumes if each.active and each.group in shared)
        yield from map(deactivate, active)
        if facts.here.clvmd:
            yield STOP

    def plan_shutdown(self, facts: LvmFacts, site: Site) -> Iterator[Change]:
        """See `Step.plan_shutdown`: the same; a boot starts it again, for then there is a cman."""
        yield from self.plan_leaving(facts, site)

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnosed(failure, self.id, CAUSES)

    def shown(self, facts: LvmFacts, site: Site) -> dict[str, str]:
        """See `Step.shown`."""
        locking = facts.here.locking
        return {
            "Locking": f"type {locking.type or 1}{f' by {locking.library}' if locking.library else ''}",
            "Daemon": f"clvmd {'runs' if facts.here.clvmd else 'does not run'}",
            **{f"group {each.name}": _shown(facts.here, each) for each in facts.here.groups},
            "at boot": " ".join(_written(facts.file(DEFAULTS), KEYS[DEFAULTS])) or "nothing is activated",
        }

    def choices(self, facts: LvmFacts, site: Site) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """See `Step.choices`: the clustered groups."""
        groups = site.witness.lvm.groups if site.witness else facts.here.groups
        shared = [each for each in groups if each.clustered]
        return {"groups": tuple((each.name, f"{each.name}  {each.size}, {each.free} free") for each in shared)}

    # --- the changes

    def _scripts(self, facts: LvmFacts, answers: LvmAnswers) -> Iterator[Change]:
        """The init scripts that the release has not, and which groups they activate."""
        after = [name for name in ("cman", "clvm", self._release.ccs_script, "open-iscsi", "multipath-tools") if name]
        texts = {SAN_LVM: template("rhcs/san-lvm").replace("@AFTER@", " ".join(after))}
        if self._release.stops_clvmd:
            texts[SAN_LVM] = texts[SAN_LVM].replace("  stop|", f"{template('rhcs/san-lvm-stop')}  ")
        if not self._release.clvm_script:
            texts[CLVM] = template("rhcs/clvm")
        new = [
            Edit("here", path, None, File(text.encode(), 0o755)) for path, text in texts.items() if not facts.file(path)
        ]
        settings = [DEFAULTS, CLVM_DEFAULTS] if self._release.clvm_script else [DEFAULTS]
        edits = (*new, *(edit for path in settings for edit in _setting(facts, path, answers.groups)))
        if edits and not self._arranged(facts, answers):
            yield WriteFiles("Say what is activated at boot", edits)

    def _arranged(self, facts: LvmFacts, answers: LvmAnswers) -> bool:
        """Whether somebody's own san-lvm activates the groups already, whatever it looks like."""
        script = facts.file(SAN_LVM)
        if script is None or b"vgchange" not in script.content or facts.file(DEFAULTS):
            return False
        both = all(linked(facts.scripts, self._release.script(name)) for name in ("clvm", "san-lvm"))
        return both and all(_is_active(facts.here, name) for name in answers.groups)

    def _locking(self, facts: LvmFacts) -> Iterator[WriteFiles]:
        """lvm.conf: cluster locking as the release has it, and the guide's log file."""
        release, now = self._release, facts.here.locking
        if now.clustered and (now.type != 2 or now.library or not release.locking_library):
            return
        wanted = {"locking_type": str(release.locking_type)}
        wanted |= {"library_dir": f'"{release.library_dir}"'} if release.library_dir else {}
        wanted |= {"locking_library": f'"{release.locking_library}"'} if release.locking_library else {}
        before = facts.here.conf or File()
        content = before.content
        for key, value in wanted.items():
            content = blocks.set(content, blocks.LVM_202, ("global",), key, value)
        if blocks.get(content, blocks.LVM_202, ("log",), "file") is None:
            content = blocks.set(content, blocks.LVM_202, ("log",), "file", LOG)
        edit = Edit("here", CONF, facts.here.conf, replace(before, content=content))
        yield WriteFiles("Have LVM lock through the cluster", (edit,))


def deactivate(name: str) -> Run:
    """Deactivate a group here: LVM refuses while a volume of it is open."""
    argv, stops = ("vgchange", "-aln", name), (Stops("volume", (name,)),)
    return Run(f"Deactivate {name}", "here", argv, within=ends.COMMAND, stops=stops)


STOP = Run(
    "Stop clvmd",
    "here",
    (CLVM, "stop"),
    within=ends.SERVICE,
    stops=(Stops("daemon", ("clvmd",)), Stops("lockspace", ("clvmd",))),
)


def _mapped(facts: LvmFacts) -> set[str]:
    """The groups of which volumes are active, whatever LVM can tell."""
    return {group_of(path) for path in facts.mapped}


def _daemon(running: bool, *gone: Run) -> Iterator[Run]:
    """`gone`: what deactivates the groups that its script activates as well.

    That ends with 5 without a clvmd, when nothing is active, and if it fails: then clvmd is not stopped under volumes.
    """
    if not running:
        back = (replace(each, ok=(0, 5)) for each in gone)
        yield Run("Start clvmd", "here", (CLVM, "start"), within=ends.SERVICE, undo=(*back, STOP))
        yield Run("Wait for clvmd", "here", ("pidof", "clvmd"), within=ends.PROCESS, expect=r"\d", id="lvm:clvmd")


def _setting(facts: LvmFacts, path: str, groups: tuple[str, ...]) -> Iterator[Edit]:
    before, key = facts.file(path), KEYS[path]
    if _written(before, key) != groups:
        content = keyvalue.set_shell(before.content if before else FRESH[path], key, " ".join(groups))
        yield Edit("here", path, before, replace(before or File(), content=content))


def _written(file: File | None, key: str) -> tuple[str, ...]:
    return tuple((keyvalue.get_shell(file.content, key) or "").split()) if file else ()


def _greedy(script: File | None) -> tuple[str, ...]:
    """The lines of a script that activate volume groups without naming any, as the guide's own does."""
    text = script.content.decode("utf-8", "replace") if script else ""
    return tuple(line.strip() for line in text.splitlines() if re.fullmatch(r"\s*vgchange(\s+-\S+)+\s*", line))


def _active_there(facts: LvmFacts, site: Site) -> tuple[str, ...]:
    """Clustered groups of the member, those with active volumes if it has any such."""
    lvm = site.witness.lvm if site.witness else facts.here
    shared = [each.name for each in lvm.groups if each.clustered]
    active = {each.group for each in lvm.volumes if each.active}
    return tuple([name for name in shared if name in active] or shared)


def _is_active(here: RhcsLvm, name: str) -> bool:
    """Whether all volumes of a group are active here; a group without any is."""
    return name in here.by_group and all(each.active for each in here.by_group[name])


def _shown(here: RhcsLvm, group: Group) -> str:
    volumes = here.by_group[group.name]
    active = f"{sum(each.active for each in volumes)} of {count(len(volumes), 'volume')} active"
    return f"{'clustered' if group.clustered else 'local'}, {group.size}, {active}"
