"""The terminal as it is known to be, and the fewest bytes that make it show something else.

What `paint` yields must be sent, all of it and in order; to stop after any part is safe, for the model follows each.
"""

from __future__ import annotations

from collections.abc import Iterator

from screens.terminal import scrolling
from screens.terminal.capability import Capability
from screens.terminal.cells import BLANK, PLAIN, Frame, Row, blank
from screens.terminal.motion import Margins, Place
from screens.terminal.row_painter import RowPainter, cheapest
from screens.terminal.scrolling import Scroll

REMEMBERED = 2000
"""Costs of rows that are kept."""
SCROLLS = 3
"""At most so many regions are scrolled in one frame."""


class Painter:
    """Paints frames of one size on a terminal of that size."""

    def __init__(self, of: Capability, width: int, height: int) -> None:
        self.of = of
        self.width = width
        self.height = height
        self.ready = False
        """Whether the terminal was brought to a known state."""
        self.shown: Frame = blank(width, height)
        """What the terminal shows."""
        self._whole = Margins(0, height - 1)
        self._brush = RowPainter(of, width, self._whole)
        self._caret: bool | None = None
        """Whether the cursor is visible; None: not known."""
        self._costs: dict[tuple[Row, Row], int] = {}

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self.width, self.height

    def reset(self) -> str:
        """What brings a terminal in any state to the known one: empty, no margins, no wrapping."""
        self.ready = True
        self.shown = blank(self.width, self.height)
        self._brush = RowPainter(self.of, self.width, self._whole, Place(0, 0))
        hide = "\x1b[?25l" if self.of.hide_cursor else ""
        self._caret = False if hide else None
        wrap = "\x1b[?7l" if self.of.wrap_off else ""
        return f"\x1b[r{self.of.draw_enable}{self.of.draw_off}\x1b[m{wrap}{hide}\x1b[H\x1b[J"

    def leave(self) -> str:
        """What leaves it fit for a shell."""
        show = "\x1b[?25h" if self.of.hide_cursor else ""
        wrap = "\x1b[?7h" if self.of.wrap_off else ""
        return f"\x1b[r{self.of.draw_off}\x1b[m{wrap}{show}\x1b[{self.height}H\r\n"

    def paint(self, wanted: Frame, caret: Place | None = None) -> Iterator[str]:
        """The parts of what makes the terminal show that frame, with its cursor at `caret` (None: hidden if can be).

        They end in the plain style: whoever else writes to a console, as the kernel does, writes no bold line drawing.
        """
        if self.shown != wanted:
            if self.of.scroll:
                yield from self._scrolls(wanted)
            yield from self._rows(wanted)
        self._brush.use(PLAIN)
        yield from self._taken()
        yield from self._point(caret)

    # --- the cursor

    def _point(self, caret: Place | None) -> Iterator[str]:
        """Put the terminal's own cursor where it belongs."""
        if caret is not None:
            self._brush.go(caret, self.shown[caret.y])
            yield from self._taken()
        if self.of.hide_cursor and (caret is not None) != self._caret:
            self._caret = caret is not None
            yield "\x1b[?25h" if self._caret else "\x1b[?25l"

    # --- scrolling

    def _scrolls(self, wanted: Frame) -> Iterator[str]:
        for _ in range(SCROLLS):
            found = scrolling.best(self.shown, wanted, self._brush.margins, self._cost)
            if found is None:
                return
            yield from self._scroll(found)

    def _scroll(self, of: Scroll) -> Iterator[str]:
        brush, margins = self._brush, Margins(of.top, of.bottom)
        if brush.margins != margins:
            brush.out += f"\x1b[{of.top + 1};{of.bottom + 1}r" if margins != self._whole else "\x1b[r"
            brush.margins, brush.place = margins, None  # DECSTBM homes the cursor, but not everywhere
            yield from self._taken()
        brush.erases()
        edge = of.bottom if of.by > 0 else of.top
        across = brush.place.x if brush.place and brush.place.x < self.width else 0
        brush.go(Place(edge, across))
        yield from self._taken()
        one = Scroll(of.top, of.bottom, 1 if of.by > 0 else -1)
        for _ in range(abs(of.by)):
            self.shown = scrolling.after(self.shown, one)
            yield "\n" if of.by > 0 else "\x1bM"

    def _cost(self, old: Row, new: Row) -> int:
        """The bytes, about, that make one row into another."""
        if old == new:
            return 0
        key = (old, new)
        if key not in self._costs:
            if len(self._costs) > REMEMBERED:
                self._costs.clear()
            start = RowPainter(self.of, self.width, Margins(0, 99), Place(11, self.width))
            self._costs[key] = cheapest(start, 12, old, new)[0]
        return self._costs[key]

    # --- rows

    def _rows(self, wanted: Frame) -> Iterator[str]:
        self._widen(wanted)
        yield from self._taken()
        clear = self._clear_from(wanted)
        for y in range(self.height):
            if y == clear:
                yield from self._clear(y)
            if self.shown[y] != wanted[y]:
                yield from self._row(y, wanted[y])

    def _row(self, y: int, new: Row) -> Iterator[str]:
        brush = self._brush
        _, way = cheapest(brush, y, self.shown[y], new)
        for x, part in brush.row(y, self.shown[y], new, way):
            row = self.shown[y]
            self.shown = (*self.shown[:y], (*row[:x], *part, *row[x + len(part) :]), *self.shown[y + 1 :])
            yield from self._taken()

    def _widen(self, wanted: Frame) -> None:
        """Give up the margins if there is much to paint outside of them: nothing moves across them by steps."""
        brush = self._brush
        outside = sum(
            self.shown[y] != wanted[y] for y in range(self.height) if not brush.margins.top <= y <= brush.margins.bottom
        )
        if outside > 2:
            brush.out += "\x1b[r"
            brush.margins, brush.place = self._whole, None

    def _clear_from(self, wanted: Frame) -> int | None:
        """The row from which on it pays to clear the screen first."""
        cost, empty = self._cost, (BLANK,) * self.width
        changed = [y for y in range(self.height) if self.shown[y] != wanted[y]]
        if len(changed) < 3:
            return None
        gain, most, found = -4, 0, None
        for y in reversed(range(self.height)):
            gain += cost(self.shown[y], wanted[y]) - cost(empty, wanted[y])
            if gain > most:
                most, found = gain, y
        return found

    def _clear(self, y: int) -> Iterator[str]:
        brush = self._brush
        brush.go(Place(y, 0))
        brush.erases()
        brush.out += "\x1b[J"
        self.shown = (*self.shown[:y], *((BLANK,) * self.width,) * (self.height - y))
        yield from self._taken()

    def _taken(self) -> Iterator[str]:
        out, self._brush.out = self._brush.out, ""
        if out:
            yield out
