"""The operator's serial console: an 80x24 terminal on ttyS0, driven byte for byte."""

import re
import socket
import threading
import time
from pathlib import Path
from typing import BinaryIO

import pyte

from tests.lab.errors import LabError
from tests.lab.machine import COLUMNS, ROWS

PROMPT = re.compile(r"[#$] ?$", re.MULTILINE)


class _Terminal(pyte.Screen):
    """A screen that answers a program's questions (cursor position, what are you) over the line, as a terminal does."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, ROWS)
        self.line: socket.socket | None = None
        """None while the backlog is drawn: its questions were asked long ago."""

    def write_process_input(self, data: str) -> None:
        if self.line:
            self.line.sendall(data.encode())


class Console:
    """What is on the screen, and the keyboard. The raw bytes are in the run folder's HOST/console.log."""

    def __init__(self, host: str, path: Path) -> None:
        self._host = host
        self._terminal = _Terminal()
        self._stream = pyte.ByteStream(self._terminal)
        self._said = ""
        self.patience = 1.0
        """By how much deadlines are longer than on a host that has a core of its own."""
        self._changed = threading.Condition()
        self._line = socket.socket(socket.AF_UNIX)
        try:
            self._line.connect(str(path))
            self._greet()
        except OSError as error:
            raise LabError(f"{host}: no console: {error}") from error
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, keys: str | bytes) -> None:
        """Type; Enter is \\r."""
        self._line.sendall(keys.encode() if isinstance(keys, str) else keys)

    def screen(self) -> list[str]:
        """The 24 lines of 80 characters as they are now."""
        with self._changed:
            return list(self._terminal.display)

    def text(self) -> str:
        """The screen as one text, without spaces at the ends of lines."""
        return "\n".join(line.rstrip() for line in self.screen())

    def expect(self, wanted: str | re.Pattern[str], timeout: float = 30) -> re.Match[str]:
        """Wait until the screen shows a text (str: as it stands; Pattern: searched).

        Raises LabError, with the screen, when it does not come.
        """
        pattern = re.compile(re.escape(wanted)) if isinstance(wanted, str) else wanted
        end = time.monotonic() + timeout * self.patience
        with self._changed:
            while True:
                if found := pattern.search("\n".join(line.rstrip() for line in self._terminal.display)):
                    return found
                if not self._changed.wait(max(end - time.monotonic(), 0)):
                    break
        missed = f"{self._host}: {pattern.pattern!r} not on the console within {timeout:g} s"
        raise LabError(f"{missed}; it shows:\n{self.text()}")

    def said(self, wanted: re.Pattern[str], timeout: float = 30) -> str:
        """Wait until this is found in what came since the last call; returns all of that. Raises LabError with it."""
        end = time.monotonic() + timeout * self.patience
        with self._changed:
            while not wanted.search(self._said):
                if not self._changed.wait(max(end - time.monotonic(), 0)):
                    raise LabError(f"{self._host}: {wanted.pattern!r} not within {timeout:g} s; it says:\n{self._said}")
            said, self._said = self._said, ""
            return said

    def login(self, password: str = "root", timeout: float = 60) -> None:
        """Get from wherever a getty is to a root prompt."""
        self.send("\r")
        self.expect(re.compile(r"login: *$", re.MULTILINE), timeout)
        self.send("root\r")
        self.expect(re.compile(r"Password: *$", re.MULTILINE), timeout)
        self.send(password + "\r")
        self.expect(PROMPT, timeout)

    def close(self) -> None:
        """Unplug the terminal."""
        self._line.close()

    def _read(self) -> None:
        try:
            with self._line.makefile("rb") as stream:
                self._begin(stream)
                self._terminal.line = self._line
                while chunk := stream.read1():
                    self._draw(chunk)
        except (OSError, ValueError):
            return  # closed, here or by the keeper: the screen stays as it is

    def _greet(self) -> None:
        """Ask the keeper for all that was said since power-on."""
        self._line.sendall(b"all\n")

    def _begin(self, stream: BinaryIO) -> None:
        """Draw that."""
        self._draw(stream.read(int(stream.readline())))

    def _draw(self, chunk: bytes) -> None:
        with self._changed:
            self._stream.feed(chunk)
            self._said += chunk.decode("ascii", "replace")
            self._changed.notify_all()
