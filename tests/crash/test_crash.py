"""After a kill anywhere the next run ends where an undisturbed one ends, or takes back what was done, byte for byte.

At every event by `make crash-test` (CRASH_TEST: a stack, or "all"); with CRASH_TEST=sample at a few, of the steps in
`SOME`.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.crash.victim import carried_out
from tests.test_contract import CLUSTER, EXEMPT, RHCS
from tests.world import copy, differences, engine, picture
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.hosts.host import File
from tui_installer.steps import STACKS

ALL = os.environ["CRASH_TEST"].removesuffix("sample")
"""The stacks of which everything is tried; empty: a sample of all."""
SAMPLE = 2
"""Events of each operation that are tried in a sample."""
SOME = {"corosync": ("iscsi", "cluster"), "squeeze": ("iscsi", "multipath")}
"""The steps in a sample; the join goes no further."""
STACK = [name for name in SOME if ALL in ("", "all", name)]
STEPS = {name: [step.id for step in STACKS[name].steps if step.id not in ("site", "reboot")] for name in STACK}
REPAIRS = {name: {"iscsi": "/etc/iscsi/iscsid.conf", "multipath": "/etc/multipath.conf"} for name in STACK}
"""Files that somebody has emptied since."""


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


OPERATIONS = [
    *(
        Operation(stack, step, kind)
        for stack in STACK
        for step in STEPS[stack]
        for kind in ("apply", "undo")
        if ALL or step in SOME[stack]
    ),
    *(Operation(stack, step, "repair") for stack in STACK for step in REPAIRS[stack]),
]


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
            events = carried_out(world, STACKS[of.stack], lambda mine: _done(of, mine))
            self._after[of] = events, picture(world)
        return self._after[of]

    def _join(self, stack: str) -> None:
        world = self._folder / stack
        simulator.create(world, stack)
        for step in STACKS[stack].steps[: None if ALL else _last(stack)]:
            self._keep(world, Operation(stack, step.id, "apply"))
            mine = engine(world, stack=STACKS[stack])
            plan = mine.plan(step.id)
            assert not plan.blocked, plan.problems
            if plan.changes:
                assert mine.apply(plan) == "done", mine.failure(step.id)
            self._keep(world, Operation(stack, step.id, "undo"))
        for step_id, path in REPAIRS[stack].items():
            broken = self._keep(world, Operation(stack, step_id, "repair"))
            here = simulator.here(broken)
            file = here.read(path)
            assert file is not None
            here.write(path, File(b"", file.mode, file.owner))

    def _keep(self, world: Path, of: Operation) -> Path:
        self._before[str(of)] = copy(world, self._folder / str(of))
        return self._before[str(of)]


def _last(stack: str) -> int:
    """How many steps come until the last one of a sample is in place."""
    return max(at for at, step in enumerate(STACKS[stack].steps, 1) if step.id in SOME[stack])


def _done(of: Operation, mine: Engine) -> None:
    assert of.do(mine) == "done", mine.failure(of.step)


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    return Worlds(tmp_path_factory.mktemp("crash"))


def _left(stack: str, one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    exempt = EXEMPT if stack == "corosync" else {**EXEMPT, **RHCS}
    return [line for line in differences(one, other) if not any(each in line for each in exempt)]


def _chosen(events: list[str]) -> list[int]:
    step = 1 if ALL else max(1, len(events) // SAMPLE)
    return list(range(step // 2, len(events), step))


@pytest.mark.parametrize("of", OPERATIONS, ids=str)
def test_killed_anywhere_it_ends_as_undisturbed_or_is_taken_back(worlds: Worlds, of: Operation, tmp_path: Path) -> None:
    events, whole = worlds.after(of)
    before = worlds.before(of)
    start, wrong = picture(before), []
    for at in _chosen(events):
        world = copy(before, tmp_path / "world")
        carried_out(world, STACKS[of.stack], lambda mine: of.do(mine), at)
        wrong += [f"{events[at]}: {line}" for line in _gone_on(of, world, whole)]
        shutil.rmtree(world)
        if of.kind == "apply":
            world = copy(before, tmp_path / "world")
            carried_out(world, STACKS[of.stack], lambda mine: of.do(mine), at)
            wrong += [f"{events[at]}, taken back: {line}" for line in _taken_back(of, world, start)]
            shutil.rmtree(world)
    sys.stdout.write(f"{of}: killed at {len(_chosen(events))} of {len(events)} events\n")
    assert not wrong, "\n".join(wrong[:20])


def _gone_on(of: Operation, world: Path, whole: dict[str, Any]) -> list[str]:
    mine = engine(world, stack=STACKS[of.stack])
    mine.sweep()
    outcome = of.do(mine)
    return (
        [f"again: {outcome}, {mine.failure(of.step)}"] if outcome != "done" else _left(of.stack, whole, picture(world))
    )


def _taken_back(of: Operation, world: Path, start: dict[str, Any]) -> list[str]:
    mine = engine(world, stack=STACKS[of.stack])
    mine.sweep()
    outcome = taken_back(mine, of.step)
    return [f"taken back: {outcome}"] if outcome != "done" else _left(of.stack, start, picture(world))
