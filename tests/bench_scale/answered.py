"""A host that answers at once what another one has answered before: the time that is left is the program's own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tui_installer.hosts.host import Dialer, File, Host, HostError, Link, Login, OnLine, Result

T = TypeVar("T")


@dataclass
class Book:
    """What was answered, by question, and what was asked since `asked` was emptied."""

    known: dict[Hashable, Any] = field(default_factory=dict)
    asked: list[tuple[str, str, object]] = field(default_factory=list)
    """(host, kind, what) of each question."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def get(self, host: str, kind: str, what: object, ask: Callable[[], T]) -> T:
        """The answer, asked for once. Raises the `HostError` that was the answer."""
        question = (host, kind, what)
        with self._lock:
            self.asked.append(question)
        if question not in self.known:
            try:
                self.known[question] = ask()
            except HostError as error:
                self.known[question] = error
        answer = self.known[question]
        if isinstance(answer, HostError):
            raise answer
        found: T = answer
        return found

    @contextmanager
    def counting(self) -> Iterator[list[tuple[str, str, object]]]:
        """What is asked within."""
        with self._lock:
            self.asked.clear()
        yield self.asked


class Answered:
    """See `Host`."""

    def __init__(self, host: Host, book: Book) -> None:
        self._host, self._book, self.name = host, book, host.name

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        """See `Host.run`."""
        return self._book.get(self.name, "run", argv, lambda: self._host.run(*argv, stdin=stdin, within=within))

    def read(self, path: str) -> File | None:
        """See `Host.read`."""
        return self._book.get(self.name, "read", path, lambda: self._host.read(path))

    def list(self, pattern: str) -> tuple[str, ...]:
        """See `Host.list`."""
        return self._book.get(self.name, "list", pattern, lambda: self._host.list(pattern))

    def read_all(self, *patterns: str) -> dict[str, File]:
        """See `Host.read_all`."""
        return self._book.get(self.name, "read_all", patterns, lambda: self._host.read_all(*patterns))

    def links(self) -> tuple[Link, ...]:
        """See `Host.links`."""
        return self._book.get(self.name, "links", "", self._host.links)

    def write(self, path: str, file: File | None) -> None:
        """See `Host.write`: a look's scratch files."""
        self._book.get(self.name, "write", path, lambda: self._host.write(path, file))


class AnsweredDialer:
    """See `Dialer`: its hosts answer so, too."""

    def __init__(self, dialer: Dialer, book: Book) -> None:
        self._dialer, self._book = dialer, book

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        """See `Dialer.keys`."""
        return self._book.get("dialer", "keys", address, lambda: self._dialer.keys(address, port))

    def connect(self, login: Login, trusted: tuple[str, ...]) -> Host:
        """See `Dialer.connect`."""
        return self._book.get(
            "dialer", "connect", login.address, lambda: Answered(self._dialer.connect(login, trusted), self._book)
        )
