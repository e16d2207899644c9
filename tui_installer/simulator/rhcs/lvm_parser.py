"""lvm.conf as the old LVM's own parser takes it, token by token.

Source: lib/config/config.c of v2_02_06, v2_02_39 and v2_02_66. What is looked up is the first of its name at a level:
a second section, or a key that is written twice, is passed over (2.02.66 warns of it); `section/key` is the name of
neither. Values are numbers, strings and lists of them: a bare word is refused. 2.02.06 keeps backslashes in strings,
and counts the line of each comment twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

Literal = int | float | str
NUMBER = re.compile(r"[+\-0-9][0-9]*(?:\.[0-9]*)?|\.[0-9]*")
STRING = re.compile(r"""\"((?:\\.|[^"\\])*)(?:"|\Z)|'([^']*)(?:'|\Z)""", re.S)
WORD = re.compile(r"[^\s#={}]+")
SPACE = re.compile(r"#[^\n]*|\s+")
MARKS = "{}[],="


class LvmConfError(Exception):
    """A file that LVM refuses; the text is its own."""


@dataclass(frozen=True, slots=True)
class Node:
    """A key with its values, or a section with what is in it."""

    key: str
    values: tuple[Literal, ...] = ()
    """Empty: a section, or an empty list."""
    inner: tuple[Node, ...] | None = None
    """None: a key."""


@dataclass
class Tokens:
    """The tokens of a text, one looked at ahead."""

    text: str
    release: str
    at: int = 0
    start: int = 0
    line: int = 1
    kind: str = ""
    """ "end", a mark, "number", "string" or "word"."""
    value: str = ""

    def step(self, values: bool = False) -> None:
        """Go on to the next token; `values`: numbers are looked for."""
        while match := SPACE.match(self.text, self.at):
            self.line += match[0].count("\n") + (match[0][0] == "#" and self.release == "etch")
            self.at = match.end()
        self.start = self.at
        if self.at == len(self.text):
            self.kind, self.value = "end", ""
            return
        sign = self.text[self.at]
        if sign in MARKS:
            self.kind, self.value, self.at = sign, sign, self.at + 1
        elif match := STRING.match(self.text, self.at):
            plain, self.kind, self.at = match[1] or match[2] or "", "string", match.end()
            escaped = match[1] is not None and self.release != "etch"
            self.value = re.sub(r'\\(["\\])', r"\1", plain) if escaped else plain
        elif values and (match := NUMBER.match(self.text, self.at)):
            self.kind, self.value, self.at = "number", match[0], match.end()
        else:
            match = WORD.match(self.text, self.at)
            assert match is not None
            self.kind, self.value, self.at = "word", match[0], match.end()

    def take(self, kind: str) -> str:
        """The token's text, if it is of that kind; then the next one. Raises `LvmConfError`."""
        if self.kind != kind:
            raise self.error("unexpected token")
        value = self.value
        self.step(kind in ("=", "[", ","))
        return value

    def error(self, what: str) -> LvmConfError:
        """Its own words for where it stumbled."""
        if self.release == "etch":
            return LvmConfError(f"Parse error at line {self.line}: {what}")
        return LvmConfError(f"Parse error at byte {self.start + 1} (line {self.line}): {what}")


def parse(text: str, release: str) -> tuple[Node, ...]:
    """All sections and keys, in order. Raises `LvmConfError`."""
    tokens, found = Tokens(text, release), []
    tokens.step()
    while tokens.kind != "end":
        found.append(_section(tokens))
    return tuple(found)


def _section(tokens: Tokens) -> Node:
    key = tokens.take("word")
    if tokens.kind != "{":
        tokens.take("=")
        return Node(key, tuple(_values(tokens)))
    tokens.take("{")
    inner = []
    while tokens.kind != "}":
        inner.append(_section(tokens))
    tokens.take("}")
    return Node(key, (), tuple(inner))


def _values(tokens: Tokens) -> Iterator[Literal]:
    if tokens.kind != "[":
        yield _value(tokens)
        return
    tokens.take("[")
    while tokens.kind != "]":
        yield _value(tokens)
        if tokens.kind == ",":
            tokens.take(",")
    tokens.take("]")


def _value(tokens: Tokens) -> Literal:
    if tokens.kind == "string":
        return tokens.take("string")
    if tokens.kind != "number":
        raise tokens.error("expected a value")
    digits = tokens.take("number")
    if "." in digits:
        return float(f"{digits}0" if digits.endswith(".") else digits)
    plain = digits.lstrip("+-")
    return (-1 if digits[0] == "-" else 1) * int(plain or "0", 8 if plain.startswith("0") else 10)


def find(nodes: tuple[Node, ...], path: str) -> Node | None:
    """The first node at "section/key"."""
    name, _, rest = path.partition("/")
    node = next((each for each in nodes if each.key == name), None)
    return find(node.inner or (), rest) if node and rest else node


def ignored(nodes: tuple[Node, ...], path: str) -> Iterator[str]:
    """What 2.02.66 says of other nodes of the names on a path, when it looks for it."""
    name, _, rest = path.partition("/")
    first, *others = [each for each in nodes if each.key == name] or [Node("")]
    yield from (f"  WARNING: Ignoring duplicate config node: {name} (seeking {path})\n" for _ in others)
    if rest:
        yield from ignored(first.inner or (), rest)


@dataclass(frozen=True, slots=True)
class Config:
    """What a command goes by: what it was given first, then its file."""

    trees: tuple[tuple[Node, ...], ...]

    def _values(self, path: str) -> tuple[Literal, ...]:
        return next((node.values for tree in self.trees if (node := find(tree, path))), ())

    def number(self, path: str, default: int) -> int:
        """The whole number at a path; a string of digits is none."""
        value = (*self._values(path), None)[0]
        return value if isinstance(value, int) else default

    def text(self, path: str, default: str) -> str:
        """The string at a path; an empty one does not count."""
        value = (*self._values(path), None)[0]
        return value if isinstance(value, str) and value else default

    def texts(self, path: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """The strings of the list at a path."""
        found = tuple(each for each in self._values(path) if isinstance(each, str))
        return found or default


def dumped(node: Node, release: str, space: str = "") -> str:
    """A node as dumpconfig prints it (_write_config): one value without its brackets."""
    if node.inner is not None:
        inner = "".join(dumped(each, release, f"{space}\t") for each in node.inner)
        return f"{space}{node.key} {{\n{inner}{space}}}\n"
    values = [_dumped(value, release) for value in node.values]
    return f"{space}{node.key}={values[0] if len(values) == 1 else '[' + ', '.join(values) + ']'}\n"


def _dumped(value: Literal, release: str) -> str:
    if isinstance(value, str):
        return f'"{value}"' if release == "etch" else '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
    return f"{value:f}" if isinstance(value, float) else str(value)
