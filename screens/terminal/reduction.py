"""The one table by which what Textual shows becomes what a terminal can show: characters and attributes, cell by cell.

Sixteen colours are kept as they are.

====================  ==========================  ======================================
                      to 8 colours                to no colours
====================  ==========================  ======================================
foreground            kept; bright: bold          dropped
background            kept; bright: its base      reverse (twice reverse is none)
bold, underline,
blink, reverse        kept                        kept
bold, blink, colour   of a blank: dropped         of a blank: dropped
of letters
====================  ==========================  ======================================

Characters are kept where UTF-8 was found. Elsewhere ASCII stays as it is, borders become DEC line drawing where there
is one, what `ASCII` names becomes that, and what is left a "?" a column.
The cell under the terminal's own cursor loses its reverse: the cursor shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from screens.terminal.capability import Capability
from screens.terminal.cells import BLINK, BOLD, DRAWING, REVERSE, VISIBLE, Cell, Frame, Row, Style

DEC = {
    **dict.fromkeys("─━╌╍┄┅┈┉═╴╶", "q"),
    **dict.fromkeys("│┃╎╏┆┇┊┋║╵╷", "x"),
    **dict.fromkeys("┌┏╔╭", "l"),
    **dict.fromkeys("┐┓╗╮", "k"),
    **dict.fromkeys("└┗╚╰", "m"),
    **dict.fromkeys("┘┛╝╯", "j"),
    **dict.fromkeys("├┣╠", "t"),
    **dict.fromkeys("┤┫╣", "u"),
    **dict.fromkeys("┬┳╦", "w"),
    **dict.fromkeys("┴┻╩", "v"),
    **dict.fromkeys("┼╋╬", "n"),
}
"""Borders, by the letter of the DEC special graphics set (VT100 User Guide, table 3-9)."""
ASCII = {
    **dict.fromkeys("─━╌╍┄┅┈┉═╴╶\u2010\u2011\u2012\u2013\u2014\u2015\u2212▔⎯‾", "-"),
    **dict.fromkeys("│┃╎╏┆┇┊┋║╵╷▎▏▊▋▌▍▐▕▉", "|"),
    **dict.fromkeys("┌┏╔╭┐┓╗╮└┗╚╰┘┛╝╯├┣╠┤┫╣┬┳╦┴┻╩┼╋╬", "+"),
    **dict.fromkeys("█▓▒░▇▆▅■", "#"),
    **dict.fromkeys("▁▂▃▄", "_"),
    **dict.fromkeys("▶►→▸", ">"),
    **dict.fromkeys("◀◄←◂", "<"),
    **dict.fromkeys("▲↑▴", "^"),
    **dict.fromkeys("▼↓▾", "v"),
    **dict.fromkeys("•●∙·", "*"),
    **dict.fromkeys("✓✔✕✖✗☒\u00d7", "x"),
    **dict.fromkeys("“”„«»", '"'),
    **dict.fromkeys("\u2018\u2019\u201a", "'"),
    **dict.fromkeys("○◯⭘", "o"),
    "\u00a0": " ",
    "…": "~",
}

REMEMBERED = 4096
"""Cells whose reduction is remembered."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """How much of what Textual shows is shown."""

    utf8: bool = False
    """Every character, not ASCII alone."""
    colours: int = 0
    """0, 8 or 16."""
    drawing: bool = False
    """Borders in DEC line drawing, where there is no UTF-8."""
    letters: dict[str, str] = field(default_factory=dict, compare=False)
    """By the VT100's letter, what the terminal wants for it."""


def look(of: Capability, *, utf8: bool, colours: bool = True) -> Rendition:
    """The look of a terminal."""
    drawing = bool(of.draw_on) and not utf8
    return Rendition(utf8, of.colours if colours else 0, drawing, dict(of.drawing) if drawing else {})


class Reduction:
    """Reduces frames. Remembers the rows of the frame before, for most rows stay as they are."""

    def __init__(self, to: Rendition) -> None:
        self.to = to
        self._rows: dict[Row, Row] = {}
        self._cells: dict[Cell, Cell] = {}

    def frame(self, frame: Frame, caret: tuple[int, int] | None = None) -> Frame:
        """The frame as the terminal can show it; `caret`: row and column of its own cursor, if that is shown."""
        known, self._rows = self._rows, {}
        for row in frame:
            if row not in self._rows:
                self._rows[row] = known[row] if row in known else self._row(row)
        rows = [self._rows[row] for row in frame]
        if caret is not None:
            y, x = caret
            rows[y] = self._row((*frame[y][:x], _unmarked(frame[y][x]), *frame[y][x + 1 :]))
        return tuple(rows)

    def _row(self, row: Row) -> Row:
        cells = self._cells
        if len(cells) > REMEMBERED:
            cells.clear()
        for each in row:
            if each not in cells:
                cells[each] = cell(each, self.to)
        return tuple([cells[each] for each in row])


def cell(of: Cell, to: Rendition) -> Cell:
    """A cell as the terminal can show it."""
    text, drawn = _character(of.text, to)
    style = _style(of.style, to.colours)
    if text == " ":
        seen = style.flags & VISIBLE
        style = Style(style.fg if seen else None, style.bg, seen)
    return Cell(text, style._replace(flags=style.flags | drawn))


def _character(text: str, to: Rendition) -> tuple[str, int]:
    if to.utf8 or (text and text.isascii()):
        return text, 0
    letter = DEC.get(text) if to.drawing else None
    if letter in to.letters:
        return to.letters[letter], DRAWING
    return ASCII.get(text, "?"), 0


def _style(style: Style, colours: int) -> Style:
    fg, bg, flags = style
    if not colours:
        return Style(None, None, flags ^ (REVERSE if bg is not None else 0))
    if colours > 8:
        return style
    bold = BOLD if fg is not None and fg > 7 else 0
    return Style(fg and fg % 8, bg and bg % 8, flags | bold)


def _unmarked(each: Cell) -> Cell:
    return Cell(each.text, each.style._replace(flags=each.style.flags & ~(REVERSE | BLINK)))
