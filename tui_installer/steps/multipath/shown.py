"""What a screen shows of the maps."""

from __future__ import annotations

from tui_installer.model.site import Site
from tui_installer.model.text import count
from tui_installer.model.view import View
from tui_installer.probes import multipath
from tui_installer.steps.multipath.facts import MultipathAnswers, MultipathFacts
from tui_installer.steps.multipath.wanted import names

VIEWS = (View("multipath -ll", multipath.listing),)
"""The maps as multipath itself prints them."""


def lines(facts: MultipathFacts) -> dict[str, str]:
    """Each LUN of the array with its map, its size and its paths."""
    found = {}
    for lun in facts.luns:
        size = f", {lun.map.size}" if lun.map and lun.map.size else ""
        name = lun.map.name if lun.map else "(not mapped)"
        found[lun.wwid] = f"{name}{size}, {lun.usable} of {count(lun.expected, 'path')}"
    running = "multipathd runs" if facts.here.running else "multipathd does not run"
    return found | {"Daemon": f"{running}, {'' if facts.here.at_boot else 'not '}started at boot"}


def named_disks(facts: MultipathFacts, site: Site) -> tuple[tuple[str, str], ...]:
    """(WWID=NAME, how it is shown) of the disks, with the names that they would get. Raises `FormatError`."""
    wanted = names(facts, site, MultipathAnswers())
    return tuple((f"{wwid}={alias}", f"{alias}  {wwid}") for wwid, alias in wanted.items())
