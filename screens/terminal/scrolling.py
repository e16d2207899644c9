"""Finding what merely moved up or down, so that the terminal can move it itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from screens.terminal.cells import BLANK, Frame, Row

Cost = Callable[[Row, Row], int]
"""The bytes that make one row into another."""
SETTING = 9
"""Bytes, about, that setting margins and going there takes."""


class Scroll(NamedTuple):
    """Rows `top` to `bottom` move up by so many lines (negative: down); blank lines come in."""

    top: int
    bottom: int
    by: int


def best(shown: Frame, wanted: Frame, margins: tuple[int, int], cost: Cost) -> Scroll | None:
    """The scroll that saves the most bytes; None: none saves any."""
    found: Scroll | None = None
    most = 0
    for by in _distances(shown, wanted):
        for each in _regions(shown, wanted, by, cost):
            gain = _gain(shown, wanted, each, cost) - (0 if (each.top, each.bottom) == margins else SETTING)
            if gain > most:
                most, found = gain, each
    return found


def _distances(shown: Frame, wanted: Frame) -> list[int]:
    """By how many lines anything may have moved: rows that are not blank are found again elsewhere."""
    where: dict[Row, list[int]] = {}
    for y, row in enumerate(shown):
        if any(cell != BLANK for cell in row):
            where.setdefault(row, []).append(y)
    moved = {old - y for y, row in enumerate(wanted) if row != shown[y] for old in where.get(row, ()) if row in where}
    return sorted(moved - {0}, key=abs)[:6]


def _regions(shown: Frame, wanted: Frame, by: int, cost: Cost) -> Iterator[Scroll]:
    """The stretches of rows that moved by so many lines. A row or two in between may have changed as well."""
    height = len(shown)
    rows = [y for y in range(height) if 0 <= y + by < height and wanted[y] == shown[y + by]]
    start = end = None
    for y in [*rows, height * 9]:
        if start is None or end is None:
            start = end = y
        elif y - end <= 3:
            end = y
        else:
            yield Scroll(min(start, start + by), max(end, end + by), by)
            yield from _tight(shown, wanted, [y for y in rows if start <= y <= end], by)
            yield _wide(shown, wanted, start, end, by, cost)
            start = end = y


def _tight(shown: Frame, wanted: Frame, rows: list[int], by: int) -> Iterator[Scroll]:
    """The same without the rows at both ends that are blank, or in place as they are."""
    moved = [y for y in rows if wanted[y] != shown[y] and any(cell != BLANK for cell in wanted[y])]
    if moved and (moved[0], moved[-1]) != (rows[0], rows[-1]):
        yield Scroll(min(moved[0], moved[0] + by), max(moved[-1], moved[-1] + by), by)


def _wide(shown: Frame, wanted: Frame, start: int, end: int, by: int, cost: Cost) -> Scroll:
    """The same with the rows at both ends that moved and changed, and are cheaper to mend than what is there now."""

    def cheaper(y: int) -> bool:
        inside = 0 <= y < len(shown) and 0 <= y + by < len(shown)
        return inside and cost(shown[y + by], wanted[y]) < cost(shown[y], wanted[y])

    while cheaper(start - 1):
        start -= 1
    while cheaper(end + 1):
        end += 1
    return Scroll(min(start, start + by), max(end, end + by), by)


def _gain(shown: Frame, wanted: Frame, of: Scroll, cost: Cost) -> int:
    moved = after(shown, of)
    rows = range(of.top, of.bottom + 1)
    return sum(cost(shown[y], wanted[y]) - cost(moved[y], wanted[y]) for y in rows) - abs(of.by)


def after(shown: Frame, of: Scroll) -> Frame:
    """What is shown after it."""
    region = shown[of.top : of.bottom + 1]
    empty = ((BLANK,) * len(shown[0]),) * abs(of.by)
    moved = (*region[of.by :], *empty) if of.by > 0 else (*empty, *region[: of.by])
    return (*shown[: of.top], *moved, *shown[of.bottom + 1 :])
