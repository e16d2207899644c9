"""`status --since-boot`: what the boot check said, for programs."""

from __future__ import annotations

from tui_installer.cli.exits import Exit
from tui_installer.cli.saying import say
from tui_installer.engine.engine import Engine
from tui_installer.model.view import View
from tui_installer.probes import boot


def since_boot(engine: Engine) -> Exit:
    """Print what the check of this boot said, a line each: verdict (back, missing, fell-back, none), said, missing."""
    reading = engine.reading(View("boot check", boot.told))
    if reading.error or not reading.text:
        say(reading.error or "verdict=none")
        return Exit.UNKNOWN
    say(reading.text.rstrip())
    return Exit.DONE if reading.text.startswith("verdict=back\n") else Exit.PROBLEM
