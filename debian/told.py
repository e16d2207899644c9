"""What `--json` prints: every key, its kind and its meaning. `make made` writes docs/json.md of it; a test holds it to
what the commands really print.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from tui_installer.cli.exits import Exit
from tui_installer.cli.looking import FORMAT
from tui_installer.engine.entries import Outcome
from tui_installer.engine.inspection import StepState
from tui_installer.model.step import Action, Level

Keys = Mapping[str, tuple[str, str]]
"""By a key's path, as in "steps[].id": its kind, and what it means."""


def _one_of(names: object) -> str:
    return ", ".join(f"`{name}`" for name in get_args(names))


ABOUT: Keys = {
    "format": (
        "number",
        f"{FORMAT}; another one has keys that are gone or mean something else, new keys alone do not raise it",
    ),
    "version": ("text", "of this program"),
    "host": ("text", "the host's name; empty: it was not asked yet"),
    "time": ("text", "of the look, UTC, ISO 8601"),
    "stack": ("text", "`corosync` or `rhcs`"),
    "stack-name": ("text", "the same, or the old release: `etch`, `lenny`, `squeeze`"),
    "stack-reason": ("text", "what it was told by"),
}
PROBLEM: Keys = {
    "problems[].code": ("text", "stable; its page: `tui-installer explain CODE`"),
    "problems[].level": ("text", f"{_one_of(Level)}: nothing may be changed, an answer is missing, only said"),
    "problems[].text": ("text", "what is wrong"),
    "problems[].evidence[]": ("text", "the tool's own words"),
    "problems[].hint": ("text", "what to do next"),
    "problems[].field": ("text", "the answer that would mend it; empty: none"),
    "problems[].acceptable": ("yes/no", "whether its code may stand in `accept`"),
    "problems[].mend": ("text", "what `tui-installer mend` would do; empty: nothing is known that is safe"),
}
STEP: Keys = {
    "id": ("text", "as the commands take it, and the section of the answers"),
    "title": ("text", "as the screens call it"),
    "state": ("text", _one_of(StepState)),
    "waits-for": ("text", "the step that it waits for; only if it waits"),
    "notes[]": ("text", "what is open though it is in place"),
    "todo[]": ("text", "what would be done"),
    "facts.*": ("text", "what was seen, by what it is called on the screen; the names are not part of the format"),
    **PROBLEM,
}
ATTEMPT: Keys = {
    "attempt": ("object or null", "what was begun and has no end; null: nothing"),
    "attempt.step": ("text", "its step"),
    "attempt.action": ("text", _one_of(Action)),
    "attempt.runs": ("yes/no", "whether its process is there; else it was cut off"),
    "attempt.waits": ("yes/no", "whether it waits for `tui-installer confirm`"),
}


def _steps(keys: Keys) -> Keys:
    return {f"steps[].{path}": about for path, about in keys.items()}


VERDICT: Keys = {
    "verdict": ("text", ", ".join(f"`{each.name.lower()}` ({each})" for each in Exit if each is not Exit.USAGE)),
    "exit": ("number", "the exit code"),
}
STATUS: Keys = {**ABOUT, **VERDICT, **ATTEMPT, **_steps(STEP)}
PLAN: Keys = {
    **ABOUT,
    **_steps(STEP),
    "steps[].changes[].title": ("text", "what it does"),
    "steps[].changes[].shown[]": ("text", "a line of its diff, or its command; secrets are masked"),
}
IN_ATTEMPT: Keys = {
    "event": ("text", "what happened"),
    "at": ("text", "when, UTC, ISO 8601"),
    "step": ("text", "of which step"),
    "attempt": ("text", "the attempt's id, as in the journal"),
}
INDEX: Keys = {"index": ("number", "which of the changes, from 0")}
EVENTS: Mapping[str, tuple[str, Keys]] = {
    "start": (
        "an attempt begins",
        {**IN_ATTEMPT, "action": ("text", _one_of(Action)), "changes[]": ("text", "titles of what will be done")},
    ),
    "begun": ("a change begins", {**IN_ATTEMPT, **INDEX, "title": ("text", "what it does")}),
    "said": ("a command printed a line", {**IN_ATTEMPT, "text": ("text", "the line, printable, without secrets")}),
    "done": ("a change is made", {**IN_ATTEMPT, **INDEX}),
    "failed": (
        "a change failed",
        {
            **IN_ATTEMPT,
            **INDEX,
            "title": ("text", "what it was to do"),
            "host": ("text", "where: `here`, or a member"),
            "verdict": ("text", "how the command ended"),
            "code": ("number or null", "its exit code; null: it had none"),
            "evidence[]": ("text", "what it said"),
        },
    ),
    "back": ("a failed change's earlier content is there again", {**IN_ATTEMPT, **INDEX}),
    "confirm": (
        "somebody has to confirm, by `tui-installer confirm`",
        {**IN_ATTEMPT, "within": ("number", "seconds")},
    ),
    "end": ("an attempt ends", {**IN_ATTEMPT, "outcome": ("text", _one_of(Outcome))}),
    "verdict": (
        "the last line",
        {
            "event": IN_ATTEMPT["event"],
            **VERDICT,
            "changed[]": ("text", "steps that were changed and are in place (Ansible: changed)"),
            "was-in-place[]": ("text", "steps in which nothing was to be done"),
        },
    ),
}


def page() -> str:
    """docs/json.md."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield from ("# What `--json` prints", "")
    yield "Made from the code. Text for people goes to standard error meanwhile; exit codes are the same without it."
    yield from ("", "## status", "", "    tui-installer status --json", "")
    yield from ("An object; with `--watch` one a line, whenever it has changed.", "", *_table(STATUS))
    yield from ("", "## plan", "", "    tui-installer plan --json", "", "An object.", "", *_table(PLAN))
    yield from ("", "## apply", "", "    tui-installer apply --json", "")
    yield "An object a line, as it happens: events, then the verdict."
    for name, (meaning, keys) in EVENTS.items():
        yield from ("", f"### {name}", "", f"{meaning[0].upper()}{meaning[1:]}.", "", *_table(keys))


def _table(keys: Keys) -> Iterator[str]:
    yield from ("| key | kind | meaning |", "| --- | --- | --- |")
    yield from (f"| `{path}` | {kind} | {meaning} |" for path, (kind, meaning) in keys.items())
