"""What the program costs while its line takes nothing (XOFF), and that it goes on where it was."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.bench_serial.flood import READ
from tests.screens.terminal.program import Program
from tests.world import engine, join
from tui_installer import simulator

SECONDS = 60


def report() -> list[str]:
    """An apply begins, the line blocks for a minute, and goes on."""
    with tempfile.TemporaryDirectory() as folder:
        world = Path(folder, "world")
        simulator.create(world)
        of = engine(world)
        join(of, until="packages")
        program = Program([sys.executable, "-m", "tui_installer", "--world", str(world)], "vt220")
        for keys, words in (
            ("", "Next: Packages"),
            ("\r", "Enter: apply"),  # the cursor is on the step that is next
            ("\r", "Apply now"),
            ("\r", "running"),
        ):
            program.settle(READ)
            program.press(keys)
            program.see(words)
        program.press("\x13")
        program.settle()
        sent, worked, start = len(program.sent), program.worked, time.monotonic()
        program.settle(SECONDS, SECONDS)
        share = (program.worked - worked) / (time.monotonic() - start)
        quiet, done = len(program.sent) == sent, of.plan("packages").in_place
        program.press("\x11")
        program.see("Packages - in place")
        program.press("\x03")
        code = program.end()
    return [
        f"\nthe line blocked for {SECONDS} s during an apply: {share:.1%} of a processor, bytes sent: "
        f"{'none' if quiet else 'SOME'}, the apply: {'done' if done else 'NOT DONE'}; then shown, exit code {code}"
    ]
