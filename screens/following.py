"""Following an attempt: its process, and what the journal says of it. Textual-free: every front end follows alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tui_installer.engine.engine import Engine
from tui_installer.engine.journal import Attempt, Entry
from tui_installer.engine.state import State
from tui_installer.model.step import Plan

TAIL = 8
"""Lines of the process's own words that are shown if it ended without a word in the journal."""


class Process(Protocol):
    """A process that applies a plan."""

    def poll(self) -> int | None:
        """Its exit code; None: it runs."""


Launch = Callable[[State, Sequence[str], Plan], Process]


@dataclass(frozen=True, slots=True)
class Orphan:
    """A process that another session started: only its attempt is known."""

    attempt: Attempt

    def poll(self) -> int | None:
        """See `Process.poll`; -1: it is gone."""
        return None if self.attempt.runs else -1


@dataclass(frozen=True, slots=True)
class News:
    """What came since the last look."""

    entries: Sequence[Entry]
    ended: bool
    """The process is gone."""


@dataclass(slots=True)
class Following:
    """Where in the journal, and in the words of which process, the following goes on."""

    engine: Engine
    process: Process
    journal: int = 0
    """Byte offset of what was not read yet."""
    log: int = 0
    """Size of apply.log when the process was started."""

    def news(self) -> News:
        """What the journal says by now; whether the process is gone is asked first, so that nothing is missed."""
        ended = self.process.poll() is not None
        entries, self.journal = self.engine.journal.read(self.journal)
        return News(entries, ended)

    def words(self) -> list[str]:
        """The last lines that the process itself said."""
        path = self.engine.state.run / "apply.log"
        if not path.exists():
            return []
        return path.read_bytes()[self.log :].decode("utf-8", "replace").splitlines()[-TAIL:]


def begin(engine: Engine, start: Plan | Orphan, launch: Launch, options: Sequence[str]) -> Following:
    """Start the process that applies a plan, or join the one of another session."""
    path = engine.state.run / "apply.log"
    size = path.stat().st_size if path.exists() else 0
    if isinstance(start, Orphan):
        return Following(engine, start, 0, size)
    read = engine.journal.read()[1]
    return Following(engine, launch(engine.state, options, start), read, size)
