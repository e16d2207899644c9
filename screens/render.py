"""Steps, problems, plans and failures as lines of text for a pager. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence

from screens.snapshot import Open, StepSnapshot, UndoCandidates
from screens.words import WIDTH, hosts_named, plain, ruled, wrap
from tui_installer.engine.inspection import StepStatus
from tui_installer.model.change import Change, hosts, show
from tui_installer.model.step import LEVELS, Plan, Problem, placed
from tui_installer.model.text import count
from tui_installer.model.view import Reading

COLUMN = 26
"""The column in which the value of a fact begins, from 0."""
MOST_EVIDENCE = 8
"""Lines of a tool's words that are shown of one problem."""


def facts(seen: StepSnapshot) -> list[str]:
    """What is, then what is to be said about it."""
    if seen.look.unknown:
        return ["It cannot be looked at:", "", *wrap(seen.look.unknown, WIDTH, "  "), "", "r looks again."]
    lines = [line for label, value in seen.shown.items() for line in fact(label, value)]
    told = problems(seen.problems)
    return [*(lines or ["Nothing is known yet."]), "", *(told or ["Nothing is in the way."])]


def fact(label: str, value: str) -> list[str]:
    """A labelled value, beside its label; below it, if that is too long for its column."""
    mark = f"{plain(label):<24}  "
    if len(mark) == COLUMN:
        return wrap(value, WIDTH, mark)
    return [*wrap(label, WIDTH), *wrap(value, WIDTH, " " * COLUMN)]


def problems(found: Iterable[Problem]) -> list[str]:
    """Problems, each with the tool's own words and what to do next."""
    lines: list[str] = []
    for problem in found:
        lines += wrap(f"{LEVELS[problem.level]}  {problem.code}", WIDTH)
        lines += wrap(problem.text, WIDTH, "  ")
        lines += [line for said in problem.evidence[:MOST_EVIDENCE] for line in wrap(said, WIDTH, "  | ")]
        lines += wrap(problem.hint, WIDTH, "  -> ") if problem.hint else []
        lines += [""]
    return lines


def plan(seen: StepSnapshot) -> list[str]:
    """What is in the way, then what would be done."""
    look = seen.look
    if look.unknown:
        return facts(seen)
    told = problems(seen.problems)
    if seen.state == "in-place":
        return [f"{placed(look.plan.notes, 'In place')}: there is nothing to do.", "", *told]
    if not look.plan.changes:
        return [*told, "Nothing can be planned before that is mended or answered."]
    return [*told, *changes(look.plan.changes)]


def summary(what: Plan) -> str:
    """As in "3 changes on this host, node1"."""
    does = _does(what)
    touched = [name for change in does for name in hosts(change)]
    return f"{count(len(does), 'change')} on {hosts_named(touched)}" if does else "Nothing is changed."


def onward(seen: StepSnapshot) -> str:
    """What Enter does."""
    if seen.section == "form":
        return "Enter: the form, to answer what is asked"
    if seen.look.unknown or seen.blocking:
        return "Mend what is in the way, or change an answer (e), then r looks again."
    return "Enter: next step" if seen.state == "in-place" else "Enter: apply"


def changes(planned: Sequence[Change]) -> Iterator[str]:
    """Every change's title, with its diff or its commands."""
    for number, change in enumerate(planned, 1):
        yield f"{number}. {change.title}"
        yield from (f"   {line}" for line in show(change))
        yield ""


def approval(what: Plan) -> list[str]:
    """What is to be approved: in short; of taking back, which no page has shown before, all of it."""
    if what.action == "undo":
        return [*_elsewhere((what,)), *_back(what)]
    return [summary(what), *_elsewhere((what,)), "", *titles(what.changes)]


def approval_of_all(plans: Sequence[tuple[str, Plan]]) -> list[str]:
    """The same of several steps that are taken back one after the other, each with its title."""
    lines = [
        *_elsewhere(plan for _, plan in plans),
        "What is not as shown here when its turn comes is asked for again.",
    ]
    for title, plan in plans:
        lines += ["", ruled(title, WIDTH), *(_later(plan) if plan.blocked else _back(plan))]
    return lines


def _elsewhere(plans: Iterable[Plan]) -> list[str]:
    touched = (name for plan in plans for change in plan.changes for name in hosts(change))
    others = dict.fromkeys(name for name in touched if name != "here")
    return [f"This changes other hosts too: {', '.join(others)}"] if others else []


def _later(what: Plan) -> list[str]:
    return ["It cannot be planned before its turn comes, and is asked for then:", "", *problems(what.problems)]


def _back(what: Plan) -> list[str]:
    """What taking a step back changes, and how much of it changes nothing."""
    nothing = len(what.changes) - len(does := _does(what))
    rest = [f"and {count(nothing, 'change')} that {'leaves' if nothing == 1 else 'leave'} nothing to take back"]
    return [summary(what), "", *problems(what.problems), *changes(does), *(rest if nothing else ())]


def _does(what: Plan) -> list[Change]:
    """Its changes; of taking back without those that only mark one as taken back."""
    return [change for change in what.changes if what.action != "undo" or hosts(change)]


def what_stands(what: UndoCandidates) -> list[str]:
    """What could be taken back."""
    if not what.steps:
        return ["There is nothing to take back: nothing was applied by this program."]
    stands = [f"  {title}: {count(number, 'change')}" for _, title, number in what.steps]
    of = [title for step_id, title, _ in what.steps if step_id in what.some]
    some = ["", *wrap(", ".join(of) + ".", WIDTH, "This and later: ")] if 1 < len(of) < len(stands) else []
    alone = ["", "The last attempt did not end well: what it did can be taken back alone."] if what.attempt else []
    return ["What was applied by this program, in the order in which it is taken back:", "", *stands, *some, *alone]


def titles(planned: Sequence[Change]) -> list[str]:
    """Every change's title, with the hosts that it touches."""
    return [f"{number:>3}. {change.title}{_where(change)}" for number, change in enumerate(planned, 1)]


def _where(change: Change) -> str:
    """Nothing is touched by what only marks a change as taken back."""
    touched = hosts(change)
    return f"  ({hosts_named(touched)})" if touched else ""


def reading(title: str, what: Reading) -> list[str]:
    """A live view, with when it was read, by this machine's clock and time zone."""
    clock = time.strftime("%H:%M:%S", time.localtime(what.at))
    head = f"{title} - read at {clock}, took {what.took:.1f} s"
    if what.error:
        return [head, "", *wrap(what.error, WIDTH, "  ")]
    return [head, "", *(what.text.splitlines() or ["(it shows nothing)"]), ""]


# --- the status


def verdict(rows: Iterable[StepStatus]) -> str:
    """What is to be done next, in a sentence."""
    found = tuple(rows)
    left = [row for row in found if row.state != "in-place"]
    if not left:
        notes = [note for row in found for note in row.notes]
        return f"{placed(notes, 'All in place' if notes else 'Everything is in place')}."
    return f"Next: {left[0].title}" if left[0].state == "todo" else f"In the way: {left[0].title}"


def open_attempt(what: Open) -> str:
    """That something runs, or was cut off."""
    return f"{what.title} {what.attempt.how}"


def gist(row: StepStatus) -> str:
    """The one thing to say of a row: its first problem, else its first fact."""
    if row.state == "waits":
        return ""
    if row.state != "in-place" and row.problems:
        return row.problems[0].text
    if row.notes:
        return f"but: {', '.join(row.notes)}"
    if row.state == "todo" and row.todo:
        return f"{count(len(row.todo), 'change')}: {row.todo[0]}"
    return next((value for value in row.facts.values() if value), "")


def details(row: StepStatus) -> list[str]:
    """All that is to be said of a row, in lines."""
    lines: list[str] = []
    if row.state == "waits":
        lines += ["This step waits for the ones before it."]
    for problem in () if row.state == "waits" else row.problems:
        lines += wrap(f"{LEVELS[problem.level]} {problem.code}: {problem.text}", WIDTH)
        lines += [line for said in problem.evidence[:3] for line in wrap(said, WIDTH, "  | ")]
        lines += wrap(problem.hint, WIDTH, "  -> ") if problem.hint else []
    if row.state == "todo":
        lines += [line for what in row.todo for line in wrap(what, WIDTH, "  * ")]
    return [*lines, *(line for label, value in row.facts.items() for line in fact(label, value))]
