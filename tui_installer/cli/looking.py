"""The commands that only look: how everything stands, for people, programs and monitoring; plans."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence

from tui_installer import __version__
from tui_installer.cli import sheet
from tui_installer.cli.exits import Exit
from tui_installer.cli.saying import say, say_problems
from tui_installer.engine.attempts import Attempt
from tui_installer.engine.engine import Engine
from tui_installer.engine.inspection import StepState, StepStatus
from tui_installer.model.change import show
from tui_installer.model.step import Plan, Problem

EVERY = 5.0
"""Seconds between two looks of `status --watch`."""


def status(engine: Engine, as_json: bool) -> Exit:
    """Print every step's state."""
    rows, attempt = engine.status(), engine.interrupted()
    _say_status(engine, rows, attempt, as_json)
    return verdict(rows)


def check(engine: Engine) -> Exit:
    """Print one line for Nagios or Icinga, with performance data; the exit code is theirs.

    Monitoring Plugins Development Guidelines: OK 0, WARNING 1, CRITICAL 2, UNKNOWN 3; "TEXT | label=value[UOM]".
    """
    began = time.monotonic()
    rows = engine.status()
    code = verdict(rows)
    if code is Exit.DONE and any(row.notes for row in rows):
        code = Exit.TODO
    word = {Exit.DONE: "OK", Exit.TODO: "WARNING", Exit.PROBLEM: "CRITICAL"}.get(code, "UNKNOWN")
    states: dict[StepState, int] = {"in-place": 0, "todo": 0, "problem": 0, "waits": 0, "unknown": 0}
    for row in rows:
        states[row.state] += 1
    told = "; ".join(_gists(rows)) or "everything is in place"
    data = " ".join(f"{state.replace('-', '_')}={number};;;0;{len(rows)}" for state, number in states.items())
    text = f"TUI-INSTALLER {word} - {told}".replace("|", "/")
    say(f"{text} | {data} time={time.monotonic() - began:.2f}s")
    return code


def watch(engine: Engine, every: float, as_json: bool) -> Exit:
    """Print how everything stands, and again whenever it has changed, until somebody ends it."""
    before: object = None
    while True:
        engine.forget()
        rows = engine.status()
        now = [(row.state, row.after, row.notes, row.todo, row.problems) for row in rows]
        if now != before:
            if not as_json:
                say(time.strftime("%Y-%m-%d %H:%M:%S"))
            _say_status(engine, rows, engine.interrupted(), as_json, indent=None)
        before = now
        try:
            time.sleep(every)
        except KeyboardInterrupt:
            return verdict(rows)


def _say_status(
    engine: Engine, rows: Sequence[StepStatus], attempt: Attempt | None, as_json: bool, indent: int | None = 2
) -> None:
    if as_json:
        say(json.dumps(status_json(engine, rows, attempt), indent=indent))
        return
    for row in rows:
        notes = f" (but: {', '.join(row.notes)})" if row.notes else ""
        say(f"{row.id:<16} {row.words}{notes}")
        for what in row.todo if row.state == "todo" else ():
            say(f"      * {what}")
        say_problems(row.problems)
    if attempt is not None:
        say(f"{unended(attempt)}{', and waits for a confirmation' if attempt.waits else ''}")
        if not attempt.runs:
            still_runs(engine)


def still_runs(engine: Engine) -> bool:
    """Whether a command outlived its apply; that is said, and nothing is looked at meanwhile: it changes."""
    for each in engine.state.running():
        say(f"a command of an earlier attempt still runs: {each}. Wait until it has ended, then do the same again.")
    return bool(engine.state.running())


def _gists(rows: Sequence[StepStatus]) -> Iterator[str]:
    """What is to be said of each row that is not simply in place."""
    for row in rows:
        if row.notes:
            yield f"{row.id}: {', '.join(row.notes)}"
        elif row.state in ("problem", "unknown") and row.problems:
            yield f"{row.id}: {row.problems[0].text} [{row.problems[0].code}]"
        elif row.state == "todo":
            yield f"{row.id}: to do{f' ({row.todo[0]})' if row.todo else ''}"


def unended(attempt: Attempt) -> str:
    """As in "packages: is being applied now"."""
    return f"{attempt.step}: {attempt.how}"


def plan(engine: Engine, steps: Sequence[str], as_json: bool = False) -> Exit:
    """Print what the steps (all, if none are named) would do; those after the first that is not in place wait for it.

    Raises `NoSuchStep`.
    """
    chosen, rows = named(engine, steps), engine.rows()
    said = {row.id: row for row in rows}
    found = [(said[step], rows.found[step]) for step in said if step in chosen]
    if as_json:
        told = [{**row_json(row), "changes": plan_json(look.plan)} for row, look in found]
        say(json.dumps({**_about(engine), "steps": told}, indent=2))
    else:
        for row, look in found:
            if look.unknown:
                say(f"{row.id}: {look.unknown}")
            elif row.state == "waits" and not steps:
                say(f"{row.id}: {row.words}")
            elif not look.plan.in_place:
                say_plan(look.plan)
    return verdict([row for row, _ in found])


def hand_over(engine: Engine) -> Exit:
    """Print the hand-over sheet; write it, and the answers for the next host. Raises `StateError`."""
    rows = engine.status()
    say("\n".join(sheet.sheet(engine, rows)))
    say(f"\nwritten: {', '.join(map(str, sheet.write(engine, rows)))}")
    return verdict(rows)


def named(engine: Engine, steps: Sequence[str]) -> list[str]:
    """The steps that are named, all if none are. Raises `NoSuchStep` before anything is done to one of them."""
    return [engine.stack.step(step).id for step in steps] or [step.id for step in engine.stack.steps]


def say_plan(plan: Plan) -> None:
    """Print what would be done, with what is in the way."""
    say(f"{plan.step}:")
    say_problems(plan.problems)
    for change in plan.changes:
        say(f"  * {change.title}")
        for line in show(change):
            say(f"      {line}")


def verdict(rows: Sequence[StepStatus]) -> Exit:
    """The exit code of these rows."""
    states = {row.state for row in rows}
    if "problem" in states:
        return Exit.PROBLEM
    if "unknown" in states:
        return Exit.UNKNOWN
    return Exit.DONE if states <= {"in-place"} else Exit.TODO


# --- for programs

FORMAT = 1
"""Version of what `--json` prints: another one is not read by programs that know this one."""


def status_json(engine: Engine, rows: Sequence[StepStatus], attempt: Attempt | None) -> dict[str, object]:
    """How everything stands."""
    code = verdict(rows)
    told = {"verdict": code.name.lower(), "exit": int(code), "attempt": attempt_json(attempt)}
    return {**_about(engine), **told, "steps": [row_json(row) for row in rows]}


def _about(engine: Engine) -> dict[str, object]:
    stack, here = engine.stack, engine.known.here
    chosen = {"stack": stack.suite, "stack-name": stack.name, "stack-reason": stack.reason}
    clock = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {"format": FORMAT, "version": __version__, "host": here.hostname if here else "", "time": clock, **chosen}


def row_json(row: StepStatus) -> dict[str, object]:
    """One step."""
    waits = {"waits-for": row.after} if row.after else {}
    told = {"notes": list(row.notes), "todo": list(row.todo), "facts": row.facts}
    problems = [problem_json(problem) for problem in row.problems]
    return {"id": row.id, "title": row.title, "state": row.state, **waits, **told, "problems": problems}


def problem_json(problem: Problem) -> dict[str, object]:
    """A problem, with the answer that would mend it and whether it may be accepted."""
    told = {"code": problem.code, "level": problem.level, "text": problem.text, "evidence": list(problem.evidence)}
    mend = problem.remedy.title if problem.remedy else ""
    return {**told, "hint": problem.hint, "field": problem.field, "acceptable": problem.acceptable, "mend": mend}


def plan_json(plan: Plan) -> list[dict[str, object]]:
    """The changes of a plan, each as it is shown."""
    return [{"title": change.title, "shown": list(show(change))} for change in plan.changes]


def attempt_json(attempt: Attempt | None) -> dict[str, object] | None:
    """The newest attempt, if it has no end."""
    if attempt is None:
        return None
    return {"step": attempt.step, "action": attempt.action, "runs": attempt.runs, "waits": attempt.waits}
