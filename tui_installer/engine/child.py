"""Starting an apply as a process of its own: it outlives the screen, the terminal and the line that started it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tui_installer.engine.files import VERSION, StateError
from tui_installer.engine.remembered import NUMBER
from tui_installer.engine.state import State
from tui_installer.engine.vault import Forgotten
from tui_installer.model.change_json import from_json, to_json
from tui_installer.model.step import Plan


class NotAPlan(ValueError):
    """A file that holds no approved plan; the text names it."""


def write_plan(state: State, plan: Plan) -> Path:
    """Keep an approved plan as a file; returns its path. Contents are blobs: the file itself holds no secret."""
    digest = plan.digest(state)
    path = state.folder / "plans" / f"{digest}.json"
    changes = [to_json(change, state) for change in plan.changes]
    about = {"step": plan.step, "action": plan.action, "of": list(plan.of), "attempt": plan.attempt}
    data = {NUMBER: VERSION, **about, "changes": changes, "digest": digest}
    state.files.save(path, json.dumps(data).encode())
    return path


def read_plan(state: State, path: Path) -> Plan:
    """The plan in a file that `write_plan` wrote. Raises `NotAPlan`, `StateError`."""
    try:
        content = state.files.read(path)
        if content is None:
            raise NotAPlan(f"{path}: No such file or directory")
        data = json.loads(content)
        if data[NUMBER] != VERSION:
            raise NotAPlan(f"{path} is a plan of another version of this program: plan again")
        changes = tuple(from_json(change, state) for change in data["changes"])
        plan = Plan(data["step"], changes, (), data["action"], tuple(data["of"]), data["attempt"])
        approved = data["digest"]
    except StateError as error:
        if error.problem.code == "state.foreign":
            raise NotAPlan(str(error)) from error
        raise
    except NotAPlan:
        raise
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError, Forgotten) as error:
        raise NotAPlan(f"{path} is not a plan of this program, or what it needs is gone") from error
    if plan.digest(state) != approved:
        raise NotAPlan(f"{path} was changed after it was approved")
    return plan


def start(state: State, options: Sequence[str], plan: Plan) -> subprocess.Popen[bytes]:
    """Start `tui-installer apply --plan FILE`, detached from the terminal; its own words go to apply.log.

    Raises `StateError`."""
    path = write_plan(state, plan)
    program = [sys.executable, *(["-I"] if sys.flags.isolated else []), sys.argv[0]]
    if sys.argv[0].endswith("__main__.py"):
        program = [sys.executable, "-m", "tui_installer"]
    log = os.open(state.run / "apply.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        argv = [*program, *options, "apply", "--plan", str(path)]
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    finally:
        os.close(log)
