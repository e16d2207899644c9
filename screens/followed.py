"""A screen that follows an attempt: it starts it, or joins it, and shows what the journal tells until it ends."""

from __future__ import annotations

import time
from abc import abstractmethod

from textual.timer import Timer

from screens.following import Following, News, Orphan, Running, begin
from screens.literal import Pager, Rule, TextButton
from screens.page import Page
from screens.progress import Progress
from screens.words import WIDTH, fit, meant
from tui_installer.model.step import Plan

ROUND = 6
"""Columns of a rule around its word, at least."""
STOPS = "It stops after the change that is being made now."


class Followed(Page[None]):
    """An attempt that runs."""

    def __init__(self, progress: Progress, start: Plan | Orphan | Following) -> None:
        super().__init__()
        self._progress = progress
        self._start = start
        self._following: Following | None = None
        self._timer: Timer | None = None
        self._asking = False
        """The follower has not answered yet."""
        self._stop = False
        """It is to stop as soon as it has begun."""

    @abstractmethod
    def conclude(self) -> None:
        """It has ended: say what came of it."""

    def tell(self, running: Running | None) -> None:
        """Where one is among the steps: it is what runs itself."""
        titles = {step.id: step.title for step in self.installer.engine.stack.steps}
        ids = list(titles)
        at = ids.index(self._progress.step)
        after = f"; then: {titles[ids[at + 1]]}" if at + 1 < len(ids) else "; the last one"
        self.rule(f"step {at + 1} of {len(ids)}{after}" if self._progress.action == "apply" else "")

    def begin(self) -> None:
        """Start it, or join it: it was approved, whatever becomes of the page."""
        self.installer.follower.ask(self, self._begin, self.began)

    def on_mount(self) -> None:
        """Say that it begins."""
        self._head("running")
        self._run_on()
        self.query_one("#pager", Pager).say(["Starting..."])

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
        now = time.time()
        self.query_one("#pager", Pager).say(self._progress.log(now) or ["Starting..."])
        self.query_one("#end-rule", Rule).say(fit(self._progress.current(now), WIDTH - ROUND).rstrip())
        if self._progress.outcome or news.ended:
            self._timer.stop()
            self._timer = None
            self.conclude()
        elif self._progress.confirm_by:
            self._ask_to_confirm()

    def _ask_to_confirm(self) -> None:
        left = self._progress.left(time.time())
        self.message(f"Is this host still reached? Press Keep it within about {left} s, else it is taken back.")
        if not self.query_one("#keep").display:
            self._head("keep it?")
            self._offer("keep", "leave")

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

    def _request(self, what: str, words: str) -> None:
        state, attempt = self.installer.engine.state, self._progress.attempt
        self.message(words)
        if attempt:
            self.installer.follower.ask(self, lambda: state.request(attempt, what), lambda _: None)
        if what == "confirm":
            self._progress.confirm_by = 0
            self._head("running")
            self._run_on()

    def _head(self, state: str) -> None:
        title = self.installer.engine.stack.step(self._progress.step).title
        self.head(f"{meant(self._progress.action, title)} - {state}")
