"""The screen of an apply (or of taking back): it follows the journal, and at the end says what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal

from screens import card, keymap
from screens.asking import AskScreen
from screens.bindings import bound
from screens.followed import STOPS, Followed
from screens.following import Following, Orphan
from screens.literal import Pager, Rule, TextButton
from screens.progress import Progress
from screens.shell import go_to_shell
from screens.snapshot import StepSnapshot, see
from tui_installer.model.step import Plan, placed


@dataclass(slots=True)
class _End:
    """What came of an attempt that failed."""

    seen: StepSnapshot
    words: list[str]
    """The last ones of its process, if the journal has no end of it."""
    whole: bool = False
    """Whether all that was said is shown instead of the card."""


class LogScreen(Followed):
    """An attempt, from its start or joined later."""

    KEYMAP = (keymap.SCROLL, *keymap.FAILED, *keymap.RUN[1:])
    BINDINGS = bound(KEYMAP)
    without: tuple[str, ...] = ("page_of_code", "record")

    def __init__(self, progress: Progress, start: Plan | Orphan | Following, rest: Sequence[Plan] = ()) -> None:
        super().__init__(progress, start)
        self._rest = rest
        """What is to be taken back after this one, as it was approved."""
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

    # --- the end

    def conclude(self) -> None:
        """See `Followed.conclude`."""
        self.installer.moved = True
        self.installer.look_for_runs()
        self._head("looking...")
        self.message("Looking at what came of it...")
        step, following = self._progress.step, self._following
        engine = self.installer.engine
        words = following.words if following else list
        self.installer.worker.ask(self, lambda: (see(engine, step, patiently=True), words()), self.concluded)

    def concluded(self, found: tuple[StepSnapshot, list[str]]) -> None:
        """Say what came of it, and offer what can be done now."""
        seen, words = found
        self.message("")
        if self._progress.outcome == "done" and self._progress.action == "undo":
            self._taken_back()
        elif self._progress.outcome == "done" and self._progress.action == "shutdown":
            self._head("going down")
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
            self.query_one("#end-rule", Rule).say("Mended. t plans the step again, and asks before it is applied.")
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
                go_to_shell(self.installer, f"{self._progress.step} {self._progress.outcome or 'cut off'}")
            case "back":
                self.installer.ways.choose_back(self._progress.step)
            case _:
                self.action_home()

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
