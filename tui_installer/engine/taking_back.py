"""What may be taken back, and how far: never a step from under a later one, and of a failed attempt nothing older."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from tui_installer.engine.history import UndoPlanner
from tui_installer.engine.journal import Journal
from tui_installer.model.change import WriteFiles
from tui_installer.model.site import Site
from tui_installer.model.stack import Stack
from tui_installer.model.step import Plan, Problem, Step


class Looked(Protocol):
    """A step, looked at; see `engine.Inspection`."""

    @property
    def facts(self) -> Any:
        """None if the host could not be asked."""

    @property
    def unknown(self) -> str:
        """Why it could not; empty: it could."""


@dataclass(frozen=True, slots=True)
class TakingBack:
    """A stack, and what stands of it."""

    stack: Stack
    journal: Journal
    past: Callable[[Step[Any, Any]], UndoPlanner]
    look: Callable[[str], Looked]
    site: Callable[[], Site]

    def undo(self, step_id: str) -> Plan:
        """What would take the step back; refused while a later step stands, for that one is built on it."""
        needed = self.needed(step_id)
        return self._back(step_id) if needed is None else Plan(step_id, (), (needed,), action="undo")

    def newest(self, step_id: str) -> Plan:
        """What would take back what stands of the newest attempt at a step, and nothing that is older."""
        attempt = self.journal.newest(step_id)
        if attempt is None or attempt.action == "undo":
            return Plan(step_id, action="undo")
        return self.revert(step_id, attempt.id)

    def revert(self, step_id: str, attempt: str) -> Plan:
        """Of one attempt. One that brought the whole step into place is what later steps are built on; a repair, or one
        that failed, is not."""
        whole = all(key.startswith(f"{attempt}:") for key, _ in self.journal.standing(step_id))
        done = any(each.id == attempt and each.outcome == "done" for each in self.journal.attempts())
        if whole and done and (needed := self.needed(step_id)):
            return Plan(step_id, (), (needed,), action="undo", attempt=attempt)
        return self._back(step_id, attempt)

    def _back(self, step_id: str, attempt: str = "") -> Plan:
        """Of all that stands of the step, or of what stands of one attempt."""
        step, look = self.stack.step(step_id), self.look(step_id)
        past = self.past(step)
        taken = past.standing(attempt)
        if look.facts is not None:
            return past.undo(tuple(step.plan_removal(look.facts, self.site(), taken)), attempt)
        if any(isinstance(change, WriteFiles) and change.left for change in taken):
            blind = Problem(f"{step_id}.unknown", look.unknown, hint="Nothing is taken back until it can be told.")
            return Plan(step_id, (), (blind,), action="undo", attempt=attempt)
        return past.undo((), attempt)

    def needed(self, step_id: str) -> Problem | None:
        """That later steps stand, as a problem; None: none does."""
        step = self.stack.step(step_id)
        later = self.stack.steps[self.stack.steps.index(step) + 1 :]
        standing = [each for each in later if self.journal.standing(each.id)]
        if not standing or not self.journal.standing(step_id):
            return None
        text = f"{step.title} is what these stand on: {', '.join(each.title for each in standing)}."
        return Problem(f"{step_id}.needed", text, (), f"Take back first: {' '.join(e.id for e in reversed(standing))}")

    def left(self, step_id: str) -> Iterator[Problem]:
        """What the newest attempt at a step was to take back, and did not."""
        attempt = self.journal.newest(step_id)
        if attempt is not None and attempt.left:
            text = f"{len(attempt.left)} of what was to be taken back stands still."
            hint = f"Mend what kept it, then take it back again: tui-installer undo {step_id}."
            yield Problem(f"{step_id}.left", text, tuple(attempt.left), hint, "warn")
