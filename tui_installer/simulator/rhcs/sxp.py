"""xend-config.sxp as xend's own parser takes it, sign by sign.

Source: tools/python/xen/xend/sxp.py of xen 3.0.3-branched, 3.2.0 and 4.0.1, run on such files: within an atom quotes
are signs like others; an atom ends before a bracket or a semicolon, which begins the next; a backslash before a sign
without a meaning takes that sign away, and in 3.0.3 all that follows up to the next octal digit.
"""

from __future__ import annotations

from dataclasses import dataclass

Forms = list["str | Forms"]
"""Atoms and strings, and lists of such."""
ESCAPES = {"a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "\\": "\\", "'": "'", '"': '"'}
BLANKS, OCTAL, HEX = " \t\n\v\f\r", "01234567", "0123456789abcdefABCDEF"
SEPARATORS = {"etch": "{}()<>[]!;", "lenny": "{}()<>[]!;", "squeeze": "{}()<>[];"}
CUT_OFF = "unexpected EOF"


class SxpError(Exception):
    """A file that xend refuses; the text is its own."""


@dataclass
class Text:
    """A file that is read from its beginning to its end."""

    signs: str
    release: str
    at: int = 0

    def more(self) -> bool:
        """Whether something is left."""
        return self.at < len(self.signs)

    def next(self) -> str:
        """Take the next sign. Raises `SxpError` at the end."""
        if not self.more():
            raise SxpError(CUT_OFF)
        self.at += 1
        return self.signs[self.at - 1]


def parse(signs: str, release: str) -> Forms:
    """All values on the top level. Raises `SxpError`."""
    text, found = Text(signs, release), []
    while text.more():
        if (sign := text.next()) == ")":
            raise SxpError("syntax error: )")
        found += _value(text, sign)
    return found


def _value(text: Text, sign: str) -> Forms:
    """The value that begins with a sign; none for blanks and comments."""
    if sign in BLANKS:
        return []
    if sign == "#":
        while text.more() and text.next() != "\n":
            pass
        return []
    if sign == "(":
        return [_list(text)]
    return [_string(text, sign) if sign in "\"'" else _atom(text, sign)]


def _list(text: Text) -> Forms:
    found: Forms = []
    while (sign := text.next()) != ")":
        found += _value(text, sign)
    return found


def _atom(text: Text, sign: str) -> str:
    while text.more() and text.signs[text.at] not in SEPARATORS[text.release] + BLANKS + "#":
        sign += text.next()
    return sign


def _string(text: Text, quote: str) -> str:
    found = ""
    while (sign := text.next()) != quote:
        found += _escaped(text) if sign == "\\" else sign
    return found


def _escaped(text: Text) -> str:
    sign = text.next()
    if sign in ESCAPES:
        return ESCAPES[sign]
    if sign == "x":
        return _number(text, HEX, 2, 16)
    if sign not in OCTAL and text.release != "etch":
        return "\\"  # "ignore escape if it doesn't match anything we know": the sign is gone with it
    while sign not in OCTAL:
        sign = text.next()
    text.at -= 1
    return _number(text, OCTAL, 3, 8)


def _number(text: Text, digits: str, most: int, base: int) -> str:
    found = ""
    while len(found) < most and text.next() in digits:
        found += text.signs[text.at - 1]
    if len(found) < most:
        text.at -= 1
        if base == 16:
            raise SxpError("global name 'buf' is not defined")
    if int(found, base) > 255:
        raise SxpError(f"invalid octal escape: out of range {found}")
    return chr(int(found, base))


def child_value(forms: Forms, name: str) -> str | None:
    """The first value of the first form of that name, as text; None: there is none."""
    first = next((each for each in forms if isinstance(each, list) and each[:1] == [name]), [])
    return str(first[1]) if len(first) > 1 else None
