"""The identifiers of many disks, asked in one round trip: each by the program that multipath would ask, whichever."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from tui_installer.hosts.host import Host, HostError

DEADLINE = 60.0
"""Seconds for all disks: each is a program of its own there."""
_TOLD = re.compile(r"(\S+) (\d+) ?(\S*)\s*")
_ABSENT = ("126", "127")
"""What a shell says of a program that it cannot start (POSIX, 2.8.2)."""


def ask(host: Host, callout: Sequence[str], disks: Sequence[str], *, absent: bool = False) -> dict[str, str]:
    """WWID by disk, empty for one that has none; `callout` is what tells it, `%n` being the disk's name.

    `absent`: a program that is not there has told that there is none. Raises `HostError`, for what did not answer has
    told nothing.
    """
    if not disks:
        return {}
    words = " ".join('"$disk"'.join(part and shlex.quote(part) for part in word.split("%n")) for word in callout)
    script = f'for disk; do id=$({words}); echo "$disk $? $id"; done'
    said = host.run("sh", "-c", script, "sh", *disks, within=DEADLINE)
    told = [_TOLD.fullmatch(line) for line in said.answer().splitlines()]
    if [found and found[1] for found in told] != list(disks):
        raise HostError(f"{callout[0]}: its answers are not whole")
    fine = ("0", "1", *(_ABSENT if absent else ()))  # 1: a disk that tells no identifier
    if bad := next((found for found in told if found and found[2] not in fine), None):
        raise HostError(f"{callout[0]}: exit code {bad[2]} for {bad[1]}")
    return {found[1]: found[3] for found in told if found}
