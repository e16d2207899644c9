"""What is known of the terminal that the program runs on, and how it is used. Loads nothing of Textual."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field

from screens.terminal.capability import Capability, capability
from screens.terminal.line import BITS, Line
from screens.terminal.painter import Painter


@dataclass(frozen=True, slots=True)
class Console:
    """A terminal, and what of it is used."""

    line: Line
    of: Capability
    utf8: bool = False
    """Whether it shows more than ASCII."""
    colours: bool = True
    """Whether colours are used, if it has any."""
    baud: int = 0
    """Bits a second; 0: nothing is slow."""
    size: tuple[int, int] = (80, 24)
    """Columns and rows, as long as the tty does not know better."""
    typed: bytes = field(default=b"", repr=False)
    """What was typed while it was asked."""

    painter: Painter | None = field(default=None, repr=False, compare=False)
    """What has painted on it already."""

    @property
    def rate(self) -> float:
        """Bytes a second; 0: as fast as the machine."""
        return self.baud / BITS

    @property
    def words(self) -> str:
        """As it is told on the screen: "vt220, ASCII, no colours, 9600 baud"."""
        letters = "UTF-8" if self.utf8 else "ASCII"
        colours = f"{self.of.colours} colours" if self.colours and self.of.colours else "no colours"
        return ", ".join([self.of.name, letters, colours, *([f"{self.baud} baud"] if self.baud else [])])


def streams() -> Line:
    """The line that the program was started on; -1 for what is closed."""
    source, *sinks = [each.fileno() if each else -1 for each in (sys.__stdin__, sys.__stdout__, sys.__stderr__)]
    return Line(source, next((each for each in sinks if os.isatty(each)), sinks[0]))


def plain_console() -> Console:
    """The line that the program was started on, with what terminfo knows of it and nothing that must be asked.

    Raises `UnknownTerminal`.
    """
    line = streams()
    return Console(line, capability(os.environ.get("TERM", ""), line.sink), baud=line.baud)
