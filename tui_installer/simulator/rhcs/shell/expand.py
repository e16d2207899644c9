"""Expansion: what words become, with variables, substitutions, splitting and file names."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tui_installer.simulator.rhcs.shell.words import Part, ShellSyntax, Word


@dataclass(frozen=True, slots=True)
class Scope:
    """What expansion asks the shell for."""

    variables: Mapping[str, str]
    arguments: list[str]
    name: str
    status: int
    substitute: Callable[[str], str]
    """Runs a script, returns its output."""
    assign: Callable[[str, str], None]
    glob: Callable[[str], tuple[str, ...]]


def fields(words: list[Word], scope: Scope) -> list[str]:
    """All words, expanded, split and with file names for patterns."""
    found = []
    for word in words:
        for field in _fields(word, scope):
            matches = scope.glob(field.pattern) if re.search(r"(?<!\\)[*?\[]", field.pattern) else ()
            found += list(matches) or [field.text]
    return found


@dataclass(slots=True)
class _Field:
    text: str = ""
    pattern: str = ""
    there: bool = False

    def add(self, text: str, quoted: bool) -> None:
        self.text += text
        self.pattern += re.sub(r"([*?\[\\])", r"\\\1", text) if quoted else text
        self.there = self.there or bool(text) or quoted


def _fields(word: Word, scope: Scope) -> list[_Field]:
    found = [_Field()]
    for part in word:
        if part.kind == "var" and part.quoted and part.text == "@" and not part.op:
            for number, argument in enumerate(scope.arguments):
                if number:
                    found.append(_Field())
                found[-1].add(argument, True)
            continue
        text = value(part, scope)
        if part.kind == "text" or part.quoted:
            found[-1].add(text, part.quoted)
            continue
        pieces = re.split(r"[ \t\n]+", text)
        found[-1].add(pieces[0], False)
        for piece in pieces[1:]:
            found.append(_Field())
            found[-1].add(piece, False)
    return [field for field in found if field.there]


def joined(word: Word, scope: Scope) -> str:
    """A word as one text: an assignment's value, a redirection's target."""
    return "".join(value(part, scope) for part in word)


def pattern(word: Word, scope: Scope) -> str:
    """A word as a pattern of `case`, what was quoted taken literally."""
    return "".join(
        re.sub(r"([*?\[])", r"[\1]", value(part, scope)) if part.quoted else value(part, scope) for part in word
    )  # fmt: skip


def value(part: Part, scope: Scope) -> str:
    """What one piece stands for."""
    match part.kind:
        case "command":
            return scope.substitute(part.text).rstrip("\n")
        case "sum":
            return str(_sum(part.text, scope))
        case "var":
            return _variable(part, scope)
    return part.text


def _plain(name: str, scope: Scope) -> str | None:
    if name in ("@", "*"):
        return " ".join(scope.arguments) if scope.arguments else None
    special = {"#": str(len(scope.arguments)), "?": str(scope.status), "$": "2101", "0": scope.name, "!": "", "-": ""}
    if name in special:
        return special[name]
    if name.isdigit():
        return scope.arguments[int(name) - 1] if int(name) <= len(scope.arguments) else None
    return scope.variables.get(name)


def _variable(part: Part, scope: Scope) -> str:
    found = _plain(part.text, scope)
    if part.op == "length":
        return str(len(found or ""))
    if part.op[:1] in ("#", "%") and part.op:
        return _trimmed(found or "", part.op, pattern(part.word, scope))
    there = found is not None and not (part.op.startswith(":") and not found)
    match part.op[-1:]:
        case "+":
            return joined(part.word, scope) if there else ""
        case "-" if not there:
            return joined(part.word, scope)
        case "=" if not there:
            scope.assign(part.text, joined(part.word, scope))
            return joined(part.word, scope)
        case "?" if not there:
            raise ShellSyntax(f"{part.text}: {joined(part.word, scope) or 'parameter not set'}")
    return found or ""


def _trimmed(text: str, op: str, what: str) -> str:
    ends = range(len(text) + 1)
    if op[0] == "#":
        order = ends if op == "#" else reversed(ends)
        return next((text[end:] for end in order if fnmatch.fnmatchcase(text[:end], what)), text)
    order = reversed(ends) if op == "%" else ends
    return next((text[:start] for start in order if fnmatch.fnmatchcase(text[start:], what)), text)


def _sum(text: str, scope: Scope) -> int:
    """An arithmetic expression of numbers, variables, + - * / % and parentheses, from left to right by rank."""
    named = re.sub(r"\$?([A-Za-z_]\w*|\$[0-9#?])", lambda m: _plain(m[1].lstrip("$"), scope) or "0", text)
    tokens = re.findall(r"\d+|[-+*/%()]", named)
    if "".join(tokens) != re.sub(r"\s", "", named):
        raise ShellSyntax(f'arithmetic expression: expecting primary: "{text}"')
    return _ranked(tokens, 0)


RANKS = (("+", "-"), ("*", "/", "%"))


def _ranked(tokens: list[str], rank: int) -> int:
    if rank == len(RANKS):
        token = tokens.pop(0) if tokens else "0"
        if token == "-":
            return -_ranked(tokens, rank)
        if token == "(":
            found = _ranked(tokens, 0)
            tokens[:1] = []
            return found
        return int(token)
    found = _ranked(tokens, rank + 1)
    while tokens and tokens[0] in RANKS[rank]:
        operator, other = tokens.pop(0), _ranked(tokens, rank + 1)
        if operator in "/%" and not other:
            raise ShellSyntax("division by zero")
        found = {"+": found + other, "-": found - other, "*": found * other,
                 "/": int(found / (other or 1)), "%": found % (other or 1)}[operator]  # fmt: skip
    return found
