"""A terminal to look at: pyte, with REP, which it lacks, and erasing as a VT does it, without colours."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import pyte
from pyte.charsets import LAT1_MAP
from pyte.screens import Char

from screens.terminal.capability import Capability
from screens.terminal.cells import BLINK, BOLD, DRAWING, REVERSE, UNDERLINE, VISIBLE, Cell, Frame, Style

NAMES = ["black", "red", "green", "brown", "blue", "magenta", "cyan", "white"]
BACK = {ord(shown): letter for letter, shown in zip("jklmnqtuvwx", "┘┐┌└┼─├┤┴┬│", strict=True)}
"""What pyte shows for letters of the line drawing set."""
TERMS = ("vt100", "vt220", "linux", "xterm")

ASK = """
import dataclasses, json, sys
from screens.terminal.capability import capability
found = capability(sys.argv[1], 1)
print(json.dumps({each.name: getattr(found, each.name) for each in dataclasses.fields(found)}, default=dict))
"""


@cache
def known(name: str) -> Capability:
    """What terminfo says of a terminal: in a process of its own, for ncurses looks once only."""
    asked = subprocess.run([sys.executable, "-c", ASK, name], capture_output=True, text=True, check=True)
    found = json.loads(asked.stdout)
    return Capability(**{**found, "drawing": MappingProxyType(found["drawing"])})


class Screen(pyte.Screen):
    """A screen that repeats characters, and whose erasing takes the background along only if it is told so."""

    def __init__(self, width: int, height: int, of: Capability) -> None:
        self.of = of
        self.answers: list[str] = []
        """What it says by itself, when it is asked."""
        super().__init__(width, height)

    def write_process_input(self, data: str) -> None:
        """See `pyte.Screen`."""
        self.answers.append(data)

    def draw(self, data: str) -> None:
        """Put a combining character onto the one before it, also behind the last column: pyte would wrap first."""
        for piece in re.split("([\u0300-\u036f])", data):
            if re.match("[\u0300-\u036f]", piece) and self.cursor.x == self.columns:
                row = self.buffer[self.cursor.y]
                row[self.columns - 1] = row[self.columns - 1]._replace(data=row[self.columns - 1].data + piece)
            elif piece:
                super().draw(piece)

    def repeat(self, count: int | None = None) -> None:
        """REP: the character before the cursor once more, so many times."""
        if self.cursor.x:
            self.draw(self.buffer[self.cursor.y][self.cursor.x - 1].data * (count or 1))

    def scroll_up(self, count: int | None = None) -> None:
        """SU: the lines within the margins go up, and the cursor stays (ncurses uses it on xterm)."""
        y, bottom = self.cursor.y, self.margins.bottom if self.margins else self.lines - 1
        self.cursor.y = bottom
        for _ in range(count or 1):
            self.index()
        self.cursor.y = y

    def scroll_down(self, count: int | None = None) -> None:
        """SD: the same downwards."""
        y, self.cursor.y = self.cursor.y, self.margins.top if self.margins else 0
        for _ in range(count or 1):
            self.reverse_index()
        self.cursor.y = y

    def _plainly(self) -> Char:
        before = self.cursor.attrs
        if not self.of.colour_erase:
            self.cursor.attrs = self.default_char
        return before

    def erase_characters(self, count: int | None = None) -> None:
        """ECH."""
        before = self._plainly()
        super().erase_characters(count)
        self.cursor.attrs = before

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        """EL."""
        before = self._plainly()
        super().erase_in_line(how, private)
        self.cursor.attrs = before

    def erase_in_display(self, how: int = 0, *args: int, **kwargs: bool) -> None:
        """ED."""
        before = self._plainly()
        super().erase_in_display(how, *args, **kwargs)
        self.cursor.attrs = before


class Stream(pyte.Stream):
    """A stream that knows REP, and the character sets of a VT."""

    csi: dict[str, str] = {**pyte.Stream.csi, "b": "repeat", "S": "scroll_up", "T": "scroll_down"}  # noqa: RUF012
    events = frozenset([*pyte.Stream.events, "repeat", "scroll_up", "scroll_down"])


class Terminal:
    """A terminal of that size and kind."""

    def __init__(self, of: Capability, width: int = 80, height: int = 24, *, utf8: bool = False) -> None:
        self._back = {} if utf8 else BACK
        self.screen = Screen(width, height, of)
        self.stream = Stream(self.screen)
        self.stream.use_utf8 = False

    def feed(self, data: str) -> None:
        """What came over the line."""
        self.stream.feed(data)

    def frame(self) -> Frame:
        """What it shows."""
        rows = range(self.screen.lines)
        return tuple(
            tuple(_cell(self.screen.buffer[y][x], self._back) for x in range(self.screen.columns)) for y in rows
        )

    @property
    def plain(self) -> bool:
        """Whether what is written next, whoever writes it, comes in letters and without attributes."""
        letters = (self.screen.g0_charset, self.screen.g1_charset)[self.screen.charset] == LAT1_MAP
        return letters and self.screen.cursor.attrs == self.screen.default_char

    @property
    def text(self) -> list[str]:
        """What it shows, as text."""
        return list(self.screen.display)


def _cell(of: Char, back: Mapping[int, str]) -> Cell:
    flags = BOLD * of.bold | UNDERLINE * of.underscore | BLINK * of.blink | REVERSE * of.reverse
    fg, bg = _colour(of.fg), _colour(of.bg)
    if of.data == " ":
        flags &= VISIBLE
        return Cell(" ", Style(fg if flags else None, bg, flags))
    letter = back.get(ord(of.data)) if len(of.data) == 1 else None
    return Cell(letter, Style(fg, bg, flags | DRAWING)) if letter else Cell(of.data, Style(fg, bg, flags))


def _colour(name: str) -> int | None:
    if name == "default":
        return None
    bright = name.startswith(("bright", "bfight"))  # pyte has "bfightmagenta"
    return NAMES.index(name[6:] if bright else name) + 8 * bright
