"""What a screen needs to know of a step, asked of the engine in one go. Runs in the worker's thread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from tui_installer.engine.attempts import Attempt
from tui_installer.engine.engine import Engine
from tui_installer.engine.inspection import Inspection, StepStatus
from tui_installer.engine.inspection import StepState as State
from tui_installer.model.answers import AnswersError
from tui_installer.model.step import Problem

Section = Literal["facts", "form", "plan", "live"]


@dataclass(frozen=True, slots=True)
class StepSnapshot:
    """A step as it was found."""

    look: Inspection
    shown: Mapping[str, str]
    """Its facts in words; empty if the host could not be asked."""
    choices: Mapping[str, tuple[tuple[str, str], ...]]
    """For questions that are ticked from a list: field name -> (value, how it is shown)."""
    failure: tuple[Problem, ...]
    """What the newest attempt failed with; empty: it did not fail, or there was none."""
    asked: bool
    """Whether any of its questions was ever answered."""

    @property
    def blocking(self) -> tuple[Problem, ...]:
        """What is in the way of applying, what must be mended before what must be answered."""
        found = [problem for problem in self.look.plan.problems if problem.level != "warn"]
        return tuple(sorted(found, key=lambda problem: problem.level != "stop"))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that is to be said: what is in the way, what is only said, and what failed if it matters still."""
        said = tuple(problem for problem in self.look.plan.problems if problem.level == "warn")
        return (*self.blocking, *said, *self.failed)

    @property
    def failed(self) -> tuple[Problem, ...]:
        """What the newest attempt failed with, if it matters still."""
        return () if self.state == "in-place" else self.failure

    @property
    def state(self) -> State:
        """The step's state by itself, whatever the steps before it are."""
        if self.look.unknown:
            return "unknown"
        if self.look.plan.in_place:
            return "in-place"
        return "problem" if any(problem.level == "stop" for problem in self.blocking) else "todo"

    @property
    def section(self) -> Section:
        """Where the operator has to look first."""
        if self.look.unknown:
            return "facts"
        if any(p.level == "ask" or p.field or p.code == "answers.invalid" for p in self.blocking):
            return "form"
        if self.look.plan.in_place:
            return "facts"
        return "plan"


def see(engine: Engine, step_id: str, *, patiently: bool = False) -> StepSnapshot:
    """Look at a step, with all that its screen shows; `patiently`: see `Engine.look`."""
    look = engine.look(step_id, patiently=patiently)
    failure = engine.failure(step_id)
    try:
        asked = engine.given(step_id) != look.step.asks()
    except AnswersError:
        asked = True
    if look.facts is None:
        return StepSnapshot(look, {}, {}, failure, asked)
    site = engine.known
    return StepSnapshot(look, look.step.shown(look.facts, site), look.step.choices(look.facts, site), failure, asked)


def keep(engine: Engine, step_id: str, changed: Mapping[str, Any]) -> StepSnapshot:
    """Remember the answers that were changed, then look again."""
    try:
        given = engine.given(step_id)
    except AnswersError:
        given = engine.stack.step(step_id).asks()
    engine.keep(step_id, replace(given, **changed))
    return see(engine, step_id)


@dataclass(frozen=True, slots=True)
class Open:
    """An attempt that has no end in the journal."""

    attempt: Attempt
    title: str
    """The step's title."""


@dataclass(frozen=True, slots=True)
class Around:
    """What the status screen says besides its rows."""

    host: str
    """The host's name; empty: not known (yet)."""
    open: Open | None


def rows(engine: Engine) -> Iterator[StepStatus | Around]:
    """What is around the status, then its rows one after the other, then who the host is. All is asked anew."""
    attempt = engine.interrupted()
    titles = {step.id: step.title for step in engine.stack.steps}
    open_ = None
    if attempt and attempt.step in titles:  # else it is of the stack that was chosen then
        open_ = Open(attempt, titles[attempt.step])
    yield Around("", open_)
    engine.forget()
    yield from engine.rows()
    if here := engine.known.here:  # as the rows saw it: a host that is gone is not asked once more
        yield Around(here.hostname, open_)


@dataclass(frozen=True, slots=True)
class UndoCandidates:
    """What was applied from here and not taken back."""

    steps: tuple[tuple[str, str, int], ...]
    """(id, title, how many changes stand) of each step, the last one first: the order of taking back."""
    some: tuple[str, ...]
    """The ids from the last one to the step that was asked about."""
    attempt: str = ""
    """The step at which the newest attempt failed or was stopped, while older things stand; empty: none. What that
    attempt did can be taken back alone."""

    @property
    def every(self) -> tuple[str, ...]:
        """All ids."""
        return tuple(step_id for step_id, _, _ in self.steps)

    @property
    def ways(self) -> tuple[tuple[str, str], ...]:
        """What can be chosen: "some" or "every", and what it is called."""
        some = [("some", "This step" if len(self.some) == 1 else "This and later")] if self.some else []
        every = [("every", "Everything")] if self.every and self.every != self.some else []
        return (*([("attempt", "This attempt")] if self.attempt else ()), *some, *every)


def standing(engine: Engine, step_id: str) -> UndoCandidates:
    """What can be taken back, from that step's point of view."""
    steps = [(step.id, step.title, len(engine.journal.standing(step.id))) for step in reversed(engine.stack.steps)]
    found = tuple(each for each in steps if each[2])
    ids = [step.id for step in engine.stack.steps]
    later = ids[ids.index(step_id) :] if step_id in ids else []
    return UndoCandidates(found, tuple(each for each, _, _ in found if each in later), _attempt(engine, len(found)))


def _attempt(engine: Engine, steps: int) -> str:
    """See `UndoCandidates.attempt`; `steps`: how many stand."""
    attempts = engine.journal.attempts()
    if not attempts or attempts[-1].action != "apply" or attempts[-1].outcome not in ("failed", "stopped"):
        return ""
    newest = attempts[-1]
    mine = [key.startswith(f"{newest.id}:") for key, _ in engine.journal.standing(newest.step)]
    return newest.step if any(mine) and (steps > 1 or not all(mine)) else ""
