"""The journal: what was intended before each act, and what came of it. Append-only, one JSON object a line, fsynced.

It holds no content and no secret: those are blobs, named by their hash. Viewers of a running apply read it,
and after a crash it is what the next start knows.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tui_installer.engine.attempts import Attempt, Telling, standing, start_time
from tui_installer.engine.checkpoint import renew, resumed
from tui_installer.engine.entries import Entry, Outcome, understood
from tui_installer.engine.files import VERSION, Files, StateError
from tui_installer.model.step import Action
from tui_installer.model.text import count, printable

LONGEST = 400
"""Characters of a tool's line that are kept."""
DURABLE = frozenset({"start", "begun", "failed", "back", "end"})
"""Kinds that must be on the disk before anything else happens. "said" (output of a command) and "confirm" need not;
nor "done": the next "begun" or "end" takes it along, and a change of which only the beginning is known is looked at."""


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
        self._checkpoint = path.with_name("journal.told")
        self._told = Telling()

    def start(self, step: str, action: Action, changes: list[dict[str, Any]], of: list[str], loaded: list[str]) -> str:
        """Begin an attempt; returns its id. `loaded` are the kernel modules that are there."""
        attempt = secrets.token_hex(4)
        about = {"step": step, "action": action, "changes": changes, "of": of, "loaded": loaded}
        self.add("start", attempt, **about, pid=os.getpid(), born=start_time(os.getpid()))
        self._log(f"{action} {step}: begun, {count(len(changes), 'change')} (attempt {attempt})")
        return attempt

    def end(self, attempt: str, outcome: Outcome, left: list[str]) -> None:
        """End an attempt; `left` are titles of what was to be taken back, and was not."""
        self.add("end", attempt, outcome=outcome, left=left)
        of = next(each for each in self.attempts() if each.id == attempt)
        made = f"{len(of.done)} of {count(len(of.changes), 'change')} made"
        self._log(f"{of.action} {of.step}: {outcome}, {made} (attempt {attempt})")
        renew(self._files, self._checkpoint, self._told, lambda: self._lines(0))

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

    @property
    def size(self) -> int:
        """Its bytes so far: the offset of what is added from now on."""
        return self._files.size(self._path)

    def read(self, offset: int = 0) -> tuple[list[Entry], int]:
        """The entries from a byte offset on, and the offset to go on from. What is not understood is left out: a torn
        line, one of a later version, one of somebody else."""
        whole = self._lines(offset)
        lines = whole.splitlines()
        entries = [entry for line in lines if (entry := understood(line)) is not None]
        if odd := sum(map(bool, lines)) - len(entries):
            self._say(odd, len(lines))
        return entries, offset + len(whole)

    def _lines(self, offset: int) -> bytes:
        """The whole lines from an offset on."""
        text = self._files.read(self._path, offset) or b""
        return text[: text.rfind(b"\n") + 1]

    def _say(self, odd: int, lines: int) -> None:
        self._pass_over(f"{self._path}: {odd} of {lines} lines are torn, or not of this version.")

    def attempts(self) -> list[Attempt]:
        """All attempts, oldest first; of the file only what is new is read."""
        if self.size < self._told.size:
            self._told = Telling()
        said, new = self._told.odd, self._lines(self._told.size)
        if not self._told.size:
            self._told = resumed(self._files, self._checkpoint, new)
            new = new[self._told.size :]
        self._told.add(new)
        if self._told.odd > said:
            self._say(self._told.odd, self._told.lines)
        return list(self._told.attempts.values())

    def standing(self, step: str) -> list[tuple[str, dict[str, Any]]]:
        """The changes of a step that were begun and not taken back, oldest first, each with its key."""
        found = standing(attempt for attempt in self.attempts() if attempt.step == step or attempt.action == "leave")
        return [(f"{attempt.id}:{index}", attempt.changes[index]) for attempt, index in found]

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
