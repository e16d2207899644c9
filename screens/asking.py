"""A text with buttons below it: what is asked before anything is changed, and the help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from screens.literal import Pager, TextButton
from screens.page import Page


class AskScreen(Page[str]):
    """Returns the id of the button that was pressed; "" if the operator went back."""

    KEYS = "Space scroll  Tab/Left/Right choose  Esc back"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back")]

    def __init__(self, title: str, lines: Sequence[str], buttons: Sequence[tuple[str, str]], *, focus: str = ""):
        """`focus`: the button that has it at first, or "pager": the text; empty: the first button."""
        super().__init__()
        self._title = title
        self._lines = lines
        self._buttons = buttons
        self._first = focus or (buttons[0][0] if buttons else "back")

    def body(self) -> ComposeResult:
        """See `Page.body`."""
        yield Pager(ident="pager")
        with Horizontal(id="buttons"):
            for name, label in self._buttons:
                yield TextButton(label, ident=name)
            yield TextButton("Back", ident="back")

    def on_mount(self) -> None:
        """Show it."""
        self.head(self._title)
        pager = self.query_one(Pager)
        pager.say(self._lines, top=True)
        self.query_one(f"#{self._first}").focus()
        self.asks()

    @on(TextButton.Pressed)
    def press(self, event: TextButton.Pressed) -> None:
        """That is the answer."""
        name = event.button.id or ""
        self.dismiss("" if name == "back" else name)

    def action_back(self) -> None:
        """No answer."""
        self.dismiss("")


HELP = """\
This program joins this host to a cluster, one step after the other. Nothing is
changed before you press [ Apply now ]; what was changed can be taken back.

  Steps     Up/Down choose, Enter opens. r again, u takes back, c console.
            A step "waits" until the ones before it are in place.

  A step    Facts: what is.  Form: what is asked.  Plan: what would be done.
            f e p l a n open them, or Tab to the buttons and Enter. r again.
            Enter does what is said above the last line. Esc goes back.

  A form    Tab or Enter: next field.  Shift-Tab: the one before.  Space: tick.
            Esc: out of the form, to the buttons. Letters are text here.
            A password that is left empty is kept as it is; - alone forgets it.

  Applying  goes on in a process of its own: losing this line changes nothing.
            Start the program again, and it leads you back to it.
            Stop: stops between two changes.  Keep it: says that you are still
            connected after a change of the network; else it is taken back.

  Anywhere  Space, PageUp and PageDown scroll a text. ? or F1: this help.
            Ctrl-L paints the screen anew. Ctrl-C (or q, at Steps) quits.

The same from a command line: tui-installer status, plan, apply, undo.""".splitlines()
"""What `?` shows."""
