"""Before the first login: LVM must not use a single path, and multipath must not map this host's own disks.

multipath of that time maps every disk that is not on its blacklist. Nothing is activated by udev yet, and
update-grub looks into no other disks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from tui_installer.formats import blocks
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.change import Change, Edit, Run, WriteFiles
from tui_installer.model.diagnosis import diagnosed
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step
from tui_installer.probes.guard import SINGLE_PATHS, accepts, auto, exactly, listed, visible, without_auto
from tui_installer.probes.multipath import COUNTED, Disk, Multipath
from tui_installer.probes.rhcs import iscsi_text, lvm_text, multipath_text
from tui_installer.probes.rhcs.lvm_text import RhcsLvm
from tui_installer.steps import subjects
from tui_installer.steps.rhcs.release import Release, unfit
from tui_installer.steps.storage_guard.shared import (
    BACKUP,
    CAUSES,
    FIRST,
    INITRD,
    LVM_CONF,
    MDADM_CONF,
    MULTIPATH_CONF,
    REBUILD,
    StorageGuardAnswers,
    collisions,
    expected,
    keep_initrds,
    names_of,
)

NUMBERED = r'"a|^/dev/mapper/vm[0-9]+$|"'
"""The guide's names of maps; volumes of guests have others, and are never scanned."""
ANY_COUNTED = r'"a|^/dev/mapper/mpath[0-9a-z]+$|"'
"""The names that multipath counts by itself: which number a disk gets differs from host to host."""
FRESH = b"""\
defaults {
    user_friendly_names yes
}

blacklist {
    devnode "^cciss"
    devnode "^fd[0-9]"
    devnode "^hd[a-z]"
    devnode "^md[0-9]"
    devnode "^sr[0-9]"
    devnode "^scd[0-9]"
    devnode "^st[0-9]"
    devnode "^ram[0-9]"
    devnode "^raw[0-9]"
    devnode "^loop[0-9]"
}
"""
"""The guide's, its patterns anchored: they are searched for anywhere in a name."""


@dataclass(frozen=True, slots=True)
class StorageGuardFacts:
    """What decides whether a login to the SAN is safe."""

    lvm: RhcsLvm
    multipath: Multipath
    san_disks: tuple[str, ...]
    """Kernel names of single iSCSI paths."""
    initramfs: bool
    """Whether /etc/initramfs-tools is there: initrds hold copies of lvm.conf."""
    initrds: tuple[str, ...]
    kept: tuple[str, ...]
    """Initrds that this program has kept."""
    mdadm: File | None = None
    """/etc/mdadm/mdadm.conf, where mdadm would assemble a guest's array; None: it would not."""
    arrays: int = 0
    """How many arrays run here."""

    @property
    def local_disks(self) -> tuple[Disk, ...]:
        """SCSI disks that are not the SAN's."""
        taken = {*self.san_disks, *(path.device for found in self.multipath.maps for path in found.paths)}
        return tuple(disk for disk in self.multipath.disks if disk.name not in taken)


class StorageGuardStep(Step[StorageGuardFacts, StorageGuardAnswers]):
    """Writes the LVM filter and the blacklist of multipath before the first login."""

    id, title = subjects.STORAGE_GUARD
    asks: ClassVar[type[StorageGuardAnswers]] = StorageGuardAnswers

    def __init__(self, release: Release) -> None:
        self._release = release

    def probe(self, ctx: Context, site: Site, answers: StorageGuardAnswers) -> StorageGuardFacts:
        """Look at the settings in force."""
        here, images = ctx.here, ctx.here.list("/boot/initrd.img-*")
        sessions, mdstat = iscsi_text.sessions(here), here.read("/proc/mdstat")
        return StorageGuardFacts(
            lvm=lvm_text.probe(here),
            multipath=multipath_text.probe(here, tuple(self._release.getuid_callout.split()), sessions),
            san_disks=tuple(disk for session in sessions for disk in session.disks),
            initramfs=bool(here.list("/etc/initramfs-tools")),
            initrds=tuple(path for path in images if not path.endswith((BACKUP, ".bak"))),
            kept=tuple(path for path in images if path.endswith(BACKUP)),
            mdadm=here.read(MDADM_CONF) if self._release.mdadm_auto else None,
            arrays=len(re.findall(rb"(?m)^md\S+ : active", mdstat.content if mdstat else b"")),
        )

    def plan(self, facts: StorageGuardFacts, site: Site, answers: StorageGuardAnswers) -> Iterator[Change]:
        """The settings that are missing."""
        if not facts.lvm.installed or not facts.multipath.installed or _unreadable(facts, site):
            return
        edits = tuple(_boot_edits(facts, site))
        if edits and facts.initramfs:
            yield from keep_initrds(facts.initrds, facts.kept)
        if not guards_lvm(facts, site):
            yield _trial(facts, edits)
        if edits:
            rebuild = (REBUILD,) if facts.initramfs else ()
            forget = Run("Have LVM look at all devices anew", "here", ("rm", "-f", self._release.lvm_cache))
            yield WriteFiles("Hide single paths of the SAN from LVM", edits, (_READ, forget, *rebuild), strand=INITRD)
        if not guards_multipath(facts):
            before, content = facts.multipath.conf, blacklisted(facts)
            edit = Edit("here", MULTIPATH_CONF, before, replace(before or File(), content=content))
            reload = Run("Let multipathd read its file", "here", RECONFIGURE)
            then = (reload,) * facts.multipath.running
            yield WriteFiles("Map none of this host's own disks", (edit,), then, strand="multipath")

    def problems(self, facts: StorageGuardFacts, site: Site, answers: StorageGuardAnswers) -> Iterator[Problem]:
        """What is in the way."""
        yield from unfit(site.here)
        yield from _problems(facts, site)

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnosed(failure, self.id, CAUSES)

    def shown(self, facts: StorageGuardFacts, site: Site) -> dict[str, str]:
        """What LVM and multipath do with single paths and with this host's own disks."""
        return {
            "LVM": "sees no single path of the SAN" if guards_lvm(facts, site) else "would use single paths",
            "LVM filter": facts.lvm.filter or "(none)",
            "multipath.conf": "maps no disk of this host" if guards_multipath(facts) else "would map local disks",
        }


RECONFIGURE = ("multipathd", "-kreconfigure")
_READ = Run("Let LVM read its configuration", "here", ("sh", "-c", "lvm dumpconfig > /dev/null"), within=ends.COMMAND)
"""dumpconfig without an argument: before 2.02.18 that is the file to write."""
TRY = (
    'dir=$(mktemp -d /tmp/lvm.XXXXXX) || exit 1; cat > "$dir/lvm.conf"; '
    'seen=$(env LVM_SYSTEM_DIR="$dir" pvs --noheadings -o pv_name); code=$?; rm -r "$dir"; echo $seen; '
    'for pv; do case " "$(echo $seen)" " in *" $pv "*) ;; *) echo "$pv is not seen"; exit 1;; esac; done; exit $code'
)
"""Asks LVM what it would see with the lvm.conf on standard input: the devices that are named must be among it. LVM's
option --config is younger than 2.02.06."""


def own_pvs(facts: StorageGuardFacts) -> tuple[str, ...]:
    """Physical volumes of this host."""
    maps = {f"/dev/mapper/{found.name}" for found in facts.multipath.maps}
    return visible(facts.lvm.own_pvs, facts.lvm.groups, {*maps, *(f"/dev/{name}" for name in facts.san_disks)})


def guards_lvm(facts: StorageGuardFacts, site: Site) -> bool:
    """Whether the filter in force hides single paths, and shows this host's own volumes and the SAN's maps."""
    if not facts.lvm.installed:
        return True
    wanted = [*((pv,) for pv in own_pvs(facts)), *map(names_of, expected(facts.multipath.maps, site))]
    text = facts.lvm.filter
    return not any(accepts(text, *names) for names in SINGLE_PATHS) and all(accepts(text, *names) for names in wanted)


def wanted_filter(facts: StorageGuardFacts, site: Site) -> str:
    """The filter: the SAN's maps, this host's own physical volumes, nothing else."""
    own = facts.multipath.maps
    names = [found.name for choice in expected(own, site) or ((FIRST,),) for found in choice]
    names += [found.name for found in own if found.named and found.name not in names]  # never hide what is in use
    return f"[ {', '.join((*_patterns(names), *map(exactly, own_pvs(facts)), _NOTHING_ELSE))} ]"


def _patterns(names: list[str]) -> list[str]:
    """The maps of those names; those that are counted, as vm0 is, with the ones that come after them."""
    if all(re.fullmatch(r"vm[0-9]+", name) for name in names):
        return [NUMBERED]
    each = (ANY_COUNTED if COUNTED.fullmatch(name) else exactly(f"/dev/mapper/{name}") for name in names)
    return list(dict.fromkeys(each))


_NOTHING_ELSE = '"r|.*|"'


def _filtered(facts: StorageGuardFacts, site: Site) -> Edit:
    """Raises `FormatError`."""
    before = facts.lvm.conf or File()
    content = blocks.set(before.content, blocks.LVM_202, ("devices",), "filter", wanted_filter(facts, site))
    return Edit("here", LVM_CONF, facts.lvm.conf, replace(before, content=content))


def _boot_edits(facts: StorageGuardFacts, site: Site) -> Iterator[Edit]:
    """The files that the initrd has copies of. Raises `FormatError`."""
    if not guards_lvm(facts, site):
        yield _filtered(facts, site)
    if facts.mdadm and _assembles(facts.mdadm) and facts.arrays <= listed(facts.mdadm.content):
        yield Edit("here", MDADM_CONF, facts.mdadm, replace(facts.mdadm, content=without_auto(facts.mdadm.content)))


def _assembles(mdadm: File) -> bool:
    return auto(mdadm.content)[:1] != ["-all"]


def _trial(facts: StorageGuardFacts, edits: tuple[Edit, ...]) -> Run:
    """The file is tried before it is written: LVM reads it, and this host's own volumes are still seen. LVM ends with 5
    where it skips a clustered group."""
    file = next(edit.after for edit in edits if edit.path == LVM_CONF)
    title, argv = "Try the filter: this host's own volumes stay visible", ("sh", "-c", TRY, "sh", *own_pvs(facts))
    stdin = file.content if file else b""
    return Run(title, "here", argv, (0, 5), within=ends.COMMAND, stdin=stdin, id="guard:trial")


def guards_multipath(facts: StorageGuardFacts) -> bool:
    """Whether no local disk would be mapped; once maps are there the multipath step looks after them."""
    if not facts.multipath.installed or facts.multipath.maps:
        return True
    return facts.multipath.conf is not None and not _open(facts, facts.multipath.conf.content)


def _open(facts: StorageGuardFacts, content: bytes) -> list[Disk]:
    """Local disks that a multipath.conf does not keep out. Raises `FormatError`."""
    found = blocks.sections(content, blocks.MULTIPATH_04, ("blacklist",))  # the last alone counts, in all of 0.4
    entries = [(entry.key, entry.value) for section in found for entry in section.entries]
    return [disk for disk in facts.local_disks if not any(_names(key, value, disk) for key, value in entries)]


def _names(key: str, value: str, disk: Disk) -> bool:
    if key == "wwid":
        return value == disk.wwid
    try:
        return key == "devnode" and re.search(value, disk.name) is not None
    except re.error:
        return False


def blacklisted(facts: StorageGuardFacts) -> bytes:
    """multipath.conf with every local disk on its blacklist. Raises `FormatError`."""
    content = facts.multipath.conf.content if facts.multipath.conf else FRESH
    new = [("wwid", disk.wwid) if disk.wwid else ("devnode", f"^{disk.name}$") for disk in _open(facts, content)]
    return blocks.add_entries(content, blocks.MULTIPATH_04, ("blacklist",), new) if new else content


def _unreadable(facts: StorageGuardFacts, site: Site) -> str:
    """Why a file cannot be edited; empty: all can."""
    try:
        _filtered(facts, site)
        blacklisted(facts)
    except FormatError as error:
        return str(error)
    return facts.lvm.refusal


def _problems(facts: StorageGuardFacts, site: Site) -> Iterator[Problem]:
    if not (facts.lvm.installed and facts.multipath.installed):
        text = "LVM or multipath-tools is not installed: what they will do with the SAN's disks cannot be judged yet."
        yield Problem("storage-guard.not-installed", text, (), "The packages come first.")
    elif why := _unreadable(facts, site):
        yield Problem("storage-guard.file", "A configuration file cannot be read.", (why,), "Mend it first.")
    else:
        yield from collisions(facts.lvm.groups, site)
        if facts.mdadm and _assembles(facts.mdadm) and facts.arrays > listed(facts.mdadm.content):
            text = f"{facts.arrays} arrays run here, but {MDADM_CONF} does not list all: AUTO -all would lose some."
            hint = f"mdadm --detail --scan >> {MDADM_CONF}, then look again."
            yield Problem("storage-guard.arrays", text, (), hint)
