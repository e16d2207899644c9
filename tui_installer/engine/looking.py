"""The engine looks: each step's facts, answers and plan, and the status that they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from tui_installer.engine import protection
from tui_installer.engine.drift import Drift
from tui_installer.engine.files import StateError
from tui_installer.engine.history import UndoPlanner
from tui_installer.engine.inspection import Inspection, StepStatus, row
from tui_installer.engine.journal import Journal
from tui_installer.engine.looks import Looks
from tui_installer.engine.performer import failure_from
from tui_installer.engine.protection import protected
from tui_installer.engine.rows import Rows
from tui_installer.engine.state import State
from tui_installer.engine.taking_back import TakingBack
from tui_installer.hosts.asked import LOOK
from tui_installer.hosts.host import HostError
from tui_installer.model import answers as ask
from tui_installer.model.change import Change
from tui_installer.model.site import Site
from tui_installer.model.stack import Stack
from tui_installer.model.step import Context, Failure, Plan, Problem, Step, discreet, judged
from tui_installer.model.text import printable
from tui_installer.model.view import Reading, View

AGAIN = 3
"""Times that a patient look is made anew."""


class Looking:
    """A stack, the hosts it is to be applied to, what is remembered of earlier sessions, and how all of it stands."""

    def __init__(
        self,
        stack: Stack,
        context: Context,
        state: State,
        given: Mapping[str, Mapping[str, Any]],
        within: float = LOOK,
    ) -> None:
        """`given` are the sections of an answers file; they are kept, beside the secrets that they do not name.
        `within`: seconds that one look has as a whole.

        Raises `AnswersError`, `NoSuchStep`."""
        self.stack = stack
        self.state = state
        self.journal = Journal(state.journal, state.files, state.pass_over, context.log)
        self.here = context.here
        """The host that is changed."""
        self._context = context
        self._looks = Looks(context, stack, within)
        self._settled: set[str] = set()
        """Steps that were seen to stand; forgotten with whatever may have changed that."""
        for step_id, answers in _parsed(stack, state, given):
            self.keep(step_id, answers)

    def look(self, step_id: str, *, patiently: bool = False, going_on: bool = False) -> Inspection:
        """Inspection at one step. Raises nothing for a host that cannot be asked: then `unknown` says why.

        `patiently`: again as long as a tool did not answer in time. After a change, and before one that nobody watches,
        a busy host is not taken for one that hangs. `going_on`: with what was answered a moment ago (`Looks.go_on`),
        as after the look that found the step before in place."""
        if going_on:
            self._looks.go_on((step_id,))
            if not (found := self._looked(step_id)).unknown:  # else it may have lacked nothing but time
                return found
        for again in range(AGAIN if patiently else 0, -1, -1):
            self._looks.begin(steps=(step_id,))
            found = self._looked(step_id)
            if not (again and found.unknown and self._looks.silent):
                break
        return found

    def _looked(self, step_id: str) -> Inspection:
        try:
            return self._seen(step_id)
        except StateError as error:
            step = self.stack.step(step_id)
            return Inspection(step, None, step.asks(), Plan(step_id, (), (error.problem,)))

    def _seen(self, step_id: str) -> Inspection:
        """May raise `StateError`."""
        found = self._look(step_id)
        if found.unknown and self._looks.patient and self._looks.hasty:
            self.forget()  # the site may lack what a hasty look did not wait for
            found = self._look(step_id)
        (self._settled.add if found.stands else self._settled.discard)(step_id)
        return found

    def _look(self, step_id: str) -> Inspection:
        step = self.stack.step(step_id)
        given: Any = step.asks()
        hide: Callable[[str], str] = str
        try:
            hide = self.state.discretion()
            given = self.given(step_id)
            first = step is self.stack.steps[0]
            site = Site() if first else self.site()
            look = partial(step.probe, self._looks.context, site, given)
            facts = self._looks.read_site(look) if first else look()
            answers = step.with_defaults(facts, site, given)
            found = (discreet(problem, hide) for problem in step.problems(facts, site, answers))
            problems = tuple(judged(found, getattr(answers, "accept", ())))
            changes = (*self._taking_back.past(step).unreloaded(), *_planned(step, facts, site, answers, problems))
            shown = step.shown(facts, facts if first else site)
            plan = protected(Plan(step_id, changes, problems), self.stack.alive, self._looks.context.here)
            return Inspection(step, facts, answers, plan, shown=shown)
        except ask.AnswersError as error:
            wrong = Problem(
                "answers.invalid", str(error), (), "Correct the answer, then plan again.", field=error.field
            )
            return Inspection(step, None, given, Plan(step_id, (), (wrong,)))
        except HostError as error:
            return Inspection(step, None, given, Plan(step_id), unknown=printable(hide(str(error))))

    @property
    def _taking_back(self) -> TakingBack:
        past = partial(UndoPlanner, context=self._context, state=self.state, journal=self.journal)
        return TakingBack(self.stack, self.journal, past, self._seen, lambda: self.known)

    def site(self) -> Site:
        """The site, read once. Raises `HostError`."""
        if self._looks.site is None:
            first = self.stack.steps[0]
            self._looks.read_site(lambda: first.probe(self._looks.context, Site(), self.given(first.id)))
        return self.known

    @property
    def known(self) -> Site:
        """The site as far as it was read; it asks nobody."""
        return self._looks.site or Site()

    def forget(self) -> None:
        """Read the site anew when it is needed next."""
        self._looks.forget_site()

    def given(self, step_id: str) -> Any:
        """The answers of a step, as far as they were given. Raises `AnswersError`."""
        return ask.parse(self.stack.step(step_id).asks, self.state.answers().get(step_id, {}), step_id)

    def keep(self, step_id: str, answers: Any) -> None:
        """Remember a step's answers; a secret that is not among them is forgotten."""
        self.state.keep(step_id, *ask.kept(answers))
        if step_id == self.stack.steps[0].id:
            self.forget()

    def status(self) -> list[StepStatus]:
        """Every step's row. It looks; it does not remember, but for what a failed attempt said."""
        return list({row.id: row for row in self.rows()}.values())

    def rows(self) -> Rows:
        """The status, each row as soon as it is known, and again if it is known better."""
        drift = Drift(self.journal, self._context, self.state)

        def said(look: Inspection, after: str) -> StepStatus:
            told = self._taking_back.left if look.plan.in_place else self.failure
            known = () if look.unknown else tuple(told(look.step.id))
            if look.in_place:
                known = (*known, *drift.of(look.step.id, look.step.passing))
            return row(self.stack, look, after, known, self.state.passed_over)

        return Rows(self._looks, tuple(step.id for step in self.stack.steps), self._looked, said)

    def failure(self, step_id: str) -> tuple[Problem, ...]:
        """What the newest attempt at a step failed with, and what it left, as problems; empty if it did not fail."""
        data = self.journal.failure(step_id)
        failed = () if data is None else (_diagnosed(self.stack.step(step_id), failure_from(data)),)
        return (*failed, *self._taking_back.left(step_id))

    def reading(self, view: View) -> Reading:
        """What a view shows now."""
        at = time.time()
        self._looks.begin()
        try:
            return Reading(self.state.discretion()(view.read(self._looks.context.here)), at, time.time() - at)
        except HostError as error:
            return Reading("", at, time.time() - at, printable(str(error)))


def _parsed(stack: Stack, state: State, given: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Any]]:
    """The sections as answers; whatever is wrong with them is told at once. Raises `AnswersError`, `NoSuchStep`."""
    found: list[tuple[str, Any]] = []
    wrong: list[ask.AnswersError] = []
    for step_id, table in given.items():
        asks = stack.step(step_id).asks
        try:
            found.append((step_id, ask.parse(asks, {**state.secrets(step_id), **table}, step_id)))
        except ask.AnswersError as error:
            wrong.append(error)
    if wrong:
        raise ask.together(wrong)
    return found


def _diagnosed(step: Step[Any, Any], failure: Failure) -> Problem:
    if failure.problem:
        return protection.problem(failure.problem, failure.verdict, failure.evidence)
    return step.diagnose(failure)


def _planned(
    step: Step[Any, Any], facts: Any, site: Site, answers: Any, problems: tuple[Problem, ...]
) -> tuple[Change, ...]:
    if any(problem.level == "stop" and not problem.outside for problem in problems):
        return ()
    return tuple(step.plan(facts, site, answers))
