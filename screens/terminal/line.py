"""The line: a tty's settings, size and speed, and what still waits in it. It is left as it was found."""

from __future__ import annotations

import array
import fcntl
import os
import select
import termios
from dataclasses import dataclass, field
from typing import Any

IFLAG, OFLAG, LFLAG, OSPEED, CC = 0, 1, 3, 5, 6
"""Places in what `tcgetattr` returns."""
UNREAL = termios.B38400
"""The speed that the kernel gives to ttys that have none."""
WIRES = ("/dev/ttyS", "/dev/ttyAMA", "/dev/ttyUSB", "/dev/ttyACM", "/dev/hvc", "/dev/ttysclp", "/dev/ttyO")
"""How the names of lines begin that are slow, or behind which something simple may be."""
SPEEDS = {
    getattr(termios, f"B{bits}"): bits
    for bits in (300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
}
BITS = 10
"""Bits a byte takes on a line: start, eight of data, stop."""


@dataclass(slots=True)
class Line:
    """A terminal's line, for reading and writing. What does not belong to a tty is quietly not there."""

    source: int
    sink: int
    _found: list[Any] | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        """As in "/dev/ttyS0"; empty: no tty."""
        try:
            return os.ttyname(self.sink)
        except OSError:
            return ""

    @property
    def wired(self) -> bool:
        """Whether it is a serial line, or a hypervisor's console."""
        return self.name.startswith(WIRES)

    @property
    def baud(self) -> int:
        """Bits a second; 0: it is as fast as the machine."""
        try:
            speed = termios.tcgetattr(self.sink)[OSPEED]
        except termios.error:
            return 0
        return 0 if speed == UNREAL and not self.wired else SPEEDS.get(speed, 0)

    @property
    def size(self) -> tuple[int, int] | None:
        """Columns and rows; None: the tty does not know."""
        try:
            size = os.get_terminal_size(self.sink)
        except OSError:
            return None
        return (size.columns, size.lines) if size.columns > 0 and size.lines > 0 else None

    @property
    def waiting(self) -> int:
        """Bytes that the kernel has not sent yet (always 0 on a pseudo-terminal)."""
        count = array.array("i", [0])
        try:
            fcntl.ioctl(self.sink, termios.TIOCOUTQ, count)
        except OSError:
            return 0
        return count[0]

    def take(self) -> None:
        """Have keys one by one and unchanged, send bytes unchanged; the other side may say XOFF and XON."""
        try:
            now = termios.tcgetattr(self.source)
        except termios.error:
            return
        if self._found is None:
            self._found = [*now[:CC], list(now[CC])]
        now[IFLAG] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR | termios.ISTRIP)
        now[IFLAG] |= termios.IXON
        now[OFLAG] &= ~termios.OPOST
        now[LFLAG] &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN)
        now[CC][termios.VMIN], now[CC][termios.VTIME] = 1, 0
        self._set(now)

    def give_back(self) -> None:
        """Make the settings what they were found."""
        if self._found is not None:
            self._set(self._found)
            self._found = None

    def drop(self) -> None:
        """Throw away what waits to be sent: nobody reads it any more, and closing would wait for it."""
        try:
            termios.tcflush(self.sink, termios.TCOFLUSH)
        except termios.error:
            return

    def _set(self, attributes: list[Any]) -> None:
        try:
            termios.tcsetattr(self.source, termios.TCSANOW, attributes)
        except termios.error:
            return

    def room(self, within: float) -> bool:
        """Whether bytes are taken within so many seconds. Raises `OSError` if the line is gone."""
        poll = select.poll()
        poll.register(self.sink, select.POLLOUT)
        ready = poll.poll(within * 1000)
        if ready and ready[0][1] & (select.POLLERR | select.POLLHUP | select.POLLNVAL):
            raise BrokenPipeError("the line is gone")
        return bool(ready)

    def send(self, data: bytes) -> int:
        """Send what is taken of it; how many bytes these were. Raises `OSError`."""
        return os.write(self.sink, data)
