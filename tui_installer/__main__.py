"""Where the program begins: its arguments, then `composition`; what needs no engine is done without it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from tui_installer.cli import ending
from tui_installer.cli.arguments import parse
from tui_installer.cli.explaining import explain


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code (see `cli.exits`, and 128 with a signal's number)."""
    words = sys.argv[1:] if argv is None else list(argv)
    ending.begin()
    signal.signal(signal.SIGTERM, _leave)
    try:
        given, parser = parse(words)
        if given.command == "explain":
            return explain(given.codes)
        from tui_installer import composition  # loads the engine: --version, --help and explain do without

        return composition.run(given, parser)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except Exception as error:
        from tui_installer import composition  # it knows which secrets must not be told

        return composition.failed(error, words)
    finally:
        ending.settle()


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """Nothing is being changed: leave at once."""
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
