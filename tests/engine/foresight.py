"""What looks ask of any host, taken from looks at simulated ones: before the join, and as a member."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench_scale.answered import Answered, AnsweredDialer, Book
from tests.world import answers, join
from tests.world import engine as simulated
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.engine.foresight import KINDS
from tui_installer.engine.state import State
from tui_installer.model.step import Context
from tui_installer.probes.cards import SPEEDS
from tui_installer.steps import choose

STACKS = ("corosync", "etch", "lenny", "squeeze")
"""Their worlds have the same names."""
QUICK = ("date", "hostname", "id", "ip", "modprobe", "nproc", "pidof", "uname", "who")
"""What is done at once, and nothing holds up: neither a disk, a long list nor a daemon."""
NOT_AHEAD = (
    "apt-get",
    "dd",
    "mkdir",
    "ping",
    "rm",
    "sh",
    "ssh",
    "ssh-keygen",
    "ssh-keyscan",
    "stat",
    "tail",
    "unshare",
)
"""What reaches for others, does something, takes long, or is about files that have other names elsewhere."""
OWN = re.compile(r"\d+\.\d+\.\d+|iqn\.|\beth\d|\bsd[a-z]\b|\bdm-\d|[0-9a-f]{12}")
"""Addresses, versions and names that are one site's."""


def made(world: Path, stack: str) -> str:
    """The content of assets/asked/STACK.json."""
    simulator.create(world, stack)
    here = simulator.here(world)
    chosen = choose(here).load()
    names = _names(world)
    found: dict[str, dict[str, Any]] = {}
    for joined in (False, True):
        if joined:
            join(simulated(world, stack=chosen))
        book = Book()
        context = Context(Answered(here, book), AnsweredDialer(simulator.dialer(world), book))
        state = State(world / "foresight", world / "foresight-run")
        looked = Engine(chosen, context, state, answers(world, chosen))
        looked.status()
        for step in chosen.steps:
            with book.counting() as asked:
                looked.look(step.id)
            for host, kind, what in list(asked):
                if host == "here" and (row := _row(kind, what, names)):
                    rows = found.setdefault(step.id, {}).setdefault(row[0], [])
                    rows += [row[1]] if row[1] not in rows else []
    ordered = {
        step.id: {kind: sorted(found[step.id][kind]) for kind in KINDS if kind in found[step.id]}
        for step in chosen.steps
        if step.id in found
    }
    return "\n".join(_lines(ordered)) + "\n"


def _row(kind: str, what: Any, names: frozenset[str]) -> tuple[str, Any] | None:
    """Of which kind a question is, and what is asked; None: it is not asked ahead."""
    words = [what] if isinstance(what, str) else list(what)
    text = " ".join(words)
    if OWN.search(text) or names & set(re.split(r"[^\w.-]+", text)):
        return None
    match kind:
        case "links":
            return "links", "all"
        case "read":
            return "files", what
        case "list":
            return "patterns", what
        case "read_all":
            return "many", words
        case "run" if words[0] in QUICK or tuple(words) == SPEEDS:
            return "quick", words
        case "run" if words[0] not in NOT_AHEAD:
            return "slow", words
    return None


def _names(world: Path) -> frozenset[str]:
    """The hosts and groups of a world."""
    with simulator.opened(world) as opened:
        return frozenset((*opened.state["members"], *opened.state["hosts"], *opened.state["vgs"]))


def _lines(found: dict[str, dict[str, Any]]) -> Iterator[str]:
    """JSON, a question a line: that is what a difference is read by."""
    yield "{"
    for number, (step, kinds) in enumerate(found.items(), 1):
        yield f" {json.dumps(step)}: {{"
        for count, (kind, rows) in enumerate(kinds.items(), 1):
            body = ",\n".join(f"   {json.dumps(row)}" for row in rows)
            yield f"  {json.dumps(kind)}: [\n{body}\n  ]{',' if count < len(kinds) else ''}"
        yield f" }}{',' if number < len(found) else ''}"
    yield "}"
