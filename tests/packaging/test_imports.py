"""What is loaded when, and that no modules of the product import each other in a circle."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tui_installer.steps.subjects import COROSYNC as SUBJECTS

ROOT = Path(__file__).parents[2]
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for top in ("tui_installer", "screens", "assets")
    for path in (ROOT / top).rglob("*.py")
}
FIRST_SCREEN = (
    "from screens import app, status, step, form, log; from tui_installer.steps import STACKS; STACKS['corosync']"
)
FIRST_PICTURE = (
    "from screens import opening; from tui_installer import composition, steps; "
    "print(opening.opening('', steps.STACKS.entries[0].subjects, False, 80, 24))"
)
WITHOUT_ENGINE = "from tui_installer.__main__ import main; sys.argv[1:] = {}; main()"
NEEDED = ("tui_installer.composition", "tui_installer.engine", "tui_installer.steps", "tui_installer.probes", "screens")
COMMAND = "from tui_installer.cli import commands; from tui_installer.steps import STACKS; STACKS['corosync']"


BACK = {
    ("tui_installer.simulator.machine", "tui_installer.simulator.world"): "a machine is a place in its world",
    ("tui_installer.simulator.rhcs.shell.builtins", "tui_installer.simulator.rhcs.shell.run"): "a shell runs shells",
    ("tui_installer.simulator.rhcs.shell.redirect", "tui_installer.simulator.rhcs.shell.run"): "a shell runs shells",
}
"""For types alone, and why."""


def imported(name: str) -> Iterator[str]:
    """The modules of the product that a module imports: when it is loaded, later, and for types."""
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (_module(f"{node.module}.{each.name}") for each in node.names)
        elif isinstance(node, ast.Import):
            yield from (_module(each.name) for each in node.names)


def _module(name: str) -> str:
    return name if name in MODULES else name.rpartition(".")[0]


def test_no_circle() -> None:
    graph = {name: {each for each in imported(name) if each in MODULES and each != name} for name in MODULES}
    assert {pair for pair in BACK if pair[1] not in graph[pair[0]]} == set()
    for name, back in BACK:
        graph[name].discard(back)
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


@pytest.mark.parametrize(
    ("what", "never"),
    [
        (FIRST_PICTURE, ("textual", "rich", "tui_installer.simulator", "tui_installer.steps.stack_corosync")),
        (FIRST_PICTURE, tuple(f"tui_installer.steps.{each.id.replace('-', '_')}" for each in SUBJECTS)),
        (FIRST_SCREEN, ("lxml", "tui_installer.simulator", "tui_installer.steps.rhcs.etc_cluster", "sh")),
        (FIRST_SCREEN, tuple(name for name in MODULES if name.startswith("tui_installer.steps.") and "rhcs" in name)),
        (COMMAND, ("lxml", "textual", "rich", "screens", "tui_installer.simulator", "sh")),
    ],
)
def test_is_not_loaded(what: str, never: tuple[str, ...]) -> None:
    program = f"{what}; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    allowed = {"tui_installer.steps.rhcs", "tui_installer.steps.rhcs.release"}  # the table that a stack is chosen by
    assert "tui_installer.steps" in done.stdout.split()
    assert set(done.stdout.split()) & set(never) - allowed == set()


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["status", "--help"], ["explain"], ["plan", "--wrong"]])
def test_what_needs_no_engine_loads_none(words: list[str]) -> None:
    program = f"import atexit, sys; atexit.register(lambda: print(*sys.modules)); {WITHOUT_ENGINE.format(words)}"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    loaded = done.stdout.splitlines()[-1].split()
    assert "tui_installer.cli.arguments" in loaded
    assert [name for name in loaded if name.startswith(NEEDED)] == []


def late(source: str) -> Iterator[tuple[int, bool]]:
    """(line, whether a comment is in it or above it) of each block of imports inside a function."""
    lines = source.splitlines()
    functions = (
        each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    found = {
        (node.lineno, node.end_lineno or node.lineno)
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    end, said = 0, False
    for first, last in sorted(found):
        if not end or "".join(lines[end : first - 1]).strip():
            said = lines[first - 2].strip().startswith("#")
        said = said or "#" in lines[first - 1]
        end = last
        yield first, said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("    import a\n", [False]),
        ("    import a  # seldom\n", [True]),
        ("    # seldom\n    import a\n    import b\n", [True, True]),
        ("    import a  # seldom\n    a()\n    import b\n", [True, False]),
    ],
)
def test_a_reason_is_seen(body: str, said: list[bool]) -> None:
    assert [each for _, each in late(f"def f():\n{body}")] == said


def test_no_import_is_late_without_a_reason() -> None:
    found = [(name, *each) for name, path in MODULES.items() for each in late(path.read_text())]
    assert len(found) > 20
    assert [(name, line) for name, line, said in found if not said] == []
