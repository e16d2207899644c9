"""A terminal that only prints lines and reads lines."""

from __future__ import annotations

import os
import selectors
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from screens.words import plain


class Gone(Exception):
    """Nobody is there any more: the input has ended."""


class Lines(Protocol):
    """Somebody who reads lines and types lines."""

    def say(self, *lines: str) -> None:
        """Print lines; what they hold is made harmless."""

    def ask(self, prompt: str, *, hidden: bool = False, fresh: bool = False) -> str:
        """A line that is typed, without blanks around it (as it is, if it is `hidden`). Raises `Gone`.

        `fresh`: what somebody at a terminal typed before the prompt was there is no answer.
        """

    def typed(self, within: float) -> str | None:
        """A line that is typed within so many seconds; None: none was. Raises `Gone`."""


def unicode_ok(environment: Mapping[str, str]) -> bool:
    """Whether the terminal shows more than ASCII: the locale says UTF-8, and it is none that never does.

    It is believed here alone: what prints lines only can't be asked."""
    locale = environment.get("LC_ALL") or environment.get("LC_CTYPE") or environment.get("LANG") or ""
    old = environment.get("TERM", "dumb").startswith(("vt", "dumb", "ansi"))
    return not old and locale.upper().replace("-", "").endswith("UTF8")


def choice(typed: str, most: int) -> int:
    """The number from 1 to `most` that was typed; 0: it is none of these."""
    found = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0
    return found if found <= most else 0


class TerminalLines:
    """Over two file descriptors. The kernel edits the line that is typed, so every terminal will do."""

    def __init__(self, read: int = 0, write: int = 1) -> None:
        self._read = read
        self._write = write
        self._unicode = unicode_ok(os.environ)
        self._buffer = b""
        self._ended = False

    def say(self, *lines: str) -> None:
        """See `Lines.say`."""
        for line in lines:
            self._put(plain(line).rstrip() + "\n")

    def ask(self, prompt: str, *, hidden: bool = False, fresh: bool = False) -> str:
        """See `Lines.ask`."""
        if fresh and os.isatty(self._read):
            termios.tcflush(self._read, termios.TCIFLUSH)
            self._buffer = b""
        if not hidden:
            self._put(plain(prompt) + " ")
            return self._line().strip()
        with self._silent():  # before the prompt: a script types as soon as it reads that
            self._put(plain(prompt) + " ")
            line = self._line()
        self._put("\n")
        return line

    def typed(self, within: float) -> str | None:
        """See `Lines.typed`."""
        if b"\n" not in self._buffer and not self._ended:
            with selectors.DefaultSelector() as ready:
                ready.register(self._read, selectors.EVENT_READ)
                if not ready.select(within):
                    return None
            self._take()
        return self._line().strip() if b"\n" in self._buffer or self._ended else None

    def _line(self) -> str:
        while b"\n" not in self._buffer:
            if self._ended:
                raise Gone
            self._take()
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")

    def _take(self) -> None:
        try:
            chunk = os.read(self._read, 4096)
        except OSError:
            chunk = b""
        self._ended = not chunk
        self._buffer += chunk

    def _put(self, text: str) -> None:
        data = text.encode("utf-8" if self._unicode else "ascii", "replace")
        try:
            while data:
                data = data[os.write(self._write, data) :]
        except OSError as error:
            raise Gone from error

    @contextmanager
    def _silent(self) -> Iterator[None]:
        """Without an echo, where this is a terminal."""
        try:
            old = termios.tcgetattr(self._read)
        except termios.error:
            yield
            return
        new = [*old]
        new[3] &= ~termios.ECHO
        termios.tcsetattr(self._read, termios.TCSADRAIN, new)
        try:
            yield
        finally:
            termios.tcsetattr(self._read, termios.TCSADRAIN, old)
