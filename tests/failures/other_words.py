"""Steps whose every sentence is another: titles of steps, changes and commands, texts and hints of problems.

What is done and what a failure is known by must not hang on them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from tests.failures.impatient import Impatient, impatient
from tui_installer.model.change import Change, Run
from tui_installer.model.site import Site
from tui_installer.model.stack import Stack
from tui_installer.model.step import Failure, Problem, Step


def reworded(stack: Stack) -> Stack:
    """The stack, its waits cut to one look, in other words."""
    return replace(stack, title=other(stack.title), steps=tuple(map(Reworded, impatient(stack).steps)))


def retitled(stack: Stack) -> Stack:
    """The stack with other titles of changes and commands alone: what problems say is as it is."""
    return replace(stack, steps=tuple(map(Retitled, impatient(stack).steps)))


def other(text: str) -> str:
    """Another sentence for a sentence; always the same one."""
    return f"Words {hashlib.sha256(text.encode()).hexdigest()[:12]}."


class Retitled(Impatient):
    """A step whose changes and commands have other titles."""

    def plan(self, facts: Any, site: Site, answers: Any) -> Iterator[Change]:
        return _changes(super().plan(facts, site, answers))

    def plan_removal(self, facts: Any, site: Site, taken: tuple[Change, ...]) -> Iterator[Change]:
        return _changes(super().plan_removal(facts, site, taken))

    def plan_leaving(self, facts: Any, site: Site) -> Iterator[Change]:
        return _changes(super().plan_leaving(facts, site))


class Reworded(Retitled):
    """A step in other words altogether."""

    def __init__(self, step: Step[Any, Any]) -> None:
        super().__init__(step)
        self.title = other(step.title)  # type: ignore[misc]

    def problems(self, facts: Any, site: Site, answers: Any) -> Iterator[Problem]:
        return map(_problem, super().problems(facts, site, answers))

    def against_leaving(self, facts: Any, site: Site, answers: Any) -> Iterator[Problem]:
        return map(_problem, super().against_leaving(facts, site, answers))

    def diagnose(self, failure: Failure) -> Problem:
        return _problem(super().diagnose(failure))


def _problem(problem: Problem) -> Problem:
    return replace(problem, text=other(problem.text), hint=other(problem.hint))


def _changes(changes: Iterable[Change]) -> Iterator[Change]:
    for change in changes:
        if isinstance(change, Run):
            yield _run(change)
        else:
            yield replace(change, title=other(change.title), then=tuple(map(_run, change.then)))


def _run(run: Run) -> Run:
    return replace(run, title=other(run.title), undo=tuple(map(_run, run.undo)))
