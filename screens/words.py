"""Text for a screen of 80 columns: made plain, cut to a width, broken into lines. Nothing here knows a widget."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping

from tui_installer.engine import Standing
from tui_installer.step import Level
from tui_installer.text import printable

WIDTH = 80
"""Columns of the screen."""

HOME_KEYS = "Up/Down choose  Enter open  r again  u take back  c console  ? help  q quit"
"""What the keys of the first screen do."""
SIMULATED = "  SIMULATED"
"""At the right edge of each title, where the hosts are simulated ones."""
STATES: Mapping[Standing, str] = {
    "in-place": "in place",
    "todo": "to do",
    "problem": "PROBLEM",
    "waits": "waits",
    "unknown": "unknown",
}
"""What a step's state is called on the screen."""

LEVELS: Mapping[Level, str] = {"stop": "PROBLEM", "ask": "TO ANSWER", "warn": "NOTE"}
"""What the level of a problem is called on the screen."""


def bare(width: int, height: int) -> list[str]:
    """The first screen, with nothing on it yet but its title and its keys."""
    return ["tui-installer", "-" * width, *[""] * (height - 3), HOME_KEYS]


def plain(text: str) -> str:
    """Text from anywhere in one line without control characters; what a terminal lacks, its own side replaces."""
    return printable(text).replace("\n", " ")


def fit(text: str, width: int) -> str:
    """The text in exactly so many columns: filled up, or cut with "..." at its end."""
    flat = plain(text)
    return flat.ljust(width) if len(flat) <= width else flat[: max(0, width - 3)] + "..."[:width]


def beside(left: str, right: str) -> str:
    """Two texts at the two ends of a line; the left one alone if there is no room for both."""
    room = WIDTH - len(right) - 2
    return f"{plain(left).ljust(room)}  {right}" if len(left) <= room else left


def wrap(text: str, width: int, mark: str = "") -> list[str]:
    """The text in lines of at most so many columns; `mark` is before the first one, as many blanks before the others.

    Words are only broken if they must be.
    """
    room = width - len(mark)
    lines = [
        part
        for line in printable(text).split("\n")
        for part in textwrap.wrap(plain(line), room, break_on_hyphens=False) or [""]
    ]
    return [(mark if number == 0 else " " * len(mark)) + line for number, line in enumerate(lines)]


def fold(line: str, width: int) -> list[str]:
    """A line whose blanks matter (a diff, a command): cut at the width, what goes on is marked with a backslash."""
    flat, parts = plain(line), []
    indent = " " * min(width // 2, 4 + len(flat) - len(flat.lstrip()))
    while len(flat) > width:
        parts.append(flat[: width - 1] + "\\")
        flat = indent + flat[width - 1 :]
    return [*parts, flat]


def count(number: int, noun: str) -> str:
    """As in "1 change", "2 changes"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def hosts_named(names: Iterable[str]) -> str:
    """Hosts as an operator calls them: "this host", "node1"."""
    return ", ".join("this host" if name == "here" else name for name in dict.fromkeys(names))
