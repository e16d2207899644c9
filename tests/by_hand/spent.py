"""Where the time of a join goes, by its journal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

APT = "Install "
"""How a change begins in which apt installs."""


def changes(journal: str) -> list[tuple[float, str]]:
    """The seconds and the title of each change, in their order; of a step's start and of the looks between two steps,
    "* STEP" and "looks"."""
    last, title, found = 0.0, "", []
    for line in journal.splitlines():
        entry = json.loads(line)
        at = datetime.fromisoformat(entry["at"]).timestamp()
        if entry["kind"] in ("start", "begun", "end"):
            if title:
                found.append((at - last, title))
            last, title = at, entry.get("title") or ("looks" if entry["kind"] == "end" else f"* {entry['step']}")
    return found


def told(own: Sequence[tuple[float, str]], seconds: float) -> str:
    """One line of it: apt, the other changes, and what is left of all the seconds: looks, and the start."""
    apt = sum(each for each, title in own if title.startswith(APT))
    others = sum(each for each, title in own if title != "looks") - apt
    return f"of which apt {apt:.1f} s, other changes {others:.1f} s, looks and the start {seconds - apt - others:.1f} s"
