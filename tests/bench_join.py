"""`python -m tests.bench_join`: how long a join takes with the installer, compared with the same one by hand.

Simulated: median of interleaved rounds at a stated pace; by hand is what the installer's plans contain, without
engine, journal or probes. Laboratory: one join of real hosts each; by hand is by_hand/join.sh.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.by_hand import laboratory, simulated

SIMULATED, LABORATORY = 0.95, 0.85
"""The installer is wanted to take this many times as long as by hand, at most."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    where: str
    product: float
    """Seconds."""
    by_hand: float
    """Seconds."""
    wanted: float
    """See `ratio`."""

    @property
    def ratio(self) -> float:
        """How many times as long the installer took."""
        return self.product / self.by_hand


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; returns 0 if all ratios are as wanted, else 1."""
    parser = argparse.ArgumentParser("tests.bench_join", description="Measure a join against the same one by hand.")
    parser.add_argument("--rounds", type=int, default=5, help="simulated joins on each side (5)")
    parser.add_argument("--line", type=float, default=simulated.LINE, help="seconds for a line of apt or dpkg")
    parser.add_argument("--command", type=float, default=simulated.COMMAND, help="seconds for starting a command")
    parser.add_argument("--lab", action=argparse.BooleanOptionalAction, default=bool(shutil.which("linux.uml")))
    given = parser.parse_args(argv)
    rows = [_simulated(given.rounds, given.line, given.command)] if given.rounds else []
    if given.lab:
        rows.append(Row(f"laboratory, {laboratory.SCENARIO}", *laboratory.round_of(_say), LABORATORY))
    _say(f"\n{'':<40} {'installer':>10} {'by hand':>10} {'ratio':>7} {'at most':>8}")
    for row in rows:
        _say(f"{row.where:<40} {row.product:>8.1f} s {row.by_hand:>8.1f} s {row.ratio:>7.2f} {row.wanted:>8.2f}")
    return 0 if all(row.ratio <= row.wanted for row in rows) else 1


def _simulated(count: int, line: float, command: float) -> Row:
    _say(f"simulated, {count} rounds: {line} s for a line of apt or dpkg, {command} s for starting any command;")
    _say("  what is waited for has come true when it is first looked at")
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for mine, theirs, where in simulated.rounds(Path(folder), count, line, command):
            found.append((mine, theirs))
            _say(f"  installer {mine:6.2f} s, {where}; by hand {theirs:6.2f} s")
    product, by_hand = (statistics.median(times) for times in zip(*found, strict=True))
    return Row(f"simulated, median of {count}", product, by_hand, SIMULATED)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
