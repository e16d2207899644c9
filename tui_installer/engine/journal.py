"""The journal: what was intended before each act, and what came of it. Append-only, one JSON object a line, fsynced.

It holds no content and no secret: those are blobs, named by their hash. Viewers of a running apply read it,
and after a crash it is what the next start knows.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from tui_installer.engine.entries import SHAPES, Entry, Outcome, told, understood
from tui_installer.engine.files import VERSION, Files, StateError
from tui_installer.model.step import PAST, Action
from tui_installer.model.text import printable

LONGEST = 400
"""Characters of a tool's line that are kept."""
DURABLE = frozenset({"start", "begun", "failed", "back", "end"})
"""Kinds that must be on the disk before anything else happens. "said" (output of a command) and "confirm" need not;
nor "done": the next "begun" or "end" takes it along, and a change of which only the beginning is known is looked at."""


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


class Journal:
    """The journal in a file. Reading and adding may raise `StateError`."""

    def __init__(
        self,
        path: Path,
        files: Files | None = None,
        pass_over: Callable[[str], object] = str,
        log: Callable[[str], object] = str,
    ) -> None:
        """`pass_over` is told of lines that are not understood, `log` of every beginning and end."""
        self.discretion: Callable[[str], str] = str
        """Leaves secrets out of the words of tools."""
        self._path = path
        self._files = files or Files()
        self._pass_over = pass_over
        self._log = log
        self._told: dict[str, Attempt] = {}
        self._offset = 0
        """Up to where the file is told in `_told`."""

    def start(self, step: str, action: Action, changes: list[dict[str, Any]], of: list[str], loaded: list[str]) -> str:
        """Begin an attempt; returns its id. `loaded` are the kernel modules that are there."""
        attempt = secrets.token_hex(4)
        about = {"step": step, "action": action, "changes": changes, "of": of, "loaded": loaded}
        self.add("start", attempt, **about, pid=os.getpid(), born=start_time(os.getpid()))
        self._log(f"{action} {step}: begun, {len(changes)} changes (attempt {attempt})")
        return attempt

    def end(self, attempt: str, outcome: Outcome, left: list[str]) -> None:
        """End an attempt; `left` are titles of what was to be taken back, and was not."""
        self.add("end", attempt, outcome=outcome, left=left)
        of = next(each for each in self.attempts() if each.id == attempt)
        made = f"{len(of.done)} of {len(of.changes)} changes were made"
        self._log(f"{of.action} {of.step}: {outcome}, {made} (attempt {attempt})")

    def add(self, kind: str, attempt: str, **data: Any) -> None:
        """Append an entry; on return it is on the disk if its kind must be."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = {"version": VERSION, "kind": kind, "attempt": attempt, "at": at, **self._discreet(data)}
        self._files.add(self._path, json.dumps(entry, ensure_ascii=True).encode(), durable=kind in DURABLE)

    def note(self, attempt: str, text: str) -> None:
        """Append something that was said, if it can be: nothing depends on it."""
        with suppress(StateError):
            self.add("said", attempt, text=printable(self.discretion(text))[:LONGEST])

    def _discreet(self, data: dict[str, Any]) -> dict[str, Any]:
        """Without secrets in what a failure says."""
        if "evidence" not in data:
            return data
        verdict, evidence = self.discretion(data["verdict"]), [self.discretion(line) for line in data["evidence"]]
        return data | {"verdict": verdict, "evidence": evidence}

    def read(self, offset: int = 0) -> tuple[list[Entry], int]:
        """The entries from a byte offset on, and the offset to go on from. What is not understood is left out: a torn
        line, one of a later version, one of somebody else."""
        text = self._files.read(self._path, offset) or b""
        whole = text[: text.rfind(b"\n") + 1]
        lines = whole.splitlines()
        entries = [entry for line in lines if (entry := understood(line)) is not None]
        self._odd(sum(map(bool, lines)) - len(entries), whole)
        return entries, offset + len(whole)

    def _odd(self, count: int, text: bytes) -> None:
        if count:
            lines = len(text.splitlines())
            self._pass_over(f"{self._path}: {count} of {lines} lines are torn, or not of this version.")

    def attempts(self) -> list[Attempt]:
        """All attempts, oldest first; of the file only what is new is read."""
        if self._files.size(self._path) < self._offset:
            self._told, self._offset = {}, 0
        text = self._files.read(self._path, self._offset) or b""
        whole = text[: text.rfind(b"\n") + 1]
        entries, odd = told(whole)
        self._offset += len(whole)
        self._odd(odd, whole)
        for entry in entries:
            if isinstance(entry, Entry):
                _tell(self._told, entry)
            else:
                _act(self._told, *entry)
        return list(self._told.values())

    def standing(self, step: str) -> list[tuple[str, dict[str, Any]]]:
        """The changes of a step that were begun and not taken back, oldest first, each with its key."""
        standing: dict[str, dict[str, Any]] = {}
        for attempt in self.attempts():
            if attempt.action in ("mend", "shutdown") or (attempt.step != step and attempt.action != "leave"):
                continue
            if attempt.action in ("undo", "leave"):  # leaving ends what any step had started
                for key in attempt.taken_back:
                    standing.pop(key, None)
                continue
            for index in sorted(attempt.begun - attempt.back):
                standing[f"{attempt.id}:{index}"] = attempt.changes[index]
        return list(standing.items())

    def newest(self, step: str) -> Attempt | None:
        """The newest attempt at a step, whatever was mended since; None: there was none."""
        mine = [attempt for attempt in self.attempts() if attempt.step == step and attempt.action != "mend"]
        return mine[-1] if mine else None

    def unfinished(self, step: str) -> list[dict[str, Any]]:
        """The changes of a step's newest attempt that were begun and neither ended nor put back."""
        newest = self.newest(step)
        if newest is None:
            return []
        return [newest.changes[index] for index in sorted(newest.begun - newest.done - newest.back)]

    def failure(self, step: str) -> dict[str, Any] | None:
        """What the newest attempt at a step failed with; None if it did not."""
        mine = [attempt for attempt in self.attempts() if attempt.step == step]
        return mine[-1].failure if mine and mine[-1].outcome != "done" else None


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
