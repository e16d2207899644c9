"""The first screen as an urwid program: `python -m tests.bench_serial.urwid_first FILE`, with its text in the file."""

import sys
from pathlib import Path

import urwid


def main() -> None:
    """Show it; any key ends it."""

    def leave(key: object) -> None:
        raise urwid.ExitMainLoop

    rows = [urwid.Text(line, wrap="clip") for line in Path(sys.argv[1]).read_text().splitlines()]
    urwid.MainLoop(urwid.ListBox(urwid.SimpleListWalker(rows)), handle_mouse=False, unhandled_input=leave).run()


if __name__ == "__main__":
    main()
