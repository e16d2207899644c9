"""Loading what takes its time, and what the memory for it is like."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress

M_ARENA_MAX = -8
"""glibc's malloc.h; see mallopt(3)."""


@contextmanager
def loading() -> Iterator[None]:
    """What is loaded stays: to look for garbage meanwhile takes a fifth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def one_heap() -> bool:
    """Have all threads share one heap, as only one of them runs at a time: of a heap for each, what a look has read and
    let go stays behind in each. Whether that could be had; another C library than glibc has no such setting."""
    import ctypes  # after the first picture

    with suppress(OSError, AttributeError):
        return bool(ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1))
    return False
