"""Live views: what a tool shows now, read again and again while somebody looks at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tui_installer.hosts.host import Host


@dataclass(frozen=True, slots=True)
class View:
    """A panel on a step's screen."""

    title: str
    """As in "multipath -ll"."""
    read: Callable[[Host], str]
    """What it shows of the host; has a deadline of its own. May raise `HostError`."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a view showed."""

    text: str
    at: float
    """When, in seconds since the epoch."""
    took: float
    """Seconds that reading took."""
    error: str = ""
    """Why there is no text; empty: there is."""
