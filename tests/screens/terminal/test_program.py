"""The program on a terminal: what it asks, what it leaves behind, and that it never spins."""

from __future__ import annotations

import os
import re
import select
import signal
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from screens.terminal.keys import PATIENCE
from tests.pace import until
from tests.screens.terminal.program import Program
from tests.world import engine, join
from tui_installer import simulator

LOOKED = r"Next: Site"
WHOLE = "-- Site --"
"""What is known of the row comes last."""
OLD = b"\x1b[r\x1b)0\x1b(B\x1b[m\x1b[?7l\x1b[?25l\x1b[H\x1b[J"
"""What a VT220 is sent before the first picture."""
LEFT = b"\x1b[r\x1b(B\x1b[m\x1b[?7h\x1b[?25h\x1b[24H\r\n"
"""What it is sent in the end."""


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
        found = program.settings
        program.see(LOOKED)
        assert program.settings[3] & (termios.ECHO | termios.ICANON) == 0
        assert program.sent.startswith(OLD)
        assert program.sent.isascii()
        assert "vt220, ASCII, no colours" in program.text
        program.press("q")
        assert program.end() == 0
        assert program.sent.endswith(LEFT)
        assert program.settings == found


@pytest.mark.parametrize(
    ("utf8", "answers", "words"),
    [(True, True, "xterm, UTF-8, 8 colours"), (False, True, "xterm, ASCII"), (True, False, "xterm, ASCII")],
)
def test_a_new_terminal_is_asked_for_its_letters(world: Path, utf8: bool, answers: bool, words: str) -> None:
    with started(world, "xterm", utf8=utf8, answers=answers) as program:
        assert words in program.see(LOOKED)


def test_a_line_that_knows_no_size_is_asked_for_it(world: Path) -> None:
    with started(world, size=(0, 0)) as program:
        assert "w result" in program.see(LOOKED)
        assert b"\x1b[999;999H\x1b[6n" in program.sent


@pytest.mark.parametrize(("answer", "words"), [("8;30", "Number: a step."), ("30000;30000", LOOKED)])
def test_a_size_that_cannot_be_is_not_believed(world: Path, answer: str, words: str) -> None:
    with started(world, size=(0, 0), answers=False) as program:
        program.receive(rb"\x1b\[999;999H\x1b\[6n")
        program.press(f"\x1b[{answer}R")
        program.see(words)


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
        program.see(LOOKED)
        program.see(WHOLE)
        program.settle()
        expected = program.text
        program.terminal.feed("\x1b[2J\x1b[5;5Hkernel: something happened")
        program.press("\x0c")
        program.shows(expected)
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
        worked = program.worked
        os.dup2(os.open(os.devnull, os.O_RDWR), program.line)
        assert program.ended_by_itself(5) == 128 + signal.SIGHUP
        assert program.spent - worked < 0.5


@pytest.mark.parametrize(("term", "options"), [("screen", ()), ("tmux", ()), ("dumb", ("--console=serial",))])
def test_a_terminal_in_a_terminal_gets_screens(world: Path, term: str, options: tuple[str, ...]) -> None:
    with started(world, term, *options) as program:
        assert "Up/Down choose" in program.see(LOOKED)
        assert (b"\x1b[?7l" in program.sent) == (term == "dumb")
        program.press("q")
        assert program.end() == 0


@pytest.mark.parametrize("term", ["xterm-nowhere", "kitty-nowhere"])
def test_a_terminal_of_a_known_kind_gets_screens_without_an_entry_of_its_own(world: Path, term: str) -> None:
    with started(world, term, utf8=True) as program:
        assert f"{term}, UTF-8, 16 colours" in program.see(LOOKED)
        assert b"not known here" not in program.sent
        program.press("q")
        assert program.end() == 0


def test_a_terminal_that_nobody_knows_gets_lines_and_the_reason_once(world: Path) -> None:
    with started(world, "vt220", environment={"TERM": "nowhere"}) as program:
        program.see("Number: a step.")
        assert program.sent.startswith(
            b"TERM=nowhere is not known here: numbered lines; TERM=vt220 tui-installer would "
        )
        assert program.sent.count(b"not known here") == 1
        program.press("q\n")
        assert program.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_line_as_it_was(world: Path, number: signal.Signals) -> None:
    with started(world) as program:
        before = program.settings
        program.see(LOOKED)
        assert program.settings != before
        os.kill(program.pid, number)
        assert program.end() == 128 + number
        assert program.sent.endswith(b"\x1b[?25h\x1b[24H\r\n")
        assert program.settings == before


@pytest.mark.parametrize("blocked", [False, True])
def test_a_second_signal_changes_nothing(world: Path, blocked: bool) -> None:
    with started(world) as program:
        before = program.settings
        program.see(LOOKED)
        if blocked:
            termios.tcflow(program.line, termios.TCOOFF)
        os.kill(program.pid, signal.SIGTERM)
        for _ in range(20):
            with suppress(ProcessLookupError):
                os.kill(program.pid, signal.SIGHUP)
            program.take(0.01)
        if blocked:
            termios.tcflow(program.line, termios.TCOON)
        assert program.end() in (128 + signal.SIGTERM, 128 + signal.SIGHUP)  # of two at once the lower is heard first
        assert program.settings == before


def test_a_stop_and_going_on_leave_the_screen_whole(world: Path) -> None:
    with started(world) as program:
        found = program.settings
        program.see(LOOKED)
        program.see(WHOLE)
        program.settle()
        expected, taken = program.text, program.settings
        os.kill(program.pid, signal.SIGSTOP)
        os.waitpid(program.pid, os.WUNTRACED)
        termios.tcsetattr(program.line, termios.TCSANOW, found)
        program.terminal.feed("\x1b[2J\x1b[5;5H$ fg")
        os.kill(program.pid, signal.SIGCONT)
        program.shows(expected)
        assert (program.text, program.settings) == (expected, taken)


def test_a_size_that_comes_back_at_once_leaves_the_screen_whole(world: Path) -> None:
    with started(world) as program:
        program.see(LOOKED)
        program.see(WHOLE)
        program.settle()
        expected = program.text
        program.terminal.feed("\x1b[2J")  # what was beyond the edge of a smaller window is gone
        os.kill(program.pid, signal.SIGWINCH)
        program.shows(expected)
        assert program.text == expected


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize(
    ("size", "first", "last"), [((80, 24), rb"\?25l", LEFT), ((0, 0), rb"999H\x1b\[6n\x1b8", b"\x1b[6n\x1b8")]
)
def test_a_signal_before_there_are_screens_leaves_the_line_as_it_was(
    world: Path, number: signal.Signals, size: tuple[int, int], first: bytes, last: bytes
) -> None:
    with started(world, size=size, answers=False) as program:
        before = program.settings
        program.receive(first)
        assert program.settings != before
        os.kill(program.pid, number)
        code = program.end()
        assert program.settings == before
        if number != signal.SIGINT:
            assert code == 128 + number
            assert program.sent.endswith((last, LEFT))  # or the screens were there already
        elif code != 0:  # they were not
            assert last in program.sent


def test_an_error_before_there_are_screens_leaves_the_line_as_it_was(tmp_path: Path) -> None:
    simulator.create(tmp_path / "world")
    (tmp_path / "world" / "state.json").write_text("[")
    with started(tmp_path / "world", environment={"TMPDIR": str(tmp_path)}) as program:
        before = program.settings
        assert program.end() == 2
        assert b"program.crashed" in program.sent
        assert program.settings == before
    assert list(tmp_path.glob("crash-*.txt")), "the report has no other place before the state is known"


def test_a_hang_up_that_is_ignored_ends_nothing(world: Path) -> None:
    with started(world, hangup=signal.SIG_IGN) as program:
        program.see(LOOKED)
        os.kill(program.pid, signal.SIGHUP)
        program.press("?")
        program.see("Help")


def test_an_error_of_its_own_leaves_the_line_as_it_was(world: Path) -> None:
    program = Program([sys.executable, "-m", "tests.screens.terminal.broken", str(world)], "vt220")
    before = program.settings
    program.see(LOOKED)
    program.press("z")
    assert program.end() == 1
    assert b"ZeroDivisionError: an error of the program's own" in program.sent
    assert program.sent.isascii()
    assert b"locals" not in program.sent
    assert b"\x1b" not in program.sent.rpartition(b"\x1b[24H")[2]
    assert b"\x1b[?7h\x1b[?25h\x1b[24H\r\n" in program.sent
    assert program.settings == before
    os.close(program.line)


def idle(program: Program) -> bool:
    """Whether for four seconds it wakes less than thirty times a second, and uses less than 10 % of a processor: waking
    takes up to a millisecond."""
    worked, woken = program.worked, program.woken
    program.settle(4)
    return program.worked - worked < 4 * 0.1 and program.woken - woken < 4 * 30


def test_a_line_that_takes_nothing_is_waited_for(world: Path) -> None:
    with started(world) as program:
        program.see(LOOKED)
        program.settle()
        program.press("\x13\x1b[B?")
        program.settle(1)
        sent = len(program.sent)
        assert any(idle(program) for _ in range(4))  # a busy machine still looks at the host for a while
        assert len(program.sent) == sent
        program.press("\x11")
        program.see("Help")


def apply_packages(program: Program) -> None:
    """From the first screen, whose cursor is there, until it is begun."""
    program.see("Next: Packages")
    program.see("> +2 Packages")
    program.press("\r")
    program.see("Enter: apply")
    program.press("\r")
    program.see(r">\[ Apply now \]")
    program.settle(1)
    program.press("\r")


@pytest.mark.parametrize("lost", [False, True])
def test_an_apply_goes_on_whatever_becomes_of_the_line(tmp_path: Path, lost: bool) -> None:
    simulator.create(tmp_path / "world")
    of = engine(tmp_path / "world")
    join(of, until="packages")
    with started(tmp_path / "world") as program:
        apply_packages(program)
        program.see("running")
        program.press("\x13")
        if lost:
            os.dup2(os.open(os.devnull, os.O_RDWR), program.line)
            assert program.ended_by_itself(5) == 128 + signal.SIGHUP
        until(lambda: (of.journal.attempts()[-1].step, of.journal.attempts()[-1].outcome) == ("packages", "done"))
        assert of.plan("packages").in_place
        if not lost:
            program.press("\x11")
            program.see("Packages - in place")


GOES_ON = (
    rb"Packages is being applied now(, change \d of \d)?\. It goes on by itself; tui-installer shows it again\.\r\n$"
)


def test_whoever_leaves_while_it_applies_is_told_that_it_goes_on(tmp_path: Path) -> None:
    simulator.create(tmp_path / "world", pace=0.03)
    of = engine(tmp_path / "world")
    join(of, until="packages")
    with started(tmp_path / "world") as program:
        apply_packages(program)
        program.see("1/[0-9] +(running|done)")
        program.press("\x03")
        assert program.end() == 0
        assert re.search(re.escape(LEFT) + GOES_ON, program.sent), program.sent[-300:]
    attempt = of.interrupted()
    assert attempt is not None, "it had ended before it was left"
    its_end = os.pidfd_open(attempt.pid)
    assert select.select([its_end], [], [], 60)[0]
    os.close(its_end)
    assert of.interrupted() is None and of.plan("packages").in_place


def test_whoever_looks_on_and_leaves_is_told_that_it_goes_on(tmp_path: Path) -> None:
    simulator.create(tmp_path / "world")
    of = engine(tmp_path / "world")
    made = {"step": "packages", "action": "apply", "changes": [{"write": "W"}] * 3, "of": [], "loaded": []}
    of.journal.add("start", "0123abcd", **made, pid=os.getpid(), born="")
    of.journal.add("begun", "0123abcd", index=1, title="W", made=[])
    with started(tmp_path / "world") as program:
        program.see("Packages is being applied now, change 2 of 3")
        program.press("q")
        assert program.end() == 0
        assert re.search(re.escape(LEFT) + GOES_ON, program.sent), program.sent[-300:]


@pytest.mark.parametrize("source", ["<&-", "</dev/null"])
def test_a_closed_standard_input_is_no_terminal(world: Path, source: str) -> None:
    argv = ["/bin/sh", "-c", f'exec "$@" {source}', "sh", sys.executable, "-m", "tui_installer", "--world", str(world)]
    program = Program(argv, "vt220")
    before = program.settings
    assert program.end() == 0
    assert "Number: a step." in program.text
    assert "\x1b" not in program.sent.decode()
    assert program.settings == before
    os.close(program.line)


def test_control_c_leaves_it(world: Path) -> None:
    with started(world) as program:
        program.see(LOOKED)
        program.press("\x03")
        assert program.end() == 0
