"""Before the first login to a target: nothing on this host may grab the SAN's disks by itself.

udev activates complete volume groups on a single path, mdadm assembles a guest's array, kpartx maps a guest's
partitions, os-prober mounts a guest's file systems. Each is told not to, first; a host whose settings do that
already, in whatever words, is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from assets import template
from tui_installer.formats import blocks, keyvalue
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.change import Change, Edit, Run, WriteFiles
from tui_installer.model.diagnosis import diagnosed
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step
from tui_installer.probes import iscsi, lvm, multipath, own_volumes
from tui_installer.probes.guard import (
    SINGLE_PATHS,
    accepts,
    auto,
    exactly,
    listed,
    visible,
    without_auto,
)
from tui_installer.probes.lvm import FilterView
from tui_installer.probes.multipath import Map
from tui_installer.steps import subjects
from tui_installer.steps.storage_guard.shared import (
    BACKUP,
    CAUSES,
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
    trial,
)

GRUB, GRUB_FOLDER = "/etc/default/grub", "/etc/default/grub.d"
GRUB_DROP_IN = f"{GRUB_FOLDER}/storage-guard.cfg"
MAPS_ONLY = ('"a|^/dev/mapper/|"', '"r|.*|"')
FRESH_GRUB = b"""\
# The SAN's disks hold the guests' systems: never mount them to look for something to boot.
GRUB_DISABLE_OS_PROBER=true
"""


@dataclass(frozen=True, slots=True)
class StorageGuardFacts:
    """What decides whether a login to the SAN is safe."""

    lvm: FilterView
    own_pvs: tuple[str, ...]
    """Physical volumes under this host's own system."""
    devices_file: bool
    """Whether /etc/lvm/devices/system.devices is there."""
    san_disks: tuple[str, ...]
    """Device paths of single iSCSI paths, "/dev/sda"."""
    maps: tuple[Map, ...]
    """Multipath maps: with one, the first login is past."""
    multipath_installed: bool
    multipath: File | None
    mdadm: File | None
    arrays: int
    """How many arrays of /proc/mdstat are active."""
    grub: tuple[tuple[str, File], ...]
    """/etc/default/grub and the drop-ins beside it, in the order in which they are read; empty: no GRUB."""
    os_prober: bool
    initramfs: bool
    """Whether /etc/initramfs-tools is there: initrds hold copies of lvm.conf and mdadm.conf."""
    initrds: tuple[str, ...]
    """/boot/initrd.img-KERNEL, without those that this program has kept."""
    kept: tuple[str, ...]
    """The kept ones."""


class StorageGuardStep(Step[StorageGuardFacts, StorageGuardAnswers]):
    """Keeps LVM, mdadm, kpartx and os-prober off the SAN's disks."""

    id, title = subjects.STORAGE_GUARD
    asks = StorageGuardAnswers

    def probe(self, ctx: Context, site: Site, answers: StorageGuardAnswers) -> StorageGuardFacts:
        """Look at the settings in force."""
        here = ctx.here
        unit, shown = multipath.daemon(here)
        mdstat, maps = here.read("/proc/mdstat"), multipath.parse_maps(shown, {}, {})
        grub = (GRUB, *here.list(f"{GRUB_FOLDER}/*.cfg")) if here.read(GRUB) else ()
        images = here.list("/boot/initrd.img-*")
        return StorageGuardFacts(
            lvm=lvm.probe_filter(here),
            own_pvs=own_volumes.own_pvs(here),
            devices_file=bool(here.list("/etc/lvm/devices/system.devices")),
            san_disks=tuple(f"/dev/{disk}" for session in iscsi.sessions(here) for disk in session.disks),
            maps=maps,
            multipath_installed=unit is not None,
            multipath=here.read(MULTIPATH_CONF),
            mdadm=here.read(MDADM_CONF),
            arrays=len(re.findall(rb"(?m)^md\S+ : active", mdstat.content if mdstat else b"")),
            grub=tuple((path, file) for path in grub if (file := here.read(path))),
            os_prober=bool(here.list("/usr/bin/os-prober")),
            initramfs=bool(here.list("/etc/initramfs-tools")),
            initrds=tuple(path for path in images if not path.endswith(BACKUP)),
            kept=tuple(path for path in images if path.endswith(BACKUP)),
        )

    def plan(self, facts: StorageGuardFacts, site: Site, answers: StorageGuardAnswers) -> Iterator[Change]:
        """The settings that are missing."""
        early = ("storage-guard.file", "storage-guard.not-installed")
        if any(problem.code in early for problem in self.problems(facts, site, answers)):
            return
        boot = tuple(_boot_edits(facts, site))
        if boot and facts.initramfs:
            yield from keep_initrds(facts.initrds, facts.kept)
        if any(edit.path == LVM_CONF for edit in boot):
            yield _trial(facts)
        if boot:
            then = (_VALIDATE, REBUILD) if facts.initramfs else (_VALIDATE,)
            yield WriteFiles("Hide single paths of the SAN from LVM and mdadm", boot, then, strand=INITRD)
        if not guards_multipath(facts):
            yield _multipath(facts)
        if not guards_grub(facts):
            before = dict(facts.grub).get(GRUB_DROP_IN)
            edit = Edit("here", GRUB_DROP_IN, before, File(FRESH_GRUB))
            yield WriteFiles("Never let os-prober mount guests' disks", (edit,), strand="grub")

    def problems(self, facts: StorageGuardFacts, site: Site, answers: StorageGuardAnswers) -> Iterator[Problem]:
        """What is in the way."""
        yield from _problems(facts, site)

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnosed(failure, self.id, CAUSES)

    def shown(self, facts: StorageGuardFacts, site: Site) -> dict[str, str]:
        """What each of those that may grab a disk does with single paths of the SAN."""
        return {
            "LVM": _words(guards_lvm(facts, site), "sees no single path of the SAN", "would use single paths"),
            "LVM filter": facts.lvm.filter or "(none)",
            "multipath.conf": _words(
                _told(guards_multipath, facts), "maps no guest's partitions", "not ready for the SAN"
            ),
            "mdadm": _words(guards_mdadm(facts), "assembles nothing of the SAN", "would assemble guests' arrays"),
            "os-prober": _words(_told(guards_grub, facts), "keeps off", "would mount guests' disks at update-grub"),
        }


def _told(guards: Callable[[StorageGuardFacts], bool], facts: StorageGuardFacts) -> bool:
    """Whether it guards; a file that cannot be read, which is a problem of its own, guards nothing."""
    try:
        return guards(facts)
    except FormatError:
        return False


def _words(good: bool, yes: str, no: str) -> str:
    return yes if good else no


# --- judging what is


def own_pvs(facts: StorageGuardFacts) -> tuple[str, ...]:
    """Physical volumes of this host: under its own system, or of local groups that are not on the SAN's disks."""
    san = {*facts.san_disks, *(f"/dev/mapper/{found.name}" for found in facts.maps)}
    return visible(facts.own_pvs, facts.lvm.groups, san)


def guards_lvm(facts: StorageGuardFacts, site: Site) -> bool:
    """Whether the settings in force hide single paths, and show this host's own volumes and the SAN's maps."""
    if not facts.lvm.installed or (facts.lvm.use_devicesfile and facts.devices_file):
        return True
    text = facts.lvm.filter
    wanted = [*((pv,) for pv in own_pvs(facts)), *map(names_of, expected(facts.maps, site))]
    return not any(accepts(text, *names) for names in SINGLE_PATHS) and all(accepts(text, *names) for names in wanted)


def guards_multipath(facts: StorageGuardFacts) -> bool:
    """Whether no partition of a map would be mapped; once maps are there the multipath step looks after them."""
    if not facts.multipath_installed or facts.maps:
        return True
    return facts.multipath is not None and _skips_kpartx(facts.multipath.content)


def _skips_kpartx(content: bytes) -> bool:
    return blocks.get(content, blocks.MULTIPATH, ("defaults",), "skip_kpartx") in ("yes", "1")


def guards_mdadm(facts: StorageGuardFacts) -> bool:
    """Whether mdadm assembles listed arrays only."""
    return facts.mdadm is None or auto(facts.mdadm.content)[:1] == ["-all"]


def guards_grub(facts: StorageGuardFacts) -> bool:
    """Whether update-grub leaves the disks alone. Unset means off since GRUB 2.06; before a login it is written."""
    if not facts.grub or not facts.os_prober:
        return True
    found = [keyvalue.get_shell(file.content, "GRUB_DISABLE_OS_PROBER") for _, file in facts.grub]
    value = next((value for value in reversed(found) if value), "")
    return value == "true" or (not value and bool(facts.maps))


# --- what is missing


def wanted_filter(facts: StorageGuardFacts) -> str:
    """The filter: this host's own physical volumes exactly, and maps; nothing else."""
    exact = [exactly(pv) for pv in own_pvs(facts) if not pv.startswith("/dev/mapper/")]
    return f"[ {', '.join((*exact, *MAPS_ONLY))} ]"


def _boot_edits(facts: StorageGuardFacts, site: Site) -> Iterator[Edit]:
    """The files that the initrd has copies of."""
    if not guards_lvm(facts, site):
        before = facts.lvm.conf or File()
        content = blocks.set(before.content, blocks.LVM, ("devices",), "global_filter", wanted_filter(facts))
        yield Edit("here", LVM_CONF, facts.lvm.conf, replace(before, content=content))
    if facts.mdadm is not None and not guards_mdadm(facts) and facts.arrays <= listed(facts.mdadm.content):
        yield Edit("here", MDADM_CONF, facts.mdadm, replace(facts.mdadm, content=without_auto(facts.mdadm.content)))


_VALIDATE = Run("Let LVM check its configuration", "here", ("lvmconfig", "--validate"), within=ends.COMMAND)


def _trial(facts: StorageGuardFacts) -> Run:
    return trial(("pvs", "--config", f"devices{{global_filter={wanted_filter(facts)}}}"), own_pvs(facts))


def _multipath(facts: StorageGuardFacts) -> WriteFiles:
    before = facts.multipath
    content = template("corosync/multipath.conf").encode()
    if before is not None:
        content = blocks.set(before.content, blocks.MULTIPATH, ("defaults",), "skip_kpartx", "yes")
    edit = Edit("here", MULTIPATH_CONF, before, File(content) if before is None else replace(before, content=content))
    return WriteFiles("Map no guest's partitions", (edit,), strand="multipath")


# --- what is in the way


def _problems(facts: StorageGuardFacts, site: Site) -> Iterator[Problem]:
    if not (facts.lvm.installed and facts.multipath_installed):
        text = "LVM or multipath-tools is not installed: what they will do with the SAN's disks cannot be judged yet."
        yield Problem("storage-guard.not-installed", text, (), "The packages come first.")
        return
    try:
        tuple(_boot_edits(facts, site))
        _ = () if guards_multipath(facts) else _multipath(facts)
        guards_grub(facts)
    except FormatError as error:
        yield Problem("storage-guard.file", "A configuration file cannot be read.", (str(error),), "Mend it first.")
        return
    yield from collisions(facts.lvm.groups, site)
    if facts.lvm.use_devicesfile and facts.devices_file:
        text = "LVM uses its devices file here: the SAN's maps stay hidden until they are added to it."
        yield Problem("storage-guard.devices-file", text, (), "lvmdevices --adddev /dev/mapper/NAME", "warn")
    if facts.mdadm is not None and not guards_mdadm(facts) and facts.arrays > listed(facts.mdadm.content):
        text = f"{facts.arrays} arrays run here, but {MDADM_CONF} does not list all: AUTO -all would lose some."
        yield Problem("storage-guard.arrays", text, (), f"mdadm --detail --scan >> {MDADM_CONF}, then look again.")
