"""Textual's driver for any terminal that is a VT100 or its descendant: few bytes, and none that it may not know.

It stands on the documented parts of `textual.driver.Driver`: Textual writes what it would send to `write`, and calls
`flush` after each picture.
"""

from __future__ import annotations

import atexit
import signal
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast

from rich.cells import cell_len
from textual import events
from textual.driver import Driver
from textual.geometry import Offset, Size

from screens.terminal.canvas import Canvas
from screens.terminal.cells import Frame
from screens.terminal.console import Console
from screens.terminal.frame_gate import FrameGate
from screens.terminal.key_reader import KeyReader
from screens.terminal.keys import Press
from screens.terminal.motion import Place
from screens.terminal.pace import Pace
from screens.terminal.painter import Painter
from screens.terminal.paste import Pasted
from screens.terminal.reduction import Reduction, look
from screens.terminal.writer import Picture, Writer

if TYPE_CHECKING:
    from textual.app import App

HANG_UP = 128 + signal.SIGHUP


class OnConsole(Protocol):
    """An app that knows its terminal."""

    console_found: Console


class Signals:
    """The signals that a terminal sends, dealt with in the loop."""

    def __init__(
        self,
        loop: AbstractEventLoop,
        another_size: Callable[[], None],
        take: Callable[[], object],
        end: Callable[[int], None],
    ) -> None:
        """`take` the line again after a stop; `end` with an exit code."""
        self._loop, self._another_size, self._take, self._end = loop, another_size, take, end

    def listen(self) -> None:
        """Deal with them from now on."""
        self._loop.add_signal_handler(signal.SIGWINCH, self._another_size)
        self._loop.add_signal_handler(signal.SIGCONT, self._continued)
        for number in (signal.SIGHUP, signal.SIGTERM):
            if signal.getsignal(number) != signal.SIG_IGN:
                self._loop.add_signal_handler(number, self._end, 128 + number)

    def _continued(self) -> None:
        """After a stop the line is as the shell had it meanwhile, and the screen shows anything."""
        self._take()
        self._another_size()

    def leave(self, *, deaf: bool = False) -> None:
        """Deal with them no more; `deaf`: one was enough, a second one would take the exit code from it."""
        for number in (signal.SIGWINCH, signal.SIGCONT, signal.SIGHUP, signal.SIGTERM):
            self._loop.remove_signal_handler(number)
            if deaf:
                signal.signal(number, signal.SIG_IGN)


class LineDriver(Driver):
    """Shows an app on its `console_found`."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = False, size: tuple[int, int] | None = None
    ) -> None:
        self._console = cast("OnConsole", app).console_found
        self._line = self._console.line
        super().__init__(app, debug=debug, mouse=False, size=size or self._line.size or self._console.size)
        self._canvas = _canvas(self._console, self._size)
        self._writer = self._new_writer()
        self._shutter = FrameGate(app, self._loop, lambda: self._canvas.frame, self._show)
        self._typist = KeyReader(self._console, partial(_press, self), lambda: self._end(HANG_UP))
        self._signals = Signals(self._loop, self._another_size, self._line.take, self._end)
        self._listening = False
        self._ended = False

    def _new_writer(self) -> Writer:
        console = self._console
        lost = lambda: self._loop.call_soon_threadsafe(self._end, HANG_UP)  # noqa: E731
        kept = console.painter if console.painter and console.painter.size == self._size else None
        begun = kept or _painter(console, self._canvas)
        return Writer(self._line, Pace(console.rate), begun, _reduction(console), _encoding(console), lost)

    # --- output

    def write(self, data: str) -> None:
        """See `Driver.write`."""
        self._canvas.feed(data)

    def flush(self) -> None:
        """See `Driver.flush`."""
        if self._listening:
            self._shutter.painted()

    def _show(self, frame: Frame) -> None:
        bell, self._canvas.bell = self._canvas.bell, False
        self._writer.show(Picture(frame, caret_of(self._shutter.focus, self._canvas)), bell=bell)

    def use(self, console: Console) -> None:
        """Use the terminal like that from now on."""
        self._console = console
        painter = _painter(console, self._canvas)
        self._writer.change(painter, _reduction(console), Pace(console.rate), _encoding(console))
        self._shutter.release()

    def repaint(self) -> None:
        """Paint the whole screen anew, whatever the terminal shows now."""
        self._writer.repaint()

    @property
    def settled(self) -> bool:
        """Whether the terminal shows what is painted, as far as the line has taken it."""
        return self._shutter.settled and self._writer.settled

    # --- beginning and end

    def start_application_mode(self) -> None:
        """See `Driver.start_application_mode`."""
        atexit.register(self._line.give_back)
        self._line.take()
        self._writer.start()
        self._listening = True
        self._typist.listen(self._loop)
        self._signals.listen()
        self._resized()

    def _another_size(self) -> None:
        """Also if it is the same again: what was beyond the edge meanwhile, the terminal has forgotten."""
        self._writer.repaint()
        self._resized()

    def _resized(self) -> None:
        size = self._line.size or self._size
        if size and size != (self._canvas.width, self._canvas.height):
            self._size = size
            self._canvas = _canvas(self._console, self._size)
            self._writer.resize(_painter(self._console, self._canvas))
        found = Size(self._canvas.width, self._canvas.height)
        self.process_message(events.Resize(found, found))

    def _end(self, code: int) -> None:
        """Leave the program; what is being applied goes on without it. What ended it first gives the exit code."""
        if not self._ended:
            self._ended = True
            self.disable_input()
            self._app.exit(code, return_code=code)

    @contextmanager
    def away(self) -> Iterator[None]:
        """The line belongs to somebody else meanwhile, as it was found; then all is painted anew."""
        self._typist.leave()
        self._writer.stop()
        self._line.give_back()
        self._signals.leave()
        try:
            yield
        finally:
            self._line.take()
            self._writer = self._new_writer()
            self._writer.repaint()
            self._writer.start()
            self._typist = KeyReader(self._console, partial(_press, self), lambda: self._end(HANG_UP))
            self._typist.listen(self._loop)
            self._signals.listen()
            self._another_size()
            self._shutter.release()

    def disable_input(self) -> None:
        """See `Driver.disable_input`."""
        self._listening = False
        self._typist.leave()

    def stop_application_mode(self) -> None:
        """See `Driver.stop_application_mode`."""
        self.disable_input()
        self._writer.stop()
        self._line.give_back()
        atexit.unregister(self._line.give_back)
        self._signals.leave(deaf=self._ended)


def _encoding(console: Console) -> str:
    """Without UTF-8, no byte above 0x7f leaves, whatever went wrong before."""
    return "utf-8" if console.utf8 else "ascii"


def _canvas(console: Console, size: tuple[int, int] | None) -> Canvas:
    return Canvas(*(size or console.size), cell_len)


def _painter(console: Console, canvas: Canvas) -> Painter:
    return Painter(console.of, canvas.width, canvas.height)


def _reduction(console: Console) -> Reduction:
    return Reduction(look(console.of, utf8=console.utf8, colours=console.colours))


def caret_of(focus: object, canvas: Canvas) -> Place | None:
    """Where the focused widget says that its caret is (`caret`), if it has one and it is on the screen."""
    caret: Offset | None = getattr(focus, "caret", None)
    if caret is None or not (0 <= caret.y < canvas.height and 0 <= caret.x < canvas.width):
        return None
    return Place(caret.y, caret.x)


def _press(driver: Driver, typed: Press | Pasted) -> None:
    if isinstance(typed, Pasted):
        driver.process_message(events.Paste(typed.text))
    else:
        driver.process_message(events.Key(typed.name, typed.character))
