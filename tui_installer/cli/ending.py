"""How the program ends whatever happens: closed and full outputs, and signals."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui_installer.engine.state import State

STOPS = (signal.SIGINT, signal.SIGTERM)
"""The signals that ask for an end."""


def begin() -> None:
    """Before anything else: the three standard streams are there, whatever the caller closed, lest a file of ours
    takes the number of one of them; and nothing of our memory, which may hold a password, is dumped to a disk."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def settle() -> None:
    """Before the end: what cannot be written any more is let go without noise, and without another exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def stopping(state: State, say: Callable[[str], None]) -> Iterator[None]:
    """While something is carried out: who asks for an end gets it after the change that is being made now."""

    def stop(number: int, frame: FrameType | None) -> None:
        if not state.stops:
            say("It stops after the change that is being made now.")
        state.stops = True

    before = {number: signal.signal(number, stop) for number in STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
