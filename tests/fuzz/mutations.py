"""Texts that are nearly right."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
HOSTILE = (
    b"\x1b[[", b"\x9b1~", b"\x1bO",
    b"\0", b"\xff", b"\x1b[2J", b"\r", b"\n", b"\n\n", b" ", b"\t", b"'", b'"', b"\\", b"$(id)", b"`id`",
    b"../", b"%s", b"=", b"-1", b"0", b"99999999999999999999", b"1e9", b"nan", b"{", b"}", b"(", b")", b"[",
    b"]", b"<!--", b"&x;", b"<a>", b"#", "\u202e".encode(), "\u00b2".encode(), "\u0665".encode(),
    b"\xe2\x80\xa8", b"\x0b", b"\x0c", b"\x1c", b"\x85", b"a" * 300,
)  # fmt: skip


def seeds() -> list[bytes]:
    """The recorded outputs and files of the other tests."""
    folders = [TESTS / "outputs", TESTS / "formats" / "cases", TESTS / "engine" / "kept-0.1.0"]
    paths = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    return [content for path in paths if len(content := path.read_bytes()) < 100_000] + [b""]


def mutated(chance: random.Random, content: bytes, others: list[bytes]) -> bytes:
    """A few changes to a text."""
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        content = chance.choice(_WAYS)(chance, content, others)
    return content[:50_000]


def _cut(chance: random.Random, content: bytes, others: list[bytes]) -> bytes:
    at = chance.randint(0, len(content))
    return content[:at]


def _flip(chance: random.Random, content: bytes, others: list[bytes]) -> bytes:
    if not content:
        return content
    at = chance.randrange(len(content))
    return content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]


def _insert(chance: random.Random, content: bytes, others: list[bytes]) -> bytes:
    at = chance.randint(0, len(content))
    return content[:at] + chance.choice(HOSTILE) + content[at:]


def _lines(chance: random.Random, content: bytes, others: list[bytes]) -> bytes:
    """A line less, twice, or in another place."""
    lines = content.split(b"\n")
    line = lines.pop(chance.randrange(len(lines)))
    for _ in range(chance.randrange(3)):
        lines.insert(chance.randint(0, len(lines)), line)
    return b"\n".join(lines)


def _word(chance: random.Random, content: bytes, others: list[bytes]) -> bytes:
    """A word less, or another one instead."""
    words = content.split(b" ")
    words[chance.randrange(len(words))] = chance.choice((b"", *HOSTILE))
    return b" ".join(words)


def _spliced(chance: random.Random, content: bytes, others: list[bytes]) -> bytes:
    other = chance.choice(others)
    return content[: chance.randint(0, len(content))] + other[chance.randint(0, len(other)) :]


_WAYS: tuple[Callable[[random.Random, bytes, list[bytes]], bytes], ...] = (
    _cut, _flip, _flip, _insert, _insert, _lines, _lines, _word, _word, _spliced,
)  # fmt: skip


def large(size: int = 1 << 20) -> Iterator[tuple[str, bytes]]:
    """Texts of that size, each of one kind: what is slow at one place is slow there."""
    for sign in (
        b"a",
        b" ",
        b"\n",
        b"#",
        b"=",
        b"{",
        b"}",
        b"(",
        b"[",
        b"<",
        b'"',
        b"'",
        b"\\",
        b"\t",
        b"-",
        b".",
        b":",
    ):
        yield repr(sign), sign * size
    for unit in (
        b"a ",
        b"a=b\n",
        b"a {\n",
        b"<a b='",
        b'x="',
        b"password = ",
        b"secret=",
        b"a\\\n",
        b"(a ",
        b"0.0.0.0 ",
    ):
        yield repr(unit), unit * (size // len(unit))
    yield "a sequence of a terminal", b"\x1b[" + b"1" * size + b"~"
    for opened, closed in ((b"a {\n", b"}\n"), (b"(a ", b")"), (b"<a>", b"</a>"), (b"[", b"]"), (b'{"a":', b"}")):
        count = size // len(opened + closed)
        yield f"{opened!r} in itself", opened * count + closed * count
