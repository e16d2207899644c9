"""What is known of the cards and the portals that the storage network's form asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tui_installer.model.site import Site
from tui_installer.probes.cards import Hardware
from tui_installer.probes.network import Interface, Network
from tui_installer.steps.storage_network.facts import StorageNetworkFacts
from tui_installer.steps.storage_network.ways import is_free, leading_to, ways_of

Offered = tuple[tuple[str, str], ...]
"""(value, how it is shown)."""
CARDS = ("", "bond", "bridge")
"""Kinds of interfaces that the storage network can be on: see `StoragePath.nic`."""
NO_MAC = ("", "00:00:00:00:00:00")
"""Of tunnels, and of ends of cables that are inside the host (Xen's netloop)."""


def choices(facts: StorageNetworkFacts, site: Site) -> Mapping[str, Offered]:
    """For both ways, see `Step.choices`."""
    cards, portals = tuple(_cards(facts)), tuple(_portals(facts, site))
    return {"nic": cards, "second_nic": cards, "portals": portals, "second_portals": portals}


# --- cards


def _cards(facts: StorageNetworkFacts) -> Iterator[tuple[str, str]]:
    """Those that can be used, as `problems` has it: free ones first, those without a cable last of them."""
    seen, known = facts.network, {each.name: each for each in facts.hardware}
    found = [one for one in seen.interfaces if _is_card(one)]
    found.sort(key=lambda one: (not is_free(seen, one), one.up and not one.carrier))
    for one in found:
        words = ", ".join(_words(seen, one, known.get(one.name, Hardware(one.name))))
        yield one.name, f"{one.name}  {words}"


def _is_card(one: Interface) -> bool:
    return one.name != "lo" and one.kind in CARDS and one.mac not in NO_MAC and not one.master


def _words(seen: Network, one: Interface, known: Hardware) -> Iterator[str]:
    """The most useful first: what does not fit is cut."""
    yield _link(one, known.speed)
    yield from one.addresses[:1]
    yield from [f"{len(one.addresses) - 1} more"] if one.addresses[1:] else []
    yield from ["default route here"] if one.name == seen.main else []
    yield from _part(seen, one)
    yield from [known.driver] if known.driver else []


def _link(one: Interface, speed: int) -> str:
    """Of one that is down the kernel knows no carrier; of many with one, and of old ones, no speed."""
    if not one.up:
        return "down"
    if not one.carrier:
        return "no link"
    if not speed:
        return "link"
    return f"{speed / 1000:g} Gb/s" if speed >= 1000 else f"{speed} Mb/s"


def _part(seen: Network, one: Interface) -> Iterator[str]:
    """What it is made of, or for."""
    above = " ".join(each.name for each in seen.interfaces if each.parent == one.name)
    if one.kind:
        yield f"{one.kind} of {' '.join(seen.ports(one.name)) or 'nothing'}"
    if above:
        yield f"under {above}"
    elif is_free(seen, one):
        yield "free"
    elif not one.addresses and one.name in seen.configured:
        yield "configured"


# --- portals


def _portals(facts: StorageNetworkFacts, site: Site) -> Iterator[tuple[str, str]]:
    """Those that the member uses, those that answers name and those that were tried."""
    member = site.witness if not site.itself else None
    theirs = {each for way in (ways_of(member.network, member.iscsi) if member else ()) for each in way.portals}
    silent, named = dict(facts.silent), [each for way in facts.proposed.ways for each in way.portals]
    for portal in dict.fromkeys([*sorted(theirs), *named, *facts.answering, *silent]):
        way = leading_to(facts.network, portal)
        through = f" through {way.name}" if way else ""
        if portal in facts.answering:
            tried = f"answers{through}"
        elif portal in silent:
            tried = f"does not answer{through}"
        else:
            tried = "not tried yet" if way else "not tried: no address in its network here"
        used = f"; {member.name} uses it" if member and portal in theirs else ""
        yield portal, f"{portal}  {tried}{used}"
