"""What a step's live views say, read anew while somebody looks at them."""

from __future__ import annotations

from collections.abc import Sequence

from textual.timer import Timer

from screens import render
from screens.literal import Pager
from screens.worker import Worker
from tui_installer.engine.engine import Engine
from tui_installer.model.view import Reading, View

EVERY = 5.0
"""Seconds between two readings."""


class Live(Pager):
    """The live views of one step; not shown until it is turned on."""

    def __init__(self, engine: Engine, worker: Worker, views: Sequence[View], *, ident: str) -> None:
        super().__init__(ident=ident)
        self._engine = engine
        self._worker = worker
        self._views = views
        self._timer: Timer | None = None
        self.display = False

    def turn(self, on: bool) -> None:
        """Show it and read it again and again, or do neither."""
        if self._timer:
            self._timer.stop()
        self._timer = self.set_interval(EVERY, self.read) if on else None
        self.display = on
        self.read()

    def read(self) -> None:
        """Read the views now, if they are looked at."""
        if self.display and self.screen.is_current:
            self._worker.ask(self, lambda: [self._engine.reading(view) for view in self._views], self.told)

    def told(self, readings: Sequence[Reading]) -> None:
        """Show what they say."""
        lines = []
        for view, one in zip(self._views, readings, strict=True):
            lines += render.reading(view.title, one)
        self.say(lines)
