"""Painting one row: the bytes that make what a terminal shows there into what it is to show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from screens.terminal import pen
from screens.terminal.capability import Capability
from screens.terminal.cells import BLANK, PLAIN, VISIBLE, Cell, Row, Style, hides
from screens.terminal.motion import Margins, Place, absolute, shortest, vertical

SKIP = 9
"""Blanks that are rather erased by ECH than written."""
REPEAT = 6
"""Equal characters that are rather repeated by REP than written."""
REWRITE = 7
"""Columns that may be written once more instead of going over them."""
PART = 32
"""Columns that are written in one part: a newer frame need not wait for more."""
ALIKE = 6
"""Columns that must become right by deleting others before them, at least."""
GAP = 4
"""Blanks in a row at whose beginning it may pay to erase the rest of the row."""


class RowEdit(NamedTuple):
    """What is done to a row before it is painted cell by cell."""

    clear: int | None = None
    """The column from which on all of it is erased."""
    at: int = 0
    """The column from which on characters are deleted: the rest of the row moves to the left."""
    delete: int = 0
    """How many these are."""


@dataclass(slots=True)
class RowPainter:
    """Where a terminal's cursor is and what it writes with; it collects bytes."""

    of: Capability
    width: int
    margins: Margins
    place: Place | None = None
    """None: not known."""
    pen: Style = PLAIN
    out: str = ""

    def copy(self) -> RowPainter:
        """The same, with nothing collected."""
        return RowPainter(self.of, self.width, self.margins, self.place, self.pen)

    def go(self, to: Place, row: Row | None = None) -> None:
        """Move; `row`: what that row shows already, which may be written once more on the way."""
        if self.place == to:
            return
        way = absolute(to) if self.place is None else shortest(self.place, to, self.width, self.margins, self.of.tabs)
        again = self._again(to, row) if row else ""
        self.out += again if again and len(again) < len(way) else way
        self.place = to

    def _again(self, to: Place, row: Row) -> str:
        """What is written once more on the way there, from here or from the row's beginning; empty: that is no way."""
        here = self.place
        if here is None:
            return ""
        if here.y == to.y and 0 < to.x - here.x < REWRITE:
            return self._same(row[here.x : to.x])
        down = vertical(here.y, to.y, self.margins)
        if down is None or not 0 < to.x < REWRITE:
            return ""
        again = self._same(row[: to.x])
        return f"\r{down}{again}" if again else ""

    def _same(self, part: Row) -> str:
        """These cells as text; empty: they can't be written with the pen as it is."""
        same = all(len(each.text) == 1 and each.text.isascii() and self._fits(each) for each in part)
        return "".join(each.text for each in part) if same else ""

    def _fits(self, cell: Cell) -> bool:
        return cell.style == self.pen or (cell.text == " " and hides(self.pen, cell.style))

    def use(self, style: Style) -> None:
        """Write in that style from now on."""
        self.out += pen.change(self.pen, style, self.of)
        self.pen = style

    def erases(self) -> None:
        """Make sure that what is erased becomes plain."""
        if self.pen.bg is not None or self.pen.flags & VISIBLE:
            self.use(PLAIN)

    def row(self, y: int, old: Row, new: Row, way: RowEdit) -> Iterator[tuple[int, Row]]:
        """Paint a row. Yields after each part what is shown from which column on; `out` has the bytes."""
        x, width, shown, clear = 0, self.width, old, way.clear
        while x < width:
            if way.delete and x == way.at:
                shown = self._delete(y, shown, new, way)
                yield x, shown[x:]
            if x == clear:
                self.go(Place(y, x), new)
                self.erases()
                self.out += "\x1b[K"
                shown = shown[:x] + (BLANK,) * (width - x)
                yield x, shown[x:]
            if shown[x] == new[x]:
                x += 1
                continue
            stop = way.at if way.delete else clear
            end = self._part(y, x, shown, new, width if stop is None or stop <= x else stop)
            yield x, new[x:end]
            x = end

    def _delete(self, y: int, shown: Row, new: Row, way: RowEdit) -> Row:
        """Delete characters; what is shown then."""
        self.go(Place(y, way.at), new)
        self.erases()
        self.out += f"\x1b[{way.delete if way.delete > 1 else ''}P"
        return (*shown[: way.at], *shown[way.at + way.delete :], *(BLANK,) * way.delete)

    def _part(self, y: int, x: int, shown: Row, new: Row, limit: int) -> int:
        """Write from a column on what differs; returns the column behind it."""
        self.go(Place(y, x), new)
        cell, count = new[x], 1
        while x + count < limit and new[x + count] == cell:
            count += 1
        if cell == BLANK and count >= SKIP and self.of.erase_characters:
            self.erases()
            self.out += f"\x1b[{count}X"
            return x + count
        if cell.text != " " or not hides(self.pen, cell.style):
            self.use(cell.style)
        if count >= REPEAT and self.of.repeat and len(cell.text) == 1 and cell.text.isascii():
            self.out += f"{cell.text}\x1b[{count - 1}b"
            self.place = Place(y, x + count)
            return x + count
        return self._text(y, x, shown, new, limit)

    def _text(self, y: int, x: int, shown: Row, new: Row, limit: int) -> int:
        start, sure = x, True
        limit = min(limit, start + PART)
        while x < limit and shown[x] != new[x] and (x == start or self._joins(new, x)):
            width = 2 if x + 1 < self.width and not new[x + 1].text else 1
            sure = sure and width == 1 and len(new[x].text) == 1
            self.out += new[x].text
            x += width
        # Terminals do not agree on how wide some characters are: behind those the cursor is placed anew.
        self.place = Place(y, x) if sure else None
        return x

    def _joins(self, new: Row, x: int) -> bool:
        """Whether the cell can be written with the next ones, by the pen as it is."""
        cell = new[x]
        if not self._fits(cell):
            return False
        run = SKIP if cell == BLANK and self.of.erase_characters else REPEAT if self.of.repeat else 0
        return not run or new[x : x + run].count(cell) < run or len(new) - x < run


def ways(old: Row, new: Row, of: Capability) -> list[RowEdit]:
    """What it may pay to do to a row before it is painted, or while it is."""
    first = next(x for x in range(len(new)) if old[x] != new[x])
    return [*_clearings(old, new, first), *(_deletions(old, new, first) if of.delete_characters else ())]


def _deletions(old: Row, new: Row, first: int) -> Iterator[RowEdit]:
    """What is to be deleted that the last words of a row become right. Whatever may be wide stays where it is."""
    x = _end(new)
    delete, last = _end(old) - x, x
    while x > first and new[x - 1] == old[x - 1 + delete]:
        x -= 1
    if delete > 0 and last - x >= ALIKE and all(len(each.text) == 1 and each.text.isascii() for each in old[first:]):
        yield RowEdit(at=x, delete=delete)


def _end(row: Row) -> int:
    """The column behind the last one that is not blank."""
    end = len(row)
    while end and row[end - 1] == BLANK:
        end -= 1
    return end


def _clearings(old: Row, new: Row, first: int) -> list[RowEdit]:
    width, end = len(new), _end(new)
    found: list[int | None] = [None]
    x = first
    while x < end and len(found) < 5:
        run = x
        while run < end and new[run] == BLANK:
            run += 1
        if run - x >= GAP:
            found.append(x)
        x = max(run, x + 1)
    if any(old[x] != BLANK for x in range(max(first, end), width)):
        found.append(max(first, end))
    if first not in found:
        found.append(first)
    return [RowEdit(clear=each) for each in found]


def cheapest(brush: RowPainter, y: int, old: Row, new: Row) -> tuple[int, RowEdit]:
    """How many bytes it takes to paint a row, and in what way."""
    best: tuple[int, RowEdit] = (10**6, RowEdit())
    for way in ways(old, new, brush.of):
        trial = brush.copy()
        for _ in trial.row(y, old, new, way):
            pass
        if len(trial.out) < best[0]:
            best = len(trial.out), way
    return best
