"""What the looks at a stack's steps ask of a host, whichever it is: `assets/asked/STACK.json`, made from looks at
simulated hosts by `make asked`, and compared in a test."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from assets import asked
from tui_installer.engine.acts import CANDIDATE, MODULES
from tui_installer.engine.sweep import DISCOVERIES
from tui_installer.hosts.ahead import NOTHING, Ahead

KINDS = Ahead._fields
BEFORE = Ahead(files=(MODULES,), patterns=(DISCOVERIES, f"{CANDIDATE}*"))
"""What is asked before the first change: the modules that are loaded, and what was left by who was killed."""


def foreseen(stack: str, steps: Iterable[str], besides: Ahead = NOTHING) -> Ahead:
    """What looks at these steps will ask, and what is asked besides; no more than that, for a stack of which it is not
    known."""
    try:
        table: dict[str, dict[str, list[Any]]] = json.loads(asked(stack))
    except OSError:
        return besides
    rows = [besides._asdict(), *(table[step] for step in steps if step in table)]
    return Ahead(*(_merged(row.get(kind, ()) for row in rows) for kind in KINDS))


def _merged(lists: Iterable[Iterable[Any]]) -> tuple[Any, ...]:
    """Each once, in their order; a list in them as a tuple."""
    each = (tuple(one) if isinstance(one, list) else one for many in lists for one in many)
    return tuple(dict.fromkeys(each))
