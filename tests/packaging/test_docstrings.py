"""Docstrings name the thing: a sentence that would fit anything says nothing of what stands below it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILLERS = {
    "see the module",
    "what is",
    "what is missing",
    "what it is",
    "one of them",
    "one of those",
    "all of it",
    "all of them",
    "those",
    "it",
    "begin",
    "run it",
    "look",
    "the table",
    "the thing",
}
"""Whole docstrings, in small letters, without the full stop."""


def docstrings(source: str) -> Iterator[tuple[int, str]]:
    """(line, text) of every string that stands by itself: of modules, classes, functions, and below constants."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value


def test_no_docstring_is_a_filler() -> None:
    folders = ("tui_installer", "screens", "assets", "debian", "tests")
    modules = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    found = [(path, line, text) for path in modules for line, text in docstrings(path.read_text())]
    assert len(found) > 4000
    fillers = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path, line, text in found
        if text.strip().lower().rstrip(".") in FILLERS
    ]
    assert fillers == []


def test_a_string_below_a_constant_is_seen() -> None:
    assert list(docstrings('A = 1\n"""Begin."""\n')) == [(2, "Begin.")]
