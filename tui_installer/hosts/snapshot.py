"""What one look reads of a host's files: each once, whoever asks for it, and however often."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

from tui_installer.hosts.ahead import NOTHING, Ahead, Answers, Far
from tui_installer.hosts.deadline import Deadline
from tui_installer.hosts.host import File, Host, HostError, Link

T = TypeVar("T")


class Once:
    """Answers by their questions. Who asks what somebody else is asking already waits for that; errors are not kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Hashable, Future[Any]] = {}

    def get(self, question: Hashable, ask: Callable[[], T]) -> T:
        """What is answered. Raises what was raised."""
        with self._lock:
            answer = self._known.get(question)
            mine = answer is None
            if answer is None:
                answer = self._known[question] = Future()
        if mine:
            try:
                answer.set_result(ask())
            except BaseException as error:
                with self._lock:
                    self._known.pop(question, None)
                answer.set_exception(error)
        found: T = answer.result()
        return found


class Snapshot:
    """A host whose files and links are those of another one, as they were when a look first asked for them."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.name = host.name
        self._until = Deadline()
        self._files = Once()
        self.expect(NOTHING)

    def expect(self, ahead: Ahead) -> None:
        """That is what the look is going to ask: what can be is asked in one round trip, before the first of it."""
        self._ahead, self._foreseen = ahead, frozenset(ahead.together) if isinstance(self.host, Far) else frozenset()
        self._either: tuple[Ahead, ...] = ()

    def expect_either(self, *ahead: Ahead) -> None:
        """One of them is what the look is going to ask: the first that has the first question; unless it is asked
        ahead already."""
        self._either = ahead if isinstance(self.host, Far) and not self._foreseen else ()

    def foreseen(self, question: tuple[str, ...]) -> tuple[Any, ...]:
        """The answer to what was asked ahead; empty: it was not."""
        if found := next(
            (each for each in self._either if question in each.together or question[1:] in each.slow), None
        ):
            self.expect(found)
        told = self._files.get("ahead", self._ask_ahead) if question in self._foreseen else {}
        return (told[question],) if question in told else ()

    def _ask_ahead(self) -> Answers:
        try:
            return self.host.ahead(self._ahead.together) if isinstance(self.host, Far) else {}
        except HostError:
            return {}  # each is asked by itself

    def _file(self, question: tuple[str, ...], ask: Callable[[], T]) -> T:
        def known() -> T:
            told: tuple[T, ...] = self.foreseen(question)
            return told[0] if told else ask()

        return self._files.get(question, known)

    def read(self, path: str) -> File | None:
        """See `Host.read`."""
        self._until.allow(path)
        return self._file(("read", path), lambda: self.host.read(path))

    def list(self, pattern: str) -> tuple[str, ...]:
        """See `Host.list`."""
        self._until.allow(pattern)
        return self._file(("list", pattern), lambda: self.host.list(pattern))

    def read_all(self, *patterns: str) -> dict[str, File]:
        """See `Host.read_all`."""
        self._until.allow(patterns[0])
        return self._file(("read_all", *patterns), lambda: self.host.read_all(*patterns))

    def links(self) -> tuple[Link, ...]:
        """See `Host.links`."""
        self._until.allow("ip")
        return self._file(("links",), self.host.links)

    def write(self, path: str, file: File | None) -> None:
        """See `Host.write`: a look's own scratch files."""
        self.host.write(path, file)
        self._files = Once()
        self.expect(NOTHING)
