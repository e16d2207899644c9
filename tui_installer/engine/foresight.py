"""What the looks at a stack's steps ask of a host, whichever it is: `assets/asked/STACK.json`, made from looks at
simulated hosts by `make asked`, and compared in a test.

A member is asked nothing ahead but what looks ask of every one, before this host joins and after: nobody's cluster is
asked more than it would be without.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any, Literal

from assets import asked
from tui_installer.engine.acts import CANDIDATE, MODULES
from tui_installer.engine.sweep import DISCOVERIES
from tui_installer.hosts.ahead import NOTHING, Ahead

KINDS = Ahead._fields
BEFORE = Ahead(files=(MODULES,), patterns=(DISCOVERIES, f"{CANDIDATE}*"))
"""What is asked before the first change: the modules that are loaded, and what was left by who was killed."""


Who = Literal["here", "witness", "members"]
"""Of whom it is asked: the host that is changed, the member that is asked first for the site, each of the others."""


def foreseen(stack: str, steps: Iterable[str], besides: Ahead = NOTHING, of: Who = "here") -> Ahead:
    """What looks at these steps will ask, and what is asked besides; no more than that, for a stack of which it is not
    known."""
    table = _table(stack).get(of, {})
    rows = [besides._asdict(), *(table[step] for step in steps if step in table)]
    return Ahead(*(_merged(row.get(kind, ()) for row in rows) for kind in KINDS))


@cache
def _table(stack: str) -> dict[str, dict[str, dict[str, list[Any]]]]:
    """Questions by who is asked, by step and kind."""
    try:
        found: dict[str, dict[str, dict[str, list[Any]]]] = json.loads(asked(stack))
    except OSError:
        return {}
    return found


def _merged(lists: Iterable[Iterable[Any]]) -> tuple[Any, ...]:
    """Each once, in their order; a list in them as a tuple."""
    each = (tuple(one) if isinstance(one, list) else one for many in lists for one in many)
    return tuple(dict.fromkeys(each))
