"""The editors of a form: one line of text, with what is known below it or without; a tick; a list to tick from. Each
tells what was entered as `raw`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input

from screens import keymap, paint
from screens.bindings import bound
from screens.literal import Literal
from screens.paint import Painted
from screens.words import fit, window

MOST = 4000
"""Characters of an answer at most: the longest that any tool takes on one line of its file."""
BULLET = "\u2022"
"""What Textual shows instead of a secret's characters."""


class TextEntry(Input, inherit_bindings=False):
    """A line of text. Up and Down leave it, Enter goes on; no key that a serial line may not carry."""

    KEYMAP = keymap.ENTRY
    BINDINGS = bound(keymap.ENTRY)

    def __init__(self, value: str, *, secret: bool = False, whole: str = "") -> None:
        super().__init__(value, placeholder=whole, password=secret, compact=True, select_on_focus=False)
        self.cursor_blink = False
        self._column = 0
        """The caret's, as it was when this was painted: what is typed meanwhile is not on the screen yet."""

    @property
    def raw(self) -> str:
        """What was entered."""
        return self.value

    def take(self, text: str) -> str:
        """Take in what was pasted, if it can be an answer; returns why not, empty: it was taken."""
        if "\n" in text:
            return f"This field holds one line; {text.count(chr(10)) + 1} were pasted: nothing was taken."
        if len(self.value) + len(text) > MOST:
            return f"No answer is longer than {MOST} characters; {len(text)} were pasted: nothing was taken."
        self.insert_text_at_cursor(text)
        return ""

    @property
    def caret(self) -> Offset:
        """Where on the screen the terminal's own cursor belongs, while this has the focus."""
        return self.content_region.offset + Offset(self._column, 0)

    def render_line(self, y: int) -> Strip:
        """See `Widget.render_line`; stars for a secret, and no control characters."""
        strip = super().render_line(y)
        column = self.cursor_position if self.password else cell_len(self.value[: self.cursor_position])
        self._column = column - round(self.scroll_offset.x)
        return Strip([Segment(_shown(part.text), part.style, part.control) for part in strip])


def _shown(text: str) -> str:
    """Character for character, for the cursor must stay where it is."""
    stars = text.replace(BULLET, "*")
    return "".join(each if each.isprintable() else "?" for each in stars)


class Tick(Literal, can_focus=True):
    """Yes or no."""

    KEYMAP = keymap.TICK
    BINDINGS = bound(keymap.TICK)

    def __init__(self, raw: bool | None) -> None:
        super().__init__()
        self.raw = raw
        """None: not answered."""

    def action_turn(self) -> None:
        """Yes becomes no, no becomes yes."""
        self.raw = not self.raw
        self.refresh()

    def lines(self) -> Sequence[str]:
        """See `Literal.lines`."""
        tick = "\u2713" if self.letters else "x"
        return (f"[{tick if self.raw else ' '}] {'yes' if self.raw else 'no'}",)


class Pick(Literal, can_focus=True):
    """A list to tick from: any number of its rows, or one. The current row has a ">" before it."""

    KEYMAP = keymap.PICK
    BINDINGS = bound(keymap.PICK)
    MOST = 6
    """Rows shown at once."""

    class Moved(Message):
        """Another row is the current one, or there is another room for it."""

    def __init__(self, options: Sequence[tuple[str, str]], raw: Sequence[str], *, single: bool) -> None:
        super().__init__()
        self.options = tuple(options)
        """(value, how it is shown) of its rows."""
        self._ticked = set(raw)
        self._single = single
        unticked = (index for index, (value, _) in enumerate(self.options) if value not in self._ticked)
        self._at = next(unticked, 0) if not single else 0
        self.styles.height = min(self.MOST + 1, max(1, len(self.options)))

    @property
    def whole(self) -> str:
        """The text of the current row if there is no room for all of it; else empty."""
        text = self.options[self._at][1] if self.options else ""
        return text if len(self._row(self._at)) > self.size.width > 0 else ""

    @property
    def widest(self) -> int:
        """Columns that its longest row takes."""
        return 5 + max((len(text) for _, text in self.options), default=0)

    @property
    def raw(self) -> Any:
        """The value that is ticked if it is a single one, else all of them, in the list's order."""
        ticked = tuple(value for value, _ in self.options if value in self._ticked)
        return "".join(ticked[:1]) if self._single else ticked

    def action_move(self, by: int) -> None:
        """Go to another row; beyond the first and the last one lie the other fields."""
        at = self._at + by
        if 0 <= at < len(self.options):
            self._at = at
            self.refresh()
            self.post_message(self.Moved())
        elif by > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()

    def on_resize(self) -> None:
        """Its rows may be cut now, or whole again."""
        self.post_message(self.Moved())

    def action_tick(self) -> None:
        """Tick the current row, or take its tick away."""
        value = self.options[self._at][0]
        if self._single:
            self._ticked -= {other for other in self._ticked if other != value}
        self._ticked ^= {value}
        self.refresh()

    def lines(self) -> Sequence[str]:
        """See `Literal.lines`."""
        count = len(self.options)
        if count <= self.MOST + 1:
            return self._shown(0, count)
        top = window(self._at, self.MOST, count)
        return [*self._shown(top, top + self.MOST), f" -- {top + 1}-{top + self.MOST} of {count} --"]

    def painted(self, line: str) -> Iterable[Painted]:
        """See `Literal.painted`."""
        return paint.mark(line)

    def _shown(self, begin: int, end: int) -> list[str]:
        return [fit(self._row(index), self.size.width) for index in range(begin, end)]

    def _row(self, index: int) -> str:
        value, text = self.options[index]
        left, right = "()" if self._single else "[]"
        known = ("\u25cf", "\u2713") if self.letters else ("*", "x")
        tick = known[0 if self._single else 1] if value in self._ticked else " "
        marker = ">" if self.has_focus and index == self._at else " "
        return f"{marker}{left}{tick}{right} {text}"


class Known(Pick):
    """What is known of the answers to a field of text: a tick puts a row's value into the text, or takes it out again,
    and what is typed is ticked if it is one of them."""

    def __init__(self, options: Sequence[tuple[str, str]], entry: TextEntry, *, single: bool) -> None:
        super().__init__(options, (), single=single)
        self._entry = entry
        self.follow()

    def follow(self) -> None:
        """Tick what the text says now."""
        said = set(self._said())
        if said != self._ticked:
            self._ticked = said
            self.refresh()

    def action_tick(self) -> None:
        """Put the current row's value into the text, or take it out again."""
        value, said = self.options[self._at][0], self._said()
        others = [] if self._single else [each for each in said if each != value]
        self._entry.value = ", ".join(others if value in said else [*others, value])
        self._entry.action_end()

    def _said(self) -> Sequence[str]:
        """The answers in the text, as `answers.convert` has them."""
        text = self._entry.value
        return (text.strip(),) if self._single else text.replace(",", " ").split()
