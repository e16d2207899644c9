"""The end of something that asks many."""

from __future__ import annotations

import math
import time

from tui_installer.hosts.host import HostError


class Deadline:
    """The end of a look as a whole, by the clock that only goes on."""

    def __init__(self, seconds: float = math.inf) -> None:
        self._seconds, self._until = seconds, time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds that the look has still; none or less: it has no time left."""
        return self._until - time.monotonic()

    def allow(self, what: str) -> None:
        """Go on if it has. Raises `HostError` else: what was not asked has told nothing."""
        if self.left <= 0:
            raise HostError(f"{what}: not asked, for this look has taken {self._seconds:g} s already")
