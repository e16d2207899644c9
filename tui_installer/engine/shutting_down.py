"""Shutting a host down, all that it serves in order: guests, volumes, locks, membership, maps, sessions, then itself.

Nothing of it is there to be taken back: the entry on the members, the vote and the links stay, and the next boot brings
all of it back. Source of the order: the rules for a live cluster, 19; the guide's own list of what is to be done.
"""

from __future__ import annotations

from collections.abc import Callable

from tui_installer.engine.inspection import Inspection
from tui_installer.model.change import Change
from tui_installer.model.site import Site
from tui_installer.model.stack import NoSuchStep, Stack
from tui_installer.model.step import Plan, Problem, judged


def shutdown(stack: Stack, look: Callable[[str], Inspection], site: Callable[[], Site]) -> Plan:
    """The plan, of the last step: its answers hold this host's name as it was typed. Raises `NoSuchStep`."""
    steps = [step for step in stack.steps if step.shuts_down]
    if not steps:
        raise NoSuchStep(f"{stack.title}: nothing of it has to be shut down in an order of its own")
    changes: list[Change] = []
    problems: list[Problem] = []
    for step in (*reversed(steps[:-1]), steps[-1]):
        seen = look(step.id)
        if seen.facts is None:
            hint = "Nothing is shut down until it can be told. See to that tool, then try again."
            problems.append(Problem(f"{step.id}.unknown", seen.unknown, hint=hint))
            continue
        against = step.against_shutdown(seen.facts, site(), seen.answers)
        problems += judged(against, getattr(seen.answers, "accept", ()))
        changes += step.plan_shutdown(seen.facts, site())
    stopped = any(problem.level == "stop" for problem in problems)
    return Plan(steps[-1].id, () if stopped else tuple(changes), tuple(problems), action="shutdown")
