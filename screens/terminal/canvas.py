"""What Textual writes, made into cells: it sends cursor positions (CUP), styles (SGR) and text; all else is dropped.

So nothing that Textual sends of its own accord (queries, mouse, alternate screen) ever reaches the line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from screens.terminal.cells import BLINK, BOLD, PLAIN, REVERSE, UNDERLINE, Cell, Frame, Row, Style, blank

TOKEN = re.compile(
    r"\x1b\[([0-9;:?<>=]*)[ -/]*([@-~])"  # CSI: parameters, final byte
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC
    r"|\x1b[ -/]*[0-~]"
    r"|([\x00-\x1f\x7f])"
    r"|([^\x00-\x1f\x7f]+)"  # text
)
ON = {1: BOLD, 4: UNDERLINE, 5: BLINK, 7: REVERSE}
OFF = {22: BOLD, 24: UNDERLINE, 25: BLINK, 27: REVERSE}
SHADES = (0, 95, 135, 175, 215, 255)
COLOURS = (
    *((0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229)),
    *((127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255)),
    (255, 255, 255),
)
"""The sixteen colours as xterm shows them."""


class Canvas:
    """The screen as Textual means it."""

    def __init__(self, width: int, height: int, cells: Callable[[str], int]) -> None:
        """`cells`: how many columns a character takes, as Textual counts them."""
        self.width = width
        self.height = height
        self.bell = False
        """Whether it was rung; whoever rings it for the user sets this back."""
        self._cells = cells
        self._rows: list[Row] = list(blank(width, height))
        self._x = self._y = 0
        self._style = PLAIN

    @property
    def frame(self) -> Frame:
        """The screen as it is now."""
        return tuple(self._rows)

    def feed(self, data: str) -> None:
        """Take in what Textual writes; it may be cut anywhere but inside of a sequence."""
        for token in TOKEN.finditer(data):
            parameters, final, control, text = token.groups()
            if text:
                self._write(text)
            elif final == "H":
                self._move(parameters)
            elif final == "m":
                self._style = restyle(self._style, parameters)
            elif control == "\x07":
                self.bell = True

    def _move(self, parameters: str) -> None:
        row, _, column = parameters.partition(";")
        self._y, self._x = int(row or 1) - 1, int(column or 1) - 1

    def _write(self, text: str) -> None:
        if not 0 <= self._y < self.height:
            return
        row, style = list(self._rows[self._y]), self._style
        if text.isascii():
            part = [Cell(each, style) for each in text[: max(0, self.width - self._x)]]
            _put(row, self._x, part)
            self._x += len(text)
        else:
            for each in text:
                self._x = self._put_character(row, self._x, each)
        self._rows[self._y] = tuple(row)

    def _put_character(self, row: list[Cell], x: int, character: str) -> int:
        """Returns the column after it."""
        width = self._cells(character)
        if width == 0:
            at = x - 2 if 1 < x <= self.width and not row[x - 1].text else x - 1
            if 0 <= at < self.width:
                row[at] = Cell(row[at].text + character, row[at].style)
            return x
        if x + width <= self.width:
            _put(row, x, [Cell(character, self._style), *[Cell("", self._style)] * (width - 1)])
        return x + width


def _put(row: list[Cell], x: int, part: list[Cell]) -> None:
    """Put cells into a row; of a wide character that is only half covered, a blank remains."""
    if not part:
        return
    end = x + len(part)
    if not row[x].text and x:
        row[x - 1] = Cell(" ", row[x - 1].style)
    if end < len(row) and not row[end].text:
        row[end] = Cell(" ", row[end].style)
    row[x:end] = part


@lru_cache(1024)
def restyle(style: Style, parameters: str) -> Style:
    """The style after an SGR sequence (ECMA-48, with the colours of ISO 8613-6 brought down to sixteen)."""
    fg, bg, flags = style
    codes = iter([int(code or 0) for code in parameters.replace(":", ";").split(";")])
    for code in codes:
        if code == 0:
            fg, bg, flags = PLAIN
        elif code in ON:
            flags |= ON[code]
        elif code in OFF:
            flags &= ~OFF[code]
        elif code in (38, 39) or 30 <= code < 38 or 90 <= code < 98:
            fg = _colour(code, codes)
        elif code in (48, 49) or 40 <= code < 48 or 100 <= code < 108:
            bg = _colour(code - 10, codes)
    return Style(fg, bg, flags)


def _colour(code: int, more: Iterator[int]) -> int | None:
    if code == 38:
        kind = next(more, 0)
        return nearest(next(more, 0), next(more, 0), next(more, 0)) if kind == 2 else indexed(next(more, 0))
    if code == 39:
        return None
    return code - 82 if code >= 90 else code - 30


def indexed(number: int) -> int:
    """One of xterm's 256 colours as one of the sixteen."""
    if number < 16:
        return number
    if number >= 232:
        return nearest(*[8 + 10 * (number - 232)] * 3)
    cube = number - 16
    return nearest(SHADES[cube // 36 % 6], SHADES[cube // 6 % 6], SHADES[cube % 6])


@lru_cache(256)
def nearest(red: int, green: int, blue: int) -> int:
    """The one of the sixteen colours that comes closest."""
    wanted = (red, green, blue)
    return min(range(16), key=lambda each: sum((a - b) ** 2 for a, b in zip(wanted, COLOURS[each], strict=True)))
