"""Who types: bytes from the line become keys, however they are cut, and a lone Escape is waited out."""

from __future__ import annotations

import asyncio
import os
from codecs import getincrementaldecoder
from collections.abc import Callable

from screens.terminal.console import Console
from screens.terminal.keys import PATIENCE, Key, Keyboard


class Typist:
    """Listens to a console."""

    def __init__(self, console: Console, press: Callable[[Key], object], gone: Callable[[], object]) -> None:
        """`press` is called for each key, `gone` at the end of the input."""
        self._source = console.line.source
        self._before = console.typed
        self._press = press
        self._gone = gone
        self._keyboard = Keyboard()
        self._patience: asyncio.TimerHandle | None = None
        self._decode = getincrementaldecoder("utf-8" if console.utf8 else "latin-1")("replace").decode
        self._loop: asyncio.AbstractEventLoop | None = None

    def listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Listen from now on; what was typed before comes first."""
        self._loop = loop
        loop.add_reader(self._source, self._readable)
        if self._before:
            loop.call_soon(self._typed, self._before)

    def leave(self) -> None:
        """Listen no more."""
        if self._loop is not None:
            self._loop.remove_reader(self._source)
            self._loop = None

    def _readable(self) -> None:
        try:
            data = os.read(self._source, 4096)
        except OSError:
            data = b""
        if data:
            self._typed(data)
        else:
            self._gone()

    def _typed(self, data: bytes) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        self._each(self._keyboard.type(self._decode(data)))
        if self._keyboard.waits and self._loop is not None:
            self._patience = self._loop.call_later(PATIENCE, lambda: self._each(self._keyboard.give_up()))

    def _each(self, keys: list[Key]) -> None:
        for key in keys:
            self._press(key)
