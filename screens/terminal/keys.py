"""What is typed on a VT or one of its descendants, as Textual's names of keys.

Sequences: VT220 Programmer Reference Manual, chapter 3; the variants of xterm (ctlseqs) and Linux (console_codes).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

PATIENCE = 0.4
"""Seconds after which the rest of a sequence is not waited for: a slow line may cut one for 300 ms."""

BEGINS = "\x1b\x9b\x8f"
"""What begins a sequence."""
SEQUENCE = re.compile(r"(?:\x1b\[|\x9b)(\[[A-E]|[0-?]{0,32}[ -/]{0,8}[@-~])|(?:\x1bO|\x8f)([ -~])", re.DOTALL)
"""No key and no terminal's answer is longer."""
OPEN = re.compile(r"(?:\x1b(?:O|\[(?:\[|[0-?]{0,32}[ -/]{0,8}))?|\x9b[0-?]{0,32}[ -/]{0,8}|\x8f)\Z")
"""The beginning of a sequence, at the end of what has come."""

LETTERS = {"A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "F": "end", "Z": "shift+tab", "M": "enter"}
FUNCTIONS = {"P": "f1", "Q": "f2", "R": "f3", "S": "f4"}
NUMBERS = {
    **{1: "home", 2: "insert", 3: "delete", 4: "end", 5: "pageup", 6: "pagedown", 7: "home", 8: "end"},
    **{number: f"f{key}" for key, number in enumerate((11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24), 1)},
}
CONTROLS = {"\r": "enter", "\n": "enter", "\t": "tab", "\x08": "backspace", "\x7f": "backspace", "\x1b": "escape"}
SHORTER = {"hyphen_minus": "minus", "low_line": "underscore", "plus_sign": "plus", "commercial_at": "at"}
SHORTER |= {"solidus": "slash", "reverse_solidus": "backslash"}
"""Where Textual's name of a character is not Unicode's."""


class Press(NamedTuple):
    """A key that was pressed."""

    name: str
    """As in Textual's bindings."""
    character: str | None
    """What it writes; None: nothing."""


class Keyboard:
    """Makes keys of what is typed, however it is cut."""

    def __init__(self) -> None:
        self._rest = ""
        self._returned = False
        """Whether the last character was a carriage return: a line feed or NUL that follows belongs to it."""

    @property
    def waits(self) -> bool:
        """Whether a sequence has begun and not ended."""
        return bool(self._rest)

    def type(self, text: str) -> list[Press]:
        """More was typed."""
        return self._take(self._rest + text, give_up=False)

    def give_up(self) -> list[Press]:
        """Nothing more comes: what has begun is keys of their own, as a lone Escape."""
        return self._take(self._rest, give_up=True)

    def _take(self, text: str, *, give_up: bool) -> list[Press]:
        keys: list[Press] = []
        at = 0
        while at < len(text):
            begins = text[at] in BEGINS
            if begins and not give_up and OPEN.match(text, at):
                break
            found = SEQUENCE.match(text, at) if begins else None
            keys += _named(found) if found else self._single(text[at])
            at = found.end() if found else at + 1
        self._rest = text[at:]
        return keys

    def _single(self, character: str) -> tuple[Press, ...]:
        belongs = self._returned and character in "\n\0"
        self._returned = character == "\r"
        return () if belongs else _typed(character)


def _named(found: re.Match[str]) -> list[Press]:
    """Nothing: a sequence that is no key, as a late answer of the terminal."""
    name = _function(found)
    return [Press(name, None)] if name else []


def _function(found: re.Match[str]) -> str | None:
    control, shifted = found.groups()
    if shifted:
        return LETTERS.get(shifted) or FUNCTIONS.get(shifted)
    if len(control) == 2 and control[0] == "[":
        return f"f{ord(control[1]) - ord('A') + 1}"
    number = control[:-1].partition(";")[0]
    if control[-1] == "~":
        return NUMBERS.get(int(number)) if number.isdigit() else None
    if control[-1] in FUNCTIONS and control[-1] != "R" and number in ("", "1"):
        return FUNCTIONS[control[-1]]
    return LETTERS.get(control[-1]) if control[-1] != "M" else None


@lru_cache(512)
def _typed(character: str) -> tuple[Press, ...]:
    if character in CONTROLS:
        return (Press(CONTROLS[character], character if character in "\r\t" else None),)
    if "\x01" <= character <= "\x1a":
        return (Press(f"ctrl+{chr(ord(character) + 96)}", character),)
    if not character.isprintable():
        return ()
    return (Press(character if character.isalnum() else _name(character), character),)


def _name(character: str) -> str:
    name = unicodedata.name(character, character).lower().replace("-", "_").replace(" ", "_")
    return SHORTER.get(name, name)
