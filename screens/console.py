"""What is known of the terminal, and what else it could be used as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from screens.terminal.console import Console
from screens.terminal.doctor import as_chosen

BUTTONS = (("serial", "ASCII"), ("rich", "UTF-8"), ("mono", "No colours"), ("slow", "9600 baud"), ("found", "As found"))


def told(console: Console) -> Sequence[str]:
    """What is said of it."""
    return [
        f"The terminal: {console.words}.",
        f"Its line: {console.line.name or 'none'}. Its size: {console.size[0]}x{console.size[1]}.",
        "",
        "It was found by asking the terminal and terminfo.",
        "If the screen looks wrong, choose:",
        "",
        "  ASCII       nothing but ASCII, and borders as a VT100 draws them",
        "  UTF-8       every letter, all colours, as fast as the line takes it",
        "  No colours  bold and reverse only",
        "  9600 baud   never send faster than that, whatever the line says",
        "  As found    what was found at the start",
        "",
        "Ctrl-L paints the screen anew. At the start: --console=serial|rich|plain,",
        "or TUI_INSTALLER_CONSOLE in the environment.",
    ]


def chosen(now: Console, found: Console, name: str) -> Console:
    """The console as it is used once that button was pressed."""
    ways: Mapping[str, Console] = {
        "serial": as_chosen(now, "serial"),
        "rich": as_chosen(now, "rich"),
        "mono": replace(now, colours=False),
        "slow": replace(now, baud=9600),
        "found": found,
    }
    return ways.get(name, now)
