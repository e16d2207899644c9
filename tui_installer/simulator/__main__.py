"""`python -m tui_installer.simulator FOLDER`: serve a world, made if there is none."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from tui_installer.simulator import create, serve


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m tui_installer.simulator FOLDER\n")
        return 64
    folder = Path(sys.argv[1])
    if not (folder / "state.json").exists():
        create(folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        serve(folder, lambda: _say(f"serving {folder}"))
    except KeyboardInterrupt:
        return 0
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
