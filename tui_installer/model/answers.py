"""What the operator is asked. A step declares its questions once, as a frozen dataclass whose fields are made by `ask`;
the form on the screen, the section of the answers file, the checks and the help text all come from it.

A field that was not answered holds its empty value ("", 0, (), None); the step fills it in from what it sees.
"""

from __future__ import annotations

import dataclasses
import shlex
import stat
import tomllib
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from assets import runbook


class AnswersError(ValueError):
    """An answer that is not usable; the text says which one and what would be accepted."""

    def __init__(self, text: str, field: str = "", section: str = "", several: Sequence[AnswersError] = ()) -> None:
        """`field`: the name of the question; empty: it is of no single one. `section`: where it stands in a file;
        `several`: the errors that this one is made of."""
        super().__init__(text)
        self.field = field
        self.section = section
        self.several = tuple(several)


@dataclass(frozen=True, slots=True)
class Secret:
    """A password. It is never part of a repr, a log, the journal or the saved answers."""

    value: str = ""
    forgotten: bool = dataclasses.field(default=False, compare=False)
    """Whether one was given, and is not known any more: the host was restarted since."""

    def __repr__(self) -> str:
        return "Secret(...)" if self.value else "Secret()"

    def __bool__(self) -> bool:
        return bool(self.value)


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a form: what `ask` declared, and the field's name and type."""

    name: str
    label: str
    about: str
    kind: Kind
    choices: tuple[str, ...]
    typed: bool = False
    """Whether what the step offers is what is known of it, and something else may be typed as well."""


Kind = typing.Literal["text", "number", "yes-no", "list", "secret"]
SECRET = "password"
"""The name of each question for a secret has this."""
A = TypeVar("A")
DIGITS = 18
"""At most so many has a number that is typed: a TOML file holds it, and int() takes it."""
_KINDS: dict[Any, Kind] = {
    str: "text",
    int: "number",
    bool: "yes-no",
    tuple[str, ...]: "list",
    Secret: "secret",
}


def ask(label: str, about: str = "", *, default: Any = "", choices: tuple[str, ...] = (), typed: bool = False) -> Any:
    """A field of an answers class: its label (at most 24 characters), what it is about, its empty value; `typed`: see
    `Question`."""
    told = {"label": label, "about": about, "choices": choices, "typed": typed}
    return dataclasses.field(default=default, metadata=told)


def questions(kind: type[Any]) -> tuple[Question, ...]:
    """The questions that an answers class declares, in their order."""
    if kind not in _ASKED:
        hints = typing.get_type_hints(kind)
        _ASKED[kind] = tuple(
            Question(
                f.name,
                f.metadata["label"],
                f.metadata["about"],
                _KINDS[_plain(hints[f.name])],
                f.metadata["choices"],
                f.metadata["typed"],
            )
            for f in dataclasses.fields(kind)
        )
    return _ASKED[kind]


_ASKED: dict[type[Any], tuple[Question, ...]] = {}
"""The questions of each answers class that was asked for them."""


def _plain(hint: Any) -> Any:
    """The type of a question without its "or not answered"."""
    if isinstance(hint, types.UnionType):
        return next(part for part in typing.get_args(hint) if part is not types.NoneType)
    return hint


def sections(path: Path) -> dict[str, dict[str, Any]]:
    """The sections of a file of answers, in TOML. Raises `AnswersError`, which names the file."""
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise AnswersError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise AnswersError(f"{path}: {error}") from error
    if isinstance(found.get("version"), int):
        del found["version"]  # of what this program kept itself
    for name, value in found.items():
        if not isinstance(value, dict):
            raise AnswersError(f"{path}: [{name}] must be a section")
    return found


def given(path: Path) -> dict[str, dict[str, Any]]:
    """The sections of a file that somebody gives us: nobody else may have a hand in it, nor read the secrets in it.

    Raises `AnswersError`, which says what mends it."""
    found = sections(path)
    info = path.stat()
    named = sorted({name for table in found.values() for name, value in table.items() if SECRET in name and value})
    others = "written" if info.st_mode & 0o022 else "read" if named and info.st_mode & 0o044 else ""
    if others and stat.S_ISREG(info.st_mode):
        what = f", and has secrets ({', '.join(named)})" if named else ""
        raise AnswersError(f"{path} can be {others} by others{what}: chmod 0600 {shlex.quote(str(path))}")
    return found


def parse(kind: type[A], table: Mapping[str, Any], section: str) -> A:
    """An answers object from a section of an answers file. Raises `AnswersError`."""
    values, wrong = _converted(kind, table, section)
    try:
        answers = kind(**values)
        for code in getattr(answers, "accept", ()):
            _check_accepted(code, section)
    except ValueError as error:
        wrong.append(AnswersError(f"[{section}] {error}", getattr(error, "field", ""), section))
    if wrong:
        raise together(wrong)
    return answers


def _converted(kind: type[Any], table: Mapping[str, Any], section: str) -> tuple[dict[str, Any], list[AnswersError]]:
    """The answers that can be used, by the questions' names, and what is wrong with the others."""
    known = {question.name: question for question in questions(kind)}
    values: dict[str, Any] = {}
    wrong: list[AnswersError] = []
    for key, value in table.items():
        name = key.replace("-", "_")
        try:
            if name not in known:
                raise AnswersError(f"has no {key!r}; it has: {', '.join(n.replace('_', '-') for n in known)}", name)
            values[name] = convert(known[name], value)
        except AnswersError as error:
            wrong.append(AnswersError(f"[{section}] {error}", error.field, section))
    return values, wrong


def together(wrong: Sequence[AnswersError]) -> AnswersError:
    """Several errors as one."""
    every = [each for one in wrong for each in (one.several or (one,))]
    text = "\n".join(map(str, every))
    return every[0] if len(every) == 1 else AnswersError(text, every[0].field, every[0].section, every)


def located(path: Path, error: AnswersError) -> str:
    """What is wrong with the answers in a file, each error with its line."""
    lines = path.read_text("utf-8", "replace").splitlines()
    return "\n".join(f"{path}:{_line(lines, each)}: {each}" for each in error.several or (error,))


def _line(lines: Sequence[str], error: AnswersError) -> int:
    """The line of an answer, from 1; that of its section if it is not found."""
    head = next((at for at, line in enumerate(lines) if line.strip() == f"[{error.section}]"), 0)
    for at, line in enumerate(lines[head + 1 :], head + 1):
        if line.lstrip().startswith("["):
            break
        if error.field and line.partition("=")[0].strip().strip('"').replace("-", "_") == error.field:
            return at + 1
    return head + 1


def _check_accepted(code: str, step: str) -> None:
    """Raises `AnswersError` for what is no problem of that step: each has a page."""
    try:
        known = code.startswith(f"{step}.") and bool(runbook(code))
    except OSError:
        known = False
    if not known:
        raise AnswersError(f"accept: this step has no problem {code!r}", "accept")


def convert(question: Question, value: Any) -> Any:
    """A value as the question's type, from TOML or from what was typed into a form. Raises `AnswersError`."""
    what = f"{question.name.replace('_', '-')}: "
    if isinstance(value, str):
        value = value.strip() if question.kind != "secret" else value
        return _from_text(question, value, what)
    if question.kind == "list" and isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if question.kind == "yes-no" and isinstance(value, bool):
        return value
    if question.kind == "number" and isinstance(value, int) and not isinstance(value, bool):
        return value
    if question.kind == "secret" and isinstance(value, Secret):
        return value
    raise AnswersError(f"{what}{value!r} is not {_ACCEPTED[question.kind]}", question.name)


_ACCEPTED = {
    "text": "a text",
    "number": "a whole number",
    "yes-no": "yes or no",
    "list": "a list of texts",
    "secret": "a text",
}


def _from_text(question: Question, text: str, what: str) -> Any:
    if question.kind == "secret":
        return Secret(text, forgotten=not text)  # an empty text stands for one that was given, see `kept`
    if question.kind == "list":
        return tuple(part for part in text.replace(",", " ").split() if part)
    if question.kind == "number":
        if text and not (text.isascii() and text.isdigit() and len(text) <= DIGITS):
            raise AnswersError(f"{what}{text!r} is not a whole number", question.name)
        return int(text or 0)
    if question.kind == "yes-no":
        if text.lower() not in ("yes", "no", "true", "false", ""):
            raise AnswersError(f"{what}{text!r} is not yes or no", question.name)
        return text.lower() in ("yes", "true")
    if question.choices and text and text not in question.choices:
        raise AnswersError(f"{what}{text!r} is none of: {', '.join(question.choices)}", question.name)
    return text


def table(answers: Any, *, secrets: bool = False) -> dict[str, Any]:
    """The answered fields as a section of an answers file; secrets only where asked for (a 0600 file)."""
    found: dict[str, Any] = {}
    for field in dataclasses.fields(answers):
        value = getattr(answers, field.name)
        if value == field.default or (isinstance(value, Secret) and not secrets):
            continue
        found[field.name.replace("_", "-")] = _plain_value(value)
    return found


def kept(answers: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """(what is remembered for good, the secrets, which are not): of a secret the first says only that one was given."""
    plain, everything = table(answers), table(answers, secrets=True)
    hidden = {name: value for name, value in everything.items() if name not in plain}
    fields = ((field.name.replace("_", "-"), getattr(answers, field.name)) for field in dataclasses.fields(answers))
    gone = [name for name, value in fields if isinstance(value, Secret) and value.forgotten]
    return {**plain, **dict.fromkeys((*hidden, *gone), "")}, hidden


def _plain_value(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.value
    return list(value) if isinstance(value, tuple) else value
