"""How much may be sent now: never more than the line carries in a moment, so that a key's effect need not queue."""

from __future__ import annotations

from dataclasses import dataclass

AHEAD = 0.04
"""Seconds of line time that may be on their way."""
UNBOUND = 1024
"""Bytes that are sent at once where nothing is slow."""


@dataclass(slots=True)
class Pace:
    """The clock of a line. Times are seconds of a monotonic clock."""

    rate: float
    """Bytes a second; 0: no line is in between."""
    _drained: float = 0.0
    """When all that was sent will be through."""

    def sent(self, count: int, now: float) -> None:
        """So many bytes were given to the kernel."""
        if self.rate:
            self._drained = max(now, self._drained) + count / self.rate

    def room(self, waiting: int, now: float) -> int:
        """Bytes that may be sent now, with so many still waiting in the kernel."""
        if not self.rate:
            return UNBOUND
        return int((AHEAD - self._ahead(waiting, now)) * self.rate)

    def pause(self, waiting: int, now: float) -> float:
        """Seconds after which there will be room again."""
        if not self.rate:
            return 0.0
        return min(0.05, max(0.002, self._ahead(waiting, now) - AHEAD / 2))

    def _ahead(self, waiting: int, now: float) -> float:
        return max(waiting / self.rate, self._drained - now)
