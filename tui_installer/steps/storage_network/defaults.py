"""What the operator need not answer: the ways that are there, else ways like the member's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tui_installer.model.site import Site
from tui_installer.probes.network import Network
from tui_installer.steps.storage_network.facts import StorageNetworkAnswers
from tui_installer.steps.storage_network.frames import mtu_of
from tui_installer.steps.storage_network.ways import StoragePath, by_rule, card_for, existing, ways_of


def with_defaults(seen: Network, site: Site, answers: StorageNetworkAnswers) -> StorageNetworkAnswers:
    """What is here already; else as the member that was asked has it."""
    models = ways_of(site.witness.network, site.witness.iscsi) if site.witness else ()
    models = models or _by_hand(seen, answers)
    own = list(_own_ways(seen, models, answers))
    tagged = next((way.vlan for way in own), 0)
    filled = replace(answers, mode=answers.mode or ("vlan" if tagged or answers.vlan else "own NIC" if own else ""))
    for prefix, way in zip(("", "second_"), own, strict=False):
        given = {f"{prefix}{name}": getattr(way, name) for name in ("nic", "vlan", "address", "prefix", "portals")}
        filled = replace(filled, **{name: getattr(answers, name) or value for name, value in given.items()})
    return replace(filled, mtu=answers.mtu or next((mtu_of(seen, way) for way in own), 1500))


def _by_hand(seen: Network, answers: StorageNetworkAnswers) -> tuple[StoragePath, ...]:
    """Without a member: the way that is there to the portals that were named."""
    found = existing(seen, answers.portals)
    return (found,) if found else ()


def _own_ways(seen: Network, models: tuple[StoragePath, ...], answers: StorageNetworkAnswers) -> Iterator[StoragePath]:
    """For each way of the member one of ours: what is there already, else a card and the address by the rule."""
    here = seen.interface(seen.main)
    main = here.addresses[0].partition("/")[0] if here and here.addresses else ""
    cards: list[str] = []
    addresses: list[str] = []
    asked = ((answers.nic, answers.portals), (answers.second_nic, answers.second_portals))
    for model, (nic, portals) in zip(models, asked, strict=False):
        found = existing(seen, portals or model.portals)
        if found is None or found.nic in cards or nic not in ("", found.nic):
            like = replace(model, vlan=0) if answers.mode == "own NIC" else model
            address = by_rule(model.prefix, main)
            card = nic or card_for(seen, like, tuple(cards))
            found = replace(model, nic=card, address="" if address in addresses else address)
        cards.append(found.nic)
        addresses.append(found.address)
        yield found
