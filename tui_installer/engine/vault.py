"""Secrets in what is kept. A content that lasts is kept without them: in the place of each stands a mark, and which
secret a mark stands for is written to /run alone. Before the next reboot the content is whole again; after it, a
secret that is still in the file on the host is taken from there, and one that is not is gone (`Sealed.learn`).

A mark is a MAC of the secret under a key that is in /run, too: nobody can try secrets on it once that is gone.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tui_installer.engine.files import VERSION, Files
from tui_installer.model.masks import HIDDEN, Mask, Span, secret_spans

SHORT, TELLING = 4, 8
"""Characters: a shorter secret is not looked for in texts at all, nor one of lower case letters alone that has fewer
than the second: it is a word like others, and to hide it would tell it."""


class Forgotten(Exception):
    """A content has a secret that was kept until a reboot which has been."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A content without its secrets."""

    pieces: tuple[bytes | str, ...]
    """What may be kept, as bytes, and the marks of secrets between, as str."""

    @property
    def marks(self) -> frozenset[str]:
        """Those of all its secrets."""
        return frozenset(each for each in self.pieces if isinstance(each, str))

    def opened(self, known: Callable[[str], bytes]) -> bytes:
        """The content, with what each mark stands for."""
        return b"".join(known(each) if isinstance(each, str) else each for each in self.pieces)

    def learn(self, content: bytes) -> dict[str, bytes]:
        """What its marks stand for, if this is the same content; empty: it is another one."""
        found: dict[str, bytes] = {}
        whole = len(self.pieces) == 1
        form = b"".join(
            (b"(.*)" if whole else b"([^\r\n]*)") if isinstance(each, str) else re.escape(each) for each in self.pieces
        )
        match = re.fullmatch(form, content, re.DOTALL)
        marks = [each for each in self.pieces if isinstance(each, str)]
        for mark, value in zip(marks, match.groups() if match else (), strict=False):
            if found.setdefault(mark, value) != value:
                return {}
        return found

    def likely(self, content: bytes, mask: Mask) -> dict[str, bytes]:
        """For each mark what another content has in the same place, under the same key; `HIDDEN` if it has none."""
        there = {(span.key, span.number): content[span.start : span.end] for span in secret_spans(content, mask)}
        marked = self.opened(str.encode)
        mine = {marked[span.start : span.end]: (span.key, span.number) for span in secret_spans(marked, mask)}
        return {mark: there.get(mine.get(mark.encode(), (b"", 0)), HIDDEN.encode()) for mark in self.marks}

    def to_bytes(self) -> bytes:
        """As a file."""
        pieces = [each if isinstance(each, str) else {"plain": base64.b64encode(each).decode()} for each in self.pieces]
        return json.dumps({"version": VERSION, "sealed": pieces}).encode()


def sealed(content: bytes) -> Sealed | None:
    """What `Sealed.to_bytes` wrote; None: it is something else, or of a later version."""
    try:
        data = json.loads(content)
        if data["version"] != VERSION:
            return None
        pieces = data["sealed"]
        plain = (each if isinstance(each, str) else base64.b64decode(each["plain"], validate=True) for each in pieces)
        return Sealed(tuple(plain))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


class Vault:
    """What marks stand for, in a file that a reboot takes."""

    def __init__(self, files: Files, path: Path) -> None:
        self._files = files
        self._path = path
        self._guessed: dict[str, bytes] = {}

    def seal(self, content: bytes, mask: Mask, typed: Iterable[bytes]) -> Sealed | None:
        """The content without what its mask hides, nor any secret that was typed; None: it has none."""
        spans = [*secret_spans(content, mask), *_found(content, typed)]
        if not spans:
            return None
        key, known = self._load()
        pieces: list[bytes | str] = []
        end, new = 0, False
        for start, stop in sorted((span.start, span.end) for span in spans):
            if start < end or start == stop:
                continue
            mark = hmac.digest(key, content[start:stop], "sha256").hex()[:32]
            new = new or mark not in known
            known[mark] = content[start:stop]
            pieces += [content[end:start], mark] if start > end else [mark]
            end = stop
        if end < len(content):
            pieces.append(content[end:])
        if new:
            self._save(key, known)
        return Sealed(tuple(pieces)) if any(isinstance(each, str) for each in pieces) else None

    def open(self, sealed: Sealed) -> bytes:
        """The content. Raises `Forgotten`."""
        known = {**self._guessed, **self._load()[1]}
        if not sealed.marks <= known.keys():
            raise Forgotten
        return sealed.opened(known.__getitem__)

    def learn(self, found: Mapping[str, bytes], *, guessed: bool = False) -> bool:
        """Take in what marks stand for, where that is not known; whether there was any. What is `guessed` holds for
        this process alone."""
        key, known = self._load()
        new = {mark: value for mark, value in found.items() if mark not in known and mark not in self._guessed}
        if guessed:
            self._guessed |= new
        elif new:
            self._save(key, {**known, **new})
        return bool(new)

    def guesses(self, sealed: Sealed) -> bool:
        """Whether one of its secrets was guessed."""
        return not sealed.marks.isdisjoint(self._guessed)

    @property
    def values(self) -> frozenset[bytes]:
        """All secrets that it knows."""
        return frozenset(self._load()[1].values())

    def _load(self) -> tuple[bytes, dict[str, bytes]]:
        """(the key, what marks stand for); a new key if there is no file that we understand."""
        try:
            data = json.loads(self._files.read(self._path) or b"")
            if data["version"] == VERSION:
                known = {str(mark): base64.b64decode(value) for mark, value in data["marks"].items()}
                return base64.b64decode(data["key"]), known
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            pass
        return secrets.token_bytes(32), {}

    def _save(self, key: bytes, known: Mapping[str, bytes]) -> None:
        marks = {mark: base64.b64encode(value).decode() for mark, value in known.items()}
        data = {"version": VERSION, "key": base64.b64encode(key).decode(), "marks": marks}
        self._files.save(self._path, json.dumps(data).encode())


def telling(secret: str) -> bool:
    """Whether a secret is looked for in texts."""
    word = secret.isascii() and secret.isalpha() and secret.islower()
    return len(secret) >= (TELLING if word else SHORT)


def hidden(text: str, secrets: Iterable[str]) -> str:
    """The text without any of the secrets, the longest first."""
    for each in sorted(filter(telling, secrets), key=len, reverse=True):
        text = text.replace(each, HIDDEN)
    return text


def _found(content: bytes, typed: Iterable[bytes]) -> Iterator[Span]:
    for secret in typed:
        if not telling(secret.decode("utf-8", "surrogateescape")):
            continue
        at = content.find(secret)
        while at >= 0:
            yield Span(at, at + len(secret), b"", 0)
            at = content.find(secret, at + len(secret))
