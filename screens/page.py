"""What all screens have in common: a title, a rule, a body, a line for messages and one for the keys."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from screens.form import Form
from screens.literal import KeysLine, Pager, Prose, Rule, Title
from screens.words import SIMULATED

if TYPE_CHECKING:
    from screens.app import InstallerApp

Returned = TypeVar("Returned")
SETTLE = 0.05
"""Seconds between two looks at whether the terminal shows what was painted."""
LEAVE = ("escape", "ctrl+c")
"""Keys that change nothing, whatever is on the screen."""


class Page(Screen[Returned]):
    """A screen of 80x24."""

    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [Binding("pageup", "page(-1)"), Binding("pagedown,space", "page(1)")]
    KEYS = "Esc back  ? help"
    """What the screen's own keys do; what the focused widget's do is put before it."""
    FORM_KEYS = ""
    """The same while a field of a form has the focus."""
    LETTERS: ClassVar[frozenset[str]] = frozenset()
    """The actions that are bound to letters: they act outside forms only."""

    _asked_at: float | None = 0.0
    """Since when its question is on the screen, by the monotonic clock; None: it is not, yet."""

    def compose(self) -> ComposeResult:
        """See `Widget.compose`."""
        yield Title(ident="title")
        yield Rule(ident="rule")
        yield from self.body()
        yield Prose(ident="message", most=2)
        yield KeysLine(ident="keys")

    def body(self) -> ComposeResult:
        """The widgets between the rule and the message."""
        yield from ()

    @property
    def installer(self) -> InstallerApp:
        """The app."""
        return cast("InstallerApp", self.app)

    def head(self, text: str) -> None:
        """Set the title."""
        title = self.query_one("#title", Title)
        title.mark(SIMULATED if self.installer.simulated else "")
        title.say(text)

    def rule(self, word: str) -> None:
        """Set the word in the rule below the title."""
        self.query_one("#rule", Rule).say(word)

    def message(self, text: str) -> None:
        """Set the message above the keys, of two lines of 80 columns at most."""
        self.query_one("#message", Prose).say(text)

    @on(events.DescendantFocus)
    def show_keys(self) -> None:
        """Say what the keys do now. Events of two widgets may come in any order: what has the focus now counts."""
        own = str(getattr(self.focused, "KEYS", ""))
        mine = self.FORM_KEYS if self.in_form else self.KEYS
        parts = dict.fromkeys(part for line in (own, mine) if line for part in line.split("  "))
        self.query_one("#keys", KeysLine).say("  ".join(parts))

    # --- questions

    def asks(self) -> None:
        """From now on it asks something new: keys that were typed before that is on the terminal are no answer."""
        self._asked_at = None
        self.call_after_refresh(self._see)

    def _see(self) -> None:
        if self.installer.settled:
            self._asked_at = time.monotonic()
        else:
            self.set_timer(SETTLE, self._see)

    @property
    def asked(self) -> bool:
        """Whether what it asks is on the screen."""
        return self._asked_at is not None

    def hears(self, key: events.Key) -> bool:
        """Whether that key may be an answer; those that leave always act."""
        return key.key in LEAVE or (self._asked_at is not None and key.time >= self._asked_at)

    # --- scrolling

    def action_page(self, by: int) -> None:
        """Scroll the text, wherever the focus is."""
        for pager in self.query(Pager):
            if pager.display:
                pager.action_page(by)

    @property
    def in_form(self) -> bool:
        """Whether letters belong to a field now."""
        return self.focused is not None and any(isinstance(node, Form) for node in self.focused.ancestors)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """See `DOMNode.check_action`: letters act outside forms only."""
        return not (self.in_form and action in self.LETTERS)
