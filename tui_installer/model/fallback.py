"""What takes a change back that may have cut the operator off, should nobody be there to do it: armed before the first
change is made, outside of the process that makes it."""

from __future__ import annotations

from typing import Protocol

from tui_installer.hosts.host import Host
from tui_installer.model.change import Change

LAUNCHER = "/usr/bin/tui-installer"
"""The program, as it is installed."""


class ArmedFallback(Protocol):
    """A fallback that waits for its time."""

    def shorten(self, within: float) -> None:
        """From now on it waits that many seconds. Raises `HostError`."""

    def keep(self) -> bool:
        """Put it out: what was changed stays. False: the host could not be told, or not in time."""

    def settle(self) -> bool:
        """Put it out, or wait until it has done its work and the host can be asked again; whether it has done it."""


class Fallback(Protocol):
    """Arms one for each attempt."""

    def __call__(self, attempt: str, changes: tuple[Change, ...], within: float) -> ArmedFallback:
        """Have these changes taken back if it is not put out within that many seconds. Raises `HostError`."""


class TransientUnit:
    """On this host: a transient unit that waits for the lock and takes back what has no end (`Engine.see_through`).
    It needs no time and no word: the end of the attempt's process is what it waits for."""

    def __init__(self, host: Host, attempt: str) -> None:
        if host.read(LAUNCHER) is not None:
            unit = ("systemd-run", "--quiet", "--collect", f"--unit=tui-installer-revert-{attempt}")
            host.run(*unit, "--", LAUNCHER, "revert", attempt)

    def shorten(self, within: float) -> None:
        """See `ArmedFallback.shorten`."""

    def keep(self) -> bool:
        """See `ArmedFallback.keep`."""
        return True

    def settle(self) -> bool:
        """See `ArmedFallback.settle`."""
        return False
