"""How fast this machine is now."""

from __future__ import annotations

import os


def busy() -> float:
    """By how much it is slower than a quiet one, 1 or more: who must run for each of its processors."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
