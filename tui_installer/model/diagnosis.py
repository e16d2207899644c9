"""Causes of failed changes, known by what the tool said: so that a failure says more than an exit code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tui_installer.model.change import Run
from tui_installer.model.step import Failure, Problem, Reason, Remedy
from tui_installer.model.text import host_name, tail

_AGAIN = "Mend the cause, then plan again; or take it back."
_BEFORE, _SHOWN = 4, 8
"""Lines of evidence: those before the one that tells, and all."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What a failure means. It is known by the tool's words, by what the change was and by how it ended: never by a
    title, a verdict or a hint of ours."""

    code: str
    sign: str
    """A regular expression for the command and all that it said, a line each; empty: whatever it said. `text`, `hint`
    and the remedy's commands may use its named groups."""
    text: str
    hint: str
    codes: tuple[int | None, ...] = ()
    """The exit codes that it goes with (None: the command did not end); empty: any."""
    run: str = ""
    """A regular expression that the whole `Run.id` matches, which may have named groups too; empty: any."""
    reasons: tuple[Reason, ...] = ()
    """How it failed; empty: anyhow."""
    remedy: Remedy | None = None
    """What mends it, in words that may use the groups."""
    field: str = ""
    """See `Problem.field`."""


def diagnosed(failure: Failure, step: str, causes: Iterable[Cause], more: Mapping[str, str] | None = None) -> Problem:
    """The problem that a failure shows: of the first cause that fits it, else in the failure's own words.

    `more`: words that texts may use beside the groups.
    """
    command = " ".join(failure.command)
    lines = "\n".join((command, *failure.evidence))
    for cause in causes:
        if (cause.codes and failure.code not in cause.codes) or (cause.reasons and failure.reason not in cause.reasons):
            continue
        run, found = re.fullmatch(cause.run or ".*", failure.id), re.search(cause.sign, lines, re.MULTILINE)
        if run and found:
            words = {**_host(failure), **(more or {}), **run.groupdict(default=""), **found.groupdict(default="")}
            telling = lines.count("\n", 0, found.end()) - command.count("\n") - 1
            return _problem(cause, words, _around(failure.evidence, telling if telling >= 0 else _loud(failure)))
    return _plain(failure, step)


def _loud(failure: Failure) -> int:
    """The last line in which a tool complains; -1: none does."""
    own = "|".join(re.escape(word.rsplit("/", 1)[-1]) for word in failure.command[:1])
    loud = re.compile(rf"(?:{own}): |E: |.*\b(?:error|[Ff]ailed|[Ff]ailure|cannot|not found)\b")
    return max((at for at, line in enumerate(failure.evidence) if loud.match(line.strip())), default=-1)


def _host(failure: Failure) -> dict[str, str]:
    return {"host": host_name(failure.host)}


def _problem(cause: Cause, words: Mapping[str, str], evidence: tuple[str, ...]) -> Problem:
    remedy = _remedy(cause.remedy, words) if cause.remedy else None
    text, hint = _said(cause.text, words), _said(cause.hint, words)
    return Problem(cause.code, text, evidence, hint, field=cause.field, remedy=remedy)


def _said(text: str, words: Mapping[str, str]) -> str:
    """With the words in it; those that nothing was found for leave no gap. Names like .deb and ./ keep their blank."""
    return re.sub(r" +(?=[.,:;)]+(?:\s|$))|(?<= ) +", "", text.format(**words))


def _remedy(remedy: Remedy, words: Mapping[str, str]) -> Remedy:
    return Remedy(_said(remedy.title, words), tuple(_filled(run, words) for run in remedy.runs))


def _filled(run: Run, words: Mapping[str, str]) -> Run:
    stops = tuple(replace(each, names=tuple(name.format(**words) for name in each.names)) for each in run.stops)
    argv = tuple(word.format(**words) for word in run.argv)
    stdin = run.stdin.decode().format(**words).encode()
    undo = tuple(_filled(back, words) for back in run.undo)
    return replace(run, title=run.title.format(**words), argv=argv, stdin=stdin, undo=undo, stops=stops)


def _around(evidence: tuple[str, ...], telling: int) -> tuple[str, ...]:
    """The last lines; those around the one that tells if it is none of them."""
    if not 0 <= telling < len(evidence) - _SHOWN:
        return tail(evidence, _SHOWN)
    first = max(0, telling - _BEFORE)
    return evidence[first : telling + 2]


def _plain(failure: Failure, step: str) -> Problem:
    """Without a wait's expression, which says nothing to the operator."""
    where = "" if failure.host == "here" else f" on {failure.host}"
    path = failure.command[0] if failure.command else ""
    if failure.reason == "drift":
        text = f"{path}{where} is another than when the plan was made: it was not overwritten."
        return Problem(f"{step}.failed", text, failure.evidence, "See who changed it, then plan again.")
    verdict = re.sub(r"(did not come true within \d+ s): .*", r"\1", failure.verdict, flags=re.DOTALL)
    text = f"{failure.title}{where}: {verdict}."
    return Problem(f"{step}.failed", text, _around(failure.evidence, _loud(failure)), _AGAIN)
