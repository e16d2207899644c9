"""Following an attempt: its process, and what the journal says of it. Textual-free: every front end follows alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from tui_installer.engine.attempts import Attempt
from tui_installer.engine.engine import Engine
from tui_installer.engine.entries import Entry
from tui_installer.engine.journal import Journal
from tui_installer.engine.state import State
from tui_installer.model.step import PAST, Action, Plan

WHOLE: Mapping[Action, str] = {"leave": "The cluster", "shutdown": "This host"}
"""What is no matter of a single step."""
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
    since: int = 0
    """Where in the journal it began."""

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


@dataclass(frozen=True, slots=True)
class Running:
    """An apply (or taking back) that runs now, as every screen tells of it."""

    step: str
    action: Action
    attempt: Attempt | None
    """None: its process was started, and has not written yet."""
    at: int = 0
    """The number of the change that is being made, from 1; 0: none yet."""
    total: int = 0

    def words(self, title: str) -> str:
        """As in "Packages is being applied, change 2 of 5"; `title`: of the step."""
        verb, what = PAST[self.action], WHOLE.get(self.action, title)
        where = f", change {self.at} of {self.total}" if self.at else ""
        return f"{what} is being {verb} now{where}"


class Watch:
    """Whether something is being applied now, by the journal and by what was started here. Runs in the follower."""

    def __init__(self, engine: Engine) -> None:
        self._journal = Journal(engine.state.journal)
        self._seen = 0
        """How many attempts were there at the last look."""
        self._started: tuple[str, Action, Process | None] | None = None
        """Step and action of what was started here and has not written yet, and its process once it is known."""

    def expect(self, step: str, action: Action, process: Process | None = None) -> None:
        """It is being started."""
        self._started = (step, action, process)

    def give_up(self) -> None:
        """It was not started after all."""
        self._started = None

    def look(self) -> Running | None:
        """What runs; None: nothing does."""
        gone = self._started is not None and self._started[2] is not None and self._started[2].poll() is not None
        attempts = self._journal.attempts()
        begun = {(each.step, each.action) for each in attempts[self._seen :]}
        self._seen = len(attempts)
        if gone or (self._started is not None and self._started[:2] in begun):
            self._started = None
        if self._started is not None:
            return Running(*self._started[:2], None)
        if not attempts or not (newest := attempts[-1]).runs:
            return None
        at = max(newest.begun, default=-1) + 1
        return Running(newest.step, newest.action, newest, at, len(newest.changes))


def begin(engine: Engine, start: Plan | Orphan | Following, launch: Launch, options: Sequence[str]) -> Following:
    """Start the process that applies a plan, join the one of another session, or go back to one that was started."""
    if isinstance(start, Following):
        return replace(start, journal=start.since)
    path = engine.state.run / "apply.log"
    size = path.stat().st_size if path.exists() else 0
    if isinstance(start, Orphan):
        return Following(engine, start, 0, size)
    read = engine.journal.size
    return Following(engine, launch(engine.state, options, start), read, size, read)
