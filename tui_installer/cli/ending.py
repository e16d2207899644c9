"""How the program ends whatever happens: closed and full outputs, signals, and an error of its own."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from tui_installer import __version__
from tui_installer.engine.files import Files, StateError
from tui_installer.engine.state import State
from tui_installer.model.step import Problem

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


def crashed(error: BaseException, words: list[str], state: State | None) -> Problem:
    """An error of the program's own, as a problem; the whole of it is saved, without any secret that is known."""
    import platform  # all that is needed for once
    import traceback

    hide: Callable[[str], str] = str
    with suppress(StateError):
        hide = state.discretion() if state else str
    lines = hide("".join(traceback.format_exception(error)))
    system = f"Python {platform.python_version()}, Linux {platform.release()}"
    report = f"tui-installer {__version__}, {system}\n{hide(' '.join(words))}\n\n{lines}"
    path = _saved(report.encode("utf-8", "backslashreplace"), state)
    where = f"The whole of it is in {path}: send that file to who maintains the program." if path else lines
    last = lines.rstrip().rpartition("\n")[2]
    text = "This is an error of the program itself, not of a host."
    hint = f"What was changed until then is in the journal: tui-installer status. {where}"
    return Problem("program.crashed", text, (last,), hint)


def _saved(report: bytes, state: State | None) -> Path | None:
    import tempfile

    name = f"crash-{time.strftime('%Y%m%d-%H%M%S')}.txt"
    for folder in ([state.folder, state.run] if state else []) + [Path(tempfile.gettempdir())]:
        with suppress(StateError):
            Files().save(folder / name, report)
            return folder / name
    return None
