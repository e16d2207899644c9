"""Measures the code: `python -m tests.packaging.sizes` fails when a module, class or function has grown too large.

Lines are counted with blank ones, comments and docstrings; of a class its own methods. There are no exceptions.
"""

import ast
import statistics
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

MODULE = 300  # lines
CLASS = 15  # methods
FUNCTION = 40  # lines
MEDIAN = 6  # lines of a function
MOST = 17  # lines that nine functions of ten keep to


class Piece(NamedTuple):
    """A module, a class or a function, and its size."""

    kind: str
    name: str
    size: int


def pieces(path: str, source: str) -> Iterator[Piece]:
    """Those of a module; raises SyntaxError for what isn't Python."""
    yield Piece("module", path, len(source.splitlines()))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            methods = [each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
            yield Piece("class", f"{path}:{node.lineno} {node.name}", len(methods))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield Piece("function", f"{path}:{node.lineno} {node.name}", lines)


def too_large(found: Iterable[Piece]) -> Iterator[str]:
    """What is too large, in sentences."""
    for kind, unit, most in (("module", "lines", MODULE), ("class", "methods", CLASS), ("function", "lines", FUNCTION)):
        for piece in found:
            if piece.kind == kind and piece.size > most:
                yield f"{piece.name} has {piece.size} {unit}: {most} are the most"


def figures(found: Iterable[Piece]) -> tuple[int, int]:
    """Of the functions: the median, and what nine of ten keep to."""
    sizes = sorted(piece.size for piece in found if piece.kind == "function")
    return int(statistics.median(sizes)), sizes[int(len(sizes) * 0.9)]


def main(folders: Iterable[str]) -> int:
    """Print the figures of all modules in the folders, and what is too large; 1 if anything is."""
    paths = sorted(path for folder in folders for path in Path(folder).rglob("*.py"))
    found = [piece for path in paths for piece in pieces(str(path), path.read_text())]
    wrong = list(too_large(found))
    median, most = figures(found)
    kinds = (("module", "lines"), ("class", "methods"), ("function", "lines"))
    largest = (f"{kind} {max(each.size for each in found if each.kind == kind)} {unit}" for kind, unit in kinds)
    sys.stdout.write("".join(f"{line}\n" for line in wrong))
    sys.stdout.write(f"largest {', '.join(largest)}; functions: median {median} lines, nine of ten up to {most}\n")
    return int(bool(wrong) or median > MEDIAN or most > MOST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["tui_installer", "screens", "debian", "assets"]))
