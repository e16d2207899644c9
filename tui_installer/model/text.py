"""Text from outside, made fit to be shown: never a terminal escape, never more than was asked for."""

from __future__ import annotations


def printable(line: str) -> str:
    """The line with every character that is not printable written out as \\xNN (a tab: as four blanks)."""
    line = line.replace("\t", "    ")
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in line)


def host_name(host: str) -> str:
    """How a text calls a host: "here" is the one that is changed, a member goes by its name."""
    return "this host" if host == "here" else host


def count(number: int, noun: str) -> str:
    """As in "1 change", "2 changes"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def kept(lines: tuple[str, ...], first: int = 300, last: int = 1700, width: int = 400) -> tuple[str, ...]:
    """The lines, printable and cut to a width; of very many the first and the last: where causes are looked for."""
    if len(lines) > first + last:
        lines = (*lines[:first], *lines[-last:])
    return tail(lines, len(lines), width)


def tail(lines: tuple[str, ...], most: int = 8, width: int = 400) -> tuple[str, ...]:
    """The last lines, printable and cut to a width: what a failure shows as evidence."""
    return tuple(printable(line)[:width] for line in lines[-most:])
