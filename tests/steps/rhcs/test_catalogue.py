"""Failures of storage, locks and restarts, as they happened on hosts of that time: each is told by its code, with the
tool's words and what to do, and taken back it leaves the host as it was."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.failures.impatient import impatient
from tests.world import copy, engine
from tui_installer import simulator
from tui_installer.engine import Engine
from tui_installer.simulator.host import SimulatedHost
from tui_installer.step import Problem
from tui_installer.steps import STACKS


@dataclass(frozen=True)
class Case:
    """Something wrong, where it shows, and what is said of it."""

    release: str
    step: str
    code: str
    words: str
    """Part of the evidence, or of the text."""
    faults: dict[str, Any] = field(default_factory=dict)
    commands: tuple[tuple[str, ...], ...] = ()
    """Run before, behind the program's back: the host, then the argv."""
    file: tuple[str, bytes, bytes] = ("", b"", b"")
    """A file of this host in which the first text is replaced by the second."""
    applied: bool = True
    """Whether it shows only when the step is applied."""


OPEN = b"(xend-relocation-hosts-allow '^198$  ^197$')"
CASES = {
    "another CHAP secret (etch)": Case("etch", "iscsi", "iscsi.login-refused", "5 - ", {"chap": "wrong"}),
    "another CHAP secret (squeeze)": Case("squeeze", "iscsi", "iscsi.login-refused", "24 - ", {"chap": "wrong"}),
    "the array does not know this host": Case("lenny", "iscsi", "iscsi.login-refused", "172.16.1.2", {"acl": True}),
    "a portal is down": Case(
        "etch", "iscsi", "iscsi.not-offered", "172.16.1.3", {"portal-down": ["172.16.1.3"]}
    ),
    "the quote that the guide does not close": Case(
        "etch", "lvm", "lvm.file", "closing quote", applied=False,
        file=("/etc/lvm/lvm.conf", b'#file = "/var/log/lvm2.log"', b'file = "/var/log/lvm2.log'),
    ),
    "a dead host waits to be fenced": Case(
        "lenny", "lvm", "lvm.fencing", "FAIL", {"fence-waiting": True}, applied=False
    ),
    "cman is gone": Case(
        "squeeze", "lvm", "lvm.inquorate", "cman", commands=(("bottom", "/etc/init.d/cman", "stop"),), applied=False
    ),
    "no lock manager in the kernel": Case(
        "etch", "lvm", "lvm.no-dlm", "clvmd", commands=(("bottom", "modprobe", "-r", "dlm"),), applied=False
    ),
    "a bracket is missing in xend's file": Case(
        "etch", "xen", "xen.file", "line", applied=False,
        file=("/etc/xen/xend-config.sxp", b"(vif-script vif-bridge)", b"(vif-script vif-bridge"),
    ),
    "no menu of GRUB legacy": Case(
        "lenny", "console", "console.file", "AUTOMAGIC", applied=False,
        file=("/boot/grub/menu.lst", b"### BEGIN AUTOMAGIC KERNELS LIST", b""),
    ),
    "two blanks let everybody in": Case(
        "etch", "xen", "", "", applied=False,
        file=("/etc/xen/xend-config.sxp", b"#(xend-relocation-hosts-allow '')", OPEN),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """The worlds before the steps that cases need."""
    found = {}
    folder = tmp_path_factory.mktemp("catalogue")
    for release in {case.release for case in CASES.values()}:
        world = folder / release / "world"
        simulator.create(world, release)
        mine = _engine(world, release)
        for step in mine.stack.steps[:-1]:
            found[release, step.id] = copy(world, folder / release / step.id)
            assert mine.apply(mine.plan(step.id)) == "done", mine.failure(step.id)
    return found


def _engine(world: Path, release: str) -> Engine:
    return engine(world, stack=impatient(STACKS[release]))


def _spoil(world: Path, case: Case) -> None:
    with simulator.opened(world) as opened:
        opened.state["faults"].update(case.faults)
    for host, *argv in case.commands:
        SimulatedHost(world, host, host).run(*argv)
    path, old, new = case.file
    if path:
        here = simulator.here(world)
        before = here.read(path)
        assert before is not None
        assert old in before.content
        here.write(path, type(before)(before.content.replace(old, new), before.mode, before.owner))


@pytest.mark.parametrize("name", CASES)
def test_it_is_told_and_taken_back(name: str, worlds: dict[tuple[str, str], Path], tmp_path: Path) -> None:
    case = CASES[name]
    world = copy(worlds[case.release, case.step], tmp_path / "world")
    _spoil(world, case)
    mine = _engine(world, case.release)
    plan = mine.plan(case.step)
    problems: tuple[Problem, ...] = plan.problems
    if case.applied:
        assert not plan.blocked, plan.problems
        assert mine.apply(plan) == "failed"
        problems = mine.failure(case.step)
        assert mine.apply(mine.plan_undo(case.step)) == "done", mine.journal.attempts()[-1].failure
        assert not mine.journal.standing(case.step)
    elif case.code:
        assert not plan.changes
    said = {problem.code: problem for problem in problems}
    if not case.code:
        assert plan.changes
        return
    assert case.code in said, problems
    assert case.words in "\n".join((said[case.code].text, *said[case.code].evidence))
    assert said[case.code].hint
