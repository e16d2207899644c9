"""The first screen: every step, what state it is in, and what is wrong with the current one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.timer import Timer

from screens import render
from screens.literal import Literal, Pager, Rule
from screens.opening import LOOKING, Item, part, room, who
from screens.page import Page
from screens.snapshot import Around, Open, rows
from screens.words import HOME_KEYS, beside, window
from screens.worker import Job
from tui_installer.engine.engine import StepStatus


class StepList(Literal, can_focus=True):
    """The steps; a ">" is before the current one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)"),
        Binding("down", "move(1)"),
        Binding("home", "move(-99)"),
        Binding("end", "move(99)"),
        Binding("enter", "open"),
    ]

    class Moved(Message):
        """Another row is the current one, or the current one is known better."""

    class Opened(Message):
        """The current row is to be opened."""

    def __init__(self) -> None:
        super().__init__()
        self._items: list[Item] = []
        self._at = 0

    @property
    def current(self) -> Item | None:
        """The current row; None: there is no row yet."""
        return self._items[self._at] if self._items else None

    @property
    def items(self) -> tuple[Item, ...]:
        """All rows."""
        return tuple(self._items)

    def say(self, items: Sequence[Item]) -> None:
        """Show these rows; the current one stays the current one."""
        key = self.current.key if self.current else None
        another = len(items) != len(self._items)
        self._items = list(items)
        self._at = next((index for index, item in enumerate(items) if item.key == key), 0)
        self.refresh(layout=another)
        self.post_message(self.Moved())

    def go_to(self, key: str) -> None:
        """Make that row the current one."""
        for index, item in enumerate(self._items):
            if item.key == key:
                self.action_move(index - self._at)

    def action_move(self, by: int) -> None:
        """Go up or down."""
        at = max(0, min(len(self._items) - 1, self._at + by))
        if at != self._at:
            self._at = at
            self.refresh()
            self.post_message(self.Moved())

    def action_open(self) -> None:
        """Open the current row."""
        if self.current:
            self.post_message(self.Opened())

    def lines(self) -> Sequence[str]:
        """See `Literal.lines`."""
        width, top = self.size.width - 2, self._top()
        rows = [f"{'>' if index == self._at else ' '} {item.text(width)}" for index, item in enumerate(self._items)]
        return rows[top : top + self._shown()]

    @property
    def part(self) -> str:
        """See `opening.part`."""
        return part(self._top(), self._shown(), len(self._items))

    def get_content_height(self, container: object, viewport: Size, width: int) -> int:
        """See `opening.room`."""
        return room(viewport.height, len(self._items))

    def on_resize(self) -> None:
        """Other rows are shown now."""
        self.post_message(self.Moved())

    def _top(self) -> int:
        return window(self._at, self._shown(), len(self._items))

    def _shown(self) -> int:
        return room(self.app.size.height, len(self._items))


class StatusScreen(Page[None]):
    """Home."""

    KEYS = HOME_KEYS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "look"),
        Binding("u", "take_back"),
        Binding("c", "app.console"),
        Binding("q", "app.leave"),
        Binding("question_mark,f1", "app.help"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[str, StepStatus] = {}
        self._open: Open | None = None
        self._errand: Job | None = None
        self._resting: Timer | None = None

    def body(self) -> ComposeResult:
        """See `Page.body`."""
        yield StepList()
        yield Rule(ident="details-rule")
        yield Pager(ident="details")

    def on_mount(self) -> None:
        """Look at everything."""
        self.query_one(StepList).focus()
        self.query_one(Pager).can_focus = False
        self.action_look()

    @on(events.ScreenResume)
    def back_here(self) -> None:
        """Look again if something was done meanwhile."""
        if self.installer.moved and self.is_current:
            self.action_look()

    def action_look(self) -> None:
        """Look at everything again."""
        if self._errand:
            self._errand.drop()
        self.installer.moved = False
        self._found = {}
        self._say_who()
        self._list()
        self.message(LOOKING)
        self._errand = self.installer.worker.each(self, rows(self.installer.engine), self.found)

    def found(self, what: StepStatus | Around) -> None:
        """A row is known, or what is around them."""
        if isinstance(what, StepStatus):
            self._found[what.id] = what
        else:
            self._open = what.open
            self._say_who(what.host)
        if len(self._found) == len(self.installer.engine.stack.steps):
            self._say_what_next()
        self._list()

    def _say_what_next(self) -> None:
        verdict, words = render.verdict(self._found.values()), self.installer.console_found.words
        self.message(beside(verdict, words, self.size.width))

    def row(self, step_id: str) -> StepStatus | None:
        """What is known of a step; None: nothing yet."""
        return self._found.get(step_id)

    def action_take_back(self) -> None:
        """Ask what to take back."""
        item = self.query_one(StepList).current
        self.installer.ways.choose_back(item.key if item else "")

    @on(StepList.Opened)
    def open(self) -> None:
        """Go to the current row's screen."""
        item = self.query_one(StepList).current
        if item is None:
            return
        if not item.key and self._open:
            self.installer.ways.watch(self._open)
        else:
            self.installer.ways.step(item.key)

    @on(StepList.Moved)
    def rest(self) -> None:
        """Say more of the current row once the operator rests on it: a key that moves on costs a marker alone."""
        self.rule(self.query_one(StepList).part)
        if self._resting is not None:
            self._resting.stop()
        if self.installer.rest:
            self._resting = self.set_timer(self.installer.rest, self.details)
        else:
            self.details()

    def details(self) -> None:
        """Show what is to be said of the current row."""
        item = self.query_one(StepList).current
        if item is None:
            return
        if not item.key:
            running = self._open is not None and self._open.attempt.runs
            lines = ["Enter shows it." + (" Nothing else can be changed until it has ended." if running else "")]
        else:
            lines = render.details(item.row) if item.row else ["Looking..."]
        self.query_one("#details-rule", Rule).say(item.title if item.key else "")
        self.query_one(Pager).say(lines, top=True)

    def _list(self) -> None:
        steps = self.installer.engine.stack.steps
        items = [Item(step.id, step.title, n, self._found.get(step.id)) for n, step in enumerate(steps, 1)]
        self.query_one(StepList).say([*self._notice(), *items])

    def _notice(self) -> list[Item]:
        return [Item("", f"{render.open_attempt(self._open)}: Enter shows it")] if self._open else []

    def _say_who(self, host: str = "") -> None:
        self.head(who(self.installer.engine.stack, host))
