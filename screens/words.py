"""Text for a screen of 80 columns: made plain, cut to a width, broken into lines. Nothing here knows a widget."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping

from screens import keymap
from tui_installer.model.step import Action
from tui_installer.model.text import printable

WIDTH = 80
"""Columns of the screen."""
LEAST = 12
"""Columns of a title's first part, below which it says nothing."""

HOME_KEYS = keymap.told(keymap.HOME)
"""What the keys of the first screen do."""
SIMULATED = "  SIMULATED"
"""At the right edge of each title, where the hosts are simulated ones."""
VERBS: Mapping[Action, str] = {
    "apply": "Apply", "undo": "Take back", "mend": "Mend", "leave": "Leave the cluster", "shutdown": "Shut down",
}  # fmt: skip
"""What doing a plan is called, by its action."""


def meant(action: Action, title: str) -> str:
    """What is done at a step of that title; leaving the cluster and shutting down are no matter of a single one."""
    return VERBS[action] if action in ("leave", "shutdown") else f"{VERBS[action]}: {title}"


def bare(width: int, height: int) -> list[str]:
    """The first screen, with nothing on it yet but its title and its keys."""
    return ["tui-installer", "-" * width, *[""] * (height - 3), keys_line(HOME_KEYS, width)]


def plain(text: str) -> str:
    """Text from anywhere in one line without control characters; what a terminal lacks, its own side replaces."""
    return printable(text.replace("\n", " "))


def fit(text: str, width: int) -> str:
    """The text in exactly so many columns: filled up, or cut with "..." at its end."""
    flat = plain(text)
    return flat.ljust(width) if len(flat) <= width else flat[: max(0, width - 3)] + "..."[:width]


def titled(text: str, mark: str, width: int) -> str:
    """A title, "what - its state", in so many columns, the mark at its end; too long, its first part is cut."""
    room = width - len(mark)
    what, dash, state = text.rpartition(" - ")
    left = room - len(dash) - len(state)
    cut = fit(what, left) + dash + state if len(text) > room and left >= LEAST else fit(text, room)
    return cut + mark


def ruled(word: str, width: int, line: str = "-") -> str:
    """A line across so many columns, with a word in it if there is one."""
    return (f"{line}{line} {word} " if word else "").ljust(width, line)


def keys_line(keys: str, width: int) -> str:
    """What keys do, as much as there is room for; the help, which tells all of them, and Esc are left out last."""
    parts = keys.split("  ")
    last = [part for part in parts if part.startswith(("? ", "Esc "))]
    while len("  ".join(parts)) > width and len(parts) > 1:
        parts.remove(next((part for part in reversed(parts) if part not in last), parts[0]))
    return fit("  ".join(parts), width).rstrip()


def window(at: int, rows: int, total: int) -> int:
    """The first of so many rows that are shown of a list, where row `at` is the current one."""
    return max(0, min(at - rows // 2, total - rows))


def beside(left: str, right: str, width: int) -> str:
    """Two texts at the two ends of a line, the left one cut if it must be; one below the other on a narrow screen."""
    room = width - len(right) - 2
    return f"{fit(left, room)}  {right}" if room >= min(len(left), WIDTH // 3) else f"{fit(left, width)}\n{right}"


def wrap(text: str, width: int, mark: str = "") -> list[str]:
    """The text in lines of at most so many columns; `mark` is before the first one, as many blanks before the others.

    Words are only broken if they must be.
    """
    room = width - len(mark)
    lines = [
        part for line in text.split("\n") for part in textwrap.wrap(plain(line), room, break_on_hyphens=False) or [""]
    ]
    return [(mark if number == 0 else " " * len(mark)) + line for number, line in enumerate(lines)]


def clipped(lines: list[str], most: int, width: int) -> list[str]:
    """At most so many of these lines; the last one ends in "..." if any are left out."""
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], fit(f"{lines[most - 1][: width - 4].rstrip()} ...", width).rstrip()] if most > 0 else []


def bounds(most: int, width: int, height: int) -> tuple[int, int]:
    """Rows that a text of so many lines of 80 columns may take at this width, and on a screen of this height."""
    return max(most, -(-most * WIDTH // width)), max(most, height // 4)


def fold(line: str, width: int) -> list[str]:
    """A line whose blanks matter (a diff, a command): cut at the width, what goes on is marked with a backslash."""
    flat, parts = plain(line), []
    indent = " " * min(width // 2, 4 + len(flat) - len(flat.lstrip()))
    while len(flat) > width:
        parts.append(flat[: width - 1] + "\\")
        flat = indent + flat[width - 1 :]
    return [*parts, flat]


def hosts_named(names: Iterable[str]) -> str:
    """Hosts as an operator calls them: "this host", "node1"."""
    return ", ".join("this host" if name == "here" else name for name in dict.fromkeys(names))
