"""The thread that asks the engine, so that no screen ever waits for a host.

It is a daemon: the program can leave while a probe hangs in it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextvars import copy_context
from queue import SimpleQueue
from typing import Any, TypeVar

from textual.message_pump import MessagePump

T = TypeVar("T")


class Errand:
    """Something that was asked of the worker; the answer to a dropped errand is not delivered."""

    def __init__(self, run: Callable[[Errand], None]) -> None:
        self.run = run
        self.dropped = False

    def drop(self) -> None:
        """Nobody waits for it any more."""
        self.dropped = True


class Worker:
    """Runs errands one after the other in its own thread; answers are delivered in the screen's thread."""

    def __init__(self, name: str, failed: Callable[[Exception], object]) -> None:
        self._name = name
        self._failed = failed
        self._errands: SimpleQueue[Errand] = SimpleQueue()
        self._lock = threading.Lock()
        self._open = 0

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return self._open == 0

    def start(self) -> None:
        """Start the thread. To be called in the app's own context, for answers are delivered through it."""
        threading.Thread(target=copy_context().run, args=(self._work,), name=self._name, daemon=True).start()

    def ask(self, who: MessagePump, job: Callable[[], T], then: Callable[[T], Any]) -> Errand:
        """Run `job` in the thread, then `then` with what it returned in the screen's thread, if `who` still lives."""

        def run(errand: Errand) -> None:
            answer = job()
            if not errand.dropped:
                who.call_later(then, answer)

        return self._add(Errand(run))

    def each(self, who: MessagePump, items: Iterator[T], then: Callable[[T], Any]) -> Errand:
        """Like `ask` for every item of an iterator; other errands get their turn between two items."""

        def run(errand: Errand) -> None:
            for item in items:
                if not errand.dropped:
                    who.call_later(then, item)
                    self._add(errand)
                return

        return self._add(Errand(run))

    def _add(self, errand: Errand) -> Errand:
        with self._lock:
            self._open += 1
        self._errands.put(errand)
        return errand

    def _work(self) -> None:
        while True:
            errand = self._errands.get()
            try:
                if not errand.dropped:
                    errand.run(errand)
            except Exception as error:
                self._failed(error)
            finally:
                with self._lock:
                    self._open -= 1
