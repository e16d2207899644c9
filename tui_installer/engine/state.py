"""Where this program keeps its own things: contents by their hash, answers, secrets, requests to a running apply.

`folder` (/var/lib/tui-installer) survives a reboot; `run` (/run/tui-installer) does not, and is the only place
that a secret which was typed is ever written to. All of it is for root alone.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import tomli_w

from tui_installer.engine.journal import start_time
from tui_installer.model.answers import sections


class Busy(Exception):
    """Another process is changing this host now; the text names it."""


Guard = Callable[[], AbstractContextManager[tuple[str, ...]]]
"""Holds a lock on the host itself; gives what was found while taking it, in sentences. Raises `Busy`."""


class State:
    """The program's own folders. Also the `Blobs` of plans and journal."""

    def __init__(self, folder: Path, run: Path, guard: Guard = lambda: nullcontext(())) -> None:
        """`guard` is for a host that is driven from here, where others may drive it as well."""
        self.folder = folder
        self.run = run
        self._guard = guard
        for each in (folder, run, folder / "blobs"):
            each.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def journal(self) -> Path:
        """The journal's file."""
        return self.folder / "journal.jsonl"

    # --- contents by their hash

    def put(self, content: bytes) -> str:
        """See `Blobs.put`."""
        digest = hashlib.sha256(content).hexdigest()
        path = self.folder / "blobs" / digest
        if not path.exists():
            save(path, content)
        return digest

    def get(self, digest: str) -> bytes:
        """See `Blobs.get`."""
        try:
            return (self.folder / "blobs" / digest).read_bytes()
        except FileNotFoundError as error:
            raise KeyError(digest) from error

    # --- answers

    def answers(self) -> dict[str, dict[str, Any]]:
        """The answers given so far, a table a step; secrets only as long as the host has not been rebooted.

        Raises `AnswersError` for a file that is not ours any more.
        """
        merged: dict[str, dict[str, Any]] = {}
        for path in (self.folder / "answers.toml", self.run / "secrets.toml"):
            for section, values in _load(path).items():
                merged.setdefault(section, {}).update(values)
        return merged

    def secrets(self, step: str) -> dict[str, Any]:
        """Those of a step that are remembered."""
        return dict(_load(self.run / "secrets.toml").get(step, {}))

    def keep(self, step: str, answers: Mapping[str, Any], secrets: Mapping[str, Any]) -> None:
        """Remember a step's answers instead of those given before; its secrets apart, until the next reboot."""
        self._remember(self.folder / "answers.toml", step, answers)
        self._remember(self.run / "secrets.toml", step, secrets)

    def _remember(self, path: Path, step: str, values: Mapping[str, Any]) -> None:
        tables = {**_load(path), step: dict(values)}
        save(path, tomli_w.dumps({name: each for name, each in tables.items() if each}).encode())

    # --- one at a time

    @contextmanager
    def lock(self, *, wait: bool = False) -> Iterator[tuple[str, ...]]:
        """Be the only process that changes this host; gives what the guard found.

        With `wait`, once another process here is done with it. Raises `Busy`.
        """
        with open(self.folder / "lock", "a+", encoding="ascii") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except OSError as error:
                stream.seek(0)
                raise Busy(f"process {stream.read().strip() or '?'} is changing this host now") from error
            stream.truncate(0)
            stream.write(str(os.getpid()))
            stream.flush()
            _see_that_nobody_drives(self.run / "lock")
            with self._guard() as found:
                yield found

    # --- what viewers ask of a running apply

    def request(self, attempt: str, what: str) -> None:
        """Ask the running attempt for something: "stop" or "confirm"."""
        with open(self.run / "requests.jsonl", "a", encoding="utf-8") as stream:
            stream.write(json.dumps({"attempt": attempt, "what": what}) + "\n")

    def requested(self, attempt: str, what: str) -> bool:
        """Whether somebody asked this attempt for that."""
        path = self.run / "requests.jsonl"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return any(json.loads(line) == {"attempt": attempt, "what": what} for line in lines)


def save(path: Path, content: bytes) -> None:
    """Write a file of ours whole, durably, readable by its owner alone."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(beside, path)


def _see_that_nobody_drives(path: Path) -> None:
    """Raises `Busy` if somebody changes this host from another one (`tui_installer.remote.lock`)."""
    words = path.read_text("utf-8", "replace").split(maxsplit=3) if path.exists() else []
    if len(words) == 4 and words[1].isdecimal() and start_time(int(words[1])) == words[2]:
        raise Busy(f"{words[3].strip()} is changing this host now")


def _load(path: Path) -> dict[str, dict[str, Any]]:
    return sections(path) if path.exists() else {}
