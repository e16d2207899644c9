"""What all screens have in common: a title, a rule, a body, a line for messages and one for the keys."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.widget import Widget

from screens import keymap
from screens.bindings import bound
from screens.deciding import Deciding
from screens.following import Running
from screens.form import Form
from screens.keymap import Key
from screens.literal import KeysLine, Pager, Prose, Rule, Title
from screens.words import SIMULATED

Returned = TypeVar("Returned")


class Page(Deciding[Returned]):
    """A screen of 80x24."""

    AUTO_FOCUS = None
    BINDINGS = bound(keymap.PAGES)
    KEYMAP: ClassVar[tuple[Key, ...]] = ()
    """What the screen's own keys do; what the focused widget's do is said before it."""
    without: tuple[str, ...] = ()
    """Actions of it that there are none of now."""
    LETTERS: ClassVar[frozenset[str]] = frozenset()
    """The actions that are bound to letters: they act outside forms only."""

    def compose(self) -> ComposeResult:
        """See `Widget.compose`."""
        yield Title(ident="title")
        yield Rule(ident="rule")
        yield from self.body()
        yield Prose(ident="message", most=2)
        yield KeysLine(ident="keys")

    async def on_event(self, event: events.Event) -> None:
        """See `MessagePump.on_event`: a page that was left before it was there, as the program may be, does not begin
        any more."""
        if not isinstance(event, events.Mount) or (self.is_attached and self in self.app.screen_stack):
            await super().on_event(event)

    def body(self) -> ComposeResult:
        """The widgets between the rule and the message."""
        yield from ()

    def head(self, text: str) -> None:
        """Set the title."""
        title = self.query_one("#title", Title)
        title.mark(SIMULATED if self.installer.simulated else "")
        title.say(text)

    def rule(self, word: str) -> None:
        """Set the word in the rule below the title."""
        self.query_one("#rule", Rule).say(word)

    def set_focus(self, widget: Widget | None, scroll_visible: bool = True, from_app_focus: bool = False) -> None:
        """See `Screen.set_focus`. What gets the focus is brought into sight at once: Textual reckons by how many rows,
        and moves by so many after the next picture, when somebody who types fast has moved it already."""
        super().set_focus(widget, False, from_app_focus)
        if scroll_visible and widget is not None and self.focused is widget and not self.can_view_entire(widget):
            self.scroll_to_center(widget, animate=False, immediate=True)

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
