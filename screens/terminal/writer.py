"""The thread that paints: always towards the newest frame, never faster than the line, never in Textual's way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from screens.terminal.cells import Frame
from screens.terminal.line import Line
from screens.terminal.motion import Place
from screens.terminal.pace import Pace
from screens.terminal.painter import Painter
from screens.terminal.reduction import Reduction

BLOCKED = 0.25
"""Seconds between two looks at a line that takes nothing (XOFF)."""
GIVE_UP = 1.0
"""Seconds that leaving waits for a line that takes nothing."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame to be shown."""

    frame: Frame
    caret: Place | None
    """Where the terminal's own cursor belongs; None: nowhere."""


class Writer:
    """Shows pictures on a line. All methods but the thread's own return at once."""

    def __init__(
        self, line: Line, pace: Pace, painter: Painter, reduction: Reduction, encoding: str, lost: Callable[[], object]
    ) -> None:
        """`lost` is called, in the thread, if the line is gone."""
        self._line = line
        self._pace = pace
        self._painter = painter
        self._reduction = reduction
        self._encoding = encoding
        self._lost = lost
        self._news = threading.Condition()
        self._picture: Picture | None = None
        """The newest one."""
        self._shown: Picture | None = None
        """The one that the terminal shows."""
        self._anew = not painter.ready
        """Whether what the terminal shows is not known."""
        self._bell = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="terminal", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    @property
    def settled(self) -> bool:
        """Whether the newest picture was sent, and has left this side of the line."""
        with self._news:
            return self._shown is self._picture and not self._anew and not self._line.waiting

    def show(self, picture: Picture, *, bell: bool = False) -> None:
        """Show this from now on; a picture that was not shown yet never will be."""
        with self._news:
            self._picture = picture
            self._bell |= bell
            self._news.notify()

    def change(self, painter: Painter, reduction: Reduction, pace: Pace, encoding: str) -> None:
        """The terminal is used otherwise from now on."""
        with self._news:
            self._reduction, self._pace, self._encoding = reduction, pace, encoding
        self.resize(painter)

    def resize(self, painter: Painter) -> None:
        """The terminal has another size from now on."""
        with self._news:
            self._painter = painter
            self._picture = self._shown = None
            self._anew = True

    def repaint(self) -> None:
        """Take nothing for granted of what the terminal shows."""
        with self._news:
            self._anew = True
            self._news.notify()

    def stop(self) -> None:
        """End, and leave the terminal fit for a shell; a line that takes nothing is not waited for."""
        with self._news:
            self._stopping = True
            self._news.notify()
        self._thread.join(GIVE_UP + 1)
        if self._thread.is_alive():
            self._line.drop()

    # --- the thread

    def _run(self) -> None:
        try:
            while (taken := self._next()) is not None:
                self._paint(*taken)
            self._stopping = False
            self._send(self._painter.leave(), time.monotonic() + GIVE_UP)
        except OSError:
            self._lost()
        except BaseException:
            self._lost()  # an error of ours: without this thread nobody would see anything any more
            raise

    def _next(self) -> tuple[Picture, Painter, str] | None:
        """Wait for something to paint: a picture, with what, and what is sent before; None: it is over."""
        with self._news:
            while not self._stopping and (self._picture is None or (self._picture is self._shown and not self._anew)):
                self._news.wait()
            if self._stopping or self._picture is None:
                return None
            before = ("\x07" if self._bell else "") + (self._painter.reset() if self._anew else "")
            self._anew = self._bell = False
            return self._picture, self._painter, before

    def _paint(self, picture: Picture, painter: Painter, out: str) -> None:
        """Paint until the picture is shown, or there is a newer one."""
        for part in painter.paint(self._reduction.frame(picture.frame, picture.caret), picture.caret):
            out += part
            if len(out) >= self._room():
                if not self._send(out) or self._picture is not picture or self._anew:
                    return
                out = ""
        if self._send(out):
            with self._news:
                self._shown = picture

    def _room(self) -> int:
        return self._pace.room(self._line.waiting, time.monotonic())

    def _send(self, text: str, until: float | None = None) -> bool:
        """Send it as the line takes it; whether all was sent: not if it is over, or too late. Raises `OSError`."""
        data = text.encode(self._encoding, "replace")
        while data:
            room = self._room()
            if self._stopping or (until is not None and time.monotonic() > until):
                return False
            if room <= 0:
                with self._news:
                    self._news.wait(self._pace.pause(self._line.waiting, time.monotonic()))
            elif self._line.room(BLOCKED):
                count = self._line.send(data[:room])
                self._pace.sent(count, time.monotonic())
                data = data[count:]
        return True
