"""Finds code that stands in two modules: `python -m tests.packaging.duplicates` fails when there is too much.

A line counts without its indentation; blank lines, comments, docstrings and imports don't count.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

RUN = 8  # lines of code that make a duplicate
ALLOWED = 0  # duplicates that are borne with


class Place(NamedTuple):
    """A line of a module."""

    path: str
    line: int


class Line(NamedTuple):
    """A line of code: its number in the file, from 1, and its text without indentation."""

    number: int
    text: str


def code_lines(source: str) -> list[Line]:
    """The lines of a module's source that count; raises SyntaxError for what isn't Python."""
    noise = set(noisy_lines(ast.parse(source)))
    lines = (Line(number, text.strip()) for number, text in enumerate(source.splitlines(), 1))
    return [line for line in lines if line.text and line.number not in noise and not line.text.startswith("#")]


def noisy_lines(tree: ast.AST) -> Iterator[int]:
    """Numbers of the lines that belong to imports and docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and is_noise(node):
            yield from range(node.lineno, (node.end_lineno or node.lineno) + 1)


def is_noise(node: ast.stmt) -> bool:
    """Whether a statement is an import, or but a text."""
    if not isinstance(node, ast.Expr):
        return isinstance(node, ast.Import | ast.ImportFrom)
    return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def runs(modules: Mapping[str, str]) -> dict[tuple[str, ...], list[Place]]:
    """Every run of RUN lines of code, and all places where it starts; `modules` is source by path."""
    found: dict[tuple[str, ...], list[Place]] = defaultdict(list)
    for path, source in modules.items():
        lines = code_lines(source)
        for start in range(len(lines) - RUN + 1):
            window = lines[start : start + RUN]
            found[tuple(line.text for line in window)].append(Place(path, window[0].number))
    return found


def duplicates(modules: Mapping[str, str]) -> list[tuple[Place, Place]]:
    """Pairs of places in different modules that start the same run; the rest of a longer run is left out."""
    pairs = {
        (places[0], other) for places in runs(modules).values() for other in places[1:] if other.path != places[0].path
    }
    return sorted(first_of_each_run(pairs))


def first_of_each_run(pairs: Iterable[tuple[Place, Place]]) -> Iterator[tuple[Place, Place]]:
    """One pair for each stretch of pairs that overlap in both modules."""
    last: dict[tuple[str, str], tuple[int, int]] = {}
    for one, other in sorted(pairs):
        key = (one.path, other.path)
        before = last.get(key)
        last[key] = (one.line, other.line)
        if before is None or one.line - before[0] >= RUN or not 0 <= other.line - before[1] < RUN:
            yield one, other


def main(folders: Iterable[str]) -> int:
    """Print the duplicates of all modules in the folders; 1 when there are more than ALLOWED."""
    paths = sorted(path for folder in folders for path in Path(folder).rglob("*.py"))
    found = duplicates({str(path): path.read_text() for path in paths})
    for one, other in found:
        sys.stdout.write(f"{other.path}:{other.line}: the same {RUN} lines as {one.path}:{one.line}\n")
    sys.stdout.write(f"{len(paths)} modules, {len(found)} duplicates of {RUN} lines or more\n")
    return int(len(found) > ALLOWED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["tui_installer", "screens"]))
