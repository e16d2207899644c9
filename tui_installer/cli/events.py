"""What goes on while plans are carried out, as lines of JSON for a program that started it."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any, TextIO

from tui_installer.engine.engine import Engine
from tui_installer.engine.entries import Entry
from tui_installer.engine.journal import Journal
from tui_installer.engine.recall import titled

EVERY = 0.2
"""Seconds between two looks at the journal."""


class Events:
    """Tells what the journal says from now on, one event a line, until it is closed."""

    def __init__(self, engine: Engine, out: TextIO) -> None:
        self._out = out
        self._journal = Journal(engine.state.journal)
        self._offset = self._journal.size
        self._steps: dict[str, str] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="events", daemon=True)

    def start(self) -> None:
        """Follow the journal from now on, in a thread."""
        self._thread.start()

    def close(self) -> None:
        """Tell the rest, and end."""
        self._ended.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._ended.wait(EVERY):
            self._tell()
        self._tell()

    def _tell(self) -> None:
        entries, self._offset = self._journal.read(self._offset)
        for entry in entries:
            self.tell(self._event(entry))

    def tell(self, event: Mapping[str, Any]) -> None:
        """Print one; whoever reads may be gone."""
        with suppress(OSError, ValueError):
            self._out.write(json.dumps(event) + "\n")
            self._out.flush()

    def _event(self, entry: Entry) -> dict[str, Any]:
        about: dict[str, Any] = {"event": entry.kind, "at": entry.at}
        if entry.kind == "start":
            self._steps[entry.attempt] = entry.data["step"]
            changes = [titled(change) for change in entry.data["changes"]]
            about |= {"action": entry.data["action"], "changes": changes}
        else:
            about |= {name: entry.data[name] for name in SAID if name in entry.data}
        return {**about, "step": self._steps.get(entry.attempt, ""), "attempt": entry.attempt}


SAID = ("index", "title", "text", "verdict", "code", "evidence", "host", "outcome", "within")
"""What is told of an entry, if it has it: see `engine.journal.Entry`."""


@contextmanager
def told(engine: Engine, as_json: bool) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """While something is carried out: its events, if a program wants them, and what is said on standard error instead.

    Yields what tells one event more, after all others.
    """
    if not as_json:
        yield lambda event: None
        return
    events, last = Events(engine, sys.stdout), list[Mapping[str, Any]]()
    events.start()
    try:
        with redirect_stdout(sys.stderr):
            yield last.append
    finally:
        events.close()
        for event in last:
            events.tell(event)
