"""Every key of every screen, declared once: bindings, the last line of a screen, the help and the numbered lines all
come from here. Loads nothing of Textual.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """What one key does."""

    keys: str
    """Its names, as Textual has them, with commas between them; the first one is told."""
    does: str
    """What it does, in a word or two, for the last line; empty: it is in the help alone."""
    action: str = ""
    """The screen's action; empty: what has the focus acts by itself."""
    about: str = ""
    """A sentence for the help; empty: as `does`."""
    line: str = ""
    """What is typed for it in numbered lines; empty: it means nothing there."""
    called: str = ""
    """What the key is called on the screen; empty: by its name."""

    @property
    def name(self) -> str:
        """What it is called: "f", "Esc", "Up/Down"."""
        first = self.keys.partition(",")[0]
        return self.called or NAMES.get(first, first)


NAMES = {"question_mark": "?", "less_than_sign": "<", "escape": "Esc", "enter": "Enter", "space": "Space"}
"""Names of keys that are not what is printed on them."""

HELP = Key("question_mark,f1", "help", "app.help", line="?")
SCROLL = Key("space", "scroll", about="A page on, in a text. PageUp, PageDown, Up, Down, Home and End as well.")
CHOOSE = Key("tab", "choose", called="Tab/Left/Right", about="Another button; Enter presses it.")

# --- what has the focus

TEXT = (
    SCROLL,
    Key("up", "", "move(-1)"),
    Key("down", "", "move(1)"),
    Key("pageup", "", "page(-1)"),
    Key("pagedown,space", "", "page(1)"),
    Key("home", "", "edge(0)"),
    Key("end", "", "edge(1)"),
)
"""A text that can be scrolled."""

BUTTON = (
    Key("enter", "press", "press"),
    Key("left,up", "", "app.focus_previous"),
    Key("right,down", "", "app.focus_next"),
)
"""A button. Space scrolls the text above it, and presses nothing."""

LIST = (
    Key("up", "", "move(-1)"),
    Key("down", "", "move(1)"),
    Key("home", "", "move(-99)"),
    Key("end", "", "move(99)"),
    Key("enter", "", "open"),
)
"""The rows of the first screen."""

NEXT = Key("enter", "next", "app.focus_next", "The next field.", called="Tab/Enter")
ENTRY = (
    NEXT,
    Key("shift+tab", "back", about="The field before.", called="Shift-Tab"),
    Key("escape", "leave the form", about="To the buttons. In a form letters are text."),
    Key("down", "", "app.focus_next"),
    Key("up", "", "app.focus_previous"),
    Key("left", "", "cursor_left"),
    Key("right", "", "cursor_right"),
    Key("home", "", "home"),
    Key("end", "", "end"),
    Key("backspace,ctrl+h", "", "delete_left"),
    Key("delete", "", "delete_right"),
    Key("ctrl+u", "", "delete_left_all"),
)
"""A field of text."""

TICK = (
    Key("space", "yes/no", "turn", "Yes or no; in a list: tick a row, or take its tick away."),
    NEXT,
    Key("escape", "leave the form"),
    Key("down", "", "app.focus_next"),
    Key("up", "", "app.focus_previous"),
)
"""A field of yes or no."""

PICK = (
    Key("up", "choose", "move(-1)", "A row of a list.", called="Up/Down"),
    Key("down", "", "move(1)"),
    Key("space", "tick", "tick"),
    NEXT,
    Key("escape", "leave"),
)
"""A list to tick from."""

FORM = (PICK[0], TICK[0], *ENTRY[:3])
"""What the help says of forms."""

# --- screens

PAGES = (Key("pageup", "", "page(-1)"), Key("pagedown,space", "", "page(1)"))
"""Every screen with a text."""

HOME = (
    Key("up", "choose", about="Choose a step; it waits until the ones before it are in place.", called="Up/Down"),
    Key("enter", "open", about="Open it, or the apply that runs."),
    Key("r", "again", "look", "Look at everything again.", "r"),
    Key("w", "result", "watch", "What was done last at that step, and what came of it.", "w"),
    Key("u", "take back", "take_back", "Take back what was applied.", "u"),
    Key("s", "", "sheet", "The hand-over sheet: what was done, is open, is to be tested.", "s"),
    Key("x", "", "leave_cluster", "Leave the cluster: its name is typed first.", "x"),
    Key("d", "", "shut_down", "Shut this host down, in order: its name is typed first.", "d"),
    Key("c", "", "app.console", "How this terminal is used: letters, colours, speed."),
    HELP,
    Key("q", "quit", "app.leave", "Leave the program; an apply goes on.", "q"),
)
"""The first screen."""

STEP = (
    Key("f", "facts", "section('facts')", "What was found.", "f"),
    Key("e", "form", "section('form')", "What is asked.", "e"),
    Key("p", "plan", "plan", "Keep the answers, and show what would be done.", "p"),
    Key("l", "live", "section('live')", "What the tools say now, again and again.", "l"),
    Key("a", "apply", "apply", "Ask whether to do it.", "a"),
    Key("r", "again", "look", "Look again.", "r"),
    Key("n", "next", "next", "The next step.", "n"),
    Key("less_than_sign", "", "before", "The step before.", "<"),
    Key("enter", "", "go_on", "What is said above the last line."),
    Key("escape", "back", "leave", "To the first screen.", "b"),
    HELP,
)
"""A step's screen, outside its form."""

QUESTION = (SCROLL, CHOOSE, Key("escape", "back", "back"))
"""A text with buttons below it."""

RUN = (SCROLL, CHOOSE, Key("escape", "leave", "home", "To the first screen; what runs goes on."), HELP)
"""An apply that runs, or has ended."""

FAILED = (
    Key("m", "", "choice('mend')", "Mend the cause, and go on: a plan, shown before it is done.", "m"),
    Key("t", "", "choice('again')", "Plan the step again, and ask.", "t"),
    Key("s", "", "choice('shell')", "A shell in this line; exit comes back.", "s"),
    Key("u", "", "choice('back')", "Ask what to take back.", "u"),
    Key("p", "page", "page_of_code", "The page of the problem's code.", "p"),
    Key("l", "record", "record", "All that was done and said; l again: the card.", "l"),
)
"""What can be done about a failure."""

ANYWHERE = (
    Key("ctrl+l", "", "repaint", "Paint the screen anew.", called="Ctrl-L"),
    Key("ctrl+c", "", "leave", "Leave the program; an apply goes on.", called="Ctrl-C"),
)
"""Every screen."""


def told(keys: Iterable[Key], but: Iterable[str] = ()) -> str:
    """The last line of a screen: what its keys do, without those of these actions."""
    return "  ".join(f"{key.name} {key.does}" for key in keys if key.does and key.action not in but)


def prompt(keys: Iterable[Key], before: str = "") -> str:
    """What is asked at a line: what can be typed there."""
    return f"{before}{', '.join(f'{key.line} {key.does}' for key in keys if key.line and key.does)}:"


def explained(keys: Iterable[Key]) -> list[str]:
    """Lines for the help: each key with its sentence."""
    return [f"  {key.name:<15} {key.about}" for key in keys if key.about]


def explained_in_lines(keys: Iterable[Key]) -> list[str]:
    """The same for numbered lines."""
    return [f"  {key.line:<3} {key.about or key.does}" for key in keys if key.line]
