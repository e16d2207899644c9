"""Moving the cursor in the fewest bytes, with what every VT100 has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

TAB = 8
"""Columns between two tab stops, as terminfo grants them (`it#8`)."""


class Place(NamedTuple):
    """Where the cursor is. `x` equal to the width: it has written the last column, and is nowhere but in that row."""

    y: int
    x: int


class Margins(NamedTuple):
    """The first and last row of the scroll region, from 0."""

    top: int
    bottom: int


def absolute(to: Place) -> str:
    """CUP, from anywhere."""
    if to.x == 0:
        return f"\x1b[{to.y + 1}H" if to.y else "\x1b[H"
    return f"\x1b[{to.y + 1 if to.y else ''};{to.x + 1}H"


def shortest(start: Place, to: Place, width: int, margins: Margins, tabs: bool) -> str:
    """The shortest way between two places without writing anything."""
    if start == to:
        return ""
    best = absolute(to)
    down = vertical(start.y, to.y, margins)
    if down is None or len(down) >= len(best):
        return best
    for across in _horizontal(start.x, to.x, width, tabs):
        if len(down) + len(across) < len(best):
            best = down + across
    return best


def vertical(old: int, new: int, margins: Margins) -> str | None:
    """From row to row; None: there is no way. Across a margin nothing moves by steps, and at one it would scroll."""
    if old == new:
        return ""
    if not (margins.top <= min(old, new) and max(old, new) <= margins.bottom):
        return None
    if new > old:
        return "\n" * (new - old) if new - old < 5 else f"\x1b[{new - old}B"
    return "\x1bM" * (old - new) if old - new < 3 else f"\x1b[{old - new}A"


def _horizontal(old: int, new: int, width: int, tabs: bool) -> Iterator[str]:
    if old < width:
        yield from _steps(old, new, tabs)
    for rest in _steps(0, new, tabs):
        yield "\r" + rest


def _steps(old: int, new: int, tabs: bool) -> Iterator[str]:
    if old == new:
        yield ""
    elif old > new:
        yield "\b" * (old - new)
        if old - new > 4:
            yield f"\x1b[{old - new}D"
    else:
        yield _right(new - old)
        stops = new // TAB - old // TAB
        if tabs and stops:
            yield "\t" * stops + _right(new % TAB)


def _right(columns: int) -> str:
    return "" if not columns else "\x1b[C" if columns == 1 else f"\x1b[{columns}C"
