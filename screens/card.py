"""The failure card: what failed, why, what has changed, what is safe and what can be done, on one screen. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from assets import runbook
from screens.progress import Progress
from screens.snapshot import StepSnapshot
from screens.words import WIDTH, clipped, fit, hosts_named, wrap
from tui_installer.model.step import PAST, Problem
from tui_installer.model.text import count

ROWS = 18
"""Lines that the card takes at most: an 80x24 screen has those beside title, rules, buttons, message and keys."""
SAID = 3
"""Lines of a tool's words on it; the record has all."""
TELLS = re.compile(r"(?i)^E: |error|fail|refus|denied|cannot|could not|unable|unmet|not valid|no space|time[d-]*.?out")
"""What a line says that tells more than others."""
CHOICES = ("mend", "again", "shell", "back", "leave")
"""What can be done about it, in this order."""
LABELS: Mapping[str, str] = {
    "mend": "m Mend, go on",
    "again": "t Try again",
    "shell": "s Shell",
    "back": "u Take back",
    "leave": "Leave",
}
"""What each is called, with its letter."""


def card(progress: Progress, seen: StepSnapshot, log: Sequence[str]) -> list[str]:
    """The card; `log`: the last words of a process that ended without a word in the journal."""
    what, why, changed, safe = _what(progress), _why(seen, log), _changed(progress), _safe(progress)
    room = ROWS - len(what) - len(changed) - len(safe)
    return [*what, *clipped(why, room, WIDTH), *changed, *safe]


def record(progress: Progress, seen: StepSnapshot) -> list[str]:
    """All that was done and said."""
    said = [f"  | {line}" for line in progress.failure.evidence] if progress.failure else []
    return [*progress.log(), "", *(["What the failed command said:", *said, ""] if said else []), *_hints(seen)]


def choices(seen: StepSnapshot, shell: bool) -> tuple[str, ...]:
    """What is offered: four at most, beside leaving."""
    mend = any(problem.remedy for problem in seen.failure)
    return tuple(one for one in CHOICES if (one != "mend" or mend) and (one != "shell" or shell))


def code(seen: StepSnapshot) -> str:
    """The code whose page is shown; empty: there is none."""
    return next((problem.code for problem in _told(seen)), "")


def page(of: str) -> list[str]:
    """The page of a code, line by line."""
    try:
        return runbook(of).splitlines()
    except OSError:
        return [f"There is no page of {of!r}."]


def _told(seen: StepSnapshot) -> Sequence[Problem]:
    return seen.failure or seen.blocking[:1]


def _hints(seen: StepSnapshot) -> list[str]:
    return [line for problem in _told(seen) for line in wrap(f"{problem.code}: {problem.hint}", WIDTH)]


def _what(progress: Progress) -> list[str]:
    failure = progress.failure
    if failure is None:
        return [f"WHAT     {progress.ending}"]
    return [
        *_labelled("FAILED", f"{failure.title} (on {hosts_named([failure.host])})", 2),
        f"         $ {fit(' '.join(failure.command), WIDTH - 11).rstrip()}",
        *_labelled("VERDICT", failure.verdict, 1),
    ]


def _why(seen: StepSnapshot, log: Sequence[str]) -> list[str]:
    lines: list[str] = []
    for problem in _told(seen):
        lines += _labelled("WHY", f"{problem.text} [{problem.code}]", 3)
        lines += [f"         | {fit(said, WIDTH - 11).rstrip()}" for said in _telling(problem.evidence)]
        lines += _labelled("TRY", problem.hint, 3) if problem.hint else []
        lines += _labelled("MEND", f"{problem.remedy.title}: m shows the plan.", 1) if problem.remedy else []
    if not lines and not log:
        left = f"{count(len(seen.look.plan.changes), 'change')} left to do." if seen.look.plan.changes else "Not known."
        lines += _labelled("WHY", seen.look.unknown or left, 3)
    return [*lines, *(each for line in log[-SAID:] for each in wrap(line, WIDTH, "         | ")[:2])]


def _telling(said: Sequence[str]) -> list[str]:
    """Three lines of what a tool said: those that tell, with the last ones where there are fewer."""
    telling = [at for at, line in enumerate(said) if TELLS.search(line)][-SAID:]
    rest = [at for at in reversed(range(len(said))) if at not in telling]
    return [said[at] for at in sorted([*telling, *rest[: SAID - len(telling)]])]


def _changed(progress: Progress) -> list[str]:
    stand = [title for index, title in enumerate(progress.titles) if progress.states.get(index) == "done"]
    half = [title for index, title in enumerate(progress.titles) if progress.states.get(index) in ("CUT OFF", "FAILED")]
    if not progress.states:
        return _labelled("CHANGED", "nothing.", 1)
    verb = PAST["undo"] if progress.action == "undo" else "done"
    last = ", the last ones:" if len(stand) > 2 else ":" if stand else "."
    lines = _labelled("CHANGED", f"{len(stand)} of {count(len(progress.titles), 'change')} {verb}{last}", 1)
    lines += [f"         - {fit(title, WIDTH - 11).rstrip()}" for title in stand[-2:]]
    return [*lines, *(f"         - perhaps: {fit(title, WIDTH - 20).rstrip()}" for title in half[:1])]


def _safe(progress: Progress) -> list[str]:
    if progress.outcome == "reverted":
        text = "All is as it was before."
    elif progress.risky and not progress.outcome:
        text = "What was not confirmed is taken back by the host itself, now or in a few minutes: look again."
    elif not progress.attempt:
        text = "Nothing was begun by this. Another process may be at work: the first screen shows it."
    else:
        text = "Nothing goes on by itself. What was changed can be taken back; other steps were not touched."
    return _labelled("SAFE", text, 2)


def _labelled(label: str, text: str, most: int) -> list[str]:
    first, *more = clipped(wrap(text, WIDTH - 9), most, WIDTH - 9)
    return [f"{label:<8} {first}", *(" " * 9 + line for line in more)]
