"""Widgets that show text as it is: never markup, never a control character, never more than the terminal has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.content import Content, Span
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from screens import keymap, paint
from screens.bindings import bound
from screens.keymap import Key
from screens.paint import Painted
from screens.words import bounds, clipped, fold, keys_line, plain, ruled, titled, wrap


class Literal(Widget):
    """Lines of text, cut at the widget's width."""

    KEYMAP: ClassVar[tuple[Key, ...]] = ()
    """What the keys do while it has the focus."""

    def lines(self) -> Sequence[str]:
        """What it shows now."""
        return ()

    def painted(self, line: str) -> Iterable[Painted]:
        """Which parts of a line are coloured."""
        return ()

    @property
    def letters(self) -> bool:
        """Whether the terminal has more than ASCII."""
        console = getattr(self.app, "console_found", None)
        return bool(console and console.utf8)

    def render(self) -> Content:
        """See `Widget.render`."""
        width = max(1, self.size.width)
        at, spans, lines = 0, [], [plain(line)[:width] for line in self.lines()]
        for line in lines:
            spans += [Span(at + part.begin, at + part.end, part.style) for part in self.painted(line)]
            at += len(line) + 1
        return Content("\n".join(lines), spans)


class TextLine(Literal):
    """One or several lines that are set from outside."""

    def __init__(self, text: str = "", *, ident: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=ident, classes=classes)
        self._text = text

    @property
    def text(self) -> str:
        """What it shows."""
        return self._text

    def say(self, text: str) -> None:
        """Show this from now on."""
        if text != self._text:
            self._text = text
            self.refresh(layout=self.styles.height is not None and self.styles.height.is_auto)

    def lines(self) -> Sequence[str]:
        """See `Literal.lines`."""
        return self._text.split("\n")

    def get_content_height(self, container: object, viewport: Size, width: int) -> int:
        """As many rows as there are lines."""
        return len(self.lines())


class Prose(TextLine):
    """A text in lines of the widget's width, as many as there is room for; what does not fit ends in "..."."""

    def __init__(
        self,
        text: str = "",
        *,
        ident: str | None = None,
        classes: str | None = None,
        mark: str = "",
        most: int = 0,
    ) -> None:
        """`mark` is before its first line; `most`: lines of 80 columns that it may take; 0: any number."""
        super().__init__(text, ident=ident, classes=classes)
        self._mark = mark
        self._most = most

    def lines(self) -> Sequence[str]:
        """See `Literal.lines`."""
        return clipped(self._wrapped(self.size.width), self.size.height, self.size.width)

    def get_content_height(self, container: object, viewport: Size, width: int) -> int:
        """As many rows as its text takes; of a bounded one at most a quarter of a low screen."""
        rows = len(self._wrapped(width))
        return min(rows, *bounds(self._most, width, viewport.height)) if self._most else rows

    def _wrapped(self, width: int) -> list[str]:
        return wrap(self.text, max(10, width), self._mark)


class Title(TextLine):
    """A title and a mark at the right edge; see `titled`."""

    def __init__(self, *, ident: str) -> None:
        super().__init__(ident=ident)
        self._mark = ""

    def mark(self, mark: str) -> None:
        """Show this at the right edge from now on."""
        self._mark = mark
        self.refresh()

    def lines(self) -> Sequence[str]:
        """See `Literal.lines`."""
        return (titled(self.text, self._mark, self.size.width),)

    def painted(self, line: str) -> Iterable[Painted]:
        """See `Literal.painted`."""
        return paint.state(line, max(0, line.rfind(" - ")))


class KeysLine(TextLine):
    """What the keys do; see `keys_line`."""

    def lines(self) -> Sequence[str]:
        """See `Literal.lines`."""
        return (keys_line(self.text, self.size.width),)


class Rule(Literal):
    """A line across the screen, with a word in it if there is one."""

    def __init__(self, word: str = "", *, ident: str | None = None) -> None:
        super().__init__(id=ident)
        self._word = word

    def say(self, word: str) -> None:
        """Show this word from now on."""
        if word != self._word:
            self._word = word
            self.refresh()

    def lines(self) -> Sequence[str]:
        """See `Literal.lines`."""
        return (ruled(self._word, self.size.width, "\u2500" if self.letters else "-"),)

    def painted(self, line: str) -> Iterable[Painted]:
        """See `Literal.painted`."""
        return paint.rule(line)


class TextButton(Literal, can_focus=True):
    """A button of plain characters; the one with the focus has a ">" before it, a chosen one has "*" around it."""

    KEYMAP = keymap.BUTTON
    BINDINGS = bound(keymap.BUTTON)

    class Pressed(Message):
        """It was pressed."""

        def __init__(self, button: TextButton) -> None:
            super().__init__()
            self.button = button

    def __init__(self, label: str, *, ident: str) -> None:
        super().__init__(id=ident)
        self.label = label
        self.chosen = False
        self.styles.width = len(label) + 6

    def choose(self, chosen: bool) -> None:
        """Mark it as the chosen one of its row."""
        if chosen != self.chosen:
            self.chosen = chosen
            self.refresh()

    def on_focus(self) -> None:
        """Be seen whole in a row that is too long for the screen."""
        self.scroll_visible(animate=False, immediate=True)

    def action_press(self) -> None:
        """Say that it was pressed."""
        self.post_message(self.Pressed(self))

    def lines(self) -> Sequence[str]:
        """See `Literal.lines`."""
        marker, edge = ">" if self.has_focus else " ", "*" if self.chosen else " "
        return (f"{marker}[{edge}{self.label}{edge}]",)


FOLLOWED = "-- the last lines; PageUp shows the ones before --"
"""Below a text that grows: it stays as it is, so that another line costs a line."""


class Pager(Literal, can_focus=True):
    """A text that can be scrolled. Its last row says where one is, if not all of it fits."""

    KEYMAP = keymap.TEXT
    BINDINGS = bound(keymap.TEXT)

    def __init__(self, *, follow: bool = False, ident: str | None = None) -> None:
        super().__init__(id=ident)
        self._text: tuple[str, ...] = ()
        self._rows_of: list[str] = []
        """The text as far as it was folded, at `_width`: of one that grows only what is new is."""
        self._read, self._width = 0, 0
        self._top = 0
        self._follow = follow

    @property
    def text(self) -> tuple[str, ...]:
        """The whole text, a line an item."""
        return self._text

    def say(self, text: Sequence[str], *, top: bool = False) -> None:
        """Show this text; from its first line on if `top`."""
        at_end = self._top >= self._last()
        new = tuple(text)
        if new == self._text and not top:
            return
        if new[: self._read] != self._text[: self._read]:
            self._read, self._rows_of = 0, []
        self._text = new
        self._top = 0 if top else min(self._top, self._last())
        if self._follow and at_end and not top:
            self._top = self._last()
        self.refresh()

    def lines(self) -> Sequence[str]:
        """See `Literal.lines`."""
        folded, rows = self._folded(), self._rows()
        if len(folded) <= self.size.height:
            return folded
        top = min(self._top, self._last())
        if self._follow and top == self._last():
            return [*folded[top : top + rows], FOLLOWED]
        more = "   -- more --" if top < self._last() else "   -- end --"
        return [*folded[top : top + rows], f"-- lines {top + 1}-{top + rows} of {len(folded)}{more}"]

    def painted(self, line: str) -> Iterable[Painted]:
        """See `Literal.painted`."""
        return paint.text(line)

    def action_move(self, by: int) -> None:
        """Scroll by so many lines."""
        top = max(0, min(self._last(), min(self._top, self._last()) + by))
        if top != self._top:
            self._top = top
            self.refresh()

    def action_page(self, by: int) -> None:
        """Scroll by pages."""
        self.action_move(by * max(1, self._rows() - 1))

    def action_edge(self, end: int) -> None:
        """Go to the first or the last line."""
        self.action_move(len(self._folded()) * (1 if end else -1))

    def _folded(self) -> list[str]:
        width = max(10, self.size.width)
        if width != self._width:
            self._read, self._rows_of, self._width = 0, [], width
        self._rows_of += [part for line in self._text[self._read :] for part in fold(line, width)]
        self._read = len(self._text)
        return self._rows_of

    def _rows(self) -> int:
        """How many lines of the text there is room for, beside the last row."""
        return max(1, self.size.height - 1)

    def _last(self) -> int:
        """The furthest line that may be the first one shown."""
        total = len(self._folded())
        return 0 if total <= self.size.height else total - self._rows()
