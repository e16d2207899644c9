"""The first screen as a curses program: `python -m tests.bench_serial.curses_first FILE`, with its text in the file."""

import curses
import sys
from pathlib import Path


def main(screen: curses.window) -> None:
    """Show it; any key ends it."""
    for y, line in enumerate(Path(sys.argv[1]).read_text().splitlines()[:24]):
        screen.addnstr(y, 0, line, 79)
    screen.refresh()
    screen.getch()


if __name__ == "__main__":
    curses.wrapper(main)
