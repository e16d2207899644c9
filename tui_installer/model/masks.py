"""Which parts of a file are secret: they are never shown, and kept until the next reboot alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

Mask = Literal["", "passwords", "words", "all"]
"""Which part of a file is never shown: nothing, the values of password keys, those among the words of a line,
everything."""
MASKS: tuple[Mask, ...] = get_args(Mask)
"""Every kind of mask, as a plan's file may name it."""

_PASSWORD = re.compile(rb"(?m)^([ \t#]*[\w.\[\]-]*password(?:_in)?[ \t]*=[ \t]*)([^\r\n]+)")
_ATTRIBUTE = re.compile(
    rb"""(?i)(?<![\w:.-])(?=[\w:.-]*?(?:passwd|password|community|secret))([\w:.-]++\s*+=\s*+)("[^"]*"|'[^']*')"""
)
"""Of XML: cluster.conf has the passwords of fence devices. Each word is looked at once, however long it is."""
_WORD = re.compile(rb"(?i)(?<!\S)(?=[\w:.-]*?(?:passw|community|secret))([\w:.-]++=)(\S++)")
"""Of dlm.conf, and of what fence agents get on stdin: key=value, blanks or line ends between them."""
HIDDEN = "********"
"""What is shown instead."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a secret is in a content."""

    start: int
    end: int
    key: bytes
    """What is before it on its line."""
    number: int
    """Which of those with the same key it is, from 1."""


def secret_spans(content: bytes, mask: Mask) -> tuple[Span, ...]:
    """The secrets that a mask hides, in their order."""
    if mask == "all":
        return (Span(0, len(content), b"", 1),) if content else ()
    lines = [(match.start(2), match.end(2), match[1]) for match in _WORD.finditer(content)] if mask == "words" else []
    return tuple(_numbered(_passwords(content) if mask == "passwords" else lines))


def _passwords(content: bytes) -> list[tuple[int, int, bytes]]:
    lines = ((match.start(2), match.end(2), match[1]) for match in _PASSWORD.finditer(content))
    attributes = ((match.start(2) + 1, match.end(2) - 1, match[1]) for match in _ATTRIBUTE.finditer(content))
    return sorted([*lines, *attributes])


def _numbered(found: list[tuple[int, int, bytes]]) -> Iterator[Span]:
    seen: Counter[bytes] = Counter()
    end = 0
    for start, stop, before in found:
        if start < end:
            continue  # an attribute on a line that is hidden as a whole
        name, end = before.strip(), stop
        seen[name] += 1
        yield Span(start, stop, name, seen[name])
