"""Where the laboratory keeps its files."""

import os
from pathlib import Path

HERE = Path(__file__).resolve().parent
GUEST = HERE / "guest"
SCENARIOS = HERE / "scenarios"


def cache() -> Path:
    """Built images, the compiled switch and golden clones, for all checkouts: LAB_CACHE, else in the user's cache."""
    own = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return _made(Path(os.environ.get("LAB_CACHE") or own / "tui-installer-lab"))


def runs() -> Path:
    """Files of running laboratories, in memory: LAB_RUN, else a folder of the user in /dev/shm.

    Kept short, because a unix socket's path must fit in 108 bytes.
    """
    return _made(Path(os.environ.get("LAB_RUN") or f"/dev/shm/lab-{os.getuid()}"))


def failures() -> Path:
    """One folder for each run that failed: LAB_FAILURES, else `failures` beside this file."""
    return _made(Path(os.environ.get("LAB_FAILURES") or HERE / "failures"))


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
