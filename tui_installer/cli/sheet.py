"""The hand-over sheet: what was done on a host, what is open, what to test next, where the record is; and the answers
as a file for the next host.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tui_installer import __version__
from tui_installer.engine.engine import Engine
from tui_installer.engine.files import Files
from tui_installer.engine.inspection import StepStatus
from tui_installer.engine.recall import titled
from tui_installer.model.answers import questions

OWN: Mapping[str, frozenset[str]] = {
    "storage-network": frozenset({"address", "second-address"}),
    "iscsi": frozenset({"initiator", "alias"}),
    "cluster": frozenset({"name", "address", "nodeid", "confirm", "fence-address", "fence-settings"}),
    "reboot": frozenset({"confirm"}),
}
"""Answers that are of one host alone, by the step: the next one has others."""
TESTS: Mapping[str, str] = {
    "storage-network": "Pull one storage cable: each portal on the other path still answers (ping -I CARD PORTAL).",
    "multipath": "Take one path away under load: multipath -ll shows it failed, guests go on; then bring it back.",
    "cluster": "Fence this host from a member, before guests depend on it: it goes off, LVM on the others goes on.",
    "lvm": "Activate a volume here that is active on another member: it is refused.",
    "xen": "Move a small guest here and back.",
    "console": "Restart, and see boot menu and login on the serial line.",
    "reboot": "Restart once more: tui-installer status says that everything is in place.",
}
"""What is to be tried next, by the step that it belongs to."""


def sheet(engine: Engine, rows: Sequence[StepStatus]) -> list[str]:
    """The sheet as Markdown, which can be read as it is."""
    here = engine.known.here
    name = here.hostname if here else engine.here.name
    return [
        f"# Hand-over: {name}",
        "",
        f"{time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}, tui-installer {__version__}, {engine.stack.label}.",
        *([f"{here.distribution.capitalize()} {here.version}, Linux {here.kernel}."] if here else []),
        "",
        "## Done",
        "",
        *_done(engine, rows),
        "",
        "## Open",
        "",
        *(list(_open(rows)) or ["- Nothing."]),
        "",
        "## To be tested next",
        "",
        *(f"- [ ] {TESTS[row.id]}" for row in rows if row.id in TESTS),
        "",
        "## The record",
        "",
        f"- Every change, with what its commands said: {engine.state.journal}",
        f"- The answers for the next host, without secrets: {engine.state.folder / ANSWERS}",
        "- How it stands now: tui-installer status. To take it back: tui-installer undo.",
    ]


def _done(engine: Engine, rows: Sequence[StepStatus]) -> Iterator[str]:
    for row in rows:
        yield f"- {row.title}: {row.words}"
        attempt = engine.last(row.id)
        if attempt is not None and attempt.action == "apply":
            yield from (f"  - {titled(attempt.changes[index])}" for index in sorted(attempt.done))


def _open(rows: Sequence[StepStatus]) -> Iterator[str]:
    """What is open, and who can do it as far as the hint says."""
    for row in rows:
        for problem in row.problems:
            hint = f" {problem.hint}" if problem.hint else ""
            yield f"- {row.title}: {problem.text}{hint} ({problem.code})"
        if row.state != "in-place":
            yield f"- {row.title}: {row.words}"


SHEET, ANSWERS = "handover.md", "host.toml"
"""Names of the files, in the program's folder."""


def answers(engine: Engine) -> str:
    """The answers for the next host, as TOML: secrets are only named, and what is this host's own is a comment."""
    import tomli_w  # for this command alone

    kept = engine.state.answers()
    lines = ["# Answers for another host of this cluster: tui-installer --answers FILE apply", ""]
    for step in engine.stack.steps:
        table = kept.get(step.id, {})
        own = OWN.get(step.id, frozenset())
        secret = [question.name.replace("_", "-") for question in questions(step.asks) if question.kind == "secret"]
        shared = {key: value for key, value in table.items() if key not in own and key not in secret}
        if table or secret:
            lines += [f"[{step.id}]", *tomli_w.dumps(shared).splitlines()]
            lines += [f"# {key} = ...   its own; here it was {_text(table[key])}" for key in sorted(own & set(table))]
            lines += [f"# {key} = ...   a secret, if there is one" for key in secret] + [""]
    return "\n".join(lines)


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def write(engine: Engine, rows: Sequence[StepStatus]) -> tuple[Path, Path]:
    """Write both files, for root alone; returns their paths. Raises `StateError`."""
    found = engine.state.folder / SHEET, engine.state.folder / ANSWERS
    for path, text in zip(found, ("\n".join(sheet(engine, rows)) + "\n", answers(engine)), strict=True):
        Files().save(path, text.encode())
    return found
