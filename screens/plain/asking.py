"""The questions of a step, one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from screens.form_model import FORGET, FormField, asked, wanted, without_name
from screens.plain.lines import Lines, choice
from screens.snapshot import StepSnapshot
from screens.words import WIDTH, wrap
from tui_installer.model.answers import AnswersError, Secret, convert

HOW = (
    f"Enter keeps what is in [brackets], {FORGET} empties it; numbers tick and untick.",
    "< goes back one question; . ends here, what was answered is kept; ? is help.",
    "Nothing is changed on any host yet.",
)
CLEARED = {"list": (), "yes-no": None, "number": 0, "secret": Secret()}
"""What `FORGET` answers, by the kind of question; else an empty text."""


def answers(lines: Lines, seen: StepSnapshot) -> Mapping[str, Any]:
    """Ask from the question that is in the way on; returns what was changed, by the names of the questions.

    Raises `Gone`.
    """
    every = asked(seen)
    if not every:
        lines.say("This step asks nothing.")
        return {}
    lines.say("", *HOW)
    changed: dict[str, Any] = {}
    at = _first(every, wanted(seen))
    while at < len(every):
        typed = _ask(lines, every[at], f"({at + 1}/{len(every)})", changed)
        if typed == ".":
            break
        at += 1 if typed != "<" else -min(1, at)
    return changed


def _first(every: Sequence[FormField], name: str) -> int:
    """The question that is in the way, else the first one."""
    return next((at for at, one in enumerate(every) if one.question.name == name), 0)


def _ask(lines: Lines, one: FormField, where: str, changed: dict[str, Any]) -> str:
    """Ask until the answer is usable; returns what was typed at last."""
    name = one.question.name
    about = wrap(one.question.about, WIDTH - 1, "    ") if one.question.about else []
    lines.say("", f"{where} {one.question.label}", *about)
    while True:
        now = changed.get(name)
        ticked = _ticked(one, now)
        lines.say(*_offered(one, ticked))
        typed = lines.ask(_prompt(one, now), hidden=one.question.kind == "secret")
        if typed in ("", "<", "."):
            return typed
        if typed == "?":
            lines.say("", *about, *HOW)
            continue
        try:
            changed[name] = _value(one, typed, ticked)
        except AnswersError as error:
            lines.say(f"    ! {without_name(one.question, str(error))}")
            continue
        if not (one.options and one.question.kind == "list"):
            return typed


def _ticked(one: FormField, now: object) -> tuple[str, ...]:
    if isinstance(now, tuple):
        return now
    return (now,) if isinstance(now, str) and now else () if now is not None else one.ticked


def _offered(one: FormField, ticked: Sequence[str]) -> list[str]:
    listed = [
        f"    {number:>2} [{'x' if value in ticked else ' '}] {shown}"
        for number, (value, shown) in enumerate(one.options, 1)
    ]
    others = [value for value in ticked if value not in dict(one.options)] if one.options else []
    return [*listed, *(f"       [x] {value}" for value in others)]


def _prompt(one: FormField, now: object) -> str:
    text = one.text if now is None else ", ".join(now) if isinstance(now, tuple) else str(now or "")
    if one.options:
        return _choose(one, text)
    if one.question.kind == "secret":
        kept = one.kept if now is None else bool(now)
        return f"    [{f'kept as it is, {FORGET} forgets it' if kept else 'none'}; not shown]:"
    if one.question.kind == "yes-no":
        yes = one.yes if now is None else now
        return f"    yes or no [{'' if yes is None else 'yes' if yes else 'no'}]:"
    return f"    [{text}]:"


def _choose(one: FormField, text: str) -> str:
    typed = one.question.typed
    if one.question.kind == "list":
        return f"    Numbers{', or others typed' if typed else ''}, Enter when done:"
    return f"    Number, or another typed [{text}]:" if typed else "    Number, Enter to keep it:"


def _value(one: FormField, typed: str, ticked: Sequence[str]) -> Any:
    """What the typed line answers. Raises `AnswersError`."""
    if typed == FORGET:
        return CLEARED.get(one.question.kind, "")
    if not one.options:
        short = {"y": "yes", "n": "no"}
        return convert(one.question, short.get(typed, typed) if one.question.kind == "yes-no" else typed)
    if one.question.kind == "text":
        return _option(one, typed)
    chosen = [_option(one, word) for word in typed.replace(",", " ").split()]
    turned = [value for value in ticked if value not in chosen]
    return (*turned, *(value for value in chosen if value not in ticked))


def _option(one: FormField, word: str) -> str:
    if at := choice(word, len(one.options)):
        return one.options[at - 1][0]
    if one.question.typed:
        return word
    raise AnswersError(f"{word!r} is none of the numbers 1 to {len(one.options)}")
