r"""xend-config.sxp: its forms `(name value)`, and what xend makes of the hosts that may send guests.

Source: xend's sxp.py and XendOptions.py (3.0.3, 3.2): the first form of a name counts, and of its values the first;
a string may be within either quotes, a word ends at a bracket of any kind. A backslash before a sign without a meaning
takes that sign away (3.2 and later; 3.0.3 loses more): `'^10\.0'` is no pattern for 10.0, `'^10\\.0'` is.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tui_installer.formats.text import FormatError, confirm, decode, encode, insert, line_of, one_line, split_lines

_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)|(?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<mark>[()])"""
    r"""|(?P<word>[^\s()'"\#][^\s(){}<>\[\]!;\#]*)|(?P<space>\s+)|(?P<bad>.)""",
    re.S | re.X,
)
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|(.))", re.S)
_NAMED = {"a": "\a", "n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "\\": "\\", "'": "'", '"': '"'}
_ANYBODY = ("203.0.113.99", "stranger.example.net")


@dataclass(frozen=True, slots=True)
class Sexp:
    """`(name value ...)`: its values with quotes and escapes resolved (a list within as it is written), its line."""

    name: str
    values: tuple[str, ...]
    line: int
    spans: tuple[tuple[int, int], ...] = field(default=(), compare=False, repr=False)
    start: int = field(default=0, compare=False, repr=False)
    end: int = field(default=0, compare=False, repr=False)


def _tokens(text: str) -> Iterator[re.Match[str]]:
    """Tokens without blanks and comments. FormatError at a quote that is not closed."""
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "bad":
            line = line_of(text, token.start())
            raise FormatError(line, f"found {token[0]} without its closing quote; pairs are accepted")
        if token.lastgroup not in ("comment", "space"):
            yield token


def _forms(text: str) -> Iterator[Sexp]:
    """The forms on the top level. FormatError, with its line, where xend would refuse the file."""
    parts: list[tuple[int, int]] = []
    opened: list[int] = []
    for token in _tokens(text):
        if token[0] == "(":
            parts = parts if opened else []
            opened.append(token.start())
        elif not opened:
            raise FormatError(line_of(text, token.start()), f"found {token[0]!r} by itself; (name value) is accepted")
        elif token[0] != ")":
            parts += [token.span()] if len(opened) == 1 else []
        else:
            start = opened.pop()
            parts += [(start, token.end())] if len(opened) == 1 else []
            if not opened:
                yield _form(text, start, parts, token.end())
    if opened:
        raise FormatError(line_of(text, opened[0]), "found a '(' that is never closed; pairs are accepted")


def _form(text: str, start: int, parts: list[tuple[int, int]], end: int) -> Sexp:
    name = text[slice(*parts[0])] if parts else ""
    values = tuple(_value(text[slice(*span)]) for span in parts[1:])
    return Sexp(name, values, line_of(text, start), tuple(parts), start, end)


def _value(word: str) -> str:
    return _ESCAPE.sub(_escaped, word[1:-1]) if word[0] in "'\"" else word


def _escaped(match: re.Match[str]) -> str:
    if match[3] is not None:
        return _NAMED.get(match[3], "\\")
    return chr(int(match[1], 8) if match[1] else int(match[2], 16))


def forms(content: bytes) -> tuple[Sexp, ...]:
    """All forms in file order; what is commented does not count. FormatError where xend would refuse the file, and at
    a word by itself, which it would pass over."""
    return tuple(_forms(decode(content)))


def get(content: bytes, name: str) -> str | None:
    """The value that xend takes: the first one of the first form; "" for `(name )`, None if there is no such form."""
    return next(((*form.values, "")[0] for form in forms(content) if form.name == name), None)


def meant(content: bytes, name: str) -> str | None:
    """The value as whoever wrote it without doubling the backslashes of its patterns meant it; else as `get` has it."""
    text = decode(content)
    form = next((form for form in _forms(text) if form.name == name and len(form.spans) > 1), None)
    word = text[slice(*form.spans[1])] if form else ""
    if word[:1] not in ("'", '"'):
        return get(content, name)
    return _ESCAPE.sub(lambda each: each[0] if each[3] and each[3] not in _NAMED else _escaped(each), word[1:-1])


def set(content: bytes, name: str, value: str, quoted: bool = True) -> bytes:  # noqa: A001
    """`content` with that value: in the form that counts, else below its commented template, else at the end.

    Further values of the form, which xend passes over, stay.
    Not `quoted`: a number or a word without blanks, quotes and parentheses, as it stands.
    """
    text, written = decode(content), _written(value, quoted)
    found = next((form for form in _forms(text) if form.name == name), None)
    if found and found.values[:1] == (value,):
        return content
    if found and found.values:
        first, last = found.spans[1]
        text = text[:first] + written + text[last:]
    elif found:
        text = f"{text[: found.spans[0][1]]} {written}{text[found.end - 1 :]}"
    else:
        text = insert(text, _place(text, name), [f"({name} {written})"])
    result = encode(text)
    confirm(get(result, name), value, name)
    return result


def _written(value: str, quoted: bool) -> str:
    one_line(value, "the value")
    if quoted:
        return "'" + re.sub(r"(['\\])", r"\\\1", value) + "'"
    if not re.fullmatch(r"[^\s()'\"#]+", value):
        raise FormatError(0, f"{value!r} is not one plain word; a word or number is accepted")
    return value


def _place(text: str, name: str) -> int:
    """The 0-based line before which a new form goes."""
    lines = split_lines(text)
    template = re.compile(rf"[ \t]*#[ \t]*\({re.escape(name)}[\s)]")
    hits = [index for index, line in enumerate(lines) if template.match(line)]
    place = hits[-1] + 1 if hits else len(lines)
    inside = any(form.line <= place < line_of(text, form.end - 1) for form in _forms(text))
    return len(lines) if inside else place


# --- xend-relocation-hosts-allow


def literal(text: str) -> str:
    """The pattern that this address or name matches, and nothing else does."""
    return "^" + re.sub(r"([.^$*+?{}\[\]\\|()])", r"\\\1", text) + "$"


def hosts_allow(patterns: Sequence[str]) -> str:
    """The value for these patterns, one blank between them. FormatError for one that holds a blank, or for none."""
    for pattern in patterns:
        if not pattern or re.search(r"\s", pattern):
            raise FormatError(
                0, f"{pattern!r} holds a blank or nothing: xend would let every host in; others are accepted"
            )
    if not patterns:
        raise FormatError(0, "no pattern at all lets every host in; at least one is accepted")
    return " ".join(patterns)


def openings(value: str | None) -> tuple[str, ...]:
    """In words, why a value lets in others than those it names; empty: it does not.

    xend splits at each single blank and matches the beginning of the address and of the name.
    """
    if not value:
        return ("every host is let in: no pattern is given",)
    return tuple(dict.fromkeys(words for pattern in value.split(" ") if (words := _opening(pattern))))


def _opening(pattern: str) -> str:
    if not pattern:
        return "every host is let in: an empty pattern comes of two blanks, or of one at an end"
    try:
        wide = any(re.match(pattern, stranger) for stranger in _ANYBODY)
    except re.error as error:
        return f"{pattern!r} is no pattern: {error}"
    if wide:
        return f"every host is let in by {pattern!r}"
    return "" if pattern.endswith("$") else f"{pattern!r} also lets in what only begins so: '$' is missing"
