"""A demo's world for which nobody named a folder: where it is, is told in the end."""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tui_installer.cli.exits import Exit


@contextmanager
def kept(given: argparse.Namespace) -> Iterator[None]:
    """Tell where a world is that is made meanwhile, and how to come back to it; for words that are refused none stays.

    It is told apart from what a command prints: on standard error.
    """
    unnamed = given.world is None
    try:
        yield
    except SystemExit as left:
        if unnamed and given.world and left.code == Exit.USAGE:
            shutil.rmtree(given.world, ignore_errors=True)
            given.world = None
        raise
    finally:
        if unnamed and given.world:
            back = shlex.join(("tui-installer", f"--world={given.world}"))
            with suppress(OSError):  # the line may be gone
                sys.stderr.write(f"kept in {given.world}; back to it: {back}\n")
                sys.stderr.flush()
