"""The exit codes of the program."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What the program's exit code means."""

    DONE = 0
    """Everything asked for is in place, or was done."""
    TODO = 1
    """Something is left to do."""
    PROBLEM = 2
    """A problem is in the way, or something failed."""
    UNKNOWN = 3
    """It cannot be told."""
    USAGE = 64
