"""The simulated world: one folder with a file system for each host and one state, shared by processes under a lock."""

from __future__ import annotations

import fcntl
import json
import marshal
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tui_installer.simulator.machine import Machine

Version = tuple[int, int, int]
"""What tells that a state is the one that was read: inode, time and size of its file, a new one with each save."""


class Hang(Exception):
    """A command that does not come back: the caller's deadline ends it."""

    def __init__(self, out: str = "", err: str = "") -> None:
        super().__init__("hangs")
        self.out = out
        self.err = err


class World:
    """A folder's world while its lock is held. Use `opened`; whoever holds one may read and change `state`."""

    def __init__(self, folder: Path, lock: int) -> None:
        """`lock`: the descriptor that holds it."""
        self.folder = folder
        self._lock = lock
        self._version: Version = 0, 0, 0
        self._saved = b""
        self._written = False
        self.state: dict[str, Any] = {}
        self.environment: dict[str, str] = {}
        """What env(1), or a script, gives the command that runs now beside what all have."""

    def machine(self, name: str) -> Machine:
        """The host of that name. Raises KeyError."""
        self.state["hosts"][name]
        return Machine(self, name)

    def machines(self) -> list[Machine]:
        """All hosts."""
        return [Machine(self, name) for name in self.state["hosts"]]

    def fault(self, name: str) -> Any:
        """A fault that was asked for; None if it was not."""
        return self.state["faults"].get(name)

    @property
    def pace(self) -> float:
        """Seconds that one line of a long command takes."""
        return float(self.state["pace"])

    @property
    def now(self) -> int:
        """Seconds since this world was made."""
        return int(time.time() - self.state["made"])

    @property
    def inquorate_moments(self) -> list[dict[str, Any]]:
        """Every moment in which a member of the cluster was without quorum."""
        moments: list[dict[str, Any]] = self.state["history"]["inquorate_moments"]
        return moments

    @property
    def incidents(self) -> list[str]:
        """What a real cluster would have suffered from: a session stolen, a member gone with its lockspaces."""
        incidents: list[str] = self.state["history"]["incidents"]
        return incidents

    def pull(self, portal: str) -> None:
        """Take a portal off the network ("10.16.0.2"): its sessions and paths fail everywhere."""
        down = self.state["faults"].setdefault("portal-down", [])
        if portal not in down:
            down.append(portal)

    def plug(self, portal: str) -> None:
        """Give a pulled portal back: sessions and paths recover."""
        self.state["faults"]["portal-down"].remove(portal)

    def save(self) -> None:
        """Write the state if it changed, whole or not at all."""
        if (now := _digest(self.state)) != self._saved:
            beside = self.folder / f".state.{os.getpid()}"
            beside.write_text(json.dumps(self.state))
            os.utime(beside, ns=(time.time_ns(), time.time_ns()))  # the kernel's own times tell milliseconds apart
            os.replace(beside, self.folder / "state.json")
            self._saved = now
            self._written = True

    @property
    def touched(self) -> bool:
        """Whether the state changed since the world was opened."""
        return self._written or _digest(self.state) != self._saved

    def pause(self) -> None:
        """A moment in a long command: what is done so far is seen by everybody, and others get their turn."""
        if not self.pace:  # nobody can look in between, or cut it off
            return
        self.save()
        fcntl.flock(self._lock, fcntl.LOCK_UN)
        time.sleep(self.pace)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.load()

    def load(self) -> None:
        """Read the state, to be changed; what the last command here left as it was need not be read again."""
        self._version = _latest(self.folder)
        version, state, digest = _UNTOUCHED.pop(self.folder, (None, {}, b""))
        known = version == self._version
        self.state = state if known else json.loads((self.folder / "state.json").read_text())
        self._saved = digest if known else _digest(self.state)

    def look(self) -> None:
        """Read the state, which nobody may change: others look at the same one."""
        version = _latest(self.folder)
        known, self.state = _LOOKED_AT.get(self.folder, (None, {}))
        if known != version:
            self.state = json.loads((self.folder / "state.json").read_text())
            _LOOKED_AT.clear()
            _LOOKED_AT[self.folder] = version, self.state


def _latest(folder: Path) -> Version:
    told = os.stat(f"{folder}/state.json")
    return told.st_ino, told.st_mtime_ns, told.st_size


def _digest(state: dict[str, Any]) -> bytes:
    """What tells two states apart, made in a tenth of the time of their text."""
    return marshal.dumps(state, 2)


_UNTOUCHED: dict[Path, tuple[Version, dict[str, Any], bytes]] = {}
"""The state of the last world that a command left as it was, and its digest."""
_LOOKED_AT: dict[Path, tuple[Version, dict[str, Any]]] = {}
"""The state of the last world that was looked at."""


@contextmanager
def opened(folder: Path) -> Iterator[World]:
    """The world of that folder, locked for us; saved at the end."""
    with _locked(folder, fcntl.LOCK_EX) as lock:
        world = World(folder, lock)
        world.load()
        try:
            yield world
        finally:
            world.save()
            if not world._written:
                _UNTOUCHED.clear()
                _UNTOUCHED[folder] = world._version, world.state, world._saved


@contextmanager
def looked_at(folder: Path) -> Iterator[World]:
    """The world of that folder, which nobody changes meanwhile; many may look at once."""
    with _locked(folder, fcntl.LOCK_SH) as lock:
        world = World(folder, lock)
        world.look()
        yield world


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[int]:
    lock = os.open(folder / "lock", os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, how)
        yield lock
    finally:
        os.close(lock)
