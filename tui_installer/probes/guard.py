"""What LVM's filter and mdadm's AUTO line do, without asking either: for settings that are not in force yet."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache

from tui_installer.formats import blocks
from tui_installer.probes.lvm import Group
from tui_installer.probes.multipath import Map

SINGLE_PATHS = (
    ("/dev/sdx", "/dev/disk/by-id/wwn-0x6000000000000001", "/dev/disk/by-path/ip-192.0.2.1:3260-iscsi-iqn-lun-1"),
    ("/dev/sdaa1", "/dev/disk/by-id/scsi-36000000000000001-part1"),
)
"""The names that a disk of a single iSCSI session has, and a partition on one."""

NO_ARRAYS = b"# Only the arrays of the ARRAY lines are assembled: disks of the SAN may hold guests' arrays.\n"


def accepts(filter_text: str, *names: str) -> bool:
    """Whether an LVM filter lets a device pass that has these names in /dev. Source: lvm.conf, devices/filter.

    Of each name the first pattern that matches counts; one accepted name is enough; no match at all accepts.
    """
    verdicts = [verdict for name in names if (verdict := _verdict(filter_text, name))]
    return "a" in verdicts or "r" not in verdicts


def map_names(name: str, wwid: str) -> tuple[str, ...]:
    """The names that a multipath map has in /dev (60-persistent-storage-dm.rules): a filter may know it by any."""
    ids = ("name-" + name, "uuid-mpath-" + wwid)
    return (f"/dev/mapper/{name}", *(f"/dev/disk/by-id/dm-{each}" for each in ids))


def lasting(own: tuple[Map, ...], theirs: tuple[Map, ...]) -> tuple[tuple[Map, ...], ...]:
    """The maps that LVM must see, each as one choice of names: as the members call it, or as somebody calls it here.

    A name that multipath makes up does not count where anybody gives names: it is there between the first login and
    the step that names the maps, and nothing that was in place before may depend on it.
    """
    here = {found.wwid: found for found in own if found.named}
    given = tuple(found for found in theirs if found.named) or theirs or tuple(here.values())
    return tuple((found, *([here[found.wwid]] if found.wwid in here else [])) for found in given)


def _verdict(filter_text: str, name: str) -> str:
    return next((kind for kind, pattern in _patterns(filter_text) if pattern.search(name)), "")


@lru_cache(8)
def _patterns(filter_text: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The patterns of a filter, each with its "a" or "r"; what Python cannot read is not relied on."""
    found = []
    for pattern in blocks.strings(filter_text) if filter_text else ():
        with suppress(re.error):
            found.append((pattern[:1], re.compile(_python(pattern[2:].removesuffix(pattern[1:2])))))
    return tuple(found)


_SPECIAL = re.compile(r"\\([^nrt])|[{}]|\[(\^?)((?:\\.|[^\]\\])+)\]|\[", re.S)
_MEMBER = re.compile(r"\\?(.)(?:-\\?(.))?", re.S)


def _python(expression: str) -> str:
    """An expression of LVM for `re`: it knows no braces and no classes, nor anything in sets but ranges and a first ^.

    Raises `re.error`.
    """
    return _SPECIAL.sub(_part, expression)


def _part(found: re.Match[str]) -> str:
    if found[0] == "[":
        raise re.error("a set has no end or no members")
    return f"[{found[2]}{_MEMBER.sub(_member, found[3])}]" if found[3] else re.escape(found[1] or found[0])


def _member(found: re.Match[str]) -> str:
    return "-".join(re.escape(char) for char in found.groups() if char)


def is_local(group: Group) -> bool:
    """Whether a group is this host's own: no other host could lock it."""
    return group.lock_type in ("", "none") and not group.clustered


def visible(own: tuple[str, ...], groups: tuple[Group, ...], san: set[str]) -> tuple[str, ...]:
    """`own` physical volumes, and those of local groups that are not on the SAN's devices."""
    local = (pv for group in groups if is_local(group) for pv in group.pvs)
    return tuple(dict.fromkeys((*own, *(pv for pv in local if pv.startswith("/dev/") and pv not in san))))


def exactly(device: str) -> str:
    """A filter's element that accepts this one device."""
    literal = re.sub(r"[.+*?]", r"[\g<0>]", device)
    return f'"a|^{literal}$|"'


def auto(content: bytes) -> list[str]:
    """The words of the first AUTO line, the only one that mdadm reads (mdadm.conf(5))."""
    found = re.search(rb"(?mi)^AUTO\s+(.*)$", content)
    return found[1].decode("utf-8", "replace").split() if found else []


def listed(content: bytes) -> int:
    """How many arrays the ARRAY lines name."""
    return len(re.findall(rb"(?mi)^ARRAY\s", content))


def without_auto(content: bytes) -> bytes:
    """mdadm.conf with `AUTO -all`, and what stood there before as a comment."""
    silenced = re.sub(rb"(?mi)^(AUTO\s)", rb"# \1", content)
    end = b"" if not silenced or silenced.endswith(b"\n") else b"\n"
    return silenced + end + NO_ARRAYS + b"AUTO -all\n"
