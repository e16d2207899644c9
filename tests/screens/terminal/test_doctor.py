"""The console doctor on a line of its own: whatever becomes of it, the line is left as it was."""

from __future__ import annotations

import os
import pty
import signal
import termios
from collections.abc import Iterator

import pytest

from screens.terminal.capability import Capability
from screens.terminal.doctor import Doctor
from screens.terminal.line import Line

ENDS = (signal.SIGHUP, signal.SIGTERM)


@pytest.fixture
def line() -> Iterator[tuple[int, int]]:
    """Both sides of a line: the terminal's and the program's."""
    sides = pty.openpty()
    yield sides
    for each in sides:
        os.close(each)


@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize("painted", [False, True])
def test_a_line_is_left_twice_without_harm(line: tuple[int, int], painted: bool, gone: bool) -> None:
    terminal, program = line
    termios.tcsetwinsize(program, (24, 80))
    found, handlers = termios.tcgetattr(program), [signal.getsignal(number) for number in ENDS]
    doctor = Doctor(Line(program, program), Capability(), "serial")
    doctor.dismiss()
    doctor.ask()
    if painted:
        doctor.greet(["tui-installer", *[""] * 22, "q leave"])
    if gone:
        os.dup2(os.open(os.devnull, os.O_RDWR), terminal)
    doctor.dismiss()
    doctor.dismiss()
    assert [signal.getsignal(number) for number in ENDS] == handlers
    if not gone:
        assert termios.tcgetattr(program) == found
        os.write(program, b"$")
        said = os.read(terminal, 4096)
        while not said.endswith(b"$"):
            said += os.read(terminal, 4096)
        assert said.endswith(b"\x1b[?7h\x1b[24H\r\n$" if painted else b"$")
