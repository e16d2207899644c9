"""What the package steps of all releases have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tui_installer.model.answers import ask
from tui_installer.model.change import Stops
from tui_installer.model.site import Site
from tui_installer.model.step import Problem
from tui_installer.probes.packages import Packages, Simulation


@dataclass(frozen=True, slots=True)
class PackagesAnswers:
    """What is installed beside the fixed set."""

    vlan: bool | None = ask("VLAN tagging", "Whether the storage network is a VLAN on this host.", default=None)


def tagged(site: Site) -> bool:
    """Whether the member reaches its portals through a VLAN."""
    if site.witness is None:
        return False
    ways = {session.address for session in site.witness.iscsi.sessions}
    vlans = [each for each in site.witness.network.interfaces if each.vlan]
    return any(address.split("/")[0] in ways for each in vlans for address in each.addresses)


def anew(simulation: Simulation) -> tuple[Stops, ...]:
    """What is upgraded beside."""
    upgraded = tuple(name for name, _, _ in simulation.upgraded)
    return (Stops("restarted", upgraded),) if upgraded else ()


def removals(simulation: Simulation) -> Iterator[Problem]:
    """What apt would remove though nobody asked for it."""
    if removed := simulation.removed:
        hint = "Make room for the new ones by hand, or install another version of what is removed."
        yield Problem("packages.removes", f"apt would remove {', '.join(removed)}.", hint=hint)


def interrupted(found: Packages) -> Problem:
    """That dpkg has to finish first."""
    text = f"dpkg was interrupted: {', '.join(found.broken) or 'triggers are pending'}. It is finished first."
    hint = "If that fails too, the words of the package's script say what to mend."
    return Problem("packages.interrupted", text, found.audit, hint, "warn")
