"""Guests under xend: how they end when their host is shut down."""

from __future__ import annotations

from collections.abc import Iterator

from tui_installer.model import ends
from tui_installer.model.change import Run, Stops
from tui_installer.model.step import Problem

NO_GUEST = r"(?ms)\AName (?!.*^(?!Domain-0\s)\S[^\n]*\s[r-][b-][p-][s-][c-][d-]\s)"
"""`xm list` with Domain-0 alone; a guest that xend only knows has no state there (xm/main.py of 3.2 and later)."""


def ended(guests: tuple[str, ...]) -> Iterator[Run]:
    """Each shuts itself down, and none is destroyed: `xm shutdown -a` only asks (xm/shutdown.py, 3.0.3 to 4.0)."""
    if guests:
        stops = (Stops("guest"),)
        yield Run("Shut the guests down", "here", ("xm", "shutdown", "-a"), within=ends.COMMAND, stops=stops)
        title, look = "Wait until no guest runs here", ("xm", "list")
        yield Run(title, "here", look, within=ends.GUESTS, expect=NO_GUEST, id="xen:guests")


def told(guests: tuple[str, ...]) -> Iterator[Problem]:
    """That they are."""
    if guests:
        text = f"Guests run here, and are shut down: {', '.join(guests)}."
        hint = "To keep them running move them to a member first: xm migrate --live."
        yield Problem("xen.guests", text, hint=hint, level="warn")
