"""What a look at a step found, and the row of the status that is made of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tui_installer.model.change import gist
from tui_installer.model.stack import Stack
from tui_installer.model.step import Plan, Problem, Step

StepState = Literal["in-place", "todo", "problem", "waits", "unknown"]
STATES: Mapping[StepState, str] = {
    "in-place": "in place",
    "todo": "to do",
    "problem": "PROBLEM",
    "waits": "waits",
    "unknown": "unknown",
}
"""What a step's state is called for people; programs are told its name."""


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

    @property
    def stands(self) -> bool:
        """Whether it is known that later steps may build on it (`Plan.stands`)."""
        return self.plan.stands and not self.unknown


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

    @property
    def words(self) -> str:
        """As in "to do", "waits for packages"."""
        return STATES[self.state] + (f" for {self.after}" if self.after else "")


def row(stack: Stack, look: Inspection, after: str, said: Iterable[Problem], odd: tuple[str, ...]) -> StepStatus:
    """The row of a look. `after`: the step that it may wait for; `said`: what is known of earlier attempts; `odd`: what
    is passed over of what this program keeps."""
    facts, first = look.shown, look.step is stack.steps[0]
    if first and stack.reason:
        facts = {"This host's stack": f"{stack.label}: {stack.reason}", **facts}
    unknown = Problem(f"{look.step.id}.unknown", look.unknown, level="warn")
    problems = (unknown,) if look.unknown else (*look.plan.problems, *said)
    if first and odd:
        text = "Of what this program keeps, something is not understood: it is passed over."
        problems = (*problems, Problem("state.passed-over", text, odd, level="warn"))
    state = _standing(look, problems, not after)
    notes = look.plan.notes if state == "in-place" else ()
    todo = tuple(gist(change) for change in look.plan.changes)
    found = StepStatus(look.step.id, look.step.title, state, facts, problems, todo=todo, notes=notes)
    if state != "waits":
        return found
    weaker = tuple(replace(each, level="warn") if each.level == "stop" else each for each in problems)
    return replace(found, problems=weaker, after=after)


def _standing(look: Inspection, problems: tuple[Problem, ...], reached: bool) -> StepState:
    if look.unknown:
        return "unknown" if reached else "waits"
    if look.plan.in_place:
        return "in-place"
    if not reached:
        return "waits"
    return "problem" if any(problem.level == "stop" for problem in problems) else "todo"
