"""The engine does the same four things to every step: plan, apply, verify, take back.

Verify is planning again: an empty plan means "in place". What was approved is what is applied: it is planned
again first, and a world that moved meanwhile is refused (`Drifted`), never overwritten. How it looks is in `looking`,
how it plans in `planning`; each is a class over the one before, and this one alone changes anything.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from tui_installer.engine import protection
from tui_installer.engine.acts import loaded_modules
from tui_installer.engine.attempts import Attempt
from tui_installer.engine.entries import Outcome
from tui_installer.engine.files import StateError
from tui_installer.engine.foresight import BEFORE
from tui_installer.engine.performer import Asks, Performer
from tui_installer.engine.planning import Planning
from tui_installer.engine.state import Busy
from tui_installer.engine.sweep import left, sweep
from tui_installer.hosts.host import HostError
from tui_installer.model.change import Change
from tui_installer.model.step import Plan, Problem


class Drifted(Exception):
    """The hosts are not as they were when the plan was approved: it must be looked at again."""


class OutOfOrder(Exception):
    """An earlier step is not in place; `problem` names it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


class Engine(Planning):
    """It looks, plans, and does what was approved."""

    def apply(self, approved: Plan, *, just_made: bool = False, asks: Asks = bool) -> Outcome:
        """Do what was approved. Raises `Drifted` if it would not be the same any more, `OutOfOrder` if an earlier
        step is not in place, `Busy`, `HostError`.

        `just_made`: this process made the plan a moment ago and nobody had to approve it; then it is not made twice.
        Either way each file is compared again just before it is written. `asks` is called when it begins to wait for
        somebody to confirm.
        """
        with self.state.lock() as found:
            self._look_again(approved, just_made)
            seen = self._looks.context
            sweep(self._context, self.journal, seen, approved.changes)
            if approved.action != "mend":
                self._spend(approved.step)
            performer = self._performer(approved.step, asks)
            outcome = performer.perform(approved, found, loaded_modules(seen.here))
            if outcome != "done" or approved.action != "apply":
                self.forget()
                self._settled.clear()
            return outcome

    def _look_again(self, approved: Plan, just_made: bool) -> None:
        """Before the first change. A step's plan is made in the look at those that it is built on; the others look by
        themselves. Raises `Drifted`, `OutOfOrder`."""
        applied = approved.action == "apply"
        if not applied and not just_made:
            self._see_that_it_fits(approved)
        earlier = self._unsettled(approved.step) if applied else []
        planned = [approved.step] if applied and not just_made else []
        self._looks.begin(steps=[*earlier, *planned], besides=BEFORE)
        if problem := self._waits(approved.step, earlier):
            raise OutOfOrder(problem)
        if planned:
            self._see_that_it_fits(approved)

    def _spend(self, step_id: str) -> None:
        """Forget the answers that hold for one attempt."""
        if once := self.stack.step(step_id).single_use:
            self.keep(step_id, replace(self.given(step_id), **dict.fromkeys(once, "")))

    def _performer(self, step_id: str, asks: Asks = bool) -> Performer:
        self._looks.end()
        past = self._taking_back.past(self.stack.step(step_id))
        return Performer(self._context, self.state, self.journal, past.revert, asks, self._refusal)

    def _refusal(self, change: Change) -> Problem | None:
        """Asked just before it is made: what lives may have changed since the plan was."""
        return next(protection.harm((change,), self.stack.alive, self._context.here), None)

    def _see_that_it_fits(self, approved: Plan) -> None:
        plans: dict[str, Callable[[str], Plan]] = {
            "apply": lambda step: self._seen(step).plan, "undo": self.plan_undo, "mend": self.plan_mend,
            "leave": self.plan_leave, "shutdown": self.plan_shutdown,
        }  # fmt: skip
        again = plans[approved.action]
        if approved.attempt:
            self._looks.begin()
            now = self._protected(self._taking_back.revert(approved.step, approved.attempt))
        else:
            now = again(approved.step)
        if now.digest(self.state) != approved.digest(self.state):
            raise Drifted(f"{approved.step}: the hosts are not as they were when this plan was made")

    def see_through(self, attempt_id: str) -> Outcome:
        """Wait until no other process here changes the host; then take back what an attempt began, if it has no end.

        So a change that may cut the operator off does not outlive its process unconfirmed. Returns what came of the
        attempt; what is gone without an end before this is asked is taken back as well. Raises KeyError, `Busy`.
        """
        with self.state.lock(wait=True):
            attempt = {each.id: each for each in self.journal.attempts()}[attempt_id]
            return attempt.outcome or self._performer(attempt.step).abandon(attempt.id)

    def last(self, step_id: str) -> Attempt | None:
        """The newest attempt at a step, taking back as well; None: there was none."""
        return self.journal.newest(step_id)

    def sweep(self) -> None:
        """At the start: remove what a process that was killed left here, unless somebody is at work."""
        with suppress(Busy, HostError, StateError):
            if left(self._context, self.journal):
                with self.state.lock():
                    sweep(self._context, self.journal, self._context)

    def interrupted(self) -> Attempt | None:
        """The newest attempt, if it has no end (a crash, or it runs now); None otherwise."""
        attempts = self.journal.attempts()
        return attempts[-1] if attempts and not attempts[-1].outcome else None
