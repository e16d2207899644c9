"""The command line: the second front end of the engine. Exit codes are `Exit`; `status --json` is for programs."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal

from tui_installer.cli.ending import stopping
from tui_installer.cli.events import told
from tui_installer.cli.exits import Exit as Exit
from tui_installer.cli.looking import named, say_plan, still_runs, unended
from tui_installer.cli.saying import say, say_problems
from tui_installer.engine.attempts import Attempt
from tui_installer.engine.engine import Drifted, Engine, OutOfOrder
from tui_installer.engine.entries import Outcome
from tui_installer.engine.files import StateError
from tui_installer.engine.recall import titled
from tui_installer.engine.state import Busy
from tui_installer.hosts.host import HostError
from tui_installer.model.step import PAST, Plan, placed
from tui_installer.model.text import count

OnFailure = Literal["undo", "leave"]


ENDINGS: Mapping[Outcome, str] = {
    "done": "done",
    "failed": "failed",
    "stopped": "stopped",
    "reverted": "it was taken back by itself",
}
"""What the end of an attempt is called."""


def apply(
    engine: Engine,
    steps: Sequence[str],
    on_failure: OnFailure,
    options: Sequence[str] = (),
    as_json: bool = False,
) -> Exit:
    """Bring the steps (all, if none are named) into place, one after the other; stop at the first that is not, unless
    only what lies outside is in its way: of that it is said, and the rest is done.

    `options` are those that another process needs for the same hosts; `as_json`: events, a line each. Raises
    `NoSuchStep`.
    """
    chosen, changed, verdict = named(engine, steps), [], Exit.DONE
    if still_runs(engine):
        return Exit.PROBLEM
    with told(engine, as_json) as tell:
        for step in chosen:
            came_to, did = _apply_one(engine, step, on_failure, options)
            changed += [step] if did else []
            if came_to is not Exit.DONE:
                verdict = came_to
                if not engine.stands(step):
                    break
        was = [step for step in chosen if step not in changed] if verdict is Exit.DONE else []
        say(f"changed: {', '.join(changed) or 'nothing'}{_was(was)}")
        ended = {"event": "verdict", "verdict": verdict.name.lower(), "exit": int(verdict)}
        tell({**ended, "changed": changed, "was-in-place": was})
    return verdict


def _was(steps: Sequence[str]) -> str:
    return f"; was in place: {', '.join(steps)}" if steps else ""


def _apply_one(engine: Engine, step: str, on_failure: OnFailure, options: Sequence[str]) -> tuple[Exit, bool]:
    """How it stands then, and whether anything was changed."""
    look = engine.look(step, patiently=True, going_on=True)
    if look.unknown:
        say(f"{step}: {look.unknown}")
        return Exit.UNKNOWN, False
    if look.plan.in_place:
        say(f"{step}: {placed(look.plan.notes)}")
        say_problems(look.plan.problems)
        return Exit.DONE, False
    if waits := engine.waits(step):
        say(f"{step}:")
        say_problems((waits,))
        return Exit.PROBLEM, False
    say_plan(look.plan)
    if look.plan.blocked:
        stop = any(p.level == "stop" for p in look.plan.problems)
        return Exit.PROBLEM if stop else Exit.TODO, False
    outcome = perform(engine, look.plan, options, just_made=True)
    if outcome == "done":
        return _verified(engine, step), True
    if outcome in ("failed", "stopped"):
        _say_how_far(engine, step)
    if on_failure == "undo" and outcome in ("failed", "stopped") and not engine.state.stops:
        say(f"{step}: taking back what this attempt did")
        back = _take_back(engine, step, options, engine.plan_revert)
        return Exit.PROBLEM, not back
    return Exit.PROBLEM, outcome in ("failed", "stopped")


def _say_how_far(engine: Engine, step: str) -> None:
    """Which change it was, how many were made, and what is left."""
    attempt = engine.last(step)
    if attempt is None:
        return
    titles = [titled(change) for change in attempt.changes]
    failed = sorted(attempt.begun - attempt.done)
    at = f", at: {titles[failed[-1]]}" if failed else ""
    say(f"{step}: {len(attempt.done)} of {count(len(titles), 'change')} made{at}")
    for index, left in enumerate(titles):
        if index not in attempt.begun:
            say(f"      left: {left}")


def _verified(engine: Engine, step: str) -> Exit:
    left = engine.look(step, patiently=True)
    if left.unknown:
        say(f"{step}: applied, but it cannot be told whether it worked: {left.unknown}")
        return Exit.UNKNOWN
    if left.plan.in_place:
        say(f"{step}: {placed(left.plan.notes)}")
        return Exit.DONE
    say(f"{step}: applied, but this is left:")
    say_plan(left.plan)
    return Exit.PROBLEM


def undo(engine: Engine, steps: Sequence[str], options: Sequence[str] = ()) -> Exit:
    """Take the steps back (all, if none are named), the last one first; for the rest see `apply`."""
    wanted = named(engine, steps)
    chosen = [step.id for step in reversed(engine.stack.steps) if step.id in wanted]
    if still_runs(engine):
        return Exit.PROBLEM
    for at, step in enumerate(chosen):
        if not _take_back(engine, step, options, partial(engine.plan_undo, rest=chosen[at + 1 :])):
            return Exit.PROBLEM
    return Exit.DONE


def _take_back(engine: Engine, step: str, options: Sequence[str], planned: Callable[[str], Plan]) -> bool:
    """Whether nothing stands any more of what `planned` would take back."""
    try:
        back = planned(step)
    except HostError as error:
        say(f"{step}: not taken back: {error}")
        return False
    if back.blocked:
        say_plan(back)
        return False
    if not back.changes:
        say(f"{step}: nothing to take back")
        return True
    if perform(engine, back, options, just_made=True) != "done":
        return False
    say(f"{step}: taken back")
    return True


def leave(engine: Engine, cluster: str, options: Sequence[str] = ()) -> Exit:
    """Take this host out of the cluster of that name, all of it in order; without the name show how.

    Raises `NoSuchStep`.
    """
    if still_runs(engine):
        return Exit.PROBLEM
    if cluster:
        engine.confirm_leaving(cluster)
    ended = "this host has left the cluster; it can be joined again with tui-installer apply"
    return _as_a_whole(engine, engine.plan_leave(), options, ended if cluster else "")


def shutdown(engine: Engine, host: str, options: Sequence[str] = ()) -> Exit:
    """Shut this host of that name down, all that it serves in order; without the name show how. Raises `NoSuchStep`."""
    if still_runs(engine):
        return Exit.PROBLEM
    if host:
        engine.confirm_shutdown(host)
    ended = "this host goes down; its next boot brings all back"
    return _as_a_whole(engine, engine.plan_shutdown(), options, ended if host else "")


def _as_a_whole(engine: Engine, plan: Plan, options: Sequence[str], ended: str) -> Exit:
    """Do it and say so; without those words it is only shown, whatever an answers file confirms."""
    say_plan(plan)
    if plan.blocked or not ended:
        return Exit.PROBLEM if any(problem.level == "stop" for problem in plan.problems) else Exit.TODO
    if perform(engine, plan, options, just_made=True) != "done":
        return Exit.PROBLEM
    say(f"{plan.step}: {ended}")
    return Exit.DONE


def mend(engine: Engine, steps: Sequence[str], options: Sequence[str] = ()) -> Exit:
    """Do what mends the last failure of the steps (all, if none are named); then they can be applied again."""
    found = [plan for step in named(engine, steps) if (plan := engine.plan_mend(step)).changes or plan.problems]
    if not found:
        say("nothing is known to be mended")
        return Exit.TODO
    for each in found:
        say_plan(each)
        if each.blocked or perform(engine, each, options, just_made=True) != "done":
            return Exit.PROBLEM
        say(f"{each.step}: mended; apply it again")
    return Exit.DONE


def confirm(engine: Engine) -> Exit:
    """Tell the apply that runs now that this host can still be reached: it then keeps what it changed."""
    attempt = engine.interrupted()
    if attempt is None or not attempt.waits:
        say("nothing waits for a confirmation")
        if attempt is not None:
            say(unended(attempt))
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
        say(f"{approved.step}: cut off: {len(begun.done)} of {count(len(approved.changes), 'change')} made")
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
    say(f"{approved.step}: not {PAST[approved.action]}: {error}")
    return None
