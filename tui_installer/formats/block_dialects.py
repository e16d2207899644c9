"""Readers of the three brace-block dialects: multipath.conf, lvm.conf and corosync.conf.

Sources: multipath.conf(5), lvm.conf(5), corosync.conf(5), and what multipath 0.9.4, lvmconfig 2.03.16 and
corosync 3.1.7 accept, ignore and refuse. What a program would drop with a mere warning is refused here.
"""

import re
from collections.abc import Iterator
from sys import intern
from typing import NamedTuple

from tui_installer.formats.block_tree import Building, Dialect, Section, Setting
from tui_installer.formats.text import FormatError, body, split_lines

_MULTIPATH = re.compile(
    r'(?P<comment>[#!][^\n]*)|(?P<string>"(?:[^"\n]|"")*")|(?P<brace>[{}])|(?P<line>\n\s*)'
    r'|(?P<word>[^\s{}"#!]+)|(?P<space>[^\S\n]+)|(?P<bad>.)'
)
_LVM = re.compile(
    r"""(?P<entry>[^\s{}\[\],=\#"']+[ \t]*=[ \t]*[^\s{}\[\],=\#"']+(?!\S))"""
    r"""|(?P<comment>\#[^\n]*)|(?P<string>"(?:[^"\\]|\\.)*"|'[^']*')|(?P<brace>[{}])|(?P<mark>[\[\],=])"""
    r"""|(?P<word>[^\s{}\[\],=#"']+)|(?P<space>\s+)|(?P<bad>.)""",
    re.S | re.X,
)


class Token(NamedTuple):
    """A piece of the text with its kind, offset and 1-based line."""

    kind: str
    text: str
    start: int
    line: int

    @property
    def end(self) -> int:
        """Offset after it."""
        return self.start + len(self.text)


def _tokens(pattern: re.Pattern[str], text: str) -> Iterator[Token]:
    """Tokens without blanks and comments. FormatError at a quote that is not closed."""
    line = 1
    for match in pattern.finditer(text):
        kind = match.lastgroup or ""
        if kind == "bad":
            raise FormatError(line, f"found {match[0]} without its closing quote; a quote in pairs is accepted")
        if kind not in ("comment", "space"):
            yield Token(kind, match[0], match.start(), line)
        line += match[0].count("\n")


DEEPEST = 50
"""Sections in each other. None of these files needs more than four, and whoever walks the tree goes as deep."""


class _Nest:
    """The sections that are open while a file is read."""

    def __init__(self) -> None:
        self.open = [Building("", 0, 0, 0)]

    def begin(self, name: str, line: int, start: int, inner: int) -> None:
        if len(self.open) > DEEPEST:
            raise FormatError(line, f"found more than {DEEPEST} sections in each other; fewer are accepted")
        self.open.append(Building(name, line, start, inner))

    def add(self, key: str, value: str, line: int, *offsets: int) -> None:
        """Take an entry; such a file has the same few words over and over, so each is kept once."""
        self.open[-1].entries.append(Setting(intern(key), intern(value), line, *offsets))

    def finish(self, line: int, close: int) -> None:
        if len(self.open) == 1:
            raise FormatError(line, "found a '}' that closes nothing; one '}' for each '{' is accepted")
        done = self.open.pop().closed(close)
        self.open[-1].sections.append(done)

    def root(self, length: int) -> Section:
        if len(self.open) > 1:
            last = self.open[-1]
            raise FormatError(last.line, f"section {last.name!r} is never closed; a '}}' on a later line is accepted")
        return self.open[0].closed(length)


_NO_ROW: list[Token] = []


def _unquoted(text: str) -> str:
    return text[1:-1].replace('""', '"') if text.startswith('"') else text


def read_multipath(text: str) -> Section:
    """multipath.conf: one option a line; `{` ends the line of its section's name or begins the next one."""
    nest, name = _Nest(), _NO_ROW
    for row in _rows(_tokens(_MULTIPATH, text)):
        if name and row[0].text != "{":
            _multipath_row(nest, name)
            name = _NO_ROW
        row = [*name, *row]
        name = row if len(row) == 1 and row[0].kind == "word" else _NO_ROW
        if not name:
            _multipath_row(nest, row)
    if name:
        _multipath_row(nest, name)
    return nest.root(len(text))


def _rows(tokens: Iterator[Token]) -> Iterator[list[Token]]:
    """The first tokens of each line that is not blank: more than three are wrong in any case."""
    row: list[Token] = []
    for token in tokens:
        if token.kind == "line":
            if row:
                yield row
            row = []
        elif len(row) < 3:
            row.append(token)
    if row:
        yield row


def _multipath_row(nest: _Nest, row: list[Token]) -> None:
    """Take one logical line: `}`, `name {` or `key value`."""
    first, second = row[0], row[1] if len(row) > 1 else None
    known = 1 if first.text == "}" else 2
    if first.text == "{" or first.kind == "string":
        raise FormatError(first.line, f"found {first.text} where an option or section is accepted")
    if known == 2 and (second is None or second.text == "}"):
        raise FormatError(first.line, f"{first.text!r} has no value; `{first.text} VALUE` is accepted")
    if len(row) > known:
        extra = row[known].text
        raise FormatError(row[known].line, f"multipath ignores {extra!r} and what follows it on this line; "
                          "one option or brace a line, and blanks within double quotes, are accepted")  # fmt: skip
    if second is None:
        nest.finish(first.line, first.start)
    elif second.text == "{":
        nest.begin(first.text, first.line, first.start, second.end)
    else:
        nest.add(first.text, _unquoted(second.text), first.line, first.start, second.start, second.end)


def read_lvm(text: str) -> Section:
    """lvm.conf: blanks and line ends are alike; values are literals, kept as they are written."""
    tokens = _tokens(_LVM, text)
    try:
        return _read_lvm(text, tokens)
    except FormatError:
        for _ in tokens:  # a quote that is not closed makes what follows look odd: that is named before
            pass
        raise


_BARE = re.compile(r"[+-]?[0-9]*\.?[0-9]*")


def read_lvm_202(text: str) -> Section:
    """The same of 2.02 up to 2.02.98: a value that is neither a number nor within quotes is refused."""
    root = read_lvm(text)
    tree = [root]
    for section in tree:
        tree += section.sections
        for entry in section.entries:
            for token in _tokens(_LVM, entry.value):
                if token.kind == "word" and not _BARE.fullmatch(token.text):
                    raise FormatError(entry.line, f"found {token.text!r}; a number or a string in quotes is accepted")
    return root


def _read_lvm(text: str, tokens: Iterator[Token]) -> Section:
    nest = _Nest()
    for first in tokens:
        if first.kind == "entry":  # as most are: a key and one plain word
            key, _, value = first.text.partition("=")
            value = value.lstrip(" \t")
            nest.add(key.rstrip(" \t"), value, first.line, first.start, first.end - len(value), first.end)
            continue
        if first.text == "}" and first.kind == "brace":
            nest.finish(first.line, first.start)
            continue
        second = next(tokens, None)
        if first.kind not in ("word", "string") or second is None or second.text not in ("{", "="):
            raise FormatError(first.line, f"found {first.text!r}; `key = value`, `section {{` or `}}` is accepted")
        if second.text == "{":
            nest.begin(_name(first), first.line, first.start, second.end)
        else:
            start, end = _lvm_value(first, tokens)
            nest.add(_name(first), text[start:end], first.line, first.start, start, end)
    return nest.root(len(text))


def _name(token: Token) -> str:
    return token.text[1:-1] if token.kind == "string" else token.text


def _lvm_value(key: Token, tokens: Iterator[Token]) -> tuple[int, int]:
    """Where the literal begins that the tokens go on with, and where it ends; they go on after it then."""
    first = next(tokens, None)
    if first is not None and first.kind in ("word", "string"):
        return first.start, first.end
    if first is None or first.text != "[":
        raise FormatError(key.line, f"{key.text!r} has no value; a number, a string or a list [ ] is accepted")
    line = key.line
    for number, token in enumerate(tokens):
        if token.text == "]":
            return first.start, token.end
        if (token.text == ",") != bool(number % 2) or token.kind in ("brace", "entry") or token.text in "[=":
            line = token.line
            break
    raise FormatError(line, f"the list of {key.text!r} is not whole; [ VALUE, VALUE ] is accepted")


def strings(literal: str) -> tuple[str, ...]:
    """The strings of an LVM literal, which is one string or a list of them; escapes are resolved, comments dropped."""
    found = [t.text for t in _tokens(_LVM, literal) if t.kind == "string"]
    return tuple(re.sub(r"\\(.)", r"\1", s[1:-1], flags=re.S) if s.startswith('"') else s[1:-1] for s in found)


def read_corosync(text: str) -> Section:
    """corosync.conf: a line is a comment, `name {`, `key: value` or `}`, and nothing more."""
    nest, offset = _Nest(), 0
    for number, line in enumerate(split_lines(text), 1):
        row = body(line).rstrip(" \t\r").lstrip(" \t")
        start = offset + len(line) - len(line.lstrip(" \t"))
        if row and not row.startswith("#"):
            _corosync_row(nest, row, number, start)
        offset += len(line)
    return nest.root(len(text))


def _corosync_row(nest: _Nest, row: str, number: int, start: int) -> None:
    """Take one line without its indentation; `start` is its offset."""
    key, colon, value = row.partition(":")
    if row.endswith("{") and row.count("{") == 1 and row[:-1].strip():
        nest.begin(row[:-1].strip(" \t"), number, start, start + len(row))
    elif row == "}":
        nest.finish(number, start)
    elif not colon or "{" in row or not key.strip():
        raise FormatError(number, f"found {row!r}; `name {{`, `key: value` or `}}`, alone on its line, is accepted")
    else:
        at = start + len(key) + 1 + len(value) - len(value.lstrip(" \t"))
        nest.add(key.strip(" \t"), value.strip(" \t"), number, start, at, start + len(row))


def _quote_multipath(value: str, before: str) -> str:
    plain = re.fullmatch(r"[\w.:/,@%+-]+", value, re.A) and not before.startswith('"')
    return value if plain else '"' + value.replace('"', '""') + '"'


def _quote_multipath_04(value: str, before: str) -> str:
    if '"' in value:
        raise FormatError(0, f"{value!r} holds a double quote; a value without one is accepted")
    return _quote_multipath(value, before)


def _as_is(value: str, before: str) -> str:
    return value


MULTIPATH = Dialect("multipath", read_multipath, " ", _quote_multipath, r'[ \t]*#[# \t]*%s[ \t]+("[^"]*"|\S+)[ \t]*$')
_BLACKLIST = (("blacklist", "blacklist"), ("devnode_blacklist", "blacklist"))
_FRESH = (*_BLACKLIST, ("blacklist_exceptions", "blacklist_exceptions"), ("multipaths", "multipaths"))
MULTIPATH_04 = Dialect(
    "multipath", read_multipath, " ", _quote_multipath_04, MULTIPATH.template, last=(*_FRESH, ("devices", "devices"))
)
"""multipath.conf of 0.4.7 and 0.4.8: a quote within quotes can't be written; a second section takes the place of the
first, for its handler allocates its vector anew (libmultipath/dict.c)."""
MULTIPATH_049 = Dialect("multipath", read_multipath, " ", _quote_multipath_04, MULTIPATH.template, last=_FRESH)
"""The same of 0.4.9 (761c66f): its devices_handler keeps the vector that is there."""
LVM = Dialect("lvm", read_lvm, " = ", _as_is, r"[ \t]*#[# \t]*%s[ \t]*=", slash="/")
LVM_202 = Dialect("lvm", read_lvm_202, " = ", _as_is, LVM.template, first=True)
"""lvm.conf until 2.02.98: `global/umask` is no path but a strange name; what is looked up is the first of its name at
each level (find_config_node in lib/config/config.c of 2.02.06, 2.02.39 and 2.02.66)."""
COROSYNC = Dialect("corosync", read_corosync, ": ", _as_is, r"[ \t]*#[# \t]*%s[ \t]*:")
