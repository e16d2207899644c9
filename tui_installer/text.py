"""Text from outside, made fit to be shown: never a terminal escape, never more than was asked for."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def printable(text: str) -> str:
    """The text with control, direction and undecodable characters written out as \\xNN (a tab: as blanks)."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text.replace("\t", "    "))


def tail(lines: tuple[str, ...], most: int = 8, width: int = 400) -> tuple[str, ...]:
    """The last lines, printable and cut to a width: what a failure shows as evidence."""
    return tuple(printable(line)[:width] for line in lines[-most:])
