"""Lines over a real terminal, and over a pipe."""

from __future__ import annotations

import os
import pty
import select
import termios
from collections.abc import Iterator

import pytest

from screens.plain.lines import Gone, TerminalLines


@pytest.fixture
def line() -> Iterator[tuple[int, TerminalLines]]:
    """The operator's end of a terminal, and the program's."""
    outer, inner = pty.openpty()
    yield outer, TerminalLines(inner, inner)
    os.close(outer)
    os.close(inner)


def shown(outer: int, last: bytes) -> bytes:
    """What the operator sees, up to these bytes: the kernel may hand it out in parts."""
    found = b""
    while last not in found and select.select([outer], [], [], 5)[0]:
        found += os.read(outer, 1000)
    return found


def test_a_line_is_asked_for(line: tuple[int, TerminalLines]) -> None:
    outer, lines = line
    os.write(outer, b"  yes \n")
    assert lines.ask("Type yes:") == "yes"
    assert b"Type yes: " in shown(outer, b"Type yes: ")


def test_what_is_hidden_is_not_echoed_and_the_terminal_is_left_as_it_was(line: tuple[int, TerminalLines]) -> None:
    outer, lines = line
    before = termios.tcgetattr(lines._read)
    assert lines.typed(0) is None
    echo = []

    class Typist(TerminalLines):
        def _line(self) -> str:
            echo.append(bool(termios.tcgetattr(self._read)[3] & termios.ECHO))
            os.write(outer, b"topsecret\n")
            return super()._line()

    assert Typist(lines._read, lines._write).ask("Password:", hidden=True) == "topsecret"
    assert echo == [False]
    seen = shown(outer, b"Password: \r\n")
    assert b"Password: " in seen and b"topsecret" not in seen
    assert termios.tcgetattr(lines._read) == before


def test_nothing_typed_in_time_is_none(line: tuple[int, TerminalLines]) -> None:
    outer, lines = line
    assert lines.typed(0.01) is None
    os.write(outer, b"s\n")
    assert lines.typed(5) == "s"


def test_what_is_said_can_be_no_escape(line: tuple[int, TerminalLines]) -> None:
    outer, lines = line
    lines.say("a\x1b[2Jb\rc\x9bd")
    said = shown(outer, b"\n")
    assert b"\x1b" not in said and said.count(b"\r") == 1


def test_an_end_of_input_is_somebody_who_left() -> None:
    read, write = os.pipe()
    os.write(write, b"one\ntw")
    os.close(write)
    lines = TerminalLines(read, os.open(os.devnull, os.O_WRONLY))
    assert lines.ask("?") == "one"
    with pytest.raises(Gone):
        lines.ask("?")
    with pytest.raises(Gone):
        lines.typed(1)


@pytest.mark.parametrize(("locale", "said"), [("de_DE.UTF-8", "K\u00f6ln".encode()), ("C", b"K?ln")])
def test_the_locale_tells_which_letters_there_are(locale: str, said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("LC_ALL", locale)
    outer, inner = pty.openpty()
    TerminalLines(inner, inner).say("K\u00f6ln")
    assert os.read(outer, 1000).strip() == said
    os.close(outer)
    os.close(inner)


def test_what_was_typed_before_a_fresh_question_is_no_answer(line: tuple[int, TerminalLines]) -> None:
    outer, lines = line
    os.write(outer, b"yes\n")
    assert lines.typed(5) == "yes"
    os.write(outer, b"yes\nyes\n")
    assert lines.typed(5) == "yes"

    class Typist(TerminalLines):
        def _line(self) -> str:
            os.write(outer, b"no\n")
            return super()._line()

    lines.__class__ = Typist
    assert lines.ask("Type yes:", fresh=True) == "no"
