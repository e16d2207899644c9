"""Which words of a line are coloured, and how: colours say nothing that a word or a mark does not say as well.

The sixteen colours of the terminal itself are used, so that a light one stays light and a dark one dark. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

GOOD, BAD, ASKED, CALM = "ansi_green", "ansi_red", "ansi_yellow", "ansi_cyan"


class Painted(NamedTuple):
    """A part of a line."""

    begin: int
    end: int
    style: str
    """As Textual has it: "ansi_red". No bold: without colours not a byte more is sent."""


STATES: Mapping[str, str] = {
    "in place": GOOD,
    "to do": ASKED,
    "PROBLEM": BAD,
    "running": CALM,
    "keep it?": ASKED,
    "unknown": ASKED,
    "NOT IN PLACE": BAD,
    "taken back": GOOD,
    "mended": GOOD,
    "SIMULATED": CALM,
}
"""A state, as it stands in a row or at the end of a title."""
WORDS: Mapping[str, str] = {
    "FAILED": BAD,
    "VERDICT": BAD,
    "WHY": CALM,
    "WHAT": CALM,
    "TRY": ASKED,
    "MEND": GOOD,
    "CHANGED": CALM,
    "SAFE": GOOD,
    "PROBLEM": BAD,
    "TO ANSWER": ASKED,
    "NOTE": CALM,
}
"""What a line of a text may begin with."""
DIFF: Mapping[str, str] = {"+++": CALM, "---": CALM, "@@": CALM, "+": GOOD, "-": BAD, "$ ": CALM, "->": ASKED}
"""What a line may begin with, behind its indent."""
_STATE = re.compile("|".join(sorted(map(re.escape, STATES), key=len, reverse=True)))
_WORD = re.compile(rf"({'|'.join(sorted(map(re.escape, WORDS), key=len, reverse=True))})(?= |$)")
_CHANGE = re.compile(r" *\d+/\d+  (?P<state>running|done|FAILED|put back|CUT OFF)")
_OF_CHANGE: Mapping[str, str] = {"running": CALM, "done": GOOD}


def state(line: str, begin: int = 0) -> Iterator[Painted]:
    """The states in a row or a title, from that column on."""
    for found in _STATE.finditer(line, begin):
        yield Painted(found.start(), found.end(), STATES[found[0]])


def mark(line: str) -> Iterator[Painted]:
    """The mark before the current row of a list; a button's letters are bold instead."""
    if line.startswith(">"):
        yield Painted(0, 1, CALM)


def text(line: str) -> Iterator[Painted]:
    """A line of a text: a diff's, a command's, or one with a word at its beginning."""
    if found := _WORD.match(line):
        yield Painted(0, found.end(), WORDS[found[0]])
        return
    if change := _CHANGE.match(line):
        style = _OF_CHANGE.get(change["state"], BAD)
        yield Painted(change.start("state"), change.end("state"), style)
        return
    indent = len(line) - len(line.lstrip())
    if indent and not line[indent:].startswith(("- ", "-- ")):
        mark = next((mark for mark in DIFF if line.startswith(mark, indent)), "")
        if mark:
            yield Painted(indent, len(line), DIFF[mark])


def rule(line: str) -> Iterator[Painted]:
    """A rule, with how something ended in it."""
    if line[3:].startswith(("In place", "Taken back", "Mended")):
        yield Painted(3, len(line.rstrip("-\u2500 ")), GOOD)
    elif line[3:].startswith(("It failed", "It ended", "It did not")):
        yield Painted(3, len(line.rstrip("-\u2500 ")), BAD)
