"""What may be taken back, and how far: never a step from under a later one, and of a failed attempt nothing older."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tui_installer.engine.history import UndoPlanner
from tui_installer.engine.inspection import Inspection
from tui_installer.engine.journal import Journal
from tui_installer.model.change import Change, Run, WriteFiles, inverse, touches_members
from tui_installer.model.site import Site
from tui_installer.model.stack import NoSuchStep, Stack
from tui_installer.model.step import Plan, Problem, Step


def _leave(step_id: str) -> Problem:
    text = "This host is a member: taking that back is leaving the cluster, which is done as one thing and in order."
    hint = "x on the first screen, or tui-installer leave CLUSTER; then what is left can be taken back."
    return Problem(f"{step_id}.leave", text, hint=hint)


def _ended(change: Change) -> Change:
    """Marks a change as taken back."""
    return WriteFiles(f"Ended with that: {change.title}", ())


@dataclass(frozen=True, slots=True)
class TakingBack:
    """A stack, and what stands of it."""

    stack: Stack
    journal: Journal
    past: Callable[[Step[Any, Any]], UndoPlanner]
    look: Callable[[str], Inspection]
    site: Callable[[], Site]

    def undo(self, step_id: str, rest: Sequence[str] = ()) -> Plan:
        """What would take the step back; refused while a later step stands, for that one is built on it.

        `rest`: the steps that are to be taken back after it, in the same request. Is one of them the membership of a
        member, then nothing is taken back of them all.
        """
        refused = self.needed(step_id) or next(filter(None, map(self._leaves, rest)), None)
        return self._back(step_id) if refused is None else Plan(step_id, (), (refused,), action="undo")

    def foreseen(self, step_id: str) -> Plan:
        """What would take it back once those after it are taken back, as far as it can be told now."""
        return self._back(step_id)

    def _leaves(self, step_id: str) -> Problem | None:
        """That taking a step back is leaving the cluster, or cannot be told; None: it is not."""
        if not self.stack.step(step_id).leaves or not self.journal.standing(step_id):
            return None
        refusals = (f"{step_id}.leave", f"{step_id}.unknown")
        return next((each for each in self._back(step_id).problems if each.code in refusals), None)

    def newest(self, step_id: str) -> Plan:
        """What would take back what stands of the newest attempt at a step, and nothing that is older."""
        attempt = self.journal.newest(step_id)
        if attempt is None or attempt.action in ("undo", "leave", "shutdown"):
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
            removal = tuple(step.plan_removal(look.facts, self.site(), taken))
            if step.leaves and touches_members(removal) and self._lasts(step_id, attempt):
                return Plan(step_id, (), (_leave(step_id),), action="undo", attempt=attempt)
            return past.undo(removal, attempt)
        if any(isinstance(change, WriteFiles) and change.left for change in taken):
            blind = Problem(f"{step_id}.unknown", look.unknown, hint="Nothing is taken back until it can be told.")
            return Plan(step_id, (), (blind,), action="undo", attempt=attempt)
        return past.undo((), attempt)

    def _lasts(self, step_id: str, attempt: str) -> bool:
        """Whether an attempt that came to its end stands: a host that is a member leaves, which is another thing."""
        standing = {key.partition(":")[0] for key, _ in self.journal.standing(step_id)}
        done = {each.id for each in self.journal.attempts() if each.outcome == "done"}
        return bool(standing & done & ({attempt} if attempt else standing))

    def leave(self) -> Plan:
        """What would take this host out of the cluster, all of it in order, whoever made it a member."""
        steps = [step for step in self.stack.steps if step.leaves]
        if not steps:
            raise NoSuchStep(f"{self.stack.title}: there is no cluster to leave")
        changes: list[Change] = []
        problems: list[Problem] = []
        for step in reversed(steps):
            look = self.look(step.id)
            if look.facts is None:
                problems.append(Problem(f"{step.id}.unknown", look.unknown, hint="Nobody leaves until it can be told."))
                continue
            owed = self._owed(step)  # its files are written: there is no way back, and no node to be found by its entry
            problems += () if owed else step.against_leaving(look.facts, self.site(), look.answers)
            changes += (*owed, *step.plan_leaving(look.facts, self.site()))
        if any(problem.level == "stop" for problem in problems):
            return Plan(steps[0].id, (), tuple(problems), action="leave")
        ended = [(_ended(change), key) for step in reversed(steps) for key, change in self._ended_by_leaving(step)]
        of = (*("" for _ in changes), *(key for _, key in ended))
        return Plan(steps[0].id, (*changes, *(each for each, _ in ended)), tuple(problems), action="leave", of=of)

    def _owed(self, step: Step[Any, Any]) -> list[Run]:
        """The reloads that leaving, once begun, still owes the members."""
        newest = self.journal.newest(step.id)
        return self.past(step).unreloaded() if newest is not None and newest.action == "leave" else []

    def _ended_by_leaving(self, step: Step[Any, Any]) -> Iterator[tuple[str, Change]]:
        """What stands of a step and is ended by leaving: started daemons, lockspaces, active volumes."""
        for key, change in self.past(step).known():
            if any(run.stops for run in inverse(change) if isinstance(run, Run)):
                yield key, change

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
