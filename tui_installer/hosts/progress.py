"""Slow is not hung: whether a command that changes something still gets on.

It does if it printed something, or if it or one of its children used the processor: more than a command that only asks
again and again would. What gets on is waited for, up to `MOST` times as long as what stands still.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping

MOST = 8
"""How many times its end a command may take that gets on."""
BUSY = 0.02
"""The part of the processor's time that counts: polling once a second takes less, a host of a tenth of a core gives
more."""
LOOKS = 20
"""How often, in the time of its end, the processor's time is looked at."""


class CommandProgress:
    """Follows one command."""

    def __init__(self, quiet: float, spent: Callable[[], float], now: Callable[[], float] = time.monotonic) -> None:
        """`quiet`: seconds in which nothing may move; `spent`: processor time that it and its children had."""
        self._quiet = quiet
        self._spent = spent
        self._now = now
        self._printed = 0
        self._moved = self._looked = now()
        self._had = 0.0

    def stands_still(self, printed: int) -> bool:
        """Whether nothing moved for too long; `printed`: bytes that it has printed so far."""
        now = self._now()
        if printed != self._printed:
            self._printed, self._moved = printed, now
        elif now - self._looked >= max(1.0, self._quiet / LOOKS):
            had = self._spent()
            if had - self._had >= BUSY * (now - self._looked):
                self._moved = now
            self._looked, self._had = now, had
        return now - self._moved > self._quiet


def spent(pid: int) -> float:
    """Seconds of the processor that the descendants of a process had, those included that have ended (proc(5))."""
    table = dict(_table())
    tick = os.sysconf("SC_CLK_TCK")
    return sum(table[each][1] for each in descendants(table, pid)) / tick


def is_there(pid: int) -> bool:
    """Whether there is a process of that number that has not ended; 0: there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stream:
            return pid > 0 and stream.read().rpartition(b") ")[2][:1] != b"Z"
    except OSError:
        return False


def children(pid: int) -> tuple[int, ...]:
    """The children of a process."""
    return tuple(each for each, (parent, _) in _table() if parent == pid)


def descendants(table: Mapping[int, tuple[int, int]], pid: int) -> frozenset[int]:
    """Of a process, from its number -> (its parent, ticks)."""
    kin, fresh = frozenset[int](), frozenset((pid,))
    while fresh:
        fresh = frozenset(each for each, (parent, _) in table.items() if parent in fresh) - kin
        kin |= fresh
    return kin


def _table() -> Iterator[tuple[int, tuple[int, int]]]:
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as stream:
                words = stream.read().rpartition(b") ")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        yield int(name), (int(words[1]), sum(map(int, words[11:15])))
