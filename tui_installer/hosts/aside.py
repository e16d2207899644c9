"""Something that is done in a thread of its own, and may hang there: nobody waits for it longer than they want to."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")

_IDLE: list[SimpleQueue[Callable[[], object]]] = []
"""What the threads wait for that have nothing to do: to begin one costs more than most of what is asked."""
os.register_at_fork(after_in_child=_IDLE.clear)


def aside(work: Callable[[], object]) -> None:
    """Have it done in a thread of its own."""
    try:
        tasks = _IDLE.pop()
    except IndexError:
        tasks = SimpleQueue()
        threading.Thread(target=_serve, args=(tasks,), daemon=True).start()
    tasks.put(work)


def _serve(tasks: SimpleQueue[Callable[[], object]]) -> None:
    while True:
        tasks.get()()
        _IDLE.append(tasks)


class Aside(Generic[T]):
    """Something that is asked in a thread of its own; the program may end while it hangs."""

    def __init__(self, ask: Callable[[], T], done: Callable[[], object]) -> None:
        """`done` is called in that thread once there is an answer, or an error."""
        self._ask, self._then = ask, done
        self._answer: list[T] = []
        self._error: BaseException | None = None
        self._done = threading.Event()
        aside(self._work)

    def _work(self) -> None:
        try:
            self._answer.append(self._ask())
        except BaseException as error:
            self._error = error
        self._done.set()
        self._then()

    def wait(self, within: float) -> bool:
        """Whether it has come to an end within these seconds."""
        return self._done.wait(within)

    def answer(self) -> T:
        """What came of it, once it has ended. Raises what was raised."""
        if self._error:
            raise self._error
        return self._answer[0]
