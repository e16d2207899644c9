"""Which front end is shown to somebody who sits at a terminal: the screens, or numbered lines."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

from tui_installer.cli.loading import loading
from tui_installer.cli.saying import say
from tui_installer.engine import child
from tui_installer.engine.engine import Engine
from tui_installer.model.stack import Subject

if TYPE_CHECKING:
    from screens.app import InstallerApp
    from screens.terminal.doctor import Doctor


def look_around(
    engine: Engine,
    options: list[str],
    simulated: bool,
    doctor: Doctor | None,
    shell: Callable[[str], object] | None = None,
) -> int:
    """Run it; returns the program's exit code. `options` name the same hosts to another process; `shell`: see
    `InstallerApp`."""
    with doctor or nullcontext():
        if doctor is not None and (app := _screens(engine, options, simulated, doctor, shell)):
            app.run()
            return app.return_code or 0
    # only for lines
    from screens.plain.lines import TerminalLines
    from screens.plain.session import PlainSession

    return PlainSession(engine, TerminalLines(), child.start, options, simulated, shell).run()


def _screens(
    engine: Engine, options: list[str], simulated: bool, doctor: Doctor, shell: Callable[[str], object] | None
) -> InstallerApp | None:
    """The screens on a terminal that was asked what it is; None: by its answer there is no room for them."""
    # nothing of the screens is loaded for lines
    from screens.terminal.doctor import has_room

    greet(doctor, engine.stack.title, engine.stack.subjects, simulated)
    with loading():
        from screens.app import InstallerApp  # which takes its time; meanwhile the terminal answers

    found = doctor.answer()
    if has_room(*found.size):
        return InstallerApp(engine, options, simulated, found=found, shell=shell)
    doctor.dismiss()
    return None


def greet(doctor: Doctor | None, title: str, subjects: Sequence[Subject], simulated: bool) -> None:
    """The first picture, of a stack whose steps need not be loaded yet; again it costs nothing. None: no screen."""
    from screens.opening import opening  # not for lines

    if doctor is not None and (size := doctor.line.size):
        doctor.greet(opening(title, subjects, simulated, *size))


def examine(console_option: str, plain: bool) -> Doctor | None:
    """A first look at the terminal, and a first line on it; None: it is not fit for screens, or lines are wanted.

    If nothing but its name is in the way of screens, that is said.
    """
    # nothing of the terminal is loaded for commands
    from screens.terminal import console, doctor
    from screens.terminal.capability import UnknownTerminal
    from screens.words import bare

    choice = doctor.chosen(console_option, os.environ)
    if plain or choice == "plain" or not _may_have_room():
        return None
    try:
        looks = doctor.examine(console.streams(), os.environ, choice)
        with looks:
            if size := looks.line.size:
                looks.greet(bare(*size))
    except UnknownTerminal as unknown:
        say(f"{unknown}: numbered lines; TERM=vt220 tui-installer would use screens")
        return None
    except (LookupError, OSError):
        return None
    return looks


def _may_have_room() -> bool:
    """Whether there may be room for screens. A size of 0x0 is that of a serial line which nobody told it to."""
    from screens.terminal.doctor import has_room  # not for commands

    try:
        columns, lines = os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1)
    except OSError:
        return False
    return not columns or not lines or has_room(columns, lines)
