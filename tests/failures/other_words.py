"""Steps whose every sentence is another: titles of steps, changes and commands, texts and hints of problems.

What is done, and what a failure is known by, must not hang on them. Whoever asserts a sentence asks for the usual one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from tests.failures.impatient import Impatient
from tui_installer.model.change import Change, Run
from tui_installer.model.site import Site
from tui_installer.model.stack import Stack
from tui_installer.model.step import Failure, Problem, Remedy, Step

USUAL: dict[str, str] = {}
"""The sentence that each other one stands for."""


def reworded(stack: Stack) -> Stack:
    """The stack in other words, and with its waits cut to one look."""
    return replace(stack, title=other(stack.title), steps=tuple(map(Reworded, stack.steps)))


def other(text: str) -> str:
    """Another sentence for a sentence; always the same one."""
    words = f"Words {hashlib.sha256(text.encode()).hexdigest()[:12]}."
    USUAL[words] = text
    return words


def usual(text: str) -> str:
    """A text with the usual sentences in it, those within them as well."""
    found = re.sub(r"Words [0-9a-f]{12}\.", lambda each: USUAL[each.group()], text)
    return found if found == text else usual(found)


class Reworded(Impatient):
    """A step in other words."""

    def __init__(self, step: Step[Any, Any]) -> None:
        super().__init__(step)
        self.title = other(step.title)  # type: ignore[misc]

    def plan(self, facts: Any, site: Site, answers: Any) -> Iterator[Change]:
        return _changes(super().plan(facts, site, answers))

    def plan_removal(self, facts: Any, site: Site, taken: tuple[Change, ...]) -> Iterator[Change]:
        return _changes(super().plan_removal(facts, site, taken))

    def plan_leaving(self, facts: Any, site: Site) -> Iterator[Change]:
        return _changes(super().plan_leaving(facts, site))

    def plan_shutdown(self, facts: Any, site: Site) -> Iterator[Change]:
        return _changes(super().plan_shutdown(facts, site))

    def problems(self, facts: Any, site: Site, answers: Any) -> Iterator[Problem]:
        return map(_problem, super().problems(facts, site, answers))

    def against_leaving(self, facts: Any, site: Site, answers: Any) -> Iterator[Problem]:
        return map(_problem, super().against_leaving(facts, site, answers))

    def against_shutdown(self, facts: Any, site: Site, answers: Any) -> Iterator[Problem]:
        return map(_problem, super().against_shutdown(facts, site, answers))

    def diagnose(self, failure: Failure) -> Problem:
        return _problem(super().diagnose(failure))


def _problem(problem: Problem) -> Problem:
    remedy = problem.remedy and Remedy(other(problem.remedy.title), tuple(map(_run, problem.remedy.runs)))
    return replace(problem, text=other(problem.text), hint=other(problem.hint) if problem.hint else "", remedy=remedy)


def _changes(changes: Iterable[Change]) -> Iterator[Change]:
    for change in changes:
        if isinstance(change, Run):
            yield _run(change)
        else:
            yield replace(change, title=other(change.title), then=tuple(map(_run, change.then)))


def _run(run: Run) -> Run:
    return replace(run, title=other(run.title), undo=tuple(map(_run, run.undo)))
