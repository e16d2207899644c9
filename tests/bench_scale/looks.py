"""What the looks of each step cost, and how that grows."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
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


ROUNDS, MOST, ENOUGH = 7, 20, 2.0
"""Rounds at least and at most, and the CPU seconds in all after which there is no further one."""


def measured(*those: tuple[Seen, Callable[[], object]]) -> list[Look]:
    """The least of some rounds of each; a round is one of each, so that a slow moment of this machine falls on all."""
    times: list[list[float]] = [[] for _ in those]
    asked: list[list[tuple[str, str, object]]] = [[] for _ in those]
    gc.collect()
    gc.freeze()  # all sizes of a world are held here, with their answers: no program has to look through them
    while len(times[0]) < ROUNDS or (len(times[0]) < MOST and sum(times[-1]) < ENOUGH):
        for number, (seen, look) in enumerate(those):
            with seen.book.counting() as asked[number]:
                begun = time.process_time()
                look()
                times[number].append(time.process_time() - begun)
    gc.unfreeze()
    own = [[kind for host, kind, _ in each if host == "here"] for each in asked]
    return [
        Look(min(each), kinds.count("run"), sum(kind not in FREE for kind in kinds))
        for each, kinds in zip(times, own, strict=True)
    ]


def looks(*those: Seen) -> list[dict[str, Look]]:
    """The status, and the look of each step, at each of them; what was measured was asked before."""
    found = {"status": measured(*((seen, seen.engine.status) for seen in those))}
    for step in those[0].engine.stack.steps:
        for seen in those:
            seen.engine.look(step.id)
        found[step.id] = measured(*((seen, partial(seen.engine.look, step.id)) for seen in those))
    return [{name: each[number] for name, each in found.items()} for number in range(len(those))]


def plans(*those: Seen) -> list[Look]:
    """The plan of the maps of new LUNs, at each of them."""
    changes = []
    for seen in those:
        look = seen.engine.look("multipath")
        if not look.plan.changes:
            raise RuntimeError(f"nothing is planned: {look.unknown} {look.plan.problems}")
        changes.append(len(look.plan.changes))
    found = measured(*((seen, partial(seen.engine.plan, "multipath")) for seen in those))
    return [replace(each, changes=count) for each, count in zip(found, changes, strict=True)]


QUICK = 0.02
"""CPU seconds below which a look has no exponent: it is counted as if it took so long."""


def exponents(few: Mapping[str, Look], many: Mapping[str, Look], times: int = 4) -> dict[str, float]:
    """How each grows from one size to another that is so many times as large; 0: not at all."""
    return {
        name: math.log(max(look.seconds, QUICK) / max(few[name].seconds, QUICK), times) for name, look in many.items()
    }
