"""The console doctor: asks the terminal what it is, before anything is painted on it. Loads nothing of Textual.

`ask` returns at once and `answer` waits for what is left of `WITHIN`, so that the program can load in between.
What is asked, a VT100 knows: a cursor report (DSR 6) after one glyph tells whether UTF-8 is understood, after a move
to the far corner it tells the size. A terminal that calls itself vt1xx or vt2xx is not shown the glyph.
COLORTERM is looked at nowhere: sixteen colours are the most that is ever used.
"""

from __future__ import annotations

import atexit
import os
import re
import select
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import Any, Literal, Self, get_args

from screens.terminal.capability import Capability, capability
from screens.terminal.cells import BOLD, Cell, Frame, Row, Style, from_text
from screens.terminal.console import Console
from screens.terminal.line import BITS, Line
from screens.terminal.pace import Pace
from screens.terminal.painter import Painter

WITHIN = 0.3
"""Seconds that a silent terminal costs, at most."""
PATIENCE = 1
"""Seconds that a line which takes nothing is waited for when it is left."""
VARIABLE = "TUI_INSTALLER_CONSOLE"
Choice = Literal["auto", "serial", "rich", "plain"]
CHOICES: tuple[Choice, ...] = get_args(Choice)
OLD = re.compile(r"vt[12]\d\d")
GLYPH = "\u00e9".encode()
"""One column as UTF-8, two as Latin-1, and no byte of it is a control character of a VT220."""
LETTERS = b"\r" + GLYPH + b"\x1b[6n\r\x1b[K"
CORNER = b"\x1b7\x1b[r\x1b[999;999H\x1b[6n\x1b8"
REPORT = re.compile(rb"\x1b\[(\d+);(\d+)R")
USUAL = (80, 24)
"""Columns and rows of a terminal that does not say how many it has."""
MOST = (500, 200)
"""Columns and rows above which an answer is not believed."""
LEAST = (40, 10)
"""Columns and rows below which there is no room for screens."""


def chosen(option: str, environment: Mapping[str, str]) -> Choice:
    """How the console is to be used: the option, else the environment variable, else "auto"."""
    word = option or environment.get(VARIABLE, "")
    return next((choice for choice in CHOICES if choice == word), "auto")


@dataclass(slots=True)
class Doctor:
    """Looks at the terminal on a line. What is broken off inside of `with doctor:` leaves the line as it was."""

    line: Line
    of: Capability
    choice: Choice = "auto"
    _asked: list[str] = field(default_factory=list)
    _until: float = 0.0
    _painter: Painter | None = None
    _signals: dict[signal.Signals, Any] = field(default_factory=dict)
    """What was done about the signals that end the program."""
    _pace: Pace = field(init=False)

    def __post_init__(self) -> None:
        """The line's own pace."""
        self._pace = Pace(self.line.baud / BITS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.dismiss()

    def ask(self) -> None:
        """Send the questions; returns at once. From here on a signal that ends the program leaves the line first."""
        questions = b""
        if self.choice == "auto" and not OLD.match(self.of.name):
            self._asked.append("letters")
            questions += LETTERS
        if self.line.size is None:
            self._asked.append("size")
            questions += CORNER
        atexit.register(self.line.give_back)
        for number in (signal.SIGHUP, signal.SIGTERM):
            if signal.getsignal(number) != signal.SIG_IGN:
                self._signals[number] = signal.signal(number, self._end)
        self.line.take()
        self._until = time.monotonic() + WITHIN
        if questions and self.line.room(WITHIN):
            self.line.send(questions)

    def greet(self, lines: list[str]) -> None:
        """Paint a screen of these lines, if the line carries that at once: to load the rest takes longer than that."""
        if self.line.size is None or not lines:
            return
        if sum(map(len, lines)) > self._pace.room(self.line.waiting, time.monotonic()) or not self.line.room(0):
            return
        painter = self._painter or Painter(self.of, *self.line.size)
        reset = "" if painter.ready else painter.reset()
        data = (reset + "".join(painter.paint(self._dressed(from_text(lines, *painter.size))))).encode(
            "ascii", "replace"
        )
        self._painter = painter
        self.line.send(data)
        self._pace.sent(len(data), time.monotonic())

    def _dressed(self, frame: Frame) -> Frame:
        """With the title and the keys in the style that they have."""
        keys = Style(6 if self.of.colours else None)
        return (_styled(frame[0], Style(None, None, BOLD)), *frame[1:-1], _styled(frame[-1], keys))

    def dismiss(self) -> None:
        """Leave the line as it was: nothing will be painted on it. Again, or on a line that is gone: does no harm."""
        painter, self._painter = self._painter, None
        with suppress(OSError):
            if painter is not None and self.line.room(PATIENCE):
                self.line.send(painter.leave().encode("ascii"))
        self.line.give_back()
        while self._signals:
            number, before = self._signals.popitem()
            signal.signal(number, before or signal.SIG_DFL)

    def _end(self, number: int, _: FrameType | None) -> None:
        """A signal came before there was an app to end."""
        self.dismiss()
        sys.exit(128 + number)

    def answer(self) -> Console:
        """What the terminal is, as far as it said so in time."""
        said = self._listen()
        reports = [(int(row), int(column)) for row, column in REPORT.findall(said)]
        answers = dict(zip(self._asked, reports, strict=False)) if len(reports) >= len(self._asked) else {}
        row, column = answers.get("size", (0, 0))
        found = Console(
            self.line,
            self.of,
            utf8=answers.get("letters", (0, 0))[1] == 2,
            baud=self.line.baud,
            size=self.line.size or ((column, row) if 1 < column <= MOST[0] and 1 < row <= MOST[1] else USUAL),
            typed=REPORT.sub(b"", said),
            painter=self._painter,
        )
        return as_chosen(found, self.choice)

    def _listen(self) -> bytes:
        said = b""
        while len(REPORT.findall(said)) < len(self._asked):
            left = self._until - time.monotonic()
            if not select.select([self.line.source], [], [], max(0.0, left))[0]:
                return said
            data = os.read(self.line.source, 1024)
            if not data:
                return said
            said += data
        return said


def _styled(row: Row, style: Style) -> Row:
    return tuple(Cell(each.text, style) if each.text != " " else each for each in row)


def has_room(columns: int, rows: int) -> bool:
    """Whether there is room for screens."""
    return columns >= LEAST[0] and rows >= LEAST[1]


def as_chosen(found: Console, choice: Choice) -> Console:
    """The console as it is to be used: "serial" believes in ASCII alone, "rich" in UTF-8, colours and a fast line."""
    if choice == "serial":
        return replace(found, utf8=False)
    if choice == "rich":
        return replace(found, utf8=True, colours=True, baud=0)
    return found


def examine(line: Line, environment: Mapping[str, str], choice: Choice) -> Doctor:
    """A doctor that has asked. Raises `LookupError` if that is no terminal for screens, `OSError` if it is gone."""
    if not (os.isatty(line.source) and os.isatty(line.sink)):
        raise LookupError("no terminal")
    found = _capability(environment.get("TERM", ""), line, insists=choice in ("serial", "rich"))
    doctor = Doctor(line, found, choice)
    with doctor:
        doctor.ask()
    return doctor


def _capability(name: str, line: Line, *, insists: bool) -> Capability:
    """What it is able to; who insists on screens is believed that it is a VT100 at least. Raises `LookupError`."""
    try:
        found = capability(name, line.sink)
    except LookupError:
        if not insists:
            raise
        return Capability()
    if not (found.usable or insists):
        raise LookupError(f"{name}: no terminal for screens")
    return found if found.usable else Capability()
