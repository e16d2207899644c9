"""The command line: the second front end of the engine. Exit codes are `Exit`; `status --json` is for programs."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import Literal

from assets import runbook
from tui_installer.cli.ending import stopping
from tui_installer.cli.saying import say, say_problems
from tui_installer.engine.engine import Drifted, Engine, OutOfOrder, StepStatus
from tui_installer.engine.files import StateError
from tui_installer.engine.journal import Attempt, Outcome
from tui_installer.engine.state import Busy
from tui_installer.hosts.host import HostError
from tui_installer.model.change import show
from tui_installer.model.step import Plan, placed

OnFailure = Literal["undo", "leave"]


ENDINGS: Mapping[Outcome, str] = {
    "done": "done",
    "failed": "failed",
    "stopped": "stopped",
    "reverted": "it was taken back by itself",
}
"""What the end of an attempt is called."""


class Exit(IntEnum):
    """What the program's exit code means."""

    DONE = 0
    """Everything asked for is in place, or was done."""
    TODO = 1
    """Something is left to do."""
    PROBLEM = 2
    """A problem is in the way, or something failed."""
    UNKNOWN = 3
    """It cannot be told."""
    USAGE = 64


def status(engine: Engine, as_json: bool) -> Exit:
    """Print every step's state."""
    rows, attempt = engine.status(), engine.interrupted()
    if as_json:
        stack = engine.stack
        chosen = {"stack": stack.suite, "stack-name": stack.name, "stack-reason": stack.reason}
        told = {**chosen, "attempt": _attempt_json(attempt), "steps": [_row_json(row) for row in rows]}
        say(json.dumps(told, indent=2))
    else:
        for row in rows:
            notes = f" (but: {', '.join(row.notes)})" if row.notes else ""
            say(f"{row.id:<16} {row.state}{f' for {row.after}' if row.after else ''}{notes}")
            say_problems(row.problems)
        if attempt is not None:
            say(f"{_open(attempt)}{', and waits for a confirmation' if attempt.waits else ''}")
            if not attempt.runs:
                _still_runs(engine)
    return _verdict(rows)


def _still_runs(engine: Engine) -> bool:
    """Whether a command outlived its apply; that is said, and nothing is looked at meanwhile: it changes."""
    for each in engine.state.running():
        say(f"a command of an earlier attempt still runs: {each}. Wait until it has ended, then do the same again.")
    return bool(engine.state.running())


def _open(attempt: Attempt) -> str:
    """As in "packages: is being applied now"."""
    return f"{attempt.step}: {attempt.how}"


def plan(engine: Engine, steps: Sequence[str]) -> Exit:
    """Print what the steps (all, if none are named) would do, up to the first that is not in place.

    Raises `NoSuchStep`.
    """
    for step in _named(engine, steps):
        look = engine.look(step)
        if look.unknown:
            say(f"{step}: {look.unknown}")
            return Exit.UNKNOWN
        if look.plan.in_place:
            continue
        _say_plan(look.plan)
        return Exit.PROBLEM if any(p.level == "stop" for p in look.plan.problems) else Exit.TODO
    return Exit.DONE


def apply(engine: Engine, steps: Sequence[str], on_failure: OnFailure, options: Sequence[str] = ()) -> Exit:
    """Bring the steps (all, if none are named) into place, one after the other; stop at the first that is not.

    `options` are those that another process needs for the same hosts. Raises `NoSuchStep`.
    """
    named = _named(engine, steps)
    if _still_runs(engine):
        return Exit.PROBLEM
    for step in named:
        verdict = _apply_one(engine, step, on_failure, options)
        if verdict is not Exit.DONE:
            return verdict
    return Exit.DONE


def _apply_one(engine: Engine, step: str, on_failure: OnFailure, options: Sequence[str]) -> Exit:
    look = engine.look(step)
    if look.unknown:
        say(f"{step}: {look.unknown}")
        return Exit.UNKNOWN
    if look.plan.in_place:
        say(f"{step}: {placed(look.plan.notes)}")
        return Exit.DONE
    if waits := engine.waits(step):
        say(f"{step}:")
        say_problems((waits,))
        return Exit.PROBLEM
    _say_plan(look.plan)
    if look.plan.blocked:
        return Exit.PROBLEM if any(p.level == "stop" for p in look.plan.problems) else Exit.TODO
    outcome = perform(engine, look.plan, options, just_made=True)
    if outcome == "done":
        return _verified(engine, step)
    if on_failure == "undo" and outcome in ("failed", "stopped") and not engine.state.stops:
        say(f"{step}: taking back what this attempt did")
        _take_back(engine, step, options, engine.plan_revert)
    return Exit.PROBLEM


def _verified(engine: Engine, step: str) -> Exit:
    left = engine.look(step)
    if left.unknown:
        say(f"{step}: applied, but it cannot be told whether it worked: {left.unknown}")
        return Exit.UNKNOWN
    if left.plan.in_place:
        say(f"{step}: {placed(left.plan.notes)}")
        return Exit.DONE
    say(f"{step}: applied, but this is left:")
    _say_plan(left.plan)
    return Exit.PROBLEM


def undo(engine: Engine, steps: Sequence[str], options: Sequence[str] = ()) -> Exit:
    """Take the steps back (all, if none are named), the last one first; for the rest see `apply`."""
    named = _named(engine, steps)
    chosen = [step.id for step in reversed(engine.stack.steps) if step.id in named]
    if _still_runs(engine):
        return Exit.PROBLEM
    return Exit.DONE if all(_take_back(engine, step, options, engine.plan_undo) for step in chosen) else Exit.PROBLEM


def _take_back(engine: Engine, step: str, options: Sequence[str], planned: Callable[[str], Plan]) -> bool:
    """Whether nothing stands any more of what `planned` would take back."""
    try:
        back = planned(step)
    except HostError as error:
        say(f"{step}: not taken back: {error}")
        return False
    if back.blocked:
        _say_plan(back)
        return False
    if not back.changes:
        say(f"{step}: nothing to take back")
        return True
    if perform(engine, back, options, just_made=True) != "done":
        return False
    say(f"{step}: taken back")
    return True


def mend(engine: Engine, steps: Sequence[str], options: Sequence[str] = ()) -> Exit:
    """Do what mends the last failure of the steps (all, if none are named); then they can be applied again."""
    found = [plan for step in _named(engine, steps) if (plan := engine.plan_mend(step)).changes]
    if not found:
        say("nothing is known to be mended")
        return Exit.TODO
    for each in found:
        _say_plan(each)
        if perform(engine, each, options, just_made=True) != "done":
            return Exit.PROBLEM
        say(f"{each.step}: mended; apply it again")
    return Exit.DONE


def confirm(engine: Engine) -> Exit:
    """Tell the apply that runs now that this host can still be reached: it then keeps what it changed."""
    attempt = engine.interrupted()
    if attempt is None or not attempt.waits:
        say("nothing waits for a confirmation")
        if attempt is not None:
            say(_open(attempt))
        return Exit.TODO
    engine.state.request(attempt.id, "confirm")
    return Exit.DONE


def revert(engine: Engine, attempt: str) -> Exit:
    """Take back what an attempt began, should its process end without a word. The program starts this by itself."""
    try:
        outcome = engine.see_through(attempt)
    except KeyError:
        say(f"there is no attempt {attempt!r}")
        return Exit.USAGE
    except (Busy, HostError) as error:
        say(f"{attempt}: not taken back: {error}")
        return Exit.PROBLEM
    say(f"{attempt}: {outcome}")
    return Exit.PROBLEM if outcome == "failed" else Exit.DONE


def explain(codes: Sequence[str]) -> Exit:
    """Print the runbook's pages of problem codes."""
    for code in codes:
        try:
            say(runbook(code))
        except OSError:
            say(f"there is no page of {code!r}")
            return Exit.USAGE
    return Exit.DONE


def perform(engine: Engine, approved: Plan, options: Sequence[str] = (), *, just_made: bool = False) -> Outcome | None:
    """Apply a plan and say how it went; see `Engine.apply`, and `apply` for the options.

    None: it was refused, and nothing was begun; or nothing more of it could be written down.
    """
    asked = []

    def ask(within: float) -> None:
        asked.append(within)
        command = shlex.join(("tui-installer", *options, "confirm"))
        say(f"Is this host still reached? Within {within:.0f} s, from another shell: {command}")

    try:
        with stopping(engine.state, say):
            outcome = engine.apply(approved, just_made=just_made, asks=ask)
    except StateError as error:
        _unkept(engine, approved, error)
        return None
    except (Drifted, OutOfOrder, Busy, HostError) as error:
        return _refused(engine, approved, error)
    if outcome != "done":
        unconfirmed = outcome == "reverted" and asked
        say(f"{approved.step}: {'nobody confirmed it in time: ' if unconfirmed else ''}{ENDINGS[outcome]}")
        say_problems(engine.failure(approved.step))
    return outcome


def _unkept(engine: Engine, approved: Plan, error: StateError) -> None:
    """A file of our own could not be written: say how far it came."""
    begun = _mine(engine)
    if begun is None:
        say(f"{approved.step}: not {'applied' if approved.action == 'apply' else 'taken back'}: nothing was begun")
    else:
        say(f"{approved.step}: cut off: {len(begun.done)} of {len(approved.changes)} changes were made")
    say_problems((error.problem,))


def _mine(engine: Engine) -> Attempt | None:
    """The attempt of this process, if it has no end."""
    with contextlib.suppress(StateError):
        attempt = engine.interrupted()
        return attempt if attempt is not None and attempt.pid == os.getpid() else None
    return None


def _refused(engine: Engine, approved: Plan, error: Exception) -> Literal["failed"] | None:
    """None, but for a host that was lost after the plan was begun."""
    if _mine(engine) is not None:
        say(f"{approved.step}: cut off: {error}")
        return "failed"
    verb = {"apply": "applied", "undo": "taken back", "mend": "mended"}[approved.action]
    say(f"{approved.step}: not {verb}: {error}")
    return None


def _named(engine: Engine, steps: Sequence[str]) -> list[str]:
    """The steps that are named, all if none are. Raises `NoSuchStep` before anything is done to one of them."""
    return [engine.stack.step(step).id for step in steps] or [step.id for step in engine.stack.steps]


def _say_plan(plan: Plan) -> None:
    say(f"{plan.step}:")
    say_problems(plan.problems)
    for change in plan.changes:
        say(f"  * {change.title}")
        for line in show(change):
            say(f"      {line}")


def _row_json(row: StepStatus) -> dict[str, object]:
    problems = [{"code": p.code, "text": p.text, "level": p.level} for p in row.problems]
    waits = {"waits-for": row.after} if row.after else {}
    told = {"notes": list(row.notes), "facts": row.facts, "problems": problems}
    return {"id": row.id, "title": row.title, "state": row.state, **waits, **told}


def _attempt_json(attempt: Attempt | None) -> dict[str, object] | None:
    """The newest attempt, if it has no end."""
    if attempt is None:
        return None
    return {"step": attempt.step, "action": attempt.action, "runs": attempt.runs, "waits": attempt.waits}


def _verdict(rows: Sequence[StepStatus]) -> Exit:
    states = {row.state for row in rows}
    if "problem" in states:
        return Exit.PROBLEM
    if "unknown" in states:
        return Exit.UNKNOWN
    return Exit.DONE if states <= {"in-place"} else Exit.TODO
