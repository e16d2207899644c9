"""What the package asks before it goes: which changes of this program stand, here and on the hosts driven from here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tui_installer.engine.journal import Journal
from tui_installer.engine.state import State


def standing(folder: Path, run: Path) -> Iterator[str]:
    """A line for each host with steps that stand, as in "this host: packages, iscsi"; `folder`, `run`: of our state."""
    states = {"this host": State(folder, run)}
    states |= {path.name: State(path, run / "targets" / path.name) for path in sorted(folder.glob("targets/*"))}
    for host, state in states.items():
        journal = Journal(state.journal)
        steps = dict.fromkeys(attempt.step for attempt in journal.attempts())
        if left := [step for step in steps if journal.standing(step)]:
            yield f"{host}: {', '.join(left)}"
