"""A shell that stays: commands are typed into it one after the other, which spares each a start of its own.

Starting ssh for every command costs half a second on a slow host; asking a shell at its other end costs nothing.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import selectors
import shlex
import threading
import time
from collections.abc import Callable

from tui_installer.host import GRACE, Result


class Silence(Exception):
    """The shell did not answer in time."""


class Ended(Exception):
    """The shell is gone; the text is what it said last on its standard error."""


class Conversation:
    """A POSIX shell at the other end of three pipes. Not for commands that read standard input."""

    def __init__(self, to: int, out: int, err: int) -> None:
        self._to = to
        self._streams = {out: bytearray(), err: bytearray()}
        self._out = out
        self._err = err
        self.open = True

    def ask(self, command: str, within: float) -> tuple[int, bytes, bytes]:
        """Have it run a line; returns exit code, stdout, stderr. Raises `Silence`, `Ended`: it is closed then."""
        mark = secrets.token_hex(12)
        line = f"{{ {command}\n}} </dev/null; printf '\\n{mark}=%d\\n' $?; printf '\\n{mark}=\\n' >&2\n"
        try:
            os.write(self._to, line.encode("utf-8", "surrogateescape"))
            out, code = self._until(self._out, f"\n{mark}=".encode(), within)
            err, _ = self._until(self._err, f"\n{mark}=".encode(), within)
            return int(code), out, err
        except BrokenPipeError as error:
            self.close()
            raise Ended("") from error
        except (Silence, Ended):
            self.close()
            raise

    def close(self) -> None:
        """End it."""
        if self.open:
            self.open = False
            for descriptor in (self._to, *self._streams):
                with contextlib.suppress(OSError):
                    os.close(descriptor)

    def _until(self, stream: int, mark: bytes, within: float) -> tuple[bytes, bytes]:
        """What came before the mark, and the rest of the mark's line; both streams are read meanwhile."""
        deadline, buffer = time.monotonic() + within, self._streams[stream]
        with selectors.DefaultSelector() as ready:
            for each in self._streams:
                ready.register(each, selectors.EVENT_READ)
            while (at := buffer.find(mark)) < 0 or buffer.find(b"\n", at + 1) < 0:
                if time.monotonic() > deadline:
                    raise Silence
                for key, _ in ready.select(timeout=max(0.0, deadline - time.monotonic())):
                    self._read(key.fd)
        end = buffer.find(b"\n", at + 1)
        found = bytes(buffer[:at]), bytes(buffer[at + len(mark) : end])
        del buffer[: end + 1]
        return found

    def _read(self, stream: int) -> None:
        chunk = os.read(stream, 65536)
        if not chunk:
            raise Ended(self._streams[self._err].decode("utf-8", "replace"))
        self._streams[stream] += chunk


class Shell:
    """A shell that stays, for commands that read nothing; it is started when it is needed, and again if it was lost."""

    def __init__(self, start: Callable[[], Conversation]) -> None:
        self._start = start
        self._conversation: Conversation | None = None
        self._one_at_a_time = threading.Lock()

    @property
    def busy(self) -> bool:
        """Whether it runs a command now."""
        return self._one_at_a_time.locked()

    def run(self, *argv: str, within: float) -> Result:
        """Run a command; one that is late is asked to stop by timeout(1)."""
        return self.type(shlex.join(("timeout", f"{within:g}", *argv)), argv, within)

    def type(self, line: str, argv: tuple[str, ...], within: float) -> Result:
        """Run a line that stands for the command `argv`."""
        with self._one_at_a_time:
            try:
                if self._conversation is None or not self._conversation.open:
                    self._conversation = self._start()
                    self._conversation.ask("unset PWD OLDPWD", within + GRACE)  # its own, not the environment's
                code, out, err = self._conversation.ask(line, within + GRACE)
            except Silence:
                return Result(argv, "timeout", None, "", "")
            except Ended as error:
                return Result(argv, "lost", None, "", str(error))
        return ended(argv, code, _text(out), _text(err))


def ended(argv: tuple[str, ...], code: int, out: str, err: str) -> Result:
    """How a command ended that was run by timeout(1) in a shell."""
    if code == 124:  # it was asked to stop
        return Result(argv, "timeout", None, out, err)
    if code == 127 and err.startswith("timeout: failed to run command"):
        return Result(argv, "absent", None, "", "")
    if 128 < code <= 128 + 64:
        return Result(argv, "signal", None, out, err)
    return Result(argv, "exited", code, out, err)


def _text(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape")
