"""A curses program with the same log, 20 lines a second, and the same help (a file that is named)."""

from __future__ import annotations

import curses
import sys
import time
from pathlib import Path

from tests.bench_serial.flood import PER_SECOND, line

HEIGHT, WIDTH = 24, 80


def main(screen: curses.window) -> None:
    """Scroll the log; "?" shows the help, which the file that is named holds."""
    text = Path(sys.argv[1]).read_text().splitlines()
    screen.idlok(True)
    screen.nodelay(True)
    curses.nonl()
    log = screen.subwin(HEIGHT - 6, WIDTH, 2, 0)
    log.scrollok(True)
    log.idlok(True)
    screen.addstr(0, 0, "Apply: Install 44 packages - running", curses.A_BOLD)
    start, number, shows = time.monotonic(), 0, False
    while (key := screen.getch()) != ord("q"):
        if key == ord("?"):
            shows = True
            screen.erase()
            for y, words in enumerate(text[: HEIGHT - 1]):
                screen.addnstr(y, 0, words, WIDTH - 1)
        while not shows and number < (time.monotonic() - start) * PER_SECOND:
            log.addstr("\n" + line(number))
            number += 1
        screen.refresh()
        time.sleep(0.02)


if __name__ == "__main__":
    curses.wrapper(main)
