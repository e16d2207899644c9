"""Paths that come and go: device-mapper counts how often each one failed, whichever release it is."""

from __future__ import annotations

import re

from tui_installer.hosts.host import Host
from tui_installer.probes.alive import disk_numbers
from tui_installer.probes.iscsi import Session

STATUS = ("dmsetup", "status", "--target", "multipath")
OFTEN = 3
"""Failures of a path that are no single event, as a cable that was changed is."""


def parse_failures(text: str) -> dict[str, int]:
    """How often each path, by its number "8:16", went from usable to failed since its map's table was loaded.

    The kernel prints the count after A or F (multipath_status in drivers/md/dm-mpath.c), and counts what was usable
    alone (fail_path there): each time but the first the path had come back before.
    """
    return {number: int(times) for number, times in re.findall(r"(?m)(?<= )(\d+:\d+) [AF] (\d+)(?= |$)", text)}


def often_failed(host: Host, sessions: tuple[Session, ...]) -> tuple[tuple[str, int], ...]:
    """(disk, times) of the paths that failed so often. Raises `HostError`."""
    told = host.run(*STATUS, within=20).answer(form=r"(?:\S+: )?\d+ \d+ multipath |No devices found\n")
    counts = {number: times for number, times in parse_failures(told).items() if times >= OFTEN}
    numbers = disk_numbers(host) if counts else {}
    disks = (disk for session in sessions for disk in session.disks if disk in numbers)
    return tuple((disk, counts[numbers[disk]]) for disk in disks if numbers[disk] in counts)
