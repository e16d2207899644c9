"""What looks ask of any host, taken from looks at simulated ones: before the join, and as a member."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from tests.bench_scale.answered import Answered, AnsweredDialer, Book
from tests.world import answers, join
from tests.world import engine as simulated
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.engine.foresight import KINDS, Who
from tui_installer.engine.state import State
from tui_installer.model.stack import Stack
from tui_installer.model.step import Context
from tui_installer.probes.cards import SPEEDS
from tui_installer.steps import choose

Rows = set[tuple[str, Any]]
"""Questions by their kinds: see `_row`."""
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
    found: defaultdict[tuple[str, str], list[Rows]] = defaultdict(list)
    for joined in (False, True):
        if joined:
            join(simulated(world, stack=chosen))
        book = Book()
        context = Context(Answered(here, book), AnsweredDialer(simulator.dialer(world), book))
        state = State(world / "foresight", world / "foresight-run")
        looked = Engine(chosen, context, state, answers(world, chosen))
        looked.status()
        site = looked.known
        roles = {"here": "here", **{peer.name: "members" for peer in site.peers}}
        roles |= {site.witness.name: "witness"} if site.witness else {}
        for step in chosen.steps:
            with book.counting() as asked:
                looked.look(step.id)
            for name, role in roles.items():
                rows = (_row(kind, what, names) for host, kind, what in list(asked) if host == name)
                found[role, step.id].append({row for row in rows if row})
    told = {role: dict(_told(chosen, found, role)) for role in get_args(Who)}
    return "\n".join(_lines(told)) + "\n"


def _told(stack: Stack, found: Mapping[tuple[str, str], list[Rows]], role: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is asked ahead at each step: of this host what any look asked, of members what all of them did."""
    for step in stack.steps:
        every = found[role, step.id]
        rows = set[tuple[str, Any]]().union(*every) if role == "here" else every[0].intersection(*every)
        kinds = {kind: sorted(what for of, what in rows if of == kind) for kind in KINDS}
        if rows:
            yield step.id, {kind: asked for kind, asked in kinds.items() if asked}


def _row(kind: str, what: Any, names: frozenset[str]) -> tuple[str, Any] | None:
    """Of which kind a question is, and what is asked; None: it is not asked ahead."""
    words = (what,) if isinstance(what, str) else tuple(what)
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
        case "run" if words[0] in QUICK or words == SPEEDS:
            return "quick", words
        case "run" if words[0] not in NOT_AHEAD:
            return "slow", words
    return None


def _names(world: Path) -> frozenset[str]:
    """The hosts and groups of a world."""
    with simulator.opened(world) as opened:
        return frozenset((*opened.state["members"], *opened.state["hosts"], *opened.state["vgs"]))


def _lines(found: dict[str, Any], indent: str = " ") -> Iterator[str]:
    """JSON, a question a line: that is what a difference is read by."""
    yield "{"
    for number, (key, value) in enumerate(found.items(), 1):
        if isinstance(value, dict):
            first, *body = _lines(value, f"{indent} ")
        else:
            rows = ",\n".join(f"{indent} {json.dumps(row)}" for row in value)
            first, body = "[", [rows, f"{indent}]"]
        yield f"{indent}{json.dumps(key)}: {first}"
        yield from body[:-1]
        yield f"{body[-1]}{',' if number < len(found) else ''}"
    yield f"{indent[1:]}}}"
