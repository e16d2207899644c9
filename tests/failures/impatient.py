"""Steps that wait for nothing: the simulated world does not change by itself, so one look is enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from tui_installer.model.change import Change, Run
from tui_installer.model.site import Site
from tui_installer.model.stack import Stack
from tui_installer.model.step import Context, Failure, Problem, Step


def impatient(stack: Stack) -> Stack:
    """The stack with all its waits cut to one look."""
    return replace(stack, steps=tuple(map(Impatient, stack.steps)))


class Impatient(Step[Any, Any]):
    """A step as it is, but for its waits."""

    def __init__(self, step: Step[Any, Any]) -> None:
        self._step = step
        for name in ("id", "title", "asks", "modules", "passing", "single_use", "leaves", "shuts_down"):
            setattr(self, name, getattr(step, name))

    def probe(self, ctx: Context, site: Site, answers: Any) -> Any:
        return self._step.probe(ctx, site, answers)

    def with_defaults(self, facts: Any, site: Site, answers: Any) -> Any:
        return self._step.with_defaults(facts, site, answers)

    def plan(self, facts: Any, site: Site, answers: Any) -> Iterator[Change]:
        return _hurried(self._step.plan(facts, site, answers))

    def plan_removal(self, facts: Any, site: Site, taken: tuple[Change, ...]) -> Iterator[Change]:
        return _hurried(self._step.plan_removal(facts, site, taken))

    def plan_leaving(self, facts: Any, site: Site) -> Iterator[Change]:
        return _hurried(self._step.plan_leaving(facts, site))

    def against_leaving(self, facts: Any, site: Site, answers: Any) -> Iterator[Problem]:
        return self._step.against_leaving(facts, site, answers)

    def plan_shutdown(self, facts: Any, site: Site) -> Iterator[Change]:
        return _hurried(self._step.plan_shutdown(facts, site))

    def against_shutdown(self, facts: Any, site: Site, answers: Any) -> Iterator[Problem]:
        return self._step.against_shutdown(facts, site, answers)

    def problems(self, facts: Any, site: Site, answers: Any) -> Iterator[Problem]:
        return self._step.problems(facts, site, answers)

    def diagnose(self, failure: Failure) -> Problem:
        return self._step.diagnose(failure)

    def shown(self, facts: Any, site: Site) -> dict[str, str]:
        return self._step.shown(facts, site)

    def choices(self, facts: Any, site: Site) -> Mapping[str, tuple[tuple[str, str], ...]]:
        return self._step.choices(facts, site)


def _hurried(changes: Iterable[Change]) -> Iterator[Change]:
    for change in changes:
        yield _once(change) if isinstance(change, Run) else replace(change, then=tuple(map(_once, change.then)))


def _once(run: Run) -> Run:
    return replace(run, within=0.0) if run.expect else run
