"""Unknown is not absent: every tool that a look asks is made to fail in each of its ways, on fresh and joined hosts.

Each look must then be unknown or stop at a problem, either with the tool's name, or plan exactly what an undisturbed
one plans. `make matrix` tries all cells and writes docs/unknown.md; here a part of them is tried, and must be as there.
"""

from __future__ import annotations

import fcntl
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.before import Before
from tests.through import Through
from tests.world import answers, copy
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
"""Of each step: why it is unknown, what it plans, and the words of the problems that stop it."""
Tool = tuple[str, ...]


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
    """One look at all steps, each for itself."""
    context, state = Context(host, simulator.dialer(world)), State(world / "state", world / "run")
    engine = Engine(STACKS[stack], context, state, answers(world, STACKS[stack]))
    found: Looked = {}
    for step in STACKS[stack].steps:
        look = engine.look(step.id)
        stops = [
            " ".join((each.code, each.text, *each.evidence)) for each in look.plan.problems if each.level == "stop"
        ]
        found[step.id] = look.unknown, [to_json(change, engine.state) for change in look.plan.changes], stops
    return found


DOCUMENT = Path(__file__).parents[2] / "docs" / "unknown.md"
WORLDS = [(stack, step) for stack in ("corosync", "etch", "lenny", "squeeze") for step in ("packages", "joined")]
"""Stack, and the step before which its host stands."""
ALL = os.environ.get("MATRIX") == "all"
PART = 8
"""One cell of so many is tried in `make test`, always the same ones."""
NO_CELL = "no: by its code"


@dataclass(frozen=True)
class Cell:
    """What came of one tool that fails in one way, over all steps."""

    unknown: int
    stopped: int
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        """As in "2 unknown, 1 stopped"."""
        said = ((self.unknown, "unknown"), (self.stopped, "stopped"), (len(self.wrong), "WRONG"))
        return ", ".join(f"{number} {word}" for number, word in said if number) or "as ever"


def _cell(found: Looked, expected: Looked, tool: Tool) -> Cell:
    unknown = stopped = 0
    wrong: list[str] = []
    for name, (why, changes, stops) in found.items():
        if (why, changes) == expected[name][:2]:
            continue
        named = tool[0] in why or "no such program" in why  # the one that is missing may be asked first
        if not (named if why else any(tool[0] in words for words in stops) and not changes):
            wrong.append(f"{name}: {why or stops or [each.get('write') or each['run'] for each in changes]}")
        elif why:
            unknown += 1
        else:
            stopped += 1
    return Cell(unknown, stopped, tuple(wrong))


def _is_tried(tool: Tool, way: str) -> bool:
    return tool[0] not in SAYS_NOTHING and not (tool[0] in BY_CODE and way == "exit 1")


def _in_part(stack: str, step: str, tool: Tool, way: str) -> bool:
    return ALL or zlib.crc32(" ".join((stack, step, *tool, way)).encode()) % PART == 0


@pytest.mark.parametrize(("stack", "step"), WORLDS)
def test_a_tool_that_fails_has_told_nothing(
    before: Before, stack: str, step: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = copy(before.world(stack, step), tmp_path / "world")
    undisturbed = Failing(simulator.here(world))
    expected = looked(world, stack, undisturbed)
    cells = [(tool, way) for tool in sorted(undisturbed.asked) for way in WAYS if _is_tried(tool, way)]
    table: dict[tuple[Tool, str], Cell] = {}
    for tool, way in cells:
        if _in_part(stack, step, tool, way):
            found = looked(world, stack, Failing(simulator.here(world), tool, way))
            table[tool, way] = _cell(found, expected, tool)
    wrong = {(" ".join(tool), way): cell.wrong for (tool, way), cell in table.items() if cell.wrong}
    tried = len(table) * len(expected)
    right = tried - sum(map(len, wrong.values()))
    with capsys.disabled():
        sys.stdout.write(f" {stack} {step}: {right} of {tried} cells right ")
    assert not wrong
    title = f"## {stack}, {'joined' if step == 'joined' else 'before its packages'}"
    if ALL:
        _written(title, _lines(table, f"{right} of {tried} cells are right."))
    told = _told(title)
    assert {tool for tool, _ in told} == {" ".join(tool) for tool, _ in cells}, "make matrix"
    assert all(told[" ".join(tool), way] == str(cell) for (tool, way), cell in table.items()), "make matrix"


# --- the document


def _lines(table: Mapping[tuple[Tool, str], Cell], counted: str) -> str:
    head = f"| tool | {' | '.join(WAYS)} |\n| --- |{' --- |' * len(WAYS)}\n"
    rows = (_row(tool, table) for tool in dict.fromkeys(tool for tool, _ in table))
    return f"{counted}\n\n{head}{''.join(rows)}"


def _row(tool: Tool, table: Mapping[tuple[Tool, str], Cell]) -> str:
    said: Iterable[str] = (str(table.get((tool, way), NO_CELL)) for way in WAYS)
    return f"| `{' '.join(tool)}` | {' | '.join(said)} |\n"


def _written(title: str, lines: str) -> None:
    """Put the section into the document, be it that others do so at the same time."""
    with DOCUMENT.open("r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        before, _, rest = file.read().partition(f"{title}\n\n")
        _, mark, after = rest.partition("\n## ")
        file.seek(0)
        file.write(f"{before}{title}\n\n{lines}{mark}{after}")
        file.truncate()


def _told(title: str) -> dict[tuple[str, str], str]:
    """The cells of a section, by tool and way."""
    section = DOCUMENT.read_text("utf-8").partition(f"{title}\n\n")[2].partition("\n## ")[0]
    rows = re.findall(r"(?m)^\| `([^`]+)` \| (.*) \|$", section)
    cells = ((tool, zip(WAYS, said.split(" | "), strict=True)) for tool, said in rows)
    return {(tool, way): text for tool, said in cells for way, text in said}
