"""Textual's driver for any terminal that is a VT100 or its descendant: few bytes, and none that it may not know.

It stands on the documented parts of `textual.driver.Driver`: Textual writes what it would send to `write`, and calls
`flush` after each picture.
"""

from __future__ import annotations

import atexit
import signal
from collections.abc import Iterator
from contextlib import contextmanager
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
from screens.terminal.keys import Key
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


class LineDriver(Driver):
    """Shows an app on its `console_found`."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = False, size: tuple[int, int] | None = None
    ) -> None:
        self._console = cast("OnConsole", app).console_found
        self._line = self._console.line
        super().__init__(app, debug=debug, mouse=False, size=size or self._line.size or self._console.size)
        self._canvas = self._new_canvas()
        self._writer = self._new_writer()
        self._shutter = FrameGate(app, self._loop, lambda: self._canvas.frame, self._show)
        self._typist = KeyReader(self._console, self._press, lambda: self._end(HANG_UP))
        self._listening = False
        self._ended = False

    def _new_canvas(self) -> Canvas:
        width, height = self._size or self._console.size
        return Canvas(width, height, cell_len)

    def _new_writer(self) -> Writer:
        console = self._console
        to = look(console.of, utf8=console.utf8, colours=console.colours)
        lost = lambda: self._loop.call_soon_threadsafe(self._end, HANG_UP)  # noqa: E731
        begun = console.painter if console.painter and console.painter.size == self._size else self._new_painter()
        return Writer(self._line, Pace(console.rate), begun, Reduction(to), _encoding(console), lost)

    def _new_painter(self) -> Painter:
        return Painter(self._console.of, self._canvas.width, self._canvas.height)

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
        self._writer.show(Picture(frame, self._caret()), bell=bell)

    def _caret(self) -> Place | None:
        """Where the focused widget says that its caret is (`caret`), if it has one and it is on the screen."""
        caret: Offset | None = getattr(self._shutter.focus, "caret", None)
        if caret is None or not (0 <= caret.y < self._canvas.height and 0 <= caret.x < self._canvas.width):
            return None
        return Place(caret.y, caret.x)

    def use(self, console: Console) -> None:
        """Use the terminal like that from now on."""
        self._console = console
        to = look(console.of, utf8=console.utf8, colours=console.colours)
        self._writer.change(self._new_painter(), Reduction(to), Pace(console.rate), _encoding(console))
        self._shutter.release()

    def repaint(self) -> None:
        """Paint the whole screen anew, whatever the terminal shows now."""
        self._writer.repaint()

    def _press(self, typed: Key | Pasted) -> None:
        if isinstance(typed, Pasted):
            self.process_message(events.Paste(typed.text))
        else:
            self.process_message(events.Key(typed.name, typed.character))

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
        self._signals()
        self._resized()

    def _signals(self) -> None:
        self._loop.add_signal_handler(signal.SIGWINCH, self._another_size)
        self._loop.add_signal_handler(signal.SIGCONT, self._continued)
        for number in (signal.SIGHUP, signal.SIGTERM):
            if signal.getsignal(number) != signal.SIG_IGN:
                self._loop.add_signal_handler(number, self._end, 128 + number)

    def _continued(self) -> None:
        """After a stop the line is as the shell had it meanwhile, and the screen shows anything."""
        self._line.take()
        self._another_size()

    def _another_size(self) -> None:
        """Also if it is the same again: what was beyond the edge meanwhile, the terminal has forgotten."""
        self._writer.repaint()
        self._resized()

    def _resized(self) -> None:
        size = self._line.size or self._size
        if size and size != (self._canvas.width, self._canvas.height):
            self._size = size
            self._canvas = self._new_canvas()
            self._writer.resize(self._new_painter())
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
        self._no_signals()
        try:
            yield
        finally:
            self._line.take()
            self._writer = self._new_writer()
            self._writer.repaint()
            self._writer.start()
            self._typist = KeyReader(self._console, self._press, lambda: self._end(HANG_UP))
            self._typist.listen(self._loop)
            self._signals()
            self._another_size()
            self._shutter.release()

    def _no_signals(self) -> None:
        for number in (signal.SIGWINCH, signal.SIGCONT, signal.SIGHUP, signal.SIGTERM):
            self._loop.remove_signal_handler(number)

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
        for number in (signal.SIGWINCH, signal.SIGCONT, signal.SIGHUP, signal.SIGTERM):
            self._loop.remove_signal_handler(number)
            if self._ended:  # one signal is enough: a second one would take the exit code from it
                signal.signal(number, signal.SIG_IGN)


def _encoding(console: Console) -> str:
    """Without UTF-8, no byte above 0x7f leaves, whatever went wrong before."""
    return "utf-8" if console.utf8 else "ascii"
