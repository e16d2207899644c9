"""A text with buttons below it: what is asked before anything is changed, and the help."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal

from screens import keymap
from screens.bindings import bound
from screens.keymap import explained
from screens.literal import Pager, TextButton
from screens.page import Page


class AskScreen(Page[str]):
    """Returns the id of the button that was pressed; "" if the operator went back."""

    KEYMAP = keymap.QUESTION
    BINDINGS = bound(keymap.QUESTION)

    def __init__(
        self,
        title: str,
        lines: Sequence[str],
        buttons: Sequence[tuple[str, str]],
        *,
        focus: str = "",
        harmless: bool = False,
    ):
        """`focus`: the button that has it at first, or "pager": the text; empty: the first button. `harmless`: no
        answer changes a host, so none comes too early."""
        super().__init__()
        self._title = title
        self._lines = lines
        self._buttons = buttons
        self._harmless = harmless
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
        if not self._harmless:
            self.asks()

    @on(TextButton.Pressed)
    def press(self, event: TextButton.Pressed) -> None:
        """That is the answer."""
        name = event.button.id or ""
        if name == "back":
            self.dismiss("")
        elif self._harmless:
            self.dismiss(name)
        else:
            self.decide(lambda: self.dismiss(name))

    def action_back(self) -> None:
        """No answer."""
        self.dismiss("")


HELP = [
    *"""\
This program joins this host to a cluster, one step after the other. Nothing is
changed before you press [ Apply now ]; what was changed can be taken back.
Applying goes on in a process of its own: losing this line changes nothing.
Start the program again, and it leads you back to it.

Steps""".splitlines(),
    *explained(keymap.HOME),
    "",
    "A step",
    *explained(keymap.STEP),
    "",
    "A form. A password that is left empty is kept as it is; - alone forgets it.",
    *explained(keymap.FORM),
    "",
    "An apply. Stop: it stops between two changes. Keep it: says that you are",
    "still connected after a change of the network; else it is taken back.",
    *explained(keymap.RUN),
    "",
    "A failure",
    *explained(keymap.FAILED),
    "",
    "Anywhere",
    *explained((keymap.SCROLL, *keymap.ANYWHERE)),
    "  ? or F1         This help.",
    "",
    "The same from a command line: tui-installer status, plan, apply, undo.",
]
"""What `?` shows."""
