"""What a terminal shows, as data: cells of a character and a style, rows of cells, frames of rows."""

from __future__ import annotations

from typing import NamedTuple

BOLD, UNDERLINE, BLINK, REVERSE, DRAWING = 1, 2, 4, 8, 16
"""Bits of `Style.flags`. DRAWING: the character is a letter of the DEC line drawing set."""
VISIBLE = UNDERLINE | REVERSE
"""The flags that show on a blank."""


class Style(NamedTuple):
    """How a character is shown."""

    fg: int | None = None
    """0-7, bright ones 8-15; None: the terminal's own."""
    bg: int | None = None
    flags: int = 0


class Cell(NamedTuple):
    """A place on the screen."""

    text: str
    """A character with what combines with it; empty: covered by the wide character to its left."""
    style: Style = Style()


Row = tuple[Cell, ...]
Frame = tuple[Row, ...]

PLAIN = Style()
BLANK = Cell(" ")


def blank(width: int, height: int) -> Frame:
    """A frame with nothing in it."""
    return (((BLANK,) * width),) * height


def hides(pen: Style, style: Style) -> bool:
    """Whether a blank written with this pen looks as if it were of that style."""
    return pen.bg == style.bg and not (pen.flags | style.flags) & VISIBLE


def from_text(lines: list[str], width: int, height: int) -> Frame:
    """A frame of plain ASCII lines."""
    rows = [tuple(Cell(each) for each in line[:width].ljust(width)) for line in lines[:height]]
    return (*rows, *((BLANK,) * width for _ in range(height - len(rows))))
