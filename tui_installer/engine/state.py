"""Where this program keeps its own things: contents by their hash, answers, secrets, requests to a running apply.

`folder` (/var/lib/tui-installer) survives a reboot; `run` (/run/tui-installer) does not, and is the only place
that a secret is ever written to. All of it is for root alone, and believed only if it is (`engine.files`).
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path

from tui_installer.engine.attempts import start_time
from tui_installer.engine.contents import Contents
from tui_installer.engine.files import VERSION, FileSystem, StateError
from tui_installer.engine.remembered import NUMBER

LONGEST = 86400
"""Seconds that a command of an earlier attempt is waited for."""


class Busy(Exception):
    """Another process is changing this host now; the text names it."""


Guard = Callable[[], AbstractContextManager[tuple[str, ...]]]
"""Holds a lock on the host itself; gives what was found while taking it, in sentences. Raises `Busy`."""


class State(Contents):
    """The program's own folders. Also the `Blobs` of plans and journal. Everything may raise `StateError`."""

    def __init__(
        self,
        folder: Path,
        run: Path,
        guard: Guard = lambda: nullcontext(()),
        disk: FileSystem | None = None,
        running: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        """`guard` is for a host that is driven from here, where others may drive it as well; `running` are commands
        here that outlived their apply."""
        super().__init__(folder, run, disk)
        self._guard = guard
        self.running = running
        self.stops = False
        """Whether this process itself was asked to stop what it carries out."""

    @property
    def journal(self) -> Path:
        """The journal's file."""
        return self.folder / "journal.jsonl"

    # --- one at a time

    @contextmanager
    def lock(self, *, wait: bool = False) -> Iterator[tuple[str, ...]]:
        """Be the only process that changes this host; gives what the guard found.

        With `wait`, once another process here is done with it. Raises `Busy`.
        """
        path = self.folder / "lock"
        with self.files.held(path) as descriptor:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except OSError as error:
                holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
                raise Busy(f"process {holder if holder.isdigit() else '?'} is changing this host now") from error
            self.files.name_holder(descriptor, path, str(os.getpid()))
            _see_that_nobody_drives(self.run / "lock")
            self._see_that_nothing_runs(wait)
            with self._guarded(wait) as found:
                yield found

    def _see_that_nothing_runs(self, wait: bool) -> None:
        """Raises `Busy` for commands that outlived their apply; with `wait` only once they have had a day."""
        until = time.monotonic() + LONGEST
        while left := self.running():
            if not wait or time.monotonic() > until:
                raise Busy(f"this still runs from an earlier attempt: {'; '.join(left)}. Wait until it has ended")
            time.sleep(1)

    @contextmanager
    def _guarded(self, wait: bool) -> Iterator[tuple[str, ...]]:
        with ExitStack() as held:
            while True:
                try:
                    found = held.enter_context(self._guard())
                    break
                except Busy:
                    if not wait:
                        raise
                    time.sleep(1)
            yield found

    # --- what viewers ask of a running apply

    def request(self, attempt: str, what: str) -> None:
        """Ask the running attempt for something: "stop" or "confirm"."""
        line = json.dumps({NUMBER: VERSION, "attempt": attempt, "what": what})
        self.files.add(self.run / "requests.jsonl", line.encode(), durable=False)

    def requested(self, attempt: str, what: str) -> bool:
        """Whether somebody asked this attempt for that. What is no request is passed over: an apply goes on."""
        if what == "stop" and self.stops:
            return True
        try:
            lines = (self.files.read(self.run / "requests.jsonl") or b"").splitlines()
        except StateError as error:
            self.pass_over(str(error))
            return False
        return any(understood(line) == (attempt, what) for line in lines)


def understood(line: bytes) -> tuple[object, object] | None:
    """The attempt and what is asked of it; None: it is no request that we understand."""
    try:
        data = json.loads(line)
        return (data["attempt"], data["what"]) if data.get(NUMBER, 1) in range(1, VERSION + 1) else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _see_that_nobody_drives(path: Path) -> None:
    """Raises `Busy` if somebody changes this host from another one (`tui_installer.remote.lock`)."""
    words = path.read_text("utf-8", "replace").split(maxsplit=3) if path.exists() else []
    if len(words) == 4 and words[1].isdecimal() and start_time(int(words[1])) == words[2]:
        raise Busy(f"{words[3].strip()} is changing this host now")
