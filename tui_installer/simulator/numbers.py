"""Names and numbers that the kernel gives to what comes: the lowest that are free."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

_MAJORS = (8, *range(65, 72), *range(128, 136))
"""Of sd (Documentation/admin-guide/devices.txt): sixteen disks each."""


def free(taken: Collection[int], count: int = 1) -> list[int]:
    """The lowest numbers that nobody has."""
    known = set(taken)
    return sorted(set(range(len(known) + count)) - known)[:count]


@cache
def disk_name(index: int) -> str:
    """ "sda" to "sdz", "sdaa" ...: sd_format_disk_name of drivers/scsi/sd.c."""
    letters, left = "", index
    while left >= 0:
        letters, left = chr(97 + left % 26) + letters, left // 26 - 1
    return f"sd{letters}"


@cache
def disk_index(name: str) -> int:
    """The number of a disk by its name, "sda" being 0."""
    number = 0
    for letter in name.removeprefix("sd"):
        number = number * 26 + ord(letter) - 96
    return number - 1


def disk_device(index: int) -> str:
    """Major and minor of a disk, "8:16": sd_probe takes eight bits of its number for the major and the lower minor, and
    has those above them at the top of the minor."""
    major, minor = _MAJORS[index >> 4 & 0xF], (index & 0xF) << 4 | index & 0xFFF00
    return f"{major}:{minor}"


def free_disks(taken: Collection[str], count: int) -> list[str]:
    """Names for so many new disks."""
    return list(map(disk_name, free(list(map(disk_index, taken)), count)))
