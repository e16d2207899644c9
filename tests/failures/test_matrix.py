"""Unknown is not absent: every tool that a look asks is made to fail in each of its ways, on fresh and joined hosts.

Each look must then be unknown, or plan exactly what an undisturbed one plans, or stop at a problem.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.failures.conftest import Before
from tests.through import Through
from tests.world import answers
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.hosts.host import Host, OnLine, Result
from tui_installer.model.change_json import to_json
from tui_installer.model.step import Context
from tui_installer.steps import STACKS


def _torn(text: str) -> str:
    """About half of it, up to the middle of a line: what is printed is cut at a full buffer, not at a line's end."""
    return text[: len(text) // 2].rstrip("\n")[:-1].rstrip("\n")


ALL = os.environ.get("MATRIX") == "all"
WAYS: Mapping[str, Callable[[Result], Result]] = {
    "absent": lambda said: Result(said.argv, "absent", None, "", ""),
    "exit 1": lambda said: Result(said.argv, "exited", 1, "", ""),
    "hangs": lambda said: Result(said.argv, "timeout", None, "", ""),
    "dies": lambda said: Result(said.argv, "signal", None, said.out[: len(said.out) // 2], ""),
    "half": lambda said: Result(said.argv, said.end, said.code, _torn(said.out), said.err),
    "rubbish": lambda said: Result(said.argv, "exited", 0, "\x1b[31m%%% rubbish {[\n" * 3, ""),
}
SAYS_NOTHING = {"true", "bash", "ping"}
"""Their exit code is the answer: for these no end is a failure of the tool."""
BY_CODE = {"pidof", "xend"}
"""These say no by exit code 1, in silence."""
Looked = dict[str, tuple[str, list[Any], list[str]]]


class Failing(Through):
    """A host on which one tool fails in one way."""

    def __init__(self, host: Host, tool: tuple[str, ...] = (), way: str = "absent") -> None:
        super().__init__(host)
        self.asked: dict[tuple[str, ...], None] = {}
        self._tool, self._way = tool, way

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        said = super().run(*argv, stdin=stdin, within=within, on_line=on_line)
        tool = tuple(argv[: 3 if argv[0] in ("ip", "dlm_tool") else 1])
        self.asked[tool] = None
        return WAYS[self._way](said) if tool == self._tool else said


def looked(world: Path, stack: str, host: Failing) -> Looked:
    """Each step: why it is unknown, what it plans, and the problems that stop it."""
    context, state = Context(host, simulator.dialer(world)), State(world / "state", world / "run")
    engine = Engine(STACKS[stack], context, state, answers(world, STACKS[stack]))
    found: Looked = {}
    for step in STACKS[stack].steps:
        look = engine.look(step.id)
        stops = [problem.code for problem in look.plan.problems if problem.level == "stop"]
        found[step.id] = look.unknown, [to_json(change, engine.state) for change in look.plan.changes], stops
    return found


def _tried(tools: list[tuple[str, ...]]) -> list[tuple[tuple[str, ...], str]]:
    """Each tool with each way; but for MATRIX=all (make matrix) every fifth of them: each way, for some tool."""
    cells = [
        (tool, way)
        for tool in tools
        for way in (WAYS if tool[0] not in SAYS_NOTHING else ())
        if not (tool[0] in BY_CODE and way == "exit 1")
    ]
    return cells if ALL else cells[::5]


@pytest.mark.parametrize(
    ("stack", "step"),
    [("corosync", "packages"), ("corosync", "joined"), ("etch", "joined"), ("squeeze", "joined")],
)
def test_a_tool_that_fails_has_told_nothing(
    before: Before, stack: str, step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world = before.world(stack, step)
    undisturbed = Failing(simulator.here(world))
    expected, cells, wrong = looked(world, stack, undisturbed), 0, []
    for tool, way in _tried(sorted(undisturbed.asked)):
        failing = looked(world, stack, Failing(simulator.here(world), tool, way))
        for name, (unknown, changes, stops) in failing.items():
            cells += 1
            if not unknown and changes != expected[name][1] and not (stops and not changes):
                wrong.append((" ".join(tool), way, name, [each.get("write") or each["run"] for each in changes]))
    with capsys.disabled():
        sys.stdout.write(f" {stack} {step}: {cells - len(wrong)} of {cells} cells right ")
    assert cells > (400 if ALL else 100)
    assert not wrong
