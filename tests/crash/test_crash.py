"""After a kill anywhere the next run ends where an undisturbed one ends, or takes back what was done, byte for byte.

At a few events of some operations; at every one by `make crash-test` (CRASH_TEST: a stack, or "all"), or at every
CRASH_EVERY-th of them, from the CRASH_FROM-th on.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.crash.traces import forgotten, remembered, versionless
from tests.crash.victim import Victim, undisturbed
from tests.test_contract import CLUSTER, EXEMPT, RHCS
from tests.world import copy, differences, engine, picture
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.hosts.host import File
from tui_installer.steps import STACKS

STACKS_TRIED = ("corosync", "squeeze")
ALL = os.environ.get("CRASH_TEST", "")
"""The stacks of which everything is tried; empty: `SOME` of both."""
EVERY, FROM = int(os.environ.get("CRASH_EVERY", "1")), int(os.environ.get("CRASH_FROM", "0"))
SOME = {
    ("corosync", "apply", "cluster"): (0.3, 0.845),
    ("corosync", "undo", "multipath"): (0.5,),
    ("corosync", "undo", "cluster"): (0.43,),
    ("corosync", "apply", "xen"): (0.68,),
    ("corosync", "repair", "multipath"): (0.7,),
    ("squeeze", "apply", "iscsi"): (0.6,),
    ("squeeze", "undo", "cluster"): (0.35,),
    ("squeeze", "apply", "lvm"): (0.54,),
    ("squeeze", "repair", "iscsi"): (0.5,),
}
"""Of these operations the events at these parts of the way."""
REPAIRS = {"iscsi": "/etc/iscsi/iscsid.conf", "multipath": "/etc/multipath.conf"}
"""Files that somebody has emptied since."""
WRITTEN = ("config_version", "/etc/cluster/cluster.conf")
PASSING = [part for part in EXEMPT if part not in WRITTEN]
PASSING_RHCS = [*PASSING, *(part for part in RHCS if part not in WRITTEN)]
"""What taking back leaves, other than in what somebody writes: that is compared but for its version."""


@dataclass(frozen=True)
class Operation:
    """Something that is carried out on a world."""

    stack: str
    step: str
    kind: str
    """apply, undo or repair."""

    def __str__(self) -> str:
        return f"{self.stack}-{self.kind}-{self.step}"

    def do(self, mine: Engine) -> str:
        """Plan it and do it."""
        if self.kind == "undo":
            return taken_back(mine, self.step)
        plan = mine.plan(self.step)
        assert not plan.blocked, plan.problems
        return mine.apply(plan) if plan.changes else "done"


def taken_back(mine: Engine, step: str) -> str:
    """Take a step back, once this host has left the cluster if that is what it takes."""
    plan = mine.plan_undo(step)
    if [problem.code for problem in plan.problems] == ["cluster.leave"]:
        mine.confirm_leaving(CLUSTER.get(mine.stack.name, "vmcluster"))
        if (plan := mine.plan_leave()).changes and (outcome := mine.apply(plan)) != "done":
            return outcome
        plan = mine.plan_undo(step)
    assert not plan.blocked, plan.problems
    return mine.apply(plan) if plan.changes else "done"


def operations() -> list[Operation]:
    """What is tried."""
    if not ALL:
        return [Operation(stack, step, kind) for stack, kind, step in SOME]
    found = []
    for stack in (each for each in STACKS_TRIED if ALL in ("all", each)):
        steps = [step.id for step in STACKS[stack].steps if step.id not in ("site", "reboot")]
        found += [Operation(stack, step, kind) for step in steps for kind in ("apply", "undo")]
        found += [Operation(stack, step, "repair") for step in REPAIRS]
    return found


OPERATIONS = operations()


class Worlds:
    """The world before each operation, and what it is like after it was carried out undisturbed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._before: dict[str, Path] = {}
        self._after: dict[Operation, tuple[list[str], dict[str, Any]]] = {}

    def before(self, of: Operation) -> Path:
        """The world that it is carried out on."""
        if str(of) not in self._before:
            self._join(of.stack)
        return self._before[str(of)]

    def after(self, of: Operation) -> tuple[list[str], dict[str, Any]]:
        """(its events, the world then)."""
        if of not in self._after:
            world = copy(self.before(of), self._folder / f"{of}-whole")
            events = undisturbed(world, STACKS[of.stack], lambda mine: _done(of, mine))
            assert not forgotten(world)
            self._after[of] = events, picture(world)
        return self._after[of]

    def _join(self, stack: str) -> None:
        world = self._folder / stack
        simulator.create(world, stack)
        for step in STACKS[stack].steps[: _last(stack)]:
            self._keep(world, Operation(stack, step.id, "apply"))
            mine = engine(world, stack=STACKS[stack])
            plan = mine.plan(step.id)
            assert not plan.blocked, plan.problems
            if plan.changes:
                assert mine.apply(plan) == "done", mine.failure(step.id)
            self._keep(world, Operation(stack, step.id, "undo"))
        for step_id, path in REPAIRS.items():
            broken = self._keep(world, Operation(stack, step_id, "repair"))
            here = simulator.here(broken)
            file = here.read(path)
            assert file is not None
            here.write(path, File(b"", file.mode, file.owner))

    def _keep(self, world: Path, of: Operation) -> Path:
        self._before[str(of)] = copy(world, self._folder / str(of))
        return self._before[str(of)]


def _last(stack: str) -> int:
    """How many steps come until the last one that is tried is in place."""
    tried = {of.step for of in OPERATIONS if of.stack == stack} | REPAIRS.keys()
    return max(at for at, step in enumerate(STACKS[stack].steps, 1) if step.id in tried)


def _done(of: Operation, mine: Engine) -> None:
    assert of.do(mine) == "done", mine.failure(of.step)


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    return Worlds(tmp_path_factory.mktemp("crash"))


def _chosen(of: Operation, events: list[str]) -> list[int]:
    if ALL:
        return list(range(FROM, len(events), EVERY))
    return [int(part * len(events)) for part in SOME[of.stack, of.kind, of.step]]


@pytest.mark.parametrize("of", OPERATIONS, ids=str)
def test_killed_anywhere_it_ends_as_undisturbed_or_is_taken_back(worlds: Worlds, of: Operation, tmp_path: Path) -> None:
    events, whole = worlds.after(of)
    before, chosen = worlds.before(of), _chosen(of, events)
    start, wrong, tried = picture(before), list[str](), set[str]()
    with closing(Victim(before, tmp_path / "world", STACKS[of.stack], of.do)) as victim:
        for at in chosen:
            world = victim.killed(at)
            if (left := remembered(world)) not in tried:  # else what follows is known
                tried.add(left)
                wrong += [f"{events[at]}{line}" for line in _ended(of, world, start, whole)]
    sys.stdout.write(f"{of}: killed at {len(chosen)} of {len(events)} events, which left {len(tried)} states\n")
    assert not wrong, "\n".join(wrong[:20])


def _ended(of: Operation, world: Path, start: dict[str, Any], whole: dict[str, Any]) -> Iterator[str]:
    """What is wrong after going on, and after taking back instead."""
    back = copy(world, world.with_name("back"))
    passing = PASSING if of.stack == "corosync" else PASSING_RHCS

    def lines(wanted: dict[str, Any], found: dict[str, Any]) -> list[str]:
        return differences(versionless(wanted), versionless(found))

    def left(found: dict[str, Any]) -> list[str]:
        return [line for line in lines(start, found) if not any(part in line for part in passing)]

    yield from (f", again: {line}" for line in _gone_on(of, world, of.do, lambda found: lines(whole, found)))
    if of.kind == "apply":
        back_again = _gone_on(of, back, lambda mine: taken_back(mine, of.step), left)
        yield from (f", taken back: {line}" for line in back_again)
    shutil.rmtree(back)


def _gone_on(
    of: Operation, world: Path, do: Callable[[Engine], str], left: Callable[[dict[str, Any]], list[str]]
) -> list[str]:
    """What is wrong after the next start has done that; `left`: what a world is not that it should be."""
    mine = engine(world, stack=STACKS[of.stack])
    mine.sweep()
    try:
        outcome = do(mine)
    except AssertionError as blocked:
        return [str(blocked)]
    failed = [] if outcome == "done" else [f"{outcome}, {mine.journal.attempts()[-1].failure}"]
    return [*failed, *left(picture(world)), *forgotten(world)]
