"""Waiting with a deadline."""

import time
from collections.abc import Callable

from tests.lab.errors import LabError


def poll(what: str, seen: Callable[[], tuple[bool, str]], within: float, every: float = 1.0) -> str:
    """Look until `seen` says (True, text) and return the text; raises LabError with the last text at the deadline."""
    end = time.monotonic() + within
    while True:
        done, text = seen()
        if done:
            return text
        if time.monotonic() > end:
            raise LabError(f"{what}: not within {within:g} s; last seen:\n{text}")
        time.sleep(every)
