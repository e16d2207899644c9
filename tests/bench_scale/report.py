"""The figures as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One number."""

    name: str
    value: float
    unit: str
    most: float | None
    """What is wanted at most; None: it is only told."""

    @property
    def missed(self) -> bool:
        """Whether it is more than is wanted."""
        return self.most is not None and round(self.value, 2) > self.most

    def __str__(self) -> str:
        number = f"{self.value:.2f}" if isinstance(self.value, float) else str(self.value)
        return f"{number}{' ' if self.unit else ''}{self.unit}{' **(!)**' if self.missed else ''}"


@dataclass(frozen=True, slots=True)
class Table:
    """Figures of one kind."""

    title: str
    figures: tuple[Figure, ...]
    columns: int
    """How many of them make a row, named by the first one's beginning."""


def text(tables: Sequence[Table]) -> str:
    """The tables in Markdown."""
    return "\n".join(_table(each) for each in tables)


def _table(table: Table) -> str:
    rows = [table.figures[at : at + table.columns] for at in range(0, len(table.figures), table.columns)]
    if table.columns == 1:
        single = [(each.name, str(each), _wanted(each)) for each in table.figures]
        return f"## {table.title}\n\n{_rows(('', 'figure', 'wanted at most'), single)}"
    head = ("", *(each.name.rpartition(": ")[2] + _bound(each) for each in rows[0]))
    cells = [(row[0].name.rpartition(": ")[0], *map(str, row)) for row in rows]
    return f"## {table.title}\n\n{_rows(head, cells)}"


def _bound(figure: Figure) -> str:
    return f" (at most {_wanted(figure)})" if figure.most is not None and isinstance(figure.value, float) else ""


def _wanted(figure: Figure) -> str:
    return "" if figure.most is None else f"{figure.most:g}{' ' if figure.unit else ''}{figure.unit}"


def _rows(head: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"| --- |{' ---: |' * (len(head) - 1)}"]
    return "".join(f"{line}\n" for line in (*lines, *(f"| {' | '.join(row)} |" for row in cells)))


HEAD = """\
# What a thousand LUNs cost

The figures are made by `make bench-scale`: {luns} LUNs over four paths each, {targets} IQNs at eight portals,
{members} members, for both stacks; the simulated hosts are those of `make demo DEMO=large`.

Seconds are CPU seconds of the program alone: the hosts answer at once what they have answered before. An exponent is
between a quarter of the size and all of it: at 1.00 four times as much takes four times as long, at 1.15 it takes 4.9
times as long; what takes less than 0.02 s is not told apart. Commands and round trips are those to the host that is
looked at; "(!)" is more than is wanted, or more than at a quarter of the size.

"""


def page(tables: str, luns: int, targets: int, members: int) -> str:
    """docs/scale.md."""
    return HEAD.format(luns=luns, targets=targets, members=members) + tables
