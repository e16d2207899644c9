"""The engine does the same four things to every step: plan, apply, verify, take back.

Verify is planning again: an empty plan means "in place". What was approved is what is applied: it is planned
again first, and a world that moved meanwhile is refused (`Drifted`), never overwritten.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tui_installer.engine import protection
from tui_installer.engine.files import StateError
from tui_installer.engine.history import UndoPlanner
from tui_installer.engine.journal import Attempt, Journal, Outcome
from tui_installer.engine.looks import Looks
from tui_installer.engine.performer import Asks, Performer, failure_from
from tui_installer.engine.rows import Rows
from tui_installer.engine.state import Busy, State
from tui_installer.engine.sweep import left, sweep
from tui_installer.engine.taking_back import TakingBack
from tui_installer.hosts.host import Host, HostError
from tui_installer.model import answers as ask
from tui_installer.model.change import Change, gist
from tui_installer.model.site import Site
from tui_installer.model.stack import Stack
from tui_installer.model.step import Context, Failure, Plan, Problem, Step, discreet, judged
from tui_installer.model.text import printable
from tui_installer.model.view import Reading, View

StepState = Literal["in-place", "todo", "problem", "waits", "unknown"]


class Drifted(Exception):
    """The hosts are not as they were when the plan was approved: it must be looked at again."""


class OutOfOrder(Exception):
    """An earlier step is not in place; `problem` names it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Inspection:
    """One step, looked at: what is, what was answered, what would be done."""

    step: Step[Any, Any]
    facts: Any
    """None if the host could not be asked."""
    answers: Any
    """As filled in by the step; as given if the host could not be asked."""
    plan: Plan
    unknown: str = ""
    """Why the host could not be asked; empty: it could."""
    shown: dict[str, str] = field(default_factory=dict)
    """Its facts in words; empty if the host could not be asked."""

    @property
    def in_place(self) -> bool:
        """Whether it is known that nothing is to be done."""
        return self.plan.in_place and not self.unknown


@dataclass(frozen=True, slots=True)
class StepStatus:
    """One line of the status."""

    id: str
    title: str
    state: StepState
    facts: dict[str, str]
    problems: tuple[Problem, ...]
    """Of a step that waits none is a "stop": what it lacks, the steps before it may bring."""
    after: str = ""
    """Id of the step that it waits for; empty: it waits for none."""
    todo: tuple[str, ...] = ()
    """What is to be changed, in words, file by file."""
    notes: tuple[str, ...] = ()
    """What is open still of a step that is in place: no front end says that all is well without it."""


class Engine:
    """A stack, the hosts it is to be applied to, and what is remembered of earlier sessions."""

    def __init__(self, stack: Stack, context: Context, state: State, given: Mapping[str, Mapping[str, Any]]) -> None:
        """`given` are the sections of an answers file; they are kept, beside the secrets that they do not name.

        Raises `AnswersError`, `NoSuchStep`."""
        self.stack = stack
        self.state = state
        self.journal = Journal(state.journal, state.files, state.pass_over, context.log)
        self._context = context
        self._looks = Looks(context)
        self._site: Site | None = None
        self._hasty = False
        """Whether the site was read by a look that did not wait for slow tools."""
        self._settled: set[str] = set()
        """Steps that were seen in place; forgotten with whatever may have changed that."""
        for step_id, answers in self._parsed(given):
            self.keep(step_id, answers)

    def _parsed(self, given: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Any]]:
        """The sections as answers; whatever is wrong with them is told at once. Raises `AnswersError`, `NoSuchStep`."""
        found: list[tuple[str, Any]] = []
        wrong: list[ask.AnswersError] = []
        for step_id, table in given.items():
            asks = self.stack.step(step_id).asks
            try:
                found.append((step_id, ask.parse(asks, {**self.state.secrets(step_id), **table}, step_id)))
            except ask.AnswersError as error:
                wrong.append(error)
        if wrong:
            raise ask.together(wrong)
        return found

    # --- looking

    def look(self, step_id: str) -> Inspection:
        """Inspection at one step. Raises nothing for a host that cannot be asked: then `unknown` says why."""
        self._looks.begin()
        return self._looked(step_id)

    def _looked(self, step_id: str) -> Inspection:
        try:
            return self._seen(step_id)
        except StateError as error:
            step = self.stack.step(step_id)
            return Inspection(step, None, step.asks(), Plan(step_id, (), (error.problem,)))

    def _seen(self, step_id: str) -> Inspection:
        """May raise `StateError`."""
        found = self._look(step_id)
        if (
            found.unknown and self._looks.patient and self._hasty
        ):  # the site may lack what a hasty look did not wait for
            self.forget()
            found = self._look(step_id)
        (self._settled.add if found.in_place else self._settled.discard)(step_id)
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
            facts = step.probe(self._looks.context, site, given)
            if first:
                self._keep_site(facts)
            answers = step.with_defaults(facts, site, given)
            found = (discreet(problem, hide) for problem in step.problems(facts, site, answers))
            problems = tuple(judged(found, getattr(answers, "accept", ())))
            changes = (*self._past(step).unreloaded(), *_planned(step, facts, site, answers, problems))
            shown = step.shown(facts, facts if first else site)
            plan = self._protected(Plan(step_id, changes, problems))
            return Inspection(step, facts, answers, plan, shown=shown)
        except ask.AnswersError as error:
            wrong = Problem(
                "answers.invalid", str(error), (), "Correct the answer, then plan again.", field=error.field
            )
            return Inspection(step, None, given, Plan(step_id, (), (wrong,)))
        except HostError as error:
            return Inspection(step, None, given, Plan(step_id), unknown=printable(hide(str(error))))

    @property
    def here(self) -> Host:
        """The host that is changed."""
        return self._context.here

    def site(self) -> Site:
        """The site, read once. Raises `HostError`."""
        if self._site is None:
            first = self.stack.steps[0]
            self._keep_site(first.probe(self._looks.context, Site(), self.given(first.id)))
        return self._site or Site()

    def _keep_site(self, site: Site) -> None:
        self._looks.found_members()
        self._site, self._hasty = site, not self._looks.patient

    @property
    def known(self) -> Site:
        """The site as far as it was read; it asks nobody."""
        return self._site or Site()

    def forget(self) -> None:
        """Read the site anew when it is needed next."""
        self._site, self._hasty = None, False

    def given(self, step_id: str) -> Any:
        """The answers of a step, as far as they were given. Raises `AnswersError`."""
        return ask.parse(self.stack.step(step_id).asks, self.state.answers().get(step_id, {}), step_id)

    def keep(self, step_id: str, answers: Any) -> None:
        """Remember a step's answers; a secret that is not among them is forgotten."""
        plain = ask.table(answers)
        secrets = {name: value for name, value in ask.table(answers, secrets=True).items() if name not in plain}
        self.state.keep(step_id, plain, secrets)
        if step_id == self.stack.steps[0].id:
            self.forget()

    def status(self) -> list[StepStatus]:
        """Every step's row. It looks; it does not remember, but for what a failed attempt said."""
        return list({row.id: row for row in self.rows()}.values())

    def rows(self) -> Iterator[StepStatus]:
        """The status, each row as soon as it is known, and again if it is known better (`Rows.each`)."""
        steps = tuple(step.id for step in self.stack.steps)
        return Rows(self._looks, self._looked, self._row).each(steps, self.forget)

    def _row(self, look: Inspection, after: str) -> StepStatus:
        facts = look.shown
        if look.step is self.stack.steps[0] and self.stack.reason:
            facts = {"This host's stack": f"{self.stack.label}: {self.stack.reason}", **facts}
        problems = look.plan.problems
        if look.unknown:
            problems = (Problem(f"{look.step.id}.unknown", look.unknown, level="warn"),)
        else:
            told = self._taking_back.left if look.plan.in_place else self.failure
            problems = (*problems, *told(look.step.id))
        if look.step is self.stack.steps[0] and (odd := self.state.passed_over):
            text = "Of what this program keeps, something is not understood: it is passed over."
            problems = (*problems, Problem("state.passed-over", text, odd, level="warn"))
        state = _standing(look, problems, not after)
        notes = look.plan.notes if state == "in-place" else ()
        todo = tuple(gist(change) for change in look.plan.changes)
        row = StepStatus(look.step.id, look.step.title, state, facts, problems, todo=todo, notes=notes)
        if state != "waits":
            return row
        said = tuple(replace(each, level="warn") if each.level == "stop" else each for each in problems)
        return replace(row, problems=said, after=after)

    def failure(self, step_id: str) -> tuple[Problem, ...]:
        """What the newest attempt at a step failed with, and what it left, as problems; empty if it did not fail."""
        data = self.journal.failure(step_id)
        failed = () if data is None else (self._diagnosed(step_id, failure_from(data)),)
        return (*failed, *self._taking_back.left(step_id))

    def _diagnosed(self, step_id: str, failure: Failure) -> Problem:
        if failure.problem:
            return protection.problem(failure.problem, failure.verdict, failure.evidence)
        return self.stack.step(step_id).diagnose(failure)

    def reading(self, view: View) -> Reading:
        """What a view shows now."""
        at = time.time()
        self._looks.begin()
        try:
            return Reading(self.state.discretion()(view.read(self._looks.context.here)), at, time.time() - at)
        except HostError as error:
            return Reading("", at, time.time() - at, printable(str(error)))

    # --- planning

    def plan(self, step_id: str) -> Plan:
        """What the step would do now. May raise `StateError`."""
        self._looks.begin()
        return self._seen(step_id).plan

    def waits(self, step_id: str) -> Problem | None:
        """That an earlier step is not in place now, as a problem; None: they all are."""
        self._looks.begin()
        step = self.stack.step(step_id)
        for earlier in self.stack.steps[: self.stack.steps.index(step)]:
            if earlier.id in self._settled or (look := self._seen(earlier.id)).in_place:
                continue
            found = "of which it cannot be told whether it is in place" if look.unknown else "which is not in place"
            text = f"{step.title} is built on {earlier.title}, {found}."
            hint = f"First: {earlier.title} (tui-installer apply {earlier.id})."
            return Problem(f"{step_id}.waits", text, (look.unknown,) if look.unknown else (), hint)
        return None

    def plan_undo(self, step_id: str, rest: Sequence[str] = ()) -> Plan:
        """What would take the step back: what it leaves by itself, then the inverses of what stands, newest first.

        It is refused while a later step stands: that one is built on this one; and if one of `rest`, which are to be
        taken back after it, is refused as leaving the cluster.
        """
        self._looks.begin()
        return self._protected(self._taking_back.undo(step_id, rest))

    def plan_revert(self, step_id: str) -> Plan:
        """What would take back what stands of the newest attempt at a step, and nothing that is older."""
        self._looks.begin()
        return self._protected(self._taking_back.newest(step_id))

    def confirm_leaving(self, cluster: str) -> None:
        """Keep the cluster's name as it was typed, for the next attempt alone. Raises `AnswersError`."""
        if membership := next((step.id for step in self.stack.steps if step.leaves), ""):
            self.keep(membership, replace(self.given(membership), confirm=cluster))

    def plan_leave(self, _: str = "") -> Plan:
        """What would take this host out of the cluster, whose name was typed: see `confirm_leaving`. Raises
        `NoSuchStep`."""
        self._looks.begin()
        return self._protected(self._taking_back.leave())

    @property
    def _taking_back(self) -> TakingBack:
        return TakingBack(self.stack, self.journal, self._past, self._seen, lambda: self._site or Site())

    def _protected(self, plan: Plan) -> Plan:
        """The plan; without any change if it would harm what lives on this host."""
        problems = tuple(self._harm(plan.changes, self._looks.context.here))
        return replace(plan, changes=(), of=(), problems=(*plan.problems, *problems)) if problems else plan

    def _harm(self, changes: tuple[Change, ...], here: Host) -> Iterator[Problem]:
        if any(True for _ in protection.ending(changes)):
            try:
                yield from protection.against(changes, self.stack.alive(here))
            except HostError as error:
                yield protection.problem("protected.unknown", f"What lives on this host cannot be told: {error}")

    def plan_mend(self, step_id: str) -> Plan:
        """The remedy of what the newest attempt at a step failed with; no changes: none is known that is safe.

        Once it is done the step is planned again: that is to mend and go on.
        """
        remedies = [problem.remedy for problem in self.failure(step_id) if problem.remedy]
        return self._protected(Plan(step_id, remedies[0].runs if remedies else (), action="mend"))

    def _past(self, step: Step[Any, Any]) -> UndoPlanner:
        return UndoPlanner(step, self._context, self.state, self.journal)

    # --- doing

    def apply(self, approved: Plan, *, just_made: bool = False, asks: Asks = bool) -> Outcome:
        """Do what was approved. Raises `Drifted` if it would not be the same any more, `OutOfOrder` if an earlier
        step is not in place, `Busy`, `HostError`.

        `just_made`: this process made the plan a moment ago and nobody had to approve it; then it is not made twice.
        Either way each file is compared again just before it is written. `asks` is called when it begins to wait for
        somebody to confirm.
        """
        with self.state.lock() as found:
            sweep(self._context, self.journal)
            if approved.action == "apply" and (problem := self.waits(approved.step)):
                raise OutOfOrder(problem)
            if not just_made:
                self._see_that_it_fits(approved)
            if approved.action != "mend":
                self._spend(approved.step)
            outcome = self._performer(approved.step, asks).perform(approved, found)
            if outcome != "done" or approved.action != "apply":
                self.forget()
                self._settled.clear()
            return outcome

    def _spend(self, step_id: str) -> None:
        """Forget the answers that hold for one attempt."""
        if once := self.stack.step(step_id).single_use:
            self.keep(step_id, replace(self.given(step_id), **dict.fromkeys(once, "")))

    def _performer(self, step_id: str, asks: Asks = bool) -> Performer:
        past = self._past(self.stack.step(step_id))
        return Performer(self._context, self.state, self.journal, past.revert, asks, self._refusal)

    def _refusal(self, change: Change) -> Problem | None:
        """Asked just before it is made: what lives may have changed since the plan was."""
        return next(self._harm((change,), self._context.here), None)

    def _see_that_it_fits(self, approved: Plan) -> None:
        plans: dict[str, Callable[[str], Plan]] = {
            "apply": self.plan, "undo": self.plan_undo, "mend": self.plan_mend, "leave": self.plan_leave,
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
                    sweep(self._context, self.journal)

    def interrupted(self) -> Attempt | None:
        """The newest attempt, if it has no end (a crash, or it runs now); None otherwise."""
        attempts = self.journal.attempts()
        return attempts[-1] if attempts and not attempts[-1].outcome else None


def _planned(
    step: Step[Any, Any], facts: Any, site: Site, answers: Any, problems: tuple[Problem, ...]
) -> tuple[Change, ...]:
    if any(problem.level == "stop" for problem in problems):
        return ()
    return tuple(step.plan(facts, site, answers))


def _standing(look: Inspection, problems: tuple[Problem, ...], reached: bool) -> StepState:
    if look.unknown:
        return "unknown" if reached else "waits"
    if look.plan.in_place:
        return "in-place"
    if not reached:
        return "waits"
    return "problem" if any(problem.level == "stop" for problem in problems) else "todo"
