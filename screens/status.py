"""The first screen: every step, what state it is in, and what is wrong with the current one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.geometry import Size
from textual.message import Message
from textual.timer import Timer

from screens import keymap, paint, render
from screens.bindings import bound
from screens.following import Running
from screens.installer import Installer
from screens.literal import Literal, Pager, Rule
from screens.opening import LOOKING, Item, part, room, who
from screens.page import Page
from screens.paint import Painted
from screens.snapshot import Around, Open, rows
from screens.words import beside, window
from screens.worker import Errand
from tui_installer.engine.inspection import StepStatus


class StepList(Literal, can_focus=True):
    """The steps; a ">" is before the current one."""

    BINDINGS = bound(keymap.LIST)

    class Moved(Message):
        """Another row is the current one, or the current one is known better."""

    class Opened(Message):
        """The current row is to be opened."""

    def __init__(self) -> None:
        super().__init__()
        self._items: list[Item] = []
        self._at = 0
        self._chosen = False
        """Whether the operator moved to where it is."""
        self.acted = False
        """Whether something was done since: what was chosen is left then, once it is in place."""

    @property
    def current(self) -> Item | None:
        """The current row; None: there is no row yet."""
        return self._items[self._at] if self._items else None

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
                self._to(index)

    def lead(self, key: str) -> None:
        """Go to the row that is next, unless the operator chose another one."""
        row = self.current.row if self.current else None
        if self._chosen and not (self.acted and row and row.state == "in-place"):
            return
        self._chosen = False
        self.go_to(key)

    def action_move(self, by: int) -> None:
        """Go up or down: the operator's choice."""
        self._chosen, self.acted = True, False
        self._to(self._at + by)

    def _to(self, index: int) -> None:
        at = max(0, min(len(self._items) - 1, index))
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

    def painted(self, line: str) -> Iterable[Painted]:
        """See `Literal.painted`; the state stands in the third column."""
        found = list(paint.state(line, 30 if len(line) >= 58 else 0))
        return [*paint.mark(line), *found[:1]]

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

    KEYMAP = keymap.HOME
    BINDINGS = bound(keymap.HOME)

    def __init__(self) -> None:
        super().__init__()
        self.open_attempt: Open | None = None
        self._errand: Errand | None = None
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
        """Look again if something was done meanwhile; what is next is the current row, if no other was chosen."""
        if not self.is_current:
            return
        if self.installer.moved:
            self.query_one(StepList).acted = True
            self.action_look()
        else:
            _lead(self)

    def action_look(self) -> None:
        """Look at everything again."""
        if self._errand:
            self._errand.drop()
        self.installer.moved = False
        self.installer.known = {}
        self.head(who(self.installer.engine.stack.title))
        _list(self)
        self.message(LOOKING)
        self._errand = self.installer.worker.each(self, rows(self.installer.engine), self.found)

    def found(self, what: StepStatus | Around) -> None:
        """A row is known, or what is around them."""
        if isinstance(what, StepStatus):
            self.installer.known[what.id] = what
        else:
            self.open_attempt = what.open
            self.head(who(self.installer.engine.stack.title, what.host))
        if len(self.installer.known) == len(self.installer.engine.stack.steps):
            self.message(_what_next(self.installer.known.values(), self.installer.console_found.words, self.size.width))
        _list(self)
        _lead(self)

    def tell(self, running: Running | None) -> None:
        """Show what runs as a row; look again once it has ended."""
        if self.is_current and running is None and self.installer.moved:
            self.action_look()
        else:
            _list(self)

    def action_watch(self) -> None:
        """Show what was done last at the current row's step."""
        item, running = self.query_one(StepList).current, self.installer.running
        if item is not None and (key := item.key or (running.step if running else "")):
            self.installer.ways.last(key)
        elif self.open_attempt:
            self.installer.ways.watch(self.open_attempt.attempt)

    def action_sheet(self) -> None:
        """Show the hand-over sheet, once all rows are known."""
        rows = tuple(self.installer.known.values())
        if len(rows) == len(self.installer.engine.stack.steps):
            self.installer.ways.sheet(rows)
        else:
            self.message("Not all is known yet.")

    def action_take_back(self) -> None:
        """Ask what to take back."""
        item = self.query_one(StepList).current
        self.installer.ways.choose_back(item.key if item else "")

    def action_leave_cluster(self) -> None:
        """Show what leaving the cluster would do, and ask."""
        self.installer.ways.leave_cluster()

    def action_shut_down(self) -> None:
        """Show what shutting this host down would do, and ask."""
        self.installer.ways.shut_down()

    @on(StepList.Opened)
    def open(self) -> None:
        """Go to the current row's screen."""
        item = self.query_one(StepList).current
        if item is None:
            return
        if item.key:
            self.installer.ways.step(item.key)
        else:
            self.action_watch()

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
            running = self.installer.running is not None
            lines = ["Enter shows it." + (" Nothing else can be changed until it has ended." if running else "")]
        else:
            lines = render.details(item.row) if item.row else ["Looking..."]
        self.query_one("#details-rule", Rule).say(item.title if item.key else "")
        self.query_one(Pager).say(lines, top=True)


def _what_next(rows: Collection[StepStatus], console: str, width: int) -> str:
    """The verdict, what leads on from it, and beside that how the terminal is used."""
    ready = all(row.state == "in-place" for row in rows)
    return beside(render.verdict(rows) + (" s: hand-over sheet" if ready else ""), console, width)


def _lead(screen: StatusScreen) -> None:
    """To the step that is next, as soon as it is known."""
    found = map(screen.installer.known.get, (step.id for step in screen.installer.engine.stack.steps))
    row = next((row for row in found if row is None or row.state != "in-place"), None)
    if row is not None:
        screen.query_one(StepList).lead(row.id)


def _notice(app: Installer, open_: Open | None) -> list[Item]:
    """The row of what is being applied, or of an attempt that has no end."""
    if running := app.running:
        title = app.engine.stack.step(running.step).title
        return [Item("", f"{running.words(title)}: Enter shows it")]
    return [Item("", f"{render.open_attempt(open_)}: Enter shows it")] if open_ else []


def _list(screen: StatusScreen) -> None:
    """Show the rows as far as they are known."""
    installer = screen.installer
    steps, known = installer.engine.stack.steps, installer.known
    now = installer.running.step if installer.running else ""
    items = [Item(step.id, step.title, n, known.get(step.id), step.id == now) for n, step in enumerate(steps, 1)]
    screen.query_one(StepList).say([*_notice(installer, screen.open_attempt), *items])
