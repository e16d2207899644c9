"""A shell that stays: commands are typed into it one after the other, which spares each a start of its own.

Starting ssh for every command costs half a second on a slow host; asking a shell at its other end costs nothing.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import selectors
import shlex
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from threading import BoundedSemaphore

from tui_installer.hosts.host import GRACE, HostError, OnLine, Result, tool
from tui_installer.hosts.progress import CommandProgress, children, is_there, spent
from tui_installer.hosts.shell_text import printf

FOLLOW = 0.1
"""Seconds between two looks at what a command that is followed has printed."""


Meanwhile = Callable[[int], None]
"""Is given the process that is spoken with."""


class Silence(Exception):
    """The shell did not answer in time."""

    def __init__(self, pid: int = 0) -> None:
        super().__init__()
        self.pid = pid
        """The process here that was spoken with; 0: not known."""


class Ended(Exception):
    """The shell is gone; the text is what it said last on its standard error."""


class Conversation:
    """A POSIX shell at the other end of three pipes."""

    def __init__(self, to: int, out: int, err: int, pid: int = 0) -> None:
        """`pid`: of the process here that is spoken with, be it the shell itself or ssh."""
        self.pid = pid
        self._to = to
        self._streams = {out: bytearray(), err: bytearray()}
        self._out = out
        self._err = err
        self.open = True

    def ask(self, command: str, within: float, meanwhile: Meanwhile | None = None) -> tuple[int, bytes, bytes]:
        """Have it run a line; returns exit code, stdout, stderr. Raises `Silence`, `Ended`: it is closed then.

        `meanwhile` is called every now and then until it answers; it may raise `Silence`.
        """
        mark = secrets.token_hex(12)
        line = f"{{ {command}\n}} </dev/null; printf '\\n{mark}=%d\\n' $?; printf '\\n{mark}=\\n' >&2\n"
        try:
            self._say(line.encode("utf-8", "surrogateescape"))
            out, code = self._until(self._out, f"\n{mark}=".encode(), within, meanwhile)
            err, _ = self._until(self._err, f"\n{mark}=".encode(), within, meanwhile)
            return int(code), out, err
        except BrokenPipeError as error:
            self.close()
            raise Ended("") from error
        except BaseException:
            self.close()  # what it says next is the answer to this question
            raise

    def close(self) -> None:
        """End it."""
        if self.open:
            self.open = False
            for descriptor in (self._to, *self._streams):
                with contextlib.suppress(OSError):
                    os.close(descriptor)

    def _say(self, line: bytes) -> None:
        while line:
            line = line[os.write(self._to, line) :]

    def _until(self, stream: int, mark: bytes, within: float, meanwhile: Meanwhile | None) -> tuple[bytes, bytes]:
        """What came before the mark, and the rest of the mark's line; both streams are read meanwhile."""
        deadline, buffer = time.monotonic() + within, self._streams[stream]
        with selectors.DefaultSelector() as ready:
            for each in self._streams:
                ready.register(each, selectors.EVENT_READ)
            while (at := buffer.find(mark)) < 0 or buffer.find(b"\n", at + 1) < 0:
                left = deadline - time.monotonic()
                if left < 0:
                    raise Silence(self.pid)
                for key, _ in ready.select(timeout=min(left, FOLLOW) if meanwhile else left):
                    self._read(key.fd)
                if meanwhile:
                    meanwhile(self.pid)
        end = buffer.find(b"\n", at + 1)
        found = bytes(buffer[:at]), bytes(buffer[at + len(mark) : end])
        del buffer[: end + 1]
        return found

    def _read(self, stream: int) -> None:
        chunk = os.read(stream, 65536)
        if not chunk:
            raise Ended(self._streams[self._err].decode("utf-8", "replace"))
        self._streams[stream] += chunk


@dataclass(slots=True)
class Output:
    """What a command prints, in two files instead of pipes: a dead pipe would break one that outlives us."""

    out: int
    """A file's descriptor, as `err`."""
    err: int
    on_line: OnLine | None
    """Gets each line of `out` as it comes."""
    quiet: float = 60
    """Seconds in which nothing may move (`hosts.progress`): then the command is asked to stop."""
    late: bool = False
    """Whether it was."""
    _seen: int = 0
    _pending: bytes = field(default=b"")
    _progress: CommandProgress | None = None
    _asked: float = 0

    def watch(self, pid: int) -> None:
        """Follow it; ask it to stop if it hangs. `pid`: its parent. Raises `Silence` if it does not stop either."""
        self.follow()
        self._progress = self._progress or CommandProgress(self.quiet, partial(spent, pid))
        if self.late:
            if time.monotonic() > self._asked + GRACE:
                raise Silence(pid)
        elif self._progress.stands_still(self._size()):
            self.late, self._asked = True, time.monotonic()
            for child in children(pid):
                with contextlib.suppress(OSError):
                    os.kill(child, signal.SIGTERM)

    def _size(self) -> int:
        return os.fstat(self.out).st_size + os.fstat(self.err).st_size

    def follow(self) -> None:
        """Hand over the lines that came since the last call."""
        if self.on_line is None:
            return
        for chunk in _chunks(self.out, self._seen):
            self._seen += len(chunk)
            *lines, self._pending = (self._pending + chunk).split(b"\n")
            for line in lines:
                self.on_line(line.decode("utf-8", "replace"))

    def said(self) -> tuple[bytes, bytes]:
        """All that the command printed so far: its output, and its errors."""
        return b"".join(_chunks(self.out, 0)), b"".join(_chunks(self.err, 0))


def _chunks(descriptor: int, offset: int) -> Iterator[bytes]:
    while chunk := os.pread(descriptor, 1 << 20, offset):
        offset += len(chunk)
        yield chunk


class Shell:
    """Shells that stay: one is started when all that there are have something to do, or were lost."""

    def __init__(self, start: Callable[[], Conversation], first: str = "unset PWD OLDPWD", most: int = 16) -> None:
        """`start` may raise `HostError`: what was to be run is then "lost". `first` is typed into each shell first;
        there are at most `most` of them."""
        self._start = start
        self._first = first
        self._free = BoundedSemaphore(most)
        self.lost = False
        """Whether one was lost, and none was started since."""
        self._idle: list[Conversation] = []
        self._stuck: dict[tuple[str, ...], int] = {}
        """By their tools: the processes that were spoken with when a command did not come to an end."""

    def run(self, *argv: str, within: float, stdin: bytes = b"") -> Result:
        """Run a command; one that is late is asked to stop by timeout(1). While one that did not stop either is still
        there, nothing more of its tool is started: so nothing piles up, however often somebody looks."""
        if is_there(self._stuck.get(tool(argv), 0)):
            return Result(argv, "timeout", None, "", "")
        line = timed(argv, within)
        if stdin:
            line = f"{{ {printf(stdin)}; }} | {line}"
        return self.type(line, argv, within)

    def type(self, line: str, argv: tuple[str, ...], within: float, output: Output | None = None) -> Result:
        """Run a line that stands for the command `argv`; `output` is where the line sends what is printed, if it is."""
        try:
            code, out, err = self._ask(line, within + GRACE, output.watch if output else None)
        except Silence as silence:
            self._stuck[tool(argv)] = silence.pid
            out, err = output.said() if output else (b"", b"")
            return Result(argv, "timeout", None, _text(out), _text(err))
        except (Ended, HostError) as error:
            self.lost = True
            while self._idle:
                self._idle.pop().close()  # they went the same way
            return Result(argv, "lost", None, "", str(error))
        if output:
            output.follow()
            out, err = output.said()
        if output and output.late:
            return Result(argv, "timeout", None, _text(out), _text(err))
        return ended(argv, code, _text(out), _text(err))

    def _ask(self, line: str, within: float, meanwhile: Meanwhile | None) -> tuple[int, bytes, bytes]:
        with self._free:
            try:
                conversation = self._idle.pop()
            except IndexError:
                conversation, line = self._start(), f"{self._first}\n{line}"  # in one round trip
                self.lost = False
            answer = conversation.ask(line, within, meanwhile)
            self._idle.append(conversation)
            return answer


def timed(argv: tuple[str, ...], within: float) -> str:
    """The command as a line for a shell, with its deadline."""
    return shlex.join(("timeout", f"{within:g}", *argv))


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
