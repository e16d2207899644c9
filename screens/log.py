"""The screen of an apply (or of taking back): it follows the journal, and at the end says what came of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer

from screens import card, keymap
from screens.asking import AskScreen
from screens.bindings import bound
from screens.following import Following, News, Orphan, Running, begin
from screens.literal import Pager, Rule, TextButton
from screens.page import Page
from screens.progress import Progress
from screens.snapshot import StepSnapshot, see
from screens.words import VERBS
from tui_installer.model.step import Plan, placed

STOPS = "It stops after the change that is being made now."


@dataclass(slots=True)
class _End:
    """What came of an attempt that failed."""

    seen: StepSnapshot
    words: list[str]
    """The last ones of its process, if the journal has no end of it."""
    whole: bool = False
    """Whether all that was said is shown instead of the card."""


class LogScreen(Page[None]):
    """An attempt, from its start or joined later."""

    KEYMAP = (keymap.SCROLL, *keymap.FAILED, *keymap.RUN[1:])
    BINDINGS = bound(KEYMAP)
    without: tuple[str, ...] = ("page_of_code", "record")

    def __init__(self, progress: Progress, start: Plan | Orphan | Following, rest: Sequence[str] = ()) -> None:
        super().__init__()
        self._progress = progress
        self._start = start
        self._rest = rest
        """Steps that are to be taken back after this one."""
        self._following: Following | None = None
        self._timer: Timer | None = None
        self._asking = False
        """The follower has not answered yet."""
        self._stop = False
        """It is to stop as soon as it has begun."""
        self._end: _End | None = None
        """Of one that failed."""

    def body(self) -> ComposeResult:
        """See `Page.body`."""
        yield Pager(follow=True, ident="pager")
        yield Rule(ident="end-rule")
        with Horizontal(id="buttons"):
            yield TextButton("Keep it", ident="keep")
            yield TextButton("Stop", ident="stop")
            yield TextButton("Next step", ident="next")
            for name in card.CHOICES:
                yield TextButton(card.LABELS[name], ident=name)

    def tell(self, running: Running | None) -> None:
        """Where one is among the steps: it is what runs itself."""
        titles = {step.id: step.title for step in self.installer.engine.stack.steps}
        ids = list(titles)
        at = ids.index(self._progress.step)
        after = f"; then: {titles[ids[at + 1]]}" if at + 1 < len(ids) else "; the last one"
        self.rule(f"step {at + 1} of {len(ids)}{after}" if self._progress.action == "apply" else "")

    def on_mount(self) -> None:
        """Start it, or join it."""
        self._head("running")
        self._run_on()
        self.query_one("#pager", Pager).say(["Starting..."])
        self.installer.follower.ask(self, self._begin, self.began)

    # --- following

    def _begin(self) -> Following:
        """In the follower: start the process."""
        watch = self.installer.watcher
        try:
            following = begin(self.installer.engine, self._start, self.installer.launch, self.installer.options)
        except BaseException:
            watch.give_up()
            raise
        if isinstance(self._start, Plan):
            self.installer.following = following
            watch.expect(self._start.step, self._start.action, following.process)
        return following

    def began(self, following: Following) -> None:
        """It runs: follow it."""
        self._following = following
        self._timer = self.set_interval(self.installer.poll, self._ask)
        self._ask()

    def _ask(self) -> None:
        if self._following is not None and not self._asking:
            self._asking = True
            self.installer.follower.ask(self, self._following.news, self.told)

    def told(self, news: News) -> None:
        """Show what the journal tells."""
        self._asking = False
        if self._timer is None:
            return
        self._progress.tell(news.entries)
        if self._stop and self._progress.attempt:
            self._stop = False
            self._request("stop", STOPS)
        self.query_one("#pager", Pager).say(self._progress.log(time.time()) or ["Starting..."])
        if self._progress.outcome or news.ended:
            self._timer.stop()
            self._timer = None
            self._conclude()
        elif self._progress.confirm_by:
            self._ask_to_confirm()

    def _ask_to_confirm(self) -> None:
        left = self._progress.left(time.time())
        self.message(f"Is this host still reached? Press Keep it within about {left} s, else it is taken back.")
        if not self.query_one("#keep").display:
            self._offer("keep", "leave")

    # --- the end

    def _conclude(self) -> None:
        self.installer.moved = True
        self.installer.look_for_runs()
        self._head("looking...")
        self.message("Looking at what came of it...")
        step, following = self._progress.step, self._following
        engine = self.installer.engine
        words = following.words if following else list
        self.installer.worker.ask(self, lambda: (see(engine, step), words()), self.concluded)

    def concluded(self, found: tuple[StepSnapshot, list[str]]) -> None:
        """Say what came of it, and offer what can be done now."""
        seen, words = found
        self.message("")
        if self._progress.outcome == "done" and self._progress.action == "undo":
            self._taken_back()
        elif self._progress.outcome == "done" and self._progress.action == "shutdown":
            self._head("shut down")
            self.query_one("#end-rule", Rule).say("This host goes down. Its next boot brings all back.")
            self._offer("leave")
        elif self._progress.outcome == "done" and seen.state == "in-place":
            self._head("in place")
            self.query_one("#end-rule", Rule).say(placed(seen.look.plan.notes, "In place") + ".")
            self._offer("next", "leave")
        elif self._progress.outcome == "done" and self._progress.action == "leave":
            self._head("left")
            self.query_one("#end-rule", Rule).say("This host has left the cluster. It can be joined again.")
            self._offer("leave")
        elif self._progress.outcome == "done" and self._progress.action == "mend":
            self._head("mended")
            self.query_one("#end-rule", Rule).say("Mended. The step is planned again, and asked for.")
            self._offer("again", "leave")
        else:
            self._failed(seen, words)

    def _taken_back(self) -> None:
        self._head("taken back")
        self.query_one("#end-rule", Rule).say("Taken back.")
        self._offer("leave")
        if self._rest:
            self.installer.ways.go_on_back(self._rest)

    def _failed(self, seen: StepSnapshot, words: list[str]) -> None:
        self._progress.close()
        self._head("NOT IN PLACE")
        self.query_one("#end-rule", Rule).say(self._progress.ending)
        self._end = _End(seen, [] if self._progress.outcome else words)
        self._show_end()
        self.without = ()
        self._offer(*card.choices(seen, self.installer.shell is not None))

    def _show_end(self) -> None:
        """The card, or all that was done and said."""
        if self._end is not None:
            seen, words = self._end.seen, self._end.words
            whole = card.record(self._progress, seen)
            lines = whole if self._end.whole else card.card(self._progress, seen, words)
            self.query_one("#pager", Pager).say(lines, top=True)

    # --- buttons

    def _run_on(self) -> None:
        """The buttons while it runs; none of them has the focus: an impatient Enter must not stop it."""
        self._offer("stop", "leave", focus="pager")

    def _offer(self, *names: str, focus: str = "") -> None:
        """Show these buttons; the first of them has the focus, unless something else is to have it."""
        for button in self.query(TextButton):
            button.display = button.id in names
        self.query_one(f"#{focus or names[0]}").focus()
        if not focus:
            self.asks()

    @on(TextButton.Pressed)
    def press(self, event: TextButton.Pressed) -> None:
        """A button was pressed."""
        name = event.button.id or ""
        if name == "keep":
            self.decide(lambda: self._do(name))
        else:
            self._do(name)

    def _do(self, name: str) -> None:
        match name:
            case "keep":
                self._request("confirm", "Confirmed: it is kept.")
            case "stop":
                self._stop = not self._progress.attempt
                self._request("stop", STOPS)
            case "next":
                self.installer.ways.after(self._progress.step)
            case "mend":
                self.installer.ways.mend(self._progress.step)
            case "again":
                self.installer.ways.again(self._progress.step)
            case "shell":
                self.installer.go_to_shell(f"{self._progress.step} {self._progress.outcome or 'cut off'}")
            case "back":
                self.installer.ways.choose_back(self._progress.step)
            case _:
                self.action_home()

    def _request(self, what: str, words: str) -> None:
        state, attempt = self.installer.engine.state, self._progress.attempt
        self.message(words)
        if attempt:
            self.installer.follower.ask(self, lambda: state.request(attempt, what), lambda _: None)
        if what == "confirm":
            self._progress.confirm_by = 0
            self._run_on()

    def action_choice(self, name: str) -> None:
        """What the letter on a button does, if that button is there."""
        if self.query_one(f"#{name}").display:
            self.decide(lambda: self._do(name))

    def action_page_of_code(self) -> None:
        """Show the page of the failure's code."""
        if self._end is not None and (code := card.code(self._end.seen)):
            self.installer.push_screen(AskScreen(f"The page of {code}", card.page(code), ()))

    def action_record(self) -> None:
        """Show all that was done and said; the card again."""
        if self._end is not None:
            self._end.whole = not self._end.whole
            self._show_end()

    def action_home(self) -> None:
        """Leave it: if it still runs, it goes on by itself."""
        self.installer.moved = True
        self.installer.ways.home()

    def _head(self, state: str) -> None:
        title = self.installer.engine.stack.step(self._progress.step).title
        verb = VERBS[self._progress.action]
        self.head(f"{verb}: {title} - {state}")
