"""A program on a pseudo-terminal of 80x24, and the terminal it talks to."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.screens.terminal.emulator import Terminal, known


class Program:
    """A running program, and what its terminal shows."""

    def __init__(
        self,
        argv: Sequence[str],
        term: str,
        environment: Mapping[str, str] | None = None,
        *,
        size: tuple[int, int] = (80, 24),
        utf8: bool = False,
        answers: bool = True,
        hangup: signal.Handlers = signal.SIG_DFL,
    ) -> None:
        """`hangup` is what becomes of SIGHUP in it, whatever that is here."""
        self.terminal = Terminal(known(term), *(size if size[0] else (80, 24)), utf8=utf8)
        self.sent = b""
        """All that it has sent."""
        self.ended = False
        self.spent = 0.0
        """Seconds of processor time, once it has ended by itself."""
        self._answers = answers
        self._encoding = "utf-8" if utf8 else "latin-1"
        ours = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
        self.pid, self.line = _spawn(argv, {**ours, "TERM": term, **(environment or {})}, size, hangup)

    def press(self, keys: str) -> None:
        """Type."""
        data = keys.encode()
        while data:
            data = data[os.write(self.line, data) :]

    def take(self, within: float) -> int:
        """Take what comes within so many seconds, at most one read; how many bytes that were."""
        if self.ended or not select.select([self.line], [], [], within)[0]:
            return 0
        try:
            data = os.read(self.line, 65536)
        except OSError:
            data = b""
        self.ended = not data
        self.sent += data
        self.terminal.feed(data.decode(self._encoding, "replace"))
        if self._answers:
            self._answer()
        return len(data)

    def settle(self, quiet: float = 0.15, within: float = 60) -> int:
        """Take what comes until nothing has come for so many seconds; how many bytes that were."""
        count, last, end = 0, time.monotonic(), time.monotonic() + within
        while not self.ended and time.monotonic() - last < quiet and time.monotonic() < end:
            if came := self.take(quiet / 4):
                count, last = count + came, time.monotonic()
        return count

    def receive(self, first: bytes, within: float = 30) -> None:
        """Take what comes until these bytes, a regular expression, have come. Raises TimeoutError."""
        until = time.monotonic() + within
        while not re.search(first, self.sent):
            if self.ended or time.monotonic() > until:
                raise TimeoutError(f"{first!r}: {self.sent!r}")
            self.take(0.05)

    def see(self, words: str, within: float = 30) -> str:
        """Take what comes until these words are on the screen; returns all of it. Raises TimeoutError."""
        until = time.monotonic() + within
        while not re.search(words, self.text):
            if self.ended or time.monotonic() > until:
                raise TimeoutError(f"{words}:\n{self.text}")
            self.take(0.05)
        return self.text

    def shows(self, picture: str, within: float = 30) -> None:
        """Take what comes until the screen is this one; a busy machine may pause in between. Raises TimeoutError."""
        until = time.monotonic() + within
        while self.text != picture:
            if self.ended or time.monotonic() > until:
                raise TimeoutError(f"{picture}\nis wanted:\n{self.text}")
            self.take(0.05)
        self.settle()

    @property
    def text(self) -> str:
        """The screen."""
        return "\n".join(line.rstrip() for line in self.terminal.text)

    @property
    def worked(self) -> float:
        """Seconds of processor time that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def woken(self) -> int:
        """How often its threads have waited for something."""
        told = [path.read_text() for path in Path(f"/proc/{self.pid}/task").glob("*/status")]
        return sum(int(line.split()[1]) for text in told for line in text.splitlines() if line.startswith("voluntary"))

    @property
    def settings(self) -> list[Any]:
        """The line's, as `tcgetattr` gives them."""
        return termios.tcgetattr(self.line)

    def ended_by_itself(self, within: float) -> int | None:
        """Its exit code, without looking at the line; None: it still runs."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            done, status, used = os.wait4(self.pid, os.WNOHANG)
            if done:
                self.spent = used.ru_utime + used.ru_stime
                return os.waitstatus_to_exitcode(status)
            select.select([], [], [], 0.02)
        return None

    def end(self, within: float = 10) -> int | None:
        """Wait for its end; its exit code, negative for a signal; None: it still runs."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            self.take(0.02)
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                while self.take(0.02):  # what it has said last
                    pass
                return os.waitstatus_to_exitcode(status)
        return None

    def _answer(self) -> None:
        for answer in self.terminal.screen.answers:
            self.press(answer)
        self.terminal.screen.answers.clear()


def _spawn(
    argv: Sequence[str], environment: Mapping[str, str], size: tuple[int, int], hangup: signal.Handlers
) -> tuple[int, int]:
    pid, line = pty.fork()
    if pid == 0:
        signal.signal(signal.SIGHUP, hangup)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)  # whatever they are here: a shell's background job ignores SIGINT
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        os.execve(argv[0], list(argv), dict(environment))
        sys.exit(127)
    return pid, line
