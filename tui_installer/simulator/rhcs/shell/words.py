"""Words of the shell: reading one from a script, with its quotes, variables and command substitutions."""

from __future__ import annotations

import re
from dataclasses import dataclass


class ShellSyntax(Exception):
    """A script that the shell refuses; the text is its reason."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a word."""

    kind: str
    """"text", "var", "command" or "sum"."""
    text: str
    """The text, the variable's name, the script, or the expression."""
    quoted: bool = False
    op: str = ""
    """Of a variable: what stands between its name and the word, as in "${X:-y}": ":-"."""
    word: tuple[Part, ...] = ()


Word = tuple[Part, ...]
BLANK, END = " \t", "\n;&|<>()"
NAME = re.compile(r"[A-Za-z_]\w*|[0-9@*#?$!-]")
OPERATOR = re.compile(r":?[-=+?]|##?|%%?")


def read_word(script: str, at: int, stop: str = BLANK + END) -> tuple[Word, int]:
    """The word that begins there, and where it ends. Raises `ShellSyntax`."""
    parts: list[Part] = []
    while at < len(script) and script[at] not in stop:
        found, at = _piece(script, at, stop)
        parts += found
    return tuple(parts), at


def _piece(script: str, at: int, stop: str) -> tuple[list[Part], int]:
    match script[at]:
        case "'":
            end = script.find("'", at + 1)
            if end < 0:
                raise ShellSyntax("unexpected EOF while looking for matching `''")
            return [Part("text", script[at + 1 : end], True)], end + 1
        case '"':
            return _double(script, at + 1)
        case "\\":
            if script[at + 1 : at + 2] == "\n":
                return [], at + 2
            return [Part("text", script[at + 1 : at + 2], True)], at + 2
        case "$" | "`":
            part, at = _dollar(script, at, False)
            return [part], at
    end = at + 1
    while end < len(script) and script[end] not in stop + "'\"\\$`":
        end += 1
    return [Part("text", script[at:end])], end


def _double(script: str, at: int) -> tuple[list[Part], int]:
    parts, text = [Part("text", "", True)], ""
    while at < len(script):
        letter = script[at]
        if letter == '"':
            return [*parts, Part("text", text, True)], at + 1
        if letter == "\\" and script[at + 1 : at + 2] in tuple('$`"\\\n'):
            text, at = text + script[at + 1].replace("\n", ""), at + 2
        elif letter in "$`":
            part, at = _dollar(script, at, True)
            parts, text = [*parts, Part("text", text, True), part], ""
        else:
            text, at = text + letter, at + 1
    raise ShellSyntax("unexpected EOF while looking for matching `\"'")


def _dollar(script: str, at: int, quoted: bool) -> tuple[Part, int]:
    if script[at] == "`":
        end = script.find("`", at + 1)
        if end < 0:
            raise ShellSyntax("unexpected EOF while looking for matching ``'")
        return Part("command", script[at + 1 : end].replace("\\$", "$").replace("\\`", "`"), quoted), end + 1
    if script.startswith("$((", at):
        end = script.find("))", at)
        if end < 0:
            raise ShellSyntax("Missing '))'")
        return Part("sum", script[at + 3 : end], quoted), end + 2
    if script.startswith("$(", at):
        end = _closing(script, at + 2)
        return Part("command", script[at + 2 : end], quoted), end + 1
    if script.startswith("${", at):
        return _braced(script, at + 2, quoted)
    name = NAME.match(script, at + 1)
    if name is None:
        return Part("text", "$", quoted), at + 1
    return Part("var", name[0], quoted), name.end()


def _closing(script: str, at: int) -> int:
    """Where the parenthesis closes that was opened before `at`."""
    depth = 1
    while at < len(script):
        if script[at] in "'\"\\$`":
            _, at = _piece(script, at, "")
            continue
        depth += {"(": 1, ")": -1}.get(script[at], 0)
        if not depth:
            return at
        at += 1
    raise ShellSyntax("unexpected EOF while looking for matching `)'")


def _braced(script: str, at: int, quoted: bool) -> tuple[Part, int]:
    length = script[at] == "#" and script[at + 1] != "}"
    name = NAME.match(script, at + length)
    if name is None:
        raise ShellSyntax("Bad substitution")
    at = name.end()
    op = OPERATOR.match(script, at)
    word: Word = ()
    if op and not length:
        word, at = read_word(script, op.end(), "}")
    if script[at : at + 1] != "}":
        raise ShellSyntax("Bad substitution")
    return Part("var", name[0], quoted, "length" if length else op[0] if op else "", word), at + 1


def plain(word: Word) -> str | None:
    """The text of a word in which nothing is quoted or replaced: as reserved words are; else None."""
    if all(part.kind == "text" and not part.quoted for part in word):
        return "".join(part.text for part in word)
    return None
