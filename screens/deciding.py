"""A screen that asks something: which keys answer it, and which came too soon, too fast or with others."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import TypeVar, cast

from textual import events, on
from textual.screen import Screen
from textual.timer import Timer

from screens.installer import Installer

Returned = TypeVar("Returned")
SETTLE, STOPPED = 0.05, 0.8
"""Seconds between two looks at whether the terminal shows what was painted; at first, and on a line that stopped."""
SLOW = 2.0
"""Seconds that a picture may take on a slow line: a key that is pressed as soon as it is there must be heard."""
CALM = 0.1
"""Seconds between two keys of somebody who decides: noise, a paste and a held key are faster."""
TOO_FAST = "That came too fast to be an answer: nothing was done. Press it once more."
TOO_SOON = "That came before the question was on the terminal: nothing was done. Press it once more."
LEAVE = ("escape", "ctrl+c")
"""Keys that change nothing, whatever is on the screen."""


class Deciding(Screen[Returned]):
    """Noise, a paste, a held key, and keys that were typed before the question was on the terminal decide nothing."""

    _asked_at: float | None = 0.0
    """Since when its question is on the screen, by the monotonic clock; None: it is not, yet."""
    _questions = 0
    """How often it was begun to look whether a question is on the terminal: the last one counts."""

    _disturbed = 0.0
    """When a key was pressed last."""
    _calm = True
    """Whether the last key came alone."""
    _decision: Timer | None = None
    """What was pressed, and is done unless something else is typed at once."""

    @abstractmethod
    def message(self, text: str) -> None:
        """Say something, above the keys."""

    @property
    def installer(self) -> Installer:
        """The app."""
        return cast(Installer, self.app)

    def asks(self) -> None:
        """From now on it asks something new: keys that were typed before that is on the terminal are no answer."""
        self._asked_at = None
        self._questions += 1
        self.call_after_refresh(self._see, self._questions, SETTLE, time.monotonic() + SLOW)

    @on(events.ScreenResume)
    def uncovered(self) -> None:
        """Look again: what was to come after a refresh is lost if another screen was on top just then, and is gone."""
        if self._asked_at is None:
            self.asks()

    def _see(self, question: int, pause: float, slow: float) -> None:
        """Looks again and again, after `slow` more and more seldom: what has left this side of the line is on the
        terminal."""
        if question != self._questions:
            return
        if self.installer.settled:
            self._asked_at = time.monotonic()
        else:
            later = pause if time.monotonic() < slow else min(2 * pause, STOPPED)
            self.set_timer(pause, partial(self._see, question, later, slow))

    @property
    def ready(self) -> bool:
        """Whether a key that is pressed now would answer what it asks."""
        calm = self._asked_at == 0.0 or time.monotonic() - self._disturbed >= CALM
        return self._asked_at is not None and self._decision is None and calm

    def hears(self, key: events.Key) -> bool:
        """Whether that key may be an answer; those that leave always act. One that came too soon is told so: what
        says it makes a line that has stopped go on as well."""
        self.disturb(key.time)
        if key.key in LEAVE or (self._asked_at is not None and key.time >= self._asked_at):
            return True
        self.message(TOO_SOON)
        return False

    def disturb(self, at: float) -> None:
        """Something was typed: what was decided just before was no decision, but a part of noise or of a paste."""
        self._calm, self._disturbed = at - self._disturbed >= CALM, at
        if self._decision is not None:
            self._decision.stop()
            self._decision = None
            self.message(TOO_FAST)

    def decide(self, act: Callable[[], object]) -> None:
        """Do what was pressed, if nothing was typed just before it, nor is just after."""
        if not self._calm:
            self.message(TOO_FAST)
            return

        def done() -> None:
            self._decision = None
            act()

        self._decision = self.set_timer(CALM, done)
