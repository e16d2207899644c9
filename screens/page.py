"""What all screens have in common: a title, a rule, a body, a line for messages and one for the keys."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.screen import Screen
from textual.timer import Timer

from screens import keymap
from screens.bindings import bound
from screens.following import Running
from screens.form import Form
from screens.keymap import Key
from screens.literal import KeysLine, Pager, Prose, Rule, Title
from screens.words import SIMULATED

if TYPE_CHECKING:
    from screens.app import InstallerApp

Returned = TypeVar("Returned")
SETTLE = 0.05
"""Seconds between two looks at whether the terminal shows what was painted."""
CALM = 0.1
"""Seconds between two keys of somebody who decides: noise, a paste and a held key are faster."""
TOO_FAST = "That came too fast to be an answer: nothing was done. Press it once more."
LEAVE = ("escape", "ctrl+c")
"""Keys that change nothing, whatever is on the screen."""


class Page(Screen[Returned]):
    """A screen of 80x24."""

    AUTO_FOCUS = None
    BINDINGS = bound(keymap.PAGES)
    KEYMAP: ClassVar[tuple[Key, ...]] = ()
    """What the screen's own keys do; what the focused widget's do is said before it."""
    without: tuple[str, ...] = ()
    """Actions of it that there are none of now."""
    LETTERS: ClassVar[frozenset[str]] = frozenset()
    """The actions that are bound to letters: they act outside forms only."""

    _asked_at: float | None = 0.0
    """Since when its question is on the screen, by the monotonic clock; None: it is not, yet."""

    _disturbed = 0.0
    """When a key was pressed last."""
    _calm = True
    """Whether the last key came alone."""
    _decision: Timer | None = None
    """What was pressed, and is done unless something else is typed at once."""

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

    def on_mount(self) -> None:
        """Say what runs."""
        self.tell(self.installer.running)

    def tell(self, running: Running | None) -> None:
        """Say, in the rule below the title, what is being applied now."""
        title = self.installer.engine.stack.step(running.step).title if running else ""
        self.rule(f"{running.words(title)}: the first screen leads to it" if running else "")

    def message(self, text: str) -> None:
        """Set the message above the keys, of two lines of 80 columns at most."""
        self.query_one("#message", Prose).say(text)

    @on(events.DescendantFocus)
    def show_keys(self) -> None:
        """Say what the keys do now. Events of two widgets may come in any order: what has the focus now counts."""
        self._say_keys()

    def _say_keys(self) -> None:
        own: tuple[Key, ...] = getattr(self.focused, "KEYMAP", ())
        parts = [keymap.told(own), "" if self.in_form else keymap.told(self.KEYMAP, self.without)]
        words = dict.fromkeys(word for part in parts if part for word in part.split("  "))
        self.query_one("#keys", KeysLine).say("  ".join(words))

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
    def ready(self) -> bool:
        """Whether a key that is pressed now would answer what it asks."""
        calm = self._asked_at == 0.0 or time.monotonic() - self._disturbed >= CALM
        return self._asked_at is not None and self._decision is None and calm

    def hears(self, key: events.Key) -> bool:
        """Whether that key may be an answer; those that leave always act."""
        self.disturb(key.time)
        return key.key in LEAVE or (self._asked_at is not None and key.time >= self._asked_at)

    def disturb(self, at: float) -> None:
        """Something was typed: what was decided just before was no decision, but a part of noise or of a paste."""
        self._calm, self._disturbed = at - self._disturbed >= CALM, at
        if self._decision is not None:
            self._decision.stop()
            self._decision = None
            self.message(TOO_FAST)

    def decide(self, act: Callable[[], object]) -> None:
        """Do what was pressed, if nothing was typed just before it, nor is just after."""
        if not self._calm:
            self.message(TOO_FAST)
            return

        def done() -> None:
            self._decision = None
            act()

        self._decision = self.set_timer(CALM, done)

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
