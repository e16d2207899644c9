"""Changing a simulated world behind the program's back, as a case says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.failures.case import Disturbance
from tui_installer import simulator


def merge(state: Any, more: Mapping[str, Any]) -> None:
    """Into dictionaries, and into lists by number as far as they go; "-" takes a key away, "(none)" is null."""
    for key, value in more.items():
        if isinstance(state, list):
            if int(key) < len(state):
                merge(state[int(key)], value)
        elif isinstance(value, dict):
            merge(state.setdefault(key, {}), value)
        elif value == "-":
            state.pop(key, None)
        else:
            state[key] = None if value == "(none)" else value


def write(world: Path, files: Iterable[Disturbance]) -> None:
    """Change files of hosts."""
    with simulator.opened(world) as opened:
        for each in files:
            machine = opened.machine(each.host)
            if each.gone:
                machine.write(each.path, None)
                continue
            if each.swap[0]:
                machine.put(each.path, (machine.text(each.path) or "").replace(*each.swap))
                continue
            before = (machine.text(each.path) or "") if each.add else ""
            machine.put(each.path, before + each.text)
