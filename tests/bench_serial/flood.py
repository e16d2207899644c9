"""The program while a log pours, 20 lines a second: `python -m tests.bench_serial.flood FOLDER SECONDS [RATE]`.

The real screens, over an engine whose apply is a process that says so many lines and changes nothing.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from screens.app import InstallerApp
from tests.screens.stage import FileStep, Peer, Running, engine
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.model.change_json import to_json
from tui_installer.model.step import Plan

PER_SECOND = 20
KEYS = (("", "Next"), ("\x1b[B", "> +2"), ("\r", "Enter: apply"), ("\r", "Apply now"), ("\r", "running"))
"""The way to the log: keys, and what they bring."""
READ = 0.6
"""Seconds in which a question is read: a key that comes with it decides nothing."""
LINES = (
    "Get:12 http://mirror.example/debian trixie/main amd64 libknet1t64 1.30-1 [82 B]",
    "Unpacking lvm2-lockd (2.03.31-2+deb13u1) ...",
    "Setting up multipath-tools (0.11.1-2) ...",
    "iqn.2024-01.lab.san:cluster at 10.16.0.1:3260,1: logged in",
    "36000000000000000000000000ab0a001 dm-0 LABSAN,VIRTUAL-DISK size=512M features='0'",
)


def line(number: int) -> str:
    """A line of the log."""
    return f"{number:05d} {LINES[number % len(LINES)]}"[:69]


def pour(of: Engine, seconds: float, rate: float) -> None:
    """What an apply's process writes into the journal."""
    attempt = "0123abcd"
    changes = [to_json(change, of.state) for change in of.plan("one").changes]
    of.journal.add("start", attempt, step="one", action="apply", changes=changes, of=[], loaded=[], pid=os.getpid())
    of.journal.add("begun", attempt, index=0, title="Write /etc/one", made=[])
    start = time.monotonic()
    for number in range(int(seconds * rate)):
        pause = start + number / rate - time.monotonic()
        threading.Event().wait(max(0.0, pause))
        of.journal.add("said", attempt, text=line(number))


def main(folder: Path, seconds: float, rate: float = PER_SECOND) -> int:
    """Follow a log that pours lines for so many seconds; the exit code of the app."""
    of = engine(folder, [Peer(), FileStep("one", "Install 44 packages", "/etc/one")])

    def launch(state: State, options: Sequence[str], plan: Plan) -> Running:
        threading.Thread(target=pour, args=(of, seconds, rate), daemon=True).start()
        return Running()

    return InstallerApp(of, [], False, launch=launch).run() or 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *map(float, sys.argv[2:])))
