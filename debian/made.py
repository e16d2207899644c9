"""Files that are made from the code and committed: the manual page, completion for shells, the schema of the answers
file, and references. `make made` writes them; a test compares them.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import shtab
from argparse_manpage.manpage import Manpage

from debian import told
from tui_installer import __version__
from tui_installer.cli.arguments import accepted
from tui_installer.model.answers import Question, questions
from tui_installer.remote.target import SECTION, TargetAnswers
from tui_installer.steps import STACKS

ROOT = Path(__file__).parents[1]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "secret": {"type": "string", "writeOnly": True},
    "number": {"type": "integer"},
    "yes-no": {"type": "boolean"},
    "list": {"type": "array", "items": {"type": "string"}},
}
Fields = dict[str, list[tuple[Question, tuple[str, ...]]]]
"""Of a section: by a field's name what the stacks ask by it, and which stacks these are."""


def manual() -> str:
    """The manual page: what the parser knows, then what is written by hand in `manual.man`."""
    page = Manpage(accepted(), format="single-commands-section")
    page.date, page.section, page.manual = _released(), "8", "System administration"
    page.source = f"tui-installer {__version__}"
    with patch.dict(os.environ, COLUMNS="80"):
        text = str(page)
    made = re.sub(r"(\.SH NAME\n)tui\\-installer\n", r"\1tui\\-installer \\- join a host to a VM cluster\n", text)
    made = made.replace(".SH\nPOSITIONAL ARGUMENTS", ".SH COMMANDS").replace(".SH\n", ".SH ")
    return "\n".join(line.rstrip() for line in made.splitlines()) + "\n" + (ROOT / "debian/manual.man").read_text()


def _released() -> str:
    """The day of the newest entry of debian/changelog, as in "29 Nov 2026"."""
    found = re.search(r"^ -- .*>  \w+, (\d+ \w+ \d+) ", (ROOT / "debian/changelog").read_text(), re.MULTILINE)
    assert found, "debian/changelog has an entry"
    return found[1]


def completion(shell: str) -> str:
    """The completion for "bash" or "zsh"."""
    return f"{shtab.complete(accepted(), shell).rstrip()}\n"


def sections() -> dict[str, Fields]:
    """The sections of an answers file."""
    found: dict[str, Fields] = {SECTION: {q.name: [(q, tuple(STACKS))] for q in questions(TargetAnswers)}}
    for name, stack in STACKS.items():
        for step in stack.steps:
            fields = found.setdefault(step.id, {})
            for question in questions(step.asks):
                _add(fields.setdefault(question.name, []), question, name)
    return found


def _add(known: list[tuple[Question, tuple[str, ...]]], question: Question, stack: str) -> None:
    """One field may mean the same on several stacks."""
    for index, (other, stacks) in enumerate(known):
        if other == question:
            known[index] = (other, (*stacks, stack))
            return
    known.append((question, (stack,)))


def schema() -> str:
    """The JSON schema of an answers file (TOML has the same types), of all stacks."""
    stack = {"type": "object", "properties": {"name": {"enum": list(STACKS)}}, "additionalProperties": False}
    properties = {"stack": stack, **{name: _section(fields) for name, fields in sections().items()}}
    whole = {
        "$schema": DRAFT,
        "title": "Answers of tui-installer",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    return json.dumps(whole, indent=1) + "\n"


def _section(fields: Fields) -> dict[str, Any]:
    named = {name.replace("_", "-"): _field([question for question, _ in asked]) for name, asked in fields.items()}
    return {"type": "object", "properties": named, "additionalProperties": False}


def _field(asked: list[Question]) -> dict[str, Any]:
    kinds = [{**_TYPES[question.kind], **_choices(question)} for question in asked]
    different = [kind for index, kind in enumerate(kinds) if kind not in kinds[:index]]
    shape = different[0] if len(different) == 1 else {"anyOf": different}
    return {"title": asked[0].label, **({"description": asked[0].about} if asked[0].about else {}), **shape}


def _choices(question: Question) -> dict[str, Any]:
    return {"enum": ["", *question.choices]} if question.choices else {}


def reference() -> str:
    """The reference of the answers file, in Markdown."""
    return "\n".join(_reference()) + "\n"


def _reference() -> Iterator[str]:
    yield from ("# The answers file", "")
    yield (
        "TOML, a section a step. What is not there is filled in from what the host and the members show; what can't be "
        "told is a problem that names the field. A file that others can read is refused if it holds a secret. "
        "The same as a JSON schema: `assets/answers.schema.json`. Made from the code."
    )
    for name, fields in sections().items():
        if not fields:
            continue
        yield from ("", f"## [{name}]", "", "| field | kind | asked on | meaning |", "| --- | --- | --- | --- |")
        for field, asked in fields.items():
            yield from (_row(field, question, stacks) for question, stacks in asked)


def _row(field: str, question: Question, stacks: tuple[str, ...]) -> str:
    kind = " / ".join(question.choices) if question.choices else question.kind
    where = "every stack" if len(stacks) == len(STACKS) else ", ".join(stacks)
    about = f"{question.label}. {question.about}".rstrip().replace("|", "\\|")
    return f"| `{field.replace('_', '-')}` | {kind} | {where} | {about} |"


def runbook_index() -> str:
    """All pages of the runbook by their codes, with what each means, in Markdown."""
    head = (
        "# Problems by their codes",
        "",
        "`tui-installer explain CODE` prints a page on the host. Made from the pages.",
        "",
    )
    pages = sorted((ROOT / "assets/runbook").glob("*.md"))
    listed = (f"- [{page.stem}](../assets/runbook/{page.name}): {_meaning(page)}" for page in pages)
    return "\n".join((*head, *listed)) + "\n"


def _meaning(page: Path) -> str:
    found = re.search(r"^Meaning: (.*?)\n\n", page.read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"{page.name} says what it means"
    return " ".join(found[1].split())


MADE = {
    "debian/tui-installer.8": manual,
    "debian/completion.bash": lambda: completion("bash"),
    "debian/completion.zsh": lambda: completion("zsh"),
    "assets/answers.schema.json": schema,
    "docs/answers.md": reference,
    "docs/json.md": told.page,
    "docs/runbook.md": runbook_index,
}
"""What is made, by its path in the project."""


def main() -> None:
    """Write all of them."""
    for path, make in MADE.items():
        (ROOT / path).write_text(make())


if __name__ == "__main__":
    main()
