"""What the guards of all releases have in common: the maps that LVM must see, copies of initrds, names that collide."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tui_installer.model import ends
from tui_installer.model.answers import ask
from tui_installer.model.change import Run
from tui_installer.model.diagnosis import Cause
from tui_installer.model.site import Site
from tui_installer.model.step import Problem
from tui_installer.probes.guard import is_local, lasting, map_names
from tui_installer.probes.lvm import Group
from tui_installer.probes.multipath import Map
from tui_installer.steps import aside

LVM_CONF, MULTIPATH_CONF, MDADM_CONF = "/etc/lvm/lvm.conf", "/etc/multipath.conf", "/etc/mdadm/mdadm.conf"
FIRST = Map("vm0", "36001", "", "", "", "", ())
"""The guide's first map, where no host has one yet."""
INITRD = "initrd"
"""The strand of the files that initrds have copies of."""
BACKUP = ".before-tui-installer"
REBUILD = Run("Take the files into the initrds", "here", ("update-initramfs", "-u", "-k", "all"), within=ends.INITRD)
CAUSES = (
    Cause(
        "storage-guard.filter-hides",
        "",
        "With the new filter LVM would not see this host's own volumes: it was not written.",
        "Compare pvs with what is under /, /boot and swap; set global_filter in lvm.conf by hand, then plan again.",
        run="guard:trial",
    ),
    Cause(
        "storage-guard.initrd",
        "^update-initramfs ",
        "The initrds could not be made anew; the files are as before, and the old initrds are kept beside.",
        "update-initramfs says why; often /boot is full: df -h /boot. Then plan again.",
    ),
)


@dataclass(frozen=True, slots=True)
class StorageGuardAnswers:
    """What the operator is asked."""

    accept: tuple[str, ...] = ask("Accept", "Codes of problems that you have looked at and accept.", default=())


def expected(own: tuple[Map, ...], site: Site) -> tuple[tuple[Map, ...], ...]:
    """The maps that LVM must see, see `lasting`; the guide's vm0 where nobody has any yet."""
    theirs = site.witness.multipath.maps if site.witness else ()
    return lasting(own, theirs) or (() if site.itself else ((FIRST,),))


def names_of(choice: tuple[Map, ...]) -> tuple[str, ...]:
    """All names of one map."""
    return tuple(name for found in choice for name in map_names(found.name, found.wwid))


def trial(argv: tuple[str, ...], pvs: Iterable[str]) -> Run:
    """The filter is tried before it is written: the host's own volumes must still be seen."""
    title = "Try the filter: this host's own volumes stay visible"
    seen = "".join(rf"(?=.*{re.escape(pv)}\s)" for pv in pvs)
    return Run(title, "here", argv, within=ends.COMMAND, expect=f"(?s){seen}", id="guard:trial")


def keep_initrds(initrds: tuple[str, ...], kept: tuple[str, ...]) -> Iterator[Run]:
    """Copies beside them, of those that were not kept yet."""
    for path in initrds:
        if path + BACKUP not in kept:
            yield aside.kept("initrd", path, path + BACKUP, INITRD)


def collisions(groups: tuple[Group, ...], site: Site) -> Iterator[Problem]:
    """Local groups with the name of one that the SAN holds: after the login nothing could tell them apart."""
    if site.witness is None or site.itself:
        return
    shared = {group.name: group.uuid for group in site.witness.lvm.groups if not is_local(group)}
    for group in groups:
        if is_local(group) and group.name in shared and group.uuid != shared[group.name]:
            text = f"This host has a volume group {group.name}, and so has the SAN: they are not the same one."
            seen = (f"here: {group.uuid} on {', '.join(group.pvs)}", f"{site.witness.name}: {shared[group.name]}")
            yield Problem("storage-guard.vg-collision", text, seen, f"vgrename {group.name} here, before the login.")
