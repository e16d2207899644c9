"""From the start of the program to its first picture, beside an urwid and a curses program that draw the same."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from tests.screens.terminal.program import Program
from tui_installer import simulator

ROUNDS = 10
WHOLE = ("1 Site", "8 Shared volume groups", "q quit")
"""On the first screen: its first and last row, and its last line."""
LOOKED = ("Next: ",)
"""On the first screen, when each step was looked at as well: what a program that only paints has no part in."""
SETTLED = 0.1
"""Seconds in which nothing more comes."""
BENCH = Path(__file__).parents[2] / "build" / "bench"
"""Where `make bench-serial` puts urwid."""


def started(
    argv: list[str], environment: Mapping[str, str], *, answers: bool = True, words: tuple[str, ...] = WHOLE
) -> tuple[float, str, float]:
    """Seconds to the first picture with these words that settles, the picture, and the most memory used (MB)."""
    start = time.monotonic()
    compiled = {"PYTHONDONTWRITEBYTECODE": "", **environment}  # as installed: else all is compiled at each start
    program = Program([sys.executable, *argv], "xterm", compiled, utf8=True, answers=answers)
    seconds = 0.0
    while program.take(SETTLED if seconds else 0.5) or not seconds:
        if program.ended or time.monotonic() - start > 30:
            raise TimeoutError(program.text)
        if all(word in program.text for word in words):
            seconds = time.monotonic() - start
    text = program.text
    program.settle(1)
    status = Path(f"/proc/{program.pid}/status").read_text()
    memory = next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    program.press("q")
    if program.end(5) is None:
        os.kill(program.pid, 9)
        os.waitpid(program.pid, 0)
    os.close(program.line)
    return seconds, text, memory


def report() -> list[str]:
    """The figures of a start that finds nothing in memory, one a line."""
    with tempfile.TemporaryDirectory() as folder:
        world, text = Path(folder, "world"), Path(folder, "text")
        simulator.create(world)
        app = ["-m", "tui_installer", "--world", str(world)]
        text.write_text(started(app, {})[1])
        urwid = {"PYTHONPATH": str(BENCH)} if BENCH.is_dir() else {}
        programs: dict[str, tuple[list[str], dict[str, str], bool, tuple[str, ...]]] = {
            "ours": (app, {}, True, WHOLE),
            "ours, silent": (app, {}, False, WHOLE),
            "ours, looked": (app, {}, True, LOOKED),
            "curses": (["-m", "tests.bench_serial.curses_first", str(text)], {}, True, WHOLE),
        }
        if urwid or find_spec("urwid"):
            programs["urwid"] = (["-m", "tests.bench_serial.urwid_first", str(text)], urwid, True, WHOLE)
        taken: dict[str, list[tuple[float, str, float]]] = {name: [] for name in programs}
        for _ in range(ROUNDS):
            for name, (argv, environment, answers, words) in programs.items():
                taken[name].append(started(argv, environment, answers=answers, words=words))
    return _table(taken)


def _table(taken: Mapping[str, list[tuple[float, str, float]]]) -> list[str]:
    lines = [f"\ncold start to the first picture, medians of {ROUNDS} interleaved rounds (TERM=xterm)"]
    seconds = {name: statistics.median(each[0] for each in found) for name, found in taken.items()}
    base = seconds.get("urwid")
    for name, found in taken.items():
        ratio = f"{seconds[name] / base:5.2f} x urwid" if base else ""
        lines.append(f"  {name:<13} {seconds[name] * 1000:6.0f} ms  {max(each[2] for each in found):5.1f} MB  {ratio}")
    return lines


if __name__ == "__main__":
    sys.stdout.write("\n".join(report()) + "\n")
