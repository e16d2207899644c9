"""What a step asks, with the answers as they are and what is offered: what a form is made of. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from screens.snapshot import StepSnapshot
from tui_installer.model.answers import Question, Secret, questions
from tui_installer.model.step import Problem

ACCEPT = "accept"
"""The question of which problems are accepted: it is asked only while there is one to accept."""

FORGET = "-"
"""What is typed for a password to forget it: without anything typed it is kept."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One question, as it stands."""

    question: Question
    text: str
    """The answer as it would be typed; empty for a secret."""
    options: tuple[tuple[str, str], ...]
    """What is chosen from, as (value, how it is shown), and what was chosen and is not offered any more; empty: it is
    typed. What may be typed as well says `Question.typed`."""
    ticked: tuple[str, ...]
    """The values of `options` that are chosen."""
    yes: bool | None
    """The answer to a question of yes or no; None: not answered, or another kind of question."""
    kept: bool
    """A secret is there already, and is kept if nothing is typed."""


def asked(seen: StepSnapshot) -> tuple[FormField, ...]:
    """The step's questions."""
    every = questions(seen.look.step.asks)
    return tuple(_asked(question, seen) for question in every if question.name != ACCEPT or _acceptable(seen))


def wanted(seen: StepSnapshot, of: Sequence[Problem] = ()) -> str:
    """The name of the question whose answer would mend what is in the way, or what failed; empty: there is none. `of`:
    what is in the way of something else that the step is asked for, which comes first."""
    names = [each.question.name for each in asked(seen)]
    for problem in (*of, *seen.blocking, *seen.failed):
        told = problem.field or problem.code.rpartition(".")[2].replace("-", "_")
        if named := [name for name in names if name == told or name.startswith(f"{told}_")]:
            return named[0]
        if problem.acceptable and ACCEPT in names:
            return ACCEPT
    return ""


def without_name(question: Question, error: str) -> str:
    """What is wrong with an answer, said beside it."""
    return error.removeprefix(f"{question.name.replace('_', '-')}: ")


def _asked(question: Question, seen: StepSnapshot) -> FormField:
    value = getattr(seen.look.answers, question.name)
    ticked = tuple(value) if question.kind == "list" else (value,) if value and isinstance(value, str) else ()
    offered = _options(question, seen) if question.kind in ("list", "text") else ()
    gone = [each for each in ticked if each not in dict(offered)] if offered else []
    return FormField(
        question=question,
        text=_text(value),
        options=(*offered, *((each, f"{each} (not seen now)") for each in gone)),
        ticked=ticked,
        yes=value if isinstance(value, bool) else None,
        kept=isinstance(value, Secret) and bool(value),
    )


def _text(value: object) -> str:
    if isinstance(value, Secret):
        return ""
    return ", ".join(value) if isinstance(value, tuple) else str(value or "")


def _options(question: Question, seen: StepSnapshot) -> tuple[tuple[str, str], ...]:
    if question.name == ACCEPT:
        return tuple((code, code) for code in _acceptable(seen))
    return seen.choices.get(question.name) or tuple((choice, choice) for choice in question.choices)


def _acceptable(seen: StepSnapshot) -> tuple[str, ...]:
    """The codes of the problems that may be accepted, and of those that are named."""
    accepted = getattr(seen.look.answers, ACCEPT, ())
    open_ = [problem.code for problem in seen.blocking if problem.acceptable]
    return tuple(dict.fromkeys([*accepted, *open_]))
