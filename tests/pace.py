"""How fast this machine is now, and waiting for what other processes do on it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY = 0.02
"""Seconds between two looks of who waits: the others may have one processor with it."""


def busy() -> float:
    """By how much it is slower than a quiet one, 1 or more: who must run for each of its processors."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def until(true: Callable[[], object], within: float = 60) -> None:
    """Wait until it is so, at most that many seconds of a quiet machine. Raises TimeoutError."""
    begun = time.monotonic()
    while not true():
        if time.monotonic() - begun > within * busy():
            raise TimeoutError(f"not within {within} s: {true}")
        time.sleep(EVERY)


@contextmanager
def one_processor() -> Iterator[None]:
    """Stay on one: handing over from thread to thread costs ten times as much, now and then, from one to another."""
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(own)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, own)
