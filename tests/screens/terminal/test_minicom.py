"""A serial client that people use shows what was meant, and no stray character, from the start to the end."""

from __future__ import annotations

from pathlib import Path

from tests.screens.terminal.minicom import Minicom
from tests.screens.terminal.program import Program
from tests.screens.terminal.test_program import LOOKED, started, world

__all__ = ["world"]


def test_minicom_shows_what_was_meant(world: Path) -> None:
    with Minicom() as minicom, started(world) as program:
        sent = 0
        for keys, words in (
            ("", LOOKED),
            ("?", "Help"),
            ("    ", "end --"),
            ("\x1b", LOOKED),
            ("\r", "field 1"),
            ("n1", "n1"),
        ):
            program.press(keys)
            program.see(words)
            program.settle(1)
            shown, sent = minicom.show(program.sent[sent:], meant(program)), len(program.sent)
            assert shown == meant(program)
        program.press("\x03")
        assert program.end() == 0
        assert minicom.show(program.sent[sent:], meant(program)[:22])[:22] == meant(program)[:22]


def meant(program: Program) -> list[str]:
    """What the program's own terminal shows."""
    return [line.rstrip() for line in program.terminal.text]
