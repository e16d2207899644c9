"""What the looks of each step cost, and how that grows."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from tests.bench_scale.worlds import Seen

FREE = ("write", "keys", "connect")
"""Kinds of questions that are no round trip of a look at a host that is logged in to."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look, or all of them."""

    seconds: float
    commands: int
    """Of this host: those run."""
    trips: int
    """Of this host: those, and files and folders that were asked for."""
    changes: int = 0


ROUNDS, MOST, ENOUGH = 3, 20, 1.0
"""Rounds at least and at most, and the CPU seconds in all after which there is no further one."""


def measured(seen: Seen, look: Callable[[], object]) -> Look:
    """The least of some rounds: of the more, the shorter they are."""
    times: list[float] = []
    while len(times) < ROUNDS or (len(times) < MOST and sum(times) < ENOUGH):
        with seen.book.counting() as asked:
            begun = time.process_time()
            look()
            times.append(time.process_time() - begun)
    own = [kind for host, kind, _ in asked if host == "here"]
    return Look(min(times), own.count("run"), sum(kind not in FREE for kind in own))


def looks(seen: Seen) -> dict[str, Look]:
    """The status, and the look of each step; what was measured was asked before."""
    found = {"status": measured(seen, seen.engine.status)}
    for step in seen.engine.stack.steps:
        seen.engine.look(step.id)
        found[step.id] = measured(seen, partial(seen.engine.look, step.id))
    return found


def plan(seen: Seen) -> Look:
    """The plan of the maps of new LUNs."""
    look = seen.engine.look("multipath")
    made = look.plan
    if not made.changes:
        raise RuntimeError(f"nothing is planned: {look.unknown} {made.problems}")
    found = measured(seen, lambda: seen.engine.plan("multipath"))
    return Look(found.seconds, found.commands, found.trips, len(made.changes))


QUICK = 0.02
"""CPU seconds below which a look has no exponent: it is counted as if it took so long."""


def exponents(few: Mapping[str, Look], many: Mapping[str, Look], times: int = 4) -> dict[str, float]:
    """How each grows from one size to another that is so many times as large; 0: not at all."""
    return {
        name: math.log(max(look.seconds, QUICK) / max(few[name].seconds, QUICK), times) for name, look in many.items()
    }
