"""What is tried before anything is changed: whether portals answer, and whether an address is free."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tui_installer.hosts.host import Host, side_by_side
from tui_installer.model.site import Site
from tui_installer.model.step import Context
from tui_installer.probes import cards
from tui_installer.probes.iscsi import recorded
from tui_installer.probes.network import Network
from tui_installer.steps.storage_network.facts import StorageNetworkAnswers, StorageNetworkFacts
from tui_installer.steps.storage_network.ways import StoragePath, address_of, is_up, split_portal

Refusal = Callable[[Host, str, int], str]
"""Why a portal (address, port) cannot be talked to from a host; empty: it can."""
Users = Callable[[Host, str, frozenset[str]], str]
"""MACs, other than our own, that have an address; empty: nobody."""


def tried(
    ctx: Context,
    site: Site,
    network: Network,
    modules: str,
    proposed: StorageNetworkAnswers,
    refusal: Refusal,
    users: Users,
) -> StorageNetworkFacts:
    """Ask a member whether the addresses are free; try the portals of the ways that are up.

    `modules` is the file that loads 8021q at boot. Raises `HostError`.
    """
    portals = [portal for way in proposed.ways if is_up(network, way) for portal in way.portals]
    told = side_by_side(lambda portal: refusal(ctx.here, *split_portal(portal)), portals)
    words = dict(zip(portals, told, strict=True)).items()
    waiting = [way for way in proposed.ways if not is_up(network, way)]
    return StorageNetworkFacts(
        network=network,
        modules=ctx.here.read(modules),
        taken=tuple(_taken(ctx, site, network, waiting, users)),
        answering=tuple(portal for portal, said in words if not said),
        silent=tuple((portal, said) for portal, said in words if said),
        used=recorded(ctx.here),
        hardware=cards.probe(ctx.here),
        proposed=proposed,
    )


def _taken(
    ctx: Context, site: Site, network: Network, ways: list[StoragePath], users: Users
) -> Iterator[tuple[str, str]]:
    """Proposed addresses that a member finds in use by somebody else."""
    if site.witness is None or site.itself or site.witness.name not in ctx.members:
        return
    own = frozenset(one.mac for one in network.interfaces)
    for way in ways:
        macs = users(ctx.members[site.witness.name], way.address, own) if address_of(way.address) else ""
        if macs:
            yield way.address, macs
