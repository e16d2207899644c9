"""How attempts stand, as the lines of the journal tell it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tui_installer.engine.entries import SHAPES, Entry, Outcome, told
from tui_installer.model.step import PAST, Action

LAST = 20
"""Attempts that are kept in any case, for whoever looks back."""


@dataclass(slots=True)
class Attempt:
    """One apply or undo, as the journal tells it."""

    id: str
    step: str
    action: Action
    changes: list[dict[str, Any]]
    """The changes as JSON (see `change.to_json`)."""
    of: list[str]
    """For an undo: the keys of the changes that each of its changes takes back, "" for none."""
    loaded: list[str]
    """The kernel modules that were there when it began."""
    pid: int
    born: str = ""
    """When its process was (`start_time`); empty: not known."""
    begun: set[int] = field(default_factory=set)
    done: set[int] = field(default_factory=set)
    back: set[int] = field(default_factory=set)
    made: list[tuple[int, str, str]] = field(default_factory=list)
    """Folders that were made: for which change, on which host, which."""
    failure: dict[str, Any] | None = None
    """The first: the others may follow from it."""
    outcome: Outcome | Literal[""] = ""
    """Empty: it has not ended."""
    confirm_by: float = 0
    """Until when somebody must confirm, in seconds since the epoch; 0: nobody was asked to."""
    left: list[str] = field(default_factory=list)
    """Titles of what was to be taken back, and was not."""

    @property
    def taken_back(self) -> set[str]:
        """For an undo: the keys of the changes that it has taken back, each by all that this needs."""
        lacking = {key for index, key in enumerate(self.of) if index not in self.done}
        return set(self.of) - lacking

    @property
    def runs(self) -> bool:
        """Whether it has no end and its process is there: that very one, for after a reboot numbers are given anew."""
        return not self.outcome and (now := start_time(self.pid)) != "" and self.born in ("", now)

    @property
    def waits(self) -> bool:
        """Whether somebody who confirms now would be heard."""
        return self.runs and time.time() < self.confirm_by

    @property
    def how(self) -> str:
        """How one without an end goes on, to follow the step's title in a sentence."""
        verb = PAST[self.action]
        return f"is being {verb} now" if self.runs else f"was cut off while it was being {verb}"


@dataclass(slots=True)
class Telling:
    """What a journal has told up to a place in it."""

    size: int = 0
    """Bytes up to there."""
    lines: int = 0
    odd: int = 0
    """How many of those lines are not understood."""
    attempts: dict[str, Attempt] = field(default_factory=dict)
    """By their ids, oldest first."""

    def add(self, text: bytes) -> None:
        """Take whole lines that follow."""
        entries, odd = told(text)
        self.size += len(text)
        self.lines += text.count(b"\n")
        self.odd += odd
        for entry in entries:
            if isinstance(entry, Entry):
                _tell(self.attempts, entry)
            else:
                _act(self.attempts, *entry)


def standing(attempts: Iterable[Attempt]) -> list[tuple[Attempt, int]]:
    """The changes that were begun in these attempts and not taken back, oldest first: of which, and its number."""
    found: dict[str, tuple[Attempt, int]] = {}
    for attempt in attempts:
        if attempt.action in ("undo", "leave"):  # leaving ends what any step had started
            for key in attempt.taken_back:
                found.pop(key, None)
        elif attempt.action not in ("mend", "shutdown"):
            for index in sorted(attempt.begun - attempt.back):
                found[f"{attempt.id}:{index}"] = attempt, index
    return list(found.values())


def telling_still(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Those on which anything depends yet: that have not ended, have changes that stand, are the newest of their kind
    at their step, or among the last; and with each what took any of it back, else that would stand again."""
    kept = {id(attempt) for attempt, _ in standing(attempts)}
    kept |= {id(attempt) for attempt in {(each.step, each.action): each for each in attempts}.values()}
    kept |= {id(attempt) for attempt in (*attempts[-LAST:], *(each for each in attempts if not each.outcome))}
    names = {attempt.id for attempt in attempts if id(attempt) in kept}
    backs = {id(each) for each in attempts if names & {key.partition(":")[0] for key in each.of}}
    return [attempt for attempt in attempts if id(attempt) in kept | backs]


def start_time(pid: int) -> str:
    """When a process began (proc(5), field 22); empty: there is none of that number."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(") ")[2].split()
    except OSError:
        return ""
    return "" if words[0] == "Z" else words[19]


def _act(found: dict[str, Attempt], kind: bytes, attempt: bytes, index: bytes) -> None:
    of, number = found.get(attempt.decode()), int(index)
    if of is not None and number < len(of.changes):
        {b"begun": of.begun, b"done": of.done, b"back": of.back}[kind].add(number)


def _tell(found: dict[str, Attempt], entry: Entry) -> None:
    data = entry.data
    if entry.kind == "start":
        about = {name: data[name] for name in SHAPES["start"]}
        found.setdefault(entry.attempt, Attempt(entry.attempt, **about, born=data.get("born", "")))
        return
    attempt = found.get(entry.attempt)
    if attempt is None or not -1 <= data.get("index", -1) < len(attempt.changes):
        return
    match entry.kind:
        case "begun":
            attempt.begun.add(data["index"])
            attempt.made += [(data["index"], host, folder) for host, folder in data["made"]]
        case "done":
            attempt.done.add(data["index"])
        case "back":
            attempt.back.add(data["index"])
        case "failed":
            attempt.failure = attempt.failure or data
        case "confirm":
            attempt.confirm_by = entry.time + data["within"]
        case "end":
            attempt.outcome = data["outcome"]
            attempt.left = data.get("left", [])
