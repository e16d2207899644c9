"""How long a key takes on a slow line while a log pours: a pseudo-terminal that is read as slowly as a line is."""

from __future__ import annotations

import os
import re
import select
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass

from screens.asking import HELP
from tests.bench_serial.flood import KEYS, READ
from tests.screens.terminal.program import Program

SPEEDS = {9600: termios.B9600, 115200: termios.B115200}
LAST = "Esc back"
"""In the last line of the help: when it is on the screen, all of it is."""
FLOODED = 6.0
"""Seconds of log before the key."""


@dataclass(frozen=True)
class Effect:
    """Seconds from the key to what it brings."""

    first: float
    """Its first character."""
    whole: float
    """The whole picture that the key leads to."""


class Slow:
    """A program behind a line of that speed."""

    def __init__(self, argv: Sequence[str], baud: int) -> None:
        self.program = Program(argv, "vt220")
        self.rate = baud / 10
        settings = termios.tcgetattr(self.program.line)
        settings[4] = settings[5] = SPEEDS[baud]
        termios.tcsetattr(self.program.line, termios.TCSANOW, settings)
        self._owed = 0.0
        self._at = time.monotonic()

    def run(self, seconds: float, words: str = "") -> float | None:
        """Let it go on; the seconds until these words are on the screen, None: they never were."""
        start = time.monotonic()
        while time.monotonic() - start < seconds:
            self._carry()
            if words and re.search(words, self.program.text):
                return time.monotonic() - start
        return None

    def _carry(self) -> None:
        """Carry what the line carries in a moment."""
        select.select([], [], [], 0.005)
        now = time.monotonic()
        self._owed = min(64.0 + self.rate / 50, self._owed + (now - self._at) * self.rate)
        self._at = now
        if self._owed >= 1 and select.select([self.program.line], [], [], 0)[0]:
            data = os.read(self.program.line, int(self._owed))
            self._owed -= len(data)
            self.program.terminal.feed(data.decode("latin-1"))


def ours(baud: int) -> Effect:
    """Ours: the log of an apply, then the help."""
    with tempfile.TemporaryDirectory() as folder:
        slow = Slow([sys.executable, "-m", "tests.bench_serial.flood", folder, "60"], baud)
        for keys, words in KEYS:
            slow.run(3 * READ)
            slow.program.press(keys)
            slow.run(30, words)
        return _key(slow)


def curses(baud: int) -> Effect:
    """A curses program: the same log, the same help."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(["Help", "", *HELP[:19], "", f"Space scroll  {LAST}"]))
        file.flush()
        return _key(Slow([sys.executable, "-m", "tests.bench_serial.curses_flood", file.name], baud))


def _key(slow: Slow) -> Effect:
    slow.run(FLOODED)
    start = time.monotonic()
    slow.program.press("?")
    first = slow.run(60, "This program joins")
    whole = slow.run(60, LAST) if first is not None else None
    elapsed = time.monotonic() - start
    os.kill(slow.program.pid, 9)
    os.waitpid(slow.program.pid, 0)
    return Effect(first if first is not None else 99.0, elapsed if whole is not None else 99.0)


def buffer_size() -> int:
    """Bytes that a pseudo-terminal takes before anybody reads."""
    line, slave = os.openpty()
    os.set_blocking(slave, False)
    count = 0
    try:
        while True:
            count += os.write(slave, b"x" * 256)
    except BlockingIOError:
        return count
    finally:
        os.close(line)
        os.close(slave)


def report() -> list[str]:
    """The figures of each line speed, one a line."""
    lines = [f"\nkey to effect while a log pours 20 lines a second (s; pty buffer {buffer_size()} bytes, TERM=vt220)"]
    for baud in SPEEDS:
        for name, run in (("ours", ours), ("curses", curses)):
            effect = run(baud)
            lines.append(f"  {baud:>6} baud  {name:<7} first {effect.first:6.2f}  whole {effect.whole:6.2f}")
    return lines


if __name__ == "__main__":
    sys.stdout.write("\n".join(report()) + "\n")
