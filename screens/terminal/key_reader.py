"""Who types: bytes from the line become keys, however they are cut, and a lone Escape is waited out."""

from __future__ import annotations

import asyncio
import os
from codecs import getincrementaldecoder, register_error
from collections.abc import Callable

from screens.terminal.console import Console
from screens.terminal.keys import PATIENCE, Keyboard, Press
from screens.terminal.paste import PATIENCE as OF_PASTE
from screens.terminal.paste import Pasted, Pastes


def _as_latin1(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("latin-1"), error.end


register_error("latin-1", _as_latin1)


class KeyReader:
    """Listens to a console. A terminal that shows ASCII alone may well type UTF-8: what is UTF-8 is taken for it, any
    other byte above 0x7f for what it is in Latin-1 and on a VT220 (whose 8-bit CSI is 0x9b)."""

    def __init__(self, console: Console, press: Callable[[Press | Pasted], object], gone: Callable[[], object]) -> None:
        """`press` is called for each key and each paste, `gone` at the end of the input."""
        self._source = console.line.source
        self._before = console.typed
        self._press = press
        self._gone = gone
        self._keyboard = Keyboard()
        self._pastes = Pastes()
        self._patience: asyncio.TimerHandle | None = None
        self._decoder = getincrementaldecoder("utf-8")("latin-1")
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
        self._each(self._pastes.take(self._keyboard.type(self._decoder.decode(data))))
        if self._loop is None:
            return
        if self._keyboard.waits or self._decoder.getstate()[0]:
            self._patience = self._loop.call_later(PATIENCE, self._give_up)
        elif self._pastes.waits:
            self._patience = self._loop.call_later(OF_PASTE, self._give_up)

    def _give_up(self) -> None:
        """Nothing more comes of what has begun."""
        rest = self._decoder.decode(b"", final=True)
        self._each(self._pastes.take([*self._keyboard.type(rest), *self._keyboard.give_up()]))
        self._each(self._pastes.end())

    def _each(self, typed: list[Press | Pasted]) -> None:
        for each in typed:
            self._press(each)
