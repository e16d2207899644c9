"""What one look reads of a host's files: each once, whoever asks for it, and however often."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

from tui_installer.hosts.deadline import Deadline
from tui_installer.hosts.host import File, Host, Link

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

    def read(self, path: str) -> File | None:
        """See `Host.read`."""
        self._until.allow(path)
        return self._files.get(("read", path), lambda: self.host.read(path))

    def list(self, pattern: str) -> tuple[str, ...]:
        """See `Host.list`."""
        self._until.allow(pattern)
        return self._files.get(("list", pattern), lambda: self.host.list(pattern))

    def read_all(self, *patterns: str) -> dict[str, File]:
        """See `Host.read_all`."""
        self._until.allow(patterns[0])
        return self._files.get(("read_all", patterns), lambda: self.host.read_all(*patterns))

    def links(self) -> tuple[Link, ...]:
        """See `Host.links`."""
        self._until.allow("ip")
        return self._files.get("links", self.host.links)

    def write(self, path: str, file: File | None) -> None:
        """See `Host.write`: a look's own scratch files."""
        self.host.write(path, file)
        self._files = Once()
