"""The program with an error of its own, on the key "z": `python -m tests.screens.terminal.broken WORLD`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType

from screens.app import InstallerApp
from tests.world import engine


class Broken(InstallerApp):
    """An app that breaks."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("z", "break")]

    def action_break(self) -> None:
        """Break."""
        raise ZeroDivisionError("an error of the program's own")


if __name__ == "__main__":
    app = Broken(engine(Path(sys.argv[1]), {}), [], simulated=True)
    app.run()
    sys.exit(app.return_code)
