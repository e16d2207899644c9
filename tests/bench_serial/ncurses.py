"""ncurses paints the pictures of a file, one for each line that comes in: `... FILE DESCRIPTOR`.

It may scroll (idlok), insert and delete characters, and is told each picture whole; `doupdate` finds what differs.
"""

from __future__ import annotations

import curses
import json
import os
import sys
from contextlib import suppress

from screens.terminal.cells import BLINK, BOLD, DRAWING, REVERSE, UNDERLINE

BITS = {BOLD: curses.A_BOLD, UNDERLINE: curses.A_UNDERLINE, BLINK: curses.A_BLINK, REVERSE: curses.A_REVERSE}


def attributes(fg: int | None, bg: int | None, flags: int, pairs: dict[tuple[int, int], int]) -> int:
    """What curses calls a style."""
    found = sum(bit for flag, bit in BITS.items() if flags & flag) | (curses.A_ALTCHARSET if flags & DRAWING else 0)
    if fg is None and bg is None:
        return found
    colours = (-1 if fg is None else fg, -1 if bg is None else bg)
    if colours not in pairs:
        pairs[colours] = len(pairs) + 1
        curses.init_pair(pairs[colours], *colours)
    return found | curses.color_pair(pairs[colours])


def paint(window: curses.window, path: str, answer: int) -> None:
    """Paint them all; a byte is written to `answer` after each."""
    window.idlok(True)
    window.idcok(True)
    window.leaveok(True)
    if curses.tigetstr("civis"):
        curses.curs_set(0)
    pairs: dict[tuple[int, int], int] = {}
    with open(path) as file:
        pictures = json.load(file)
    for picture in pictures:
        sys.stdin.readline()
        window.erase()
        for y, x, text, fg, bg, flags in picture:
            with suppress(curses.error):  # the last column of the last row is written, and then complained of
                window.addstr(y, x, text, attributes(fg, bg, flags, pairs))
        window.noutrefresh()
        curses.doupdate()
        os.write(answer, b".")


def main() -> None:
    """Paint on the terminal that the second argument names; standard input says when, standard output says done."""
    answer = os.dup(1)
    os.dup2(int(sys.argv[2]), 1)
    curses.setupterm(os.environ["TERM"], 1)
    window = curses.initscr()
    if curses.has_colors():
        curses.start_color()
        curses.use_default_colors()
    curses.noecho()
    curses.raw()
    curses.nonl()
    try:
        paint(window, sys.argv[1], answer)
    finally:
        sys.stdin.readline()
        curses.endwin()


if __name__ == "__main__":
    main()
