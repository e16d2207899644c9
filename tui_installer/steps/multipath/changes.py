"""Changes that both stacks make to the maps."""

from __future__ import annotations

from tui_installer.model.change import Run


def removal(alias: str) -> Run:
    """Remove a map; one that is in use, or is gone already, is no failure."""
    return Run(f"Remove the map {alias}", "here", ("multipath", "-f", alias), ok=(0, 1))
