"""The first screen as text: its rows, and all of it before anything was looked at. Loads nothing of Textual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from screens import render
from screens.words import HOME_KEYS, SIMULATED, fit, keys_line, ruled, titled
from tui_installer.engine.inspection import STATES, StepStatus
from tui_installer.model.stack import Subject

LOOKING = "Looking at the host and the cluster..."
LEAST = 3
"""Rows of the list that are shown on the lowest screen."""
REST = 8
"""Rows of the screen that the list leaves to others: title, two rules, message and keys, and a few details."""


@dataclass(frozen=True, slots=True)
class Item:
    """A row of the list."""

    key: str
    """The step's id; empty for the attempt that has no end."""
    title: str
    number: int = 0
    row: StepStatus | None = None
    """None: it is being looked at."""
    runs: bool = False
    """It is being applied now: what was found of it is half of it."""

    def text(self, width: int) -> str:
        """The row in so many columns, without its marker; a narrow one leaves out the gist."""
        if not self.key:
            return self.title
        if self.runs:
            return f"{self.number:>2} {fit(self.title, 31 if width >= 58 else width - 14)} running"
        state = STATES[self.row.state] if self.row else "looking..."
        if width < 58:
            return f"{self.number:>2} {fit(self.title, width - 14)} {state}"
        gist = fit(render.gist(self.row), width - 46).rstrip() if self.row else ""
        return f"{self.number:>2} {fit(self.title, 31)} {state:<10} {gist}"


def room(height: int, total: int) -> int:
    """How many of so many rows a screen of that height shows at once: all, if the rest has room beside them."""
    return min(total, max(LEAST, height - REST))


def part(top: int, shown: int, total: int) -> str:
    """Which rows are shown; empty: all are."""
    return f"{top + 1}-{top + shown} of {total}" if shown < total else ""


def who(title: str, host: str = "") -> str:
    """The first line: the host and the cluster suite by its title, without what that consists of."""
    on_host = f" on {host}" if host else ""
    return f"tui-installer{on_host} - {title.partition(':')[0]}"


def opening(title: str, subjects: Sequence[Subject], simulated: bool, width: int, height: int) -> list[str]:
    """The screen before anything was looked at, line by line: the stack by its title, and its steps."""
    items = [Item(subject.id, subject.title, number) for number, subject in enumerate(subjects, 1)]
    shown = room(height, len(items))
    rows = [f"{' ' if number else '>'} {item.text(width - 2)}" for number, item in enumerate(items[:shown])]
    first = titled(who(title), SIMULATED if simulated else "", width)
    top = [first, ruled(part(0, shown, len(items)), width), *rows, "-" * width]
    return [*top, *[""] * (height - len(top) - 2), LOOKING, keys_line(HOME_KEYS, width)]
