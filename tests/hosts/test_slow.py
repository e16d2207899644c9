"""Slow is not hung: a command that gets on is waited for, one that stands still is asked to stop."""

from __future__ import annotations

import ast
from math import ceil
from pathlib import Path

import pytest

from tests.pace import busy
from tui_installer.hosts.local import LocalHost
from tui_installer.hosts.progress import LOOKS, MOST, CommandProgress, descendants
from tui_installer.model import ends

STEPS = Path(__file__).parents[2] / "tui_installer" / "steps"


class Clock:
    """Time that goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def followed(quiet: float, printed: list[int], spent: list[float]) -> int:
    """After how many seconds it is said to stand still; a value a second of what it did."""
    clock, had = Clock(), [0.0]
    progress = CommandProgress(quiet, lambda: had[0], clock)
    for second, (bytes_, time) in enumerate(zip(printed, spent, strict=True)):
        clock.now, had[0] = float(second), time
        if progress.stands_still(bytes_):
            return second
    return -1


def test_what_says_something_now_and_then_is_not_hung() -> None:
    assert followed(60, [second // 50 for second in range(1000)], [0.0] * 1000) == -1


def test_what_computes_in_silence_is_not_hung() -> None:
    """A tenth of a core is what a slow host gives."""
    assert followed(60, [0] * 1000, [second / 10 for second in range(1000)]) == -1


def test_what_does_nothing_hangs() -> None:
    assert followed(60, [0] * 1000, [0.0] * 1000) == 61


def test_what_only_asks_again_and_again_hangs() -> None:
    """A shell's `while ! status; do sleep 1; done`: some 10 ms a second."""
    assert followed(60, [0] * 1000, [second / 100 for second in range(1000)]) == 61


def test_what_stops_getting_on_hangs() -> None:
    stopped = followed(60, [min(second, 100) for second in range(1000)], [0.0] * 1000)
    assert 160 <= stopped <= 165 + 60 / LOOKS


def test_children_of_children_count() -> None:
    table = {1: (0, 5), 2: (1, 5), 3: (2, 5), 4: (9, 5)}
    assert descendants(table, 1) == {2, 3}


@pytest.mark.parametrize("does", ["echo more", ":"])
def test_a_command_that_gets_on_outlasts_its_end(does: str) -> None:
    """By its words or by its work; who gets no processor for so long does neither."""
    slow = busy()
    script = f"end=$(($(date +%s) + {ceil(3 * slow)})); while [ $(date +%s) -lt $end ]; do {does}; done; exit 7"
    assert LocalHost().run("sh", "-c", script, within=1.1 * slow, on_line=lambda line: None).code == 7


def test_a_silent_command_is_asked_to_stop() -> None:
    argv = ("sh", "-c", "trap 'echo asked; exit 0' TERM; sleep 600 & wait")
    said = LocalHost().run(*argv, within=0.3, on_line=lambda line: None)
    assert (said.end, set(said.out.splitlines())) == ("timeout", {"asked"})  # by timeout(1) itself and with its group


def test_every_end_of_a_change_is_one_of_the_table() -> None:
    """In the code of the steps: no number of seconds stands beside a `Run`."""
    wrong, known = [], {name for name in vars(ends) if name.isupper()}
    for path in STEPS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Run"):
                continue
            for word in node.keywords:
                named = isinstance(word.value, ast.Attribute) and word.value.attr in known
                if word.arg == "within" and not named:
                    wrong.append(f"{path.name}:{node.lineno}")
    assert not wrong
    assert len(known) > 15
    assert MOST * min(getattr(ends, name) for name in known) >= 240
