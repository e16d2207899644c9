"""The program on a terminal: what it asks, what it leaves behind, and that it never spins."""

from __future__ import annotations

import os
import signal
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from screens.terminal.keys import PATIENCE
from tests.terminal.program import Program
from tui_installer import simulator

LOOKED = r"Next: Site"
OLD = b"\x1b[r\x1b)0\x1b(B\x1b[m\x1b[?7l\x1b[?25l\x1b[H\x1b[J"
"""What a VT220 is sent before the first picture."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated world that nothing is changed in."""
    folder = tmp_path_factory.mktemp("worlds") / "world"
    simulator.create(folder)
    return folder


@contextmanager
def started(world: Path, term: str = "vt220", *options: str, **more: object) -> Iterator[Program]:
    """The program, ended at the end if it still runs."""
    argv = [sys.executable, "-m", "tui_installer", "--world", str(world), *options]
    program = Program(argv, term, **more)  # type: ignore[arg-type]
    try:
        yield program
    finally:
        if program.end(0) is None and Path(f"/proc/{program.pid}").exists():
            os.kill(program.pid, signal.SIGKILL)
            os.waitpid(program.pid, 0)
        os.close(program.line)


def test_an_old_terminal_gets_its_own_sequences_alone(world: Path) -> None:
    with started(world) as program:
        program.see(LOOKED)
        before = termios.tcgetattr(program.line)
        assert program.sent.startswith(OLD)
        assert program.sent.isascii()
        assert "vt220, ASCII, no colours" in program.text
        program.press("q")
        assert program.end() == 0
        assert program.sent.endswith(b"\x1b[r\x1b(B\x1b[m\x1b[?7h\x1b[?25h\x1b[24H\r\n")
        assert before[3] & (termios.ECHO | termios.ICANON) == 0


@pytest.mark.parametrize(
    ("utf8", "answers", "words"),
    [(True, True, "xterm, UTF-8, 8 colours"), (False, True, "xterm, ASCII"), (True, False, "xterm, ASCII")],
)
def test_a_new_terminal_is_asked_for_its_letters(world: Path, utf8: bool, answers: bool, words: str) -> None:
    with started(world, "xterm", utf8=utf8, answers=answers) as program:
        assert words in program.see(LOOKED)


def test_a_line_that_knows_no_size_is_asked_for_it(world: Path) -> None:
    with started(world, size=(0, 0)) as program:
        assert "c console" in program.see(LOOKED)
        assert b"\x1b[999;999H\x1b[6n" in program.sent


@pytest.mark.parametrize("option", ["--console=rich", ""])
def test_the_operator_knows_better(world: Path, option: str) -> None:
    environment = {} if option else {"TUI_INSTALLER_CONSOLE": "rich"}
    with started(world, "vt220", *filter(None, [option]), environment=environment, utf8=True) as program:
        assert "vt220, UTF-8" in program.see(LOOKED)


def test_the_console_is_changed_on_a_screen(world: Path) -> None:
    with started(world, "xterm", "--console=serial") as program:
        assert "xterm, ASCII, 8 colours" in program.see(LOOKED)
        program.press("c")
        program.see(r">\[ ASCII \]")
        program.press("\t\t")
        program.see(r">\[ No colours \]")
        program.press("\r")
        program.see(LOOKED)
        program.press("r")
        program.see("xterm, ASCII, no colours")


def test_keys_come_in_pieces(world: Path) -> None:
    with started(world) as program:
        program.see(LOOKED)
        for piece in "\x1b[B":
            program.press(piece)
            program.settle(PATIENCE / 3)
        assert "> 2" in program.see(r"> +2").replace(" " * 2, " ")
        program.press("?")
        program.see("Help")
        program.press("\x1b")
        program.see(LOOKED)


def test_the_screen_is_painted_anew(world: Path) -> None:
    with started(world) as program:
        expected = program.see(LOOKED)
        program.settle()
        expected = program.text
        program.terminal.feed("\x1b[2J\x1b[5;5Hkernel: something happened")
        program.press("\x0c")
        program.settle()
        assert program.text == expected


def test_nothing_is_sent_while_nothing_happens(world: Path) -> None:
    with started(world) as program:
        program.see(LOOKED)
        program.settle(1)
        assert program.settle(3) == 0


@pytest.mark.parametrize("hangup", [signal.SIG_DFL, signal.SIG_IGN])
def test_a_lost_line_ends_it(world: Path, hangup: signal.Handlers) -> None:
    with started(world, hangup=hangup) as program:
        program.see(LOOKED)
        os.dup2(os.open(os.devnull, os.O_RDWR), program.line)
        worked = program.worked
        assert program.ended_by_itself(5) == 128 + signal.SIGHUP
        assert worked < 10


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_line_as_it_was(world: Path, number: signal.Signals) -> None:
    with started(world) as program:
        before = program.settings
        program.see(LOOKED)
        assert program.settings != before
        os.kill(program.pid, number)
        assert program.end() == 128 + number
        assert program.sent.endswith(b"\x1b[?25h\x1b[24H\r\n")


def test_a_line_that_takes_nothing_is_waited_for(world: Path) -> None:
    with started(world) as program:
        program.see(LOOKED)
        program.settle()
        program.press("\x13")
        program.settle()
        worked = program.worked
        program.press("\x1b[B?")
        assert program.settle(5) == 0
        assert program.worked - worked < 0.4
        program.press("\x11")
        program.see("Help")


def test_a_closed_standard_input_is_no_terminal(world: Path) -> None:
    with started(world) as program:
        program.see(LOOKED)
        program.press("\x03")
        assert program.end() == 0
