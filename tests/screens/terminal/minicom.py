"""minicom, a serial client with a VT102 of its own, on a pair of pseudo-terminals: what it shows of what is sent."""

from __future__ import annotations

import os
import time
import tty
from collections.abc import Sequence

from tests.pace import busy
from tests.screens.terminal.program import Program

ROWS = 24
"""Of its 25 rows, the last one is minicom's own."""


class Minicom:
    """A running minicom; a context manager."""

    def __init__(self) -> None:
        self._line, self._device = os.openpty()
        tty.setraw(self._device)
        argv = ["/usr/bin/minicom", "-o", "-D", os.ttyname(self._device), "-b", "115200"]
        self._program = Program(argv, "xterm", {"LC_ALL": "C.UTF-8"}, size=(80, ROWS + 1), utf8=True)

    def __enter__(self) -> Minicom:
        self._program.see("Welcome to minicom")
        self._program.settle(0.3)
        return self

    def __exit__(self, *exception: object) -> None:
        os.kill(self._program.pid, 15)
        if self._program.end(3) is None:
            os.kill(self._program.pid, 9)
        os.close(self._line)
        os.close(self._device)

    def show(self, data: bytes, wanted: Sequence[str] = ()) -> list[str]:
        """What it shows once it was sent this, a row an item. `wanted`: its first rows, which are waited for: a busy
        machine may pause in between."""
        while data:
            data = data[os.write(self._line, data[:512]) :]
            self._program.take(0.01)
        end = time.monotonic() + 10 * busy()
        while (rows := self._settled())[: len(wanted)] != [*wanted] and time.monotonic() < end:
            pass
        return rows

    def _settled(self) -> list[str]:
        self._program.settle(0.3)
        return [line.rstrip() for line in self._program.terminal.text[:ROWS]]
