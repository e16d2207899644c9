"""Where this program keeps its own things: contents by their hash, answers, secrets, requests to a running apply.

`folder` (/var/lib/tui-installer) survives a reboot; `run` (/run/tui-installer) does not, and is the only place
that a secret is ever written to. All of it is for root alone, and believed only if it is (`engine.files`).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import tomli_w

from tui_installer.engine.files import VERSION, Disk, Files, StateError
from tui_installer.engine.journal import start_time
from tui_installer.engine.vault import Sealed, Vault, hidden, sealed
from tui_installer.model.masks import Mask

LONGEST = 86400
"""Seconds that a command of an earlier attempt is waited for."""
NUMBER = "version"
"""What the version is called in what is kept."""
_TEMPORARY = re.compile(r"\.(?P<name>.+)\.(?P<pid>[0-9]+)")
"""The name of a file that is being written (`Files.save`)."""


class Busy(Exception):
    """Another process is changing this host now; the text names it."""


Guard = Callable[[], AbstractContextManager[tuple[str, ...]]]
"""Holds a lock on the host itself; gives what was found while taking it, in sentences. Raises `Busy`."""


class State:
    """The program's own folders. Also the `Blobs` of plans and journal. Everything may raise `StateError`."""

    def __init__(
        self,
        folder: Path,
        run: Path,
        guard: Guard = lambda: nullcontext(()),
        disk: Disk | None = None,
        running: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        """`guard` is for a host that is driven from here, where others may drive it as well; `running` are commands
        here that outlived their apply."""
        self.folder = folder
        self.run = run
        self.files = Files(disk)
        self._guard = guard
        self._vault = Vault(self.files, run / "marks.json")
        self.running = running
        self.stops = False
        """Whether this process itself was asked to stop what it carries out."""
        self._passed_over: dict[str, None] = {}
        self._not_understood: set[Path] = set()
        for each in (folder, run, folder / "blobs", folder / "plans"):
            self.files.folder(each)
        self._sweep()

    def _sweep(self) -> None:
        """Remove what was being written when a process ended."""
        for folder in (self.folder, self.run, self.folder / "blobs", self.folder / "plans"):
            for name in self.files.names(folder):
                if (found := _TEMPORARY.fullmatch(name)) and not start_time(int(found["pid"])):
                    with suppress(StateError):  # on a disk that is read-only it stays, which is no harm
                        self.files.remove(folder / name)

    @property
    def journal(self) -> Path:
        """The journal's file."""
        return self.folder / "journal.jsonl"

    def pass_over(self, what: str) -> None:
        """Remember, in a sentence, that something was not believed."""
        self._passed_over[what] = None

    @property
    def passed_over(self) -> tuple[str, ...]:
        """All that was not believed."""
        return tuple(self._passed_over)

    # --- contents by their hash

    def put(self, content: bytes, mask: Mask = "") -> str:
        """See `Blobs.put`. A name is the SHA-256 of what is kept: it says whether that is still the same."""
        without = self._vault.seal(content, mask, (each.encode() for each in self.typed()))
        kept = content if without is None else without.to_bytes()
        name = ("" if without is None else "sealed-") + hashlib.sha256(kept).hexdigest()
        path = self.folder / "blobs" / name
        if not path.exists():
            self.files.save(path, kept)
        return name

    def get(self, name: str) -> bytes:
        """See `Blobs.get`. Raises `Forgotten` if a secret in it is not known any more."""
        without = self.sealed(name)
        return self._kept(name) if without is None else self._vault.open(without)

    def sealed(self, name: str) -> Sealed | None:
        """The content of that name as it is kept; None: it has no secrets. Raises KeyError if it is gone."""
        if not name.startswith("sealed-"):
            return None
        if (found := sealed(self._kept(name))) is None:
            raise KeyError(name)
        return found

    def _kept(self, name: str) -> bytes:
        found = None
        if re.fullmatch("(sealed-)?[0-9a-f]{64}", name):
            try:
                found = self.files.read(self.folder / "blobs" / name)
            except StateError as error:
                if error.problem.code != "state.foreign":
                    raise
                self.pass_over(str(error))
        if found is None or hashlib.sha256(found).hexdigest() != name.removeprefix("sealed-"):
            raise KeyError(name)
        return found

    def guesses(self, name: str) -> bool:
        """Whether a secret in the content of that name is not known but for a guess. Raises KeyError."""
        without = self.sealed(name)
        return without is not None and self._vault.guesses(without)

    def learn(self, found: Mapping[str, bytes], *, guessed: bool = False) -> bool:
        """See `Vault.learn`."""
        return self._vault.learn(found, guessed=guessed)

    # --- answers

    def answers(self) -> dict[str, dict[str, Any]]:
        """The answers given so far, a table a step; secrets only as long as the host has not been rebooted."""
        merged: dict[str, dict[str, Any]] = {}
        for path in (self.folder / "answers.toml", self.run / "secrets.toml"):
            for section, values in self._tables(path).items():
                merged.setdefault(section, {}).update(values)
        return merged

    def secrets(self, step: str) -> dict[str, Any]:
        """Those of a step that are remembered."""
        return dict(self._tables(self.run / "secrets.toml").get(step, {}))

    def typed(self) -> frozenset[str]:
        """All secrets that were typed since the last reboot, and are remembered."""
        tables = self._tables(self.run / "secrets.toml").values()
        return frozenset(value for table in tables for value in table.values() if isinstance(value, str) and value)

    def discretion(self) -> Callable[[str], str]:
        """What leaves out of a text all secrets that are known now."""
        kept = (value.decode("utf-8", "surrogateescape") for value in self._vault.values if b"\n" not in value)
        known = {*self.typed(), *kept}
        return lambda text: hidden(text, known)

    def keep(self, step: str, answers: Mapping[str, Any], secrets: Mapping[str, Any]) -> None:
        """Remember a step's answers instead of those given before; its secrets apart, until the next reboot."""
        self._remember(self.folder / "answers.toml", step, answers)
        self._remember(self.run / "secrets.toml", step, secrets)

    def _remember(self, path: Path, step: str, values: Mapping[str, Any]) -> None:
        before = self._tables(path)
        after = {name: each for name, each in {**before, step: dict(values)}.items() if each}
        if after == before:
            return
        if path in self._not_understood:
            self._not_understood.discard(path)
            self.pass_over(f"{path} was put aside as {self.files.set_aside(path).name}.")
        self.files.save(path, tomli_w.dumps({NUMBER: VERSION, **after}).encode())

    def _tables(self, path: Path) -> dict[str, dict[str, Any]]:
        """The tables of a file of ours. One that is torn, or of a later version, is passed over."""
        content = self.files.read(path)
        try:
            found = tomllib.loads((content or b"").decode())
            version = found.pop(NUMBER, 1)
            if version not in range(1, VERSION + 1):
                raise ValueError(f"it is of version {version}, and this program knows {VERSION}")
            if odd := [name for name, value in found.items() if not isinstance(value, dict)]:
                raise ValueError(f"{odd[0]!r} is no section")
        except ValueError as error:
            self.pass_over(f"{path} is not understood ({error}): what was answered there is asked for again.")
            self._not_understood.add(path)
            return {}
        return found

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
