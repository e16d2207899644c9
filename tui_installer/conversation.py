"""A shell that stays: commands are typed into it one after the other, which spares each a start of its own.

Starting ssh for every command costs half a second on a slow host; asking a shell at its other end costs nothing.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import selectors
import time


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
