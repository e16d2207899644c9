"""The simulated world as tests use it: an engine over it, its whole state to compare, and ways to disturb it."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from tests.through import Through
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.hosts.host import File, Host, OnLine, Result
from tui_installer.model.stack import Stack
from tui_installer.model.step import Context
from tui_installer.steps.stack_corosync import COROSYNC

PEER, PASSWORD, CHAP = "10.0.1.11", "cluster", "chapsecret123"
TOP, LEFT = "198.38.17.56", "198.38.17.57"
"""The members of the rhcs worlds."""


def rhcs_answers(world: Path) -> dict[str, dict[str, Any]]:
    """What an administrator would answer in the worlds of etch, lenny and squeeze."""
    dialer = simulator.dialer(world)
    keys = [key for address in (TOP, LEFT) for key in dialer.keys(address, 22)]
    return {
        "site": {"peer": TOP, "password": PASSWORD, "host-keys": keys},
        "iscsi": {"chap-password": "tjstorage2008"},
        "cluster": {"confirm": "vmcluster"},
        "xen": {"confirm": "vmcluster"},
        "lvm": {"groups": ["san"]},
        "reboot": {"confirm": "bottom"},
    }


def answers(world: Path, stack: Stack = COROSYNC) -> dict[str, dict[str, Any]]:
    """What an administrator would answer."""
    if stack.suite == "rhcs":
        return rhcs_answers(world)
    dialer = simulator.dialer(world)
    keys = [key for address in (PEER, "10.0.1.12") for key in dialer.keys(address, 22)]
    given: dict[str, dict[str, Any]] = {
        "site": {"peer": PEER, "password": PASSWORD, "host-keys": keys},
        "iscsi": {"targets": ["iqn.2024-01.lab.san:cluster"], "chap-password": CHAP},
        "cluster": {"confirm": "xencluster", "fence-settings": ["ip=10.0.1.113"]},
        "xen": {"confirm": "xencluster"},
        "migration": {"confirm": "xencluster"},
        "reboot": {"confirm": "fresh"},
    }
    return {step.id: given[step.id] for step in stack.steps if step.id in given}


def engine(
    world: Path,
    given: Mapping[str, Mapping[str, Any]] | None = None,
    here: Host | None = None,
    stack: Stack = COROSYNC,
) -> Engine:
    """An engine for the world's fresh host; `here` replaces that host (to disturb it)."""
    context = Context(here or simulator.here(world), simulator.dialer(world))
    state = State(world / "state", world / "run")
    return Engine(stack, context, state, answers(world, stack) if given is None else given)


def join(engine: Engine, until: str = "") -> None:
    """Apply every step before `until` (all, if it is empty), each into place."""
    for step in engine.stack.steps:
        if step.id == until:
            return
        plan = engine.plan(step.id)
        assert not plan.blocked, plan.problems
        assert engine.apply(plan) == "done", engine.failure(step.id)
        left = engine.plan(step.id)
        assert left.in_place, (left.changes, left.problems)


def copy(world: Path, to: Path) -> Path:
    """A copy of a world, with what the program remembers of it."""
    to.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(("cp", "-dRT", "--preserve=mode,timestamps", "--", world, to), check=True)  # half of shutil.copytree
    for own in ("socket", "lock"):
        (to / own).unlink(missing_ok=True)
    return to


T = TypeVar("T")
VOLATILE = frozenset({"clock", "log", "started", "pids", "history"})
"""Parts of the simulated machines' state that change by themselves."""
OWN = "/run/tui-installer"
"""The program's own scratch folder, which is gone at the next boot."""


def picture(world: Path) -> dict[str, Any]:
    """Everything that is so in a world, host by host: files, and what its machines hold."""
    found: dict[str, Any] = {}
    for root in sorted(world.glob("*/root")):
        for folder, folders, files in os.walk(root):
            for path in (f"{folder}/{name}" for name in (*folders, *files)):
                if os.path.islink(path):
                    found[os.path.relpath(path, world)] = f"-> {os.readlink(path)}"
                elif os.path.isfile(path):
                    found[os.path.relpath(path, world)] = Path(path).read_bytes()
    found["state"] = _steady(json.loads((world / "state.json").read_text()))
    return found


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: each for key, each in value.items() if key not in VOLATILE and not key.startswith(OWN)}
        return {key: _steady(each) for key, each in kept.items()}
    return [_steady(each) for each in value] if isinstance(value, list) else value


def differences(one: Mapping[str, Any], other: Mapping[str, Any], at: str = "") -> list[str]:
    """Where two pictures differ."""
    found = []
    for key in sorted({*one, *other}):
        old, new = one.get(key), other.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            found += differences(old, new, f"{at}/{key}")
        elif old != new:
            found.append(f"{at}/{key}: {old!r} -> {new!r}"[:400])
    return found


class PowerCut(BaseException):
    """The process is gone, at once."""


class Disturbed(Through):
    """A host whose n-th act (a command or a write) does not come back: the process dies before or after it."""

    def __init__(self, host: Host, at: int, after: bool) -> None:
        super().__init__(host)
        self.acts = 0
        self._lock = threading.Lock()
        self._at = at
        self._after = after

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        return self._act(lambda: super(Disturbed, self).run(*argv, stdin=stdin, within=within, on_line=on_line))

    def write(self, path: str, file: File | None) -> None:
        self._act(lambda: super(Disturbed, self).write(path, file))

    def _act(self, do: Callable[[], T]) -> T:
        with self._lock:  # looks ask side by side
            self.acts += 1
            mine = self.acts
        if mine == self._at and not self._after:
            raise PowerCut
        result = do()
        if mine == self._at:
            raise PowerCut
        return result
