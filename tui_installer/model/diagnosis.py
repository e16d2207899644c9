"""Causes of failed changes, known by what the tool said: so that a failure says more than an exit code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tui_installer.model.step import Failure, Problem

_AGAIN = "Mend the cause, then plan again; or take it back."
_CHANGED = "changed since the plan was made"


@dataclass(frozen=True, slots=True)
class Cause:
    """What a failure means."""

    code: str
    sign: str
    """A regular expression for the title, the command, the verdict and the evidence, a line each; `text` and `hint`
    may use its named groups."""
    text: str
    hint: str
    codes: tuple[int | None, ...] = ()
    """The exit codes that it goes with (None: the command did not end); empty: any."""


def diagnosed(failure: Failure, step: str, causes: Iterable[Cause]) -> Problem:
    """The problem that a failure shows: of the first cause whose sign is seen, else in the failure's own words."""
    lines = "\n".join((failure.title, " ".join(failure.command), failure.verdict, *failure.evidence))
    for cause in causes:
        found = re.search(cause.sign, lines, re.MULTILINE)
        if found and (not cause.codes or failure.code in cause.codes):
            words = {"host": "this host" if failure.host == "here" else failure.host, **found.groupdict(default="")}
            text, hint = cause.text.format(**words), cause.hint.format(**words)
            return Problem(cause.code, text, failure.evidence, hint)
    return _plain(failure, step)


def _plain(failure: Failure, step: str) -> Problem:
    """Without a wait's expression, which says nothing to the operator."""
    where = "" if failure.host == "here" else f" on {failure.host}"
    path = failure.command[0] if failure.command else ""
    if _CHANGED in failure.verdict:
        text = f"{path}{where} is another than when the plan was made: it was not overwritten."
        return Problem(f"{step}.failed", text, failure.evidence, "See who changed it, then plan again.")
    verdict = re.sub(r"(did not come true within \d+ s): .*", r"\1", failure.verdict, flags=re.DOTALL)
    return Problem(f"{step}.failed", f"{failure.title}{where}: {verdict}.", failure.evidence, _AGAIN)
