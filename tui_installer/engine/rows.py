"""The status, row by row: those first that no slow tool holds up."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tui_installer.engine.inspection import Inspection, StepStatus
from tui_installer.engine.looks import Looks

PATIENCES = (1.0, 3.0, 9.0)
"""Seconds that a tool is given, a pass after the other, before each has its own end."""
PAUSE = 0.3
"""Seconds between two looks for what a slow tool has answered."""


class Rows:
    """One status: what was looked at, and what was said of it."""

    def __init__(self, looks: Looks, look: Callable[[str], Inspection], row: Callable[[Inspection, str], StepStatus]):
        """`look` at the step of an id; the `row` of that, after the step that it may wait for."""
        self._looks, self._look, self._row = looks, look, row
        self._found: dict[str, Inspection] = {}
        self._said: dict[str, StepStatus] = {}

    def each(self, steps: tuple[str, ...], forget: Callable[[], None]) -> Iterator[StepStatus]:
        """Each row as soon as it is known; one that a slow tool holds up is unknown at first, and comes again once that
        has answered. Meanwhile the last one comes again and again, so that others get their turn.

        `forget` what is known of the site: it may have lacked an answer.
        """
        for patience in (*PATIENCES, None):
            self._looks.begin(patience, fresh=not self._found, steps=steps)
            if self._found:
                forget()
            for step in steps:
                if step not in self._found or self._found[step].unknown:
                    self._found[step] = self._look(step)
                    yield from self._news()
            if not (self._looks.silent and any(look.unknown for look in self._found.values())):
                return
            for _ in self._looks.waiting(PAUSE):
                yield self._said[steps[-1]]

    def _news(self) -> Iterator[StepStatus]:
        """The rows that are new, or other than they were said to be."""
        after = ""
        for step, look in self._found.items():
            row = self._row(look, after)
            after = after or ("" if look.stands else step)
            if self._said.get(step) != row:
                self._said[step] = row
                yield row
