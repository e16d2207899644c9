"""A shell in the line of the screens, until it ends."""

from __future__ import annotations

import sys
from contextlib import ExitStack, redirect_stderr, redirect_stdout

from screens.installer import Installer
from screens.terminal.driver import LineDriver


def go_to_shell(app: Installer, words: str) -> None:
    """Run it, with those words in its prompt; nothing, where there is none. What was done there is looked at anew."""
    if app.shell is None:
        return
    driver = app._driver
    with ExitStack() as line:
        if isinstance(driver, LineDriver):
            for each in (driver.away(), redirect_stdout(sys.__stdout__), redirect_stderr(sys.__stderr__)):
                line.enter_context(each)
        app.shell(words)
    app.moved = True
