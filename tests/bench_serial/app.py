"""The program on a simulated world, with a record of what Textual meant to send: the same pictures by its own driver.

Started as `python -m tests.bench_serial.app WORLD RECORD`; RECORD gets a line of JSON for each write and each picture.
"""

from __future__ import annotations

import asyncio
import faulthandler
import json
import signal
import sys
from pathlib import Path
from typing import Any, TextIO

import tui_installer.__main__
from screens.app import InstallerApp
from screens.terminal.cells import Frame
from screens.terminal.driver import LineDriver, caret_of
from tests.world import engine


class Recording(LineDriver):
    """The driver, keeping what it is given."""

    record: TextIO

    def write(self, data: str) -> None:
        """See `Driver.write`."""
        self._note({"write": data})
        super().write(data)

    def _show(self, frame: Frame) -> None:
        self._note({"caret": caret_of(self._shutter.focus, self._canvas)})
        super()._show(frame)

    def _note(self, what: dict[str, Any]) -> None:
        self.record.write(json.dumps(what) + "\n")
        self.record.flush()


def explain(file: TextIO) -> None:
    """Write down what every thread and every task waits for: the player asks, if a key has no effect."""
    faulthandler.dump_traceback(file)
    for task in asyncio.all_tasks():
        task.print_stack(file=file)
    file.flush()


class Explained(InstallerApp):
    """The app, which explains itself on SIGUSR1."""

    stacks: TextIO

    def on_load(self) -> None:
        """See `InstallerApp.on_load`."""
        super().on_load()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, explain, self.stacks)


def main(world: Path, record: Path) -> int:
    """Run the app over a world, and record what it writes to the line."""
    app = Explained(engine(world, {}), ["--world", str(world)], simulated=True)
    with record.open("w") as Recording.record, record.with_suffix(".stacks").open("w") as Explained.stacks:
        app.driver_class = Recording
        return app.run() or 0


if __name__ == "__main__":
    places = [Path(each) for each in sys.argv[1:]]
    sys.argv[:] = [tui_installer.__main__.__file__]  # by which an apply's process is started
    sys.exit(main(*places))
