"""The status, row by row: those first that no slow tool holds up."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tui_installer.engine.inspection import Inspection, StepStatus
from tui_installer.engine.looks import Looks

PATIENCES = (1.0, 3.0, 9.0)
"""Seconds that a tool is given, a pass after the other, before each has its own end."""
PAUSE = 0.3
"""Seconds between two looks for what a slow tool has answered."""


class Rows(Iterator[StepStatus]):
    """One status: each row as soon as it is known; one that a slow tool holds up is unknown at first, and comes again
    once that has answered. Meanwhile the last one comes again and again, so that others get their turn."""

    def __init__(
        self,
        looks: Looks,
        steps: tuple[str, ...],
        look: Callable[[str], Inspection],
        row: Callable[[Inspection, str], StepStatus],
    ) -> None:
        """`look` at the step of an id; the `row` of that, after the step that it may wait for."""
        self._looks, self._steps, self._look, self._row = looks, steps, look, row
        self.found: dict[str, Inspection] = {}
        """The look, by its step, that the last row of it was made of."""
        self._said: dict[str, StepStatus] = {}
        self._each = self._passes()

    def __next__(self) -> StepStatus:
        """See `Rows`."""
        return next(self._each)

    def _passes(self) -> Iterator[StepStatus]:
        for patience in (*PATIENCES, None):
            self._looks.begin(patience, fresh=not self.found, steps=self._steps)
            if self.found:
                self._looks.forget_site()  # it may have lacked an answer
            for step in self._steps:
                if step not in self.found or self.found[step].unknown:
                    self.found[step] = self._look(step)
                    yield from self._news()
            if not (self._looks.silent and any(look.unknown for look in self.found.values())):
                return
            for _ in self._looks.waiting(PAUSE):
                yield self._said[self._steps[-1]]

    def _news(self) -> Iterator[StepStatus]:
        """The rows that are new, or other than they were said to be."""
        after = ""
        for step, look in self.found.items():
            row = self._row(look, after)
            after = after or ("" if look.stands else step)
            if self._said.get(step) != row:
                self._said[step] = row
                yield row
