"""What stands in the way of the storage network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tui_installer.model.diagnosis import Cause
from tui_installer.model.step import Level, Problem
from tui_installer.probes.iscsi import portal as iscsi_portal
from tui_installer.probes.network import Network
from tui_installer.steps.storage_network.facts import StorageNetworkFacts
from tui_installer.steps.storage_network.ways import (
    StoragePath,
    address_of,
    is_up,
    network_of,
    split_portal,
    within,
    written,
)

_OTHERS = {
    "netplan": "Describe it in /etc/netplan, then run `netplan try`",
    "networkd": "Write a .netdev and a .network file in /etc/systemd/network, then run `networkctl reload`",
    "NetworkManager": "Add it with `nmcli connection add type vlan`",
    "none": "Install ifupdown, or bring the interface up by your own means",
}

CAUSES = (
    Cause(
        "storage-network.name-too-long",
        r'"(?P<name>[^"\s]+)" is wrong: "name" not a valid ifname|name too long',
        "The kernel takes no interface of the name {name}: 15 characters are the most.",
        "Name the VLAN otherwise (vlan16, with vlan-raw-device CARD) in this step's answer, then plan again.",
    ),
    Cause(
        "storage-network.unknown-interface",
        r"unknown interface (?P<name>[^\s=]+)",
        "ifupdown knows no interface {name}: its stanza is not in a file that it reads.",
        "See /etc/network/interfaces: does it `source` interfaces.d? On old releases all must be in that one file. "
        "Then plan again.",
    ),
    Cause(
        "storage-network.portal-silent",
        r"^ping .* -I (?P<name>\S+)",
        "{name} is up, but portal {portal} does not answer through it.",
        "Ask the network team whether the switch port carries this VLAN (a wrong VLAN id looks the same), whether "
        "cable and card are the right ones, and the storage team whether the portal is up. Then plan again.",
        run=r"network:portal (?P<portal>\S+)",
    ),
    Cause(
        "storage-network.no-carrier",
        r"^cat /sys/class/net/(?P<name>[^/]+)/carrier$",
        "{name} is up, but nothing is at the other end of its cable.",
        "Check the cable, the switch port, and that this is the right card. Then plan again.",
    ),
    Cause(
        "storage-network.no-address",
        r"^ip .* dev (?P<name>\S+)$",
        "{name} came up without its address {address}.",
        "See ip addr show dev {name}, and whether another program manages that card. Then plan again.",
        run=r"network:address (?P<address>\S+)",
    ),
    Cause(
        "storage-network.no-module",
        r"Module (?P<module>\S+) not found in directory (?P<folder>\S+)",
        "The running kernel has no module {module} ({folder}).",
        "After an upgrade of the kernel, reboot into the new one; a cloud kernel may lack it. Then plan again.",
    ),
    Cause(
        "storage-network.ifup",
        r"^ifup (?P<name>[^-]\S*)$",
        "{name} could not be brought up.",
        "ifup's words say why; by hand: ifup -v {name}. Mend that and plan again, or take it back.",
    ),
)
"""Why the storage network does not come up."""


def in_the_way(facts: StorageNetworkFacts, ways: tuple[StoragePath, ...], mode: str) -> Iterator[Problem]:
    """All problems of the ways. What is there already is not asked for anything but that its portals answer."""
    seen = facts.network
    waiting = [way for way in ways if not is_up(seen, way)]
    missing = [problem for way in waiting for problem in _asked(ways, way, _unanswered(way, mode))]
    yield from missing
    if missing:
        return
    if waiting and seen.manager != "ifupdown":
        yield _other_manager(seen, waiting[0])
    if len({way.name for way in ways if way.vlan}) < sum(way.vlan > 0 for way in ways):
        text = f"Both ways would be called {ways[0].name}: the names of their cards are too long for NIC.VLAN."
        hint = "Give one of the cards a shorter name (systemd.link(5)), or another VLAN."
        yield _wrong("same-name", text, hint, "second_nic")
    for way in waiting:
        yield from _asked(ways, way, _card(seen, way))
        yield from _asked(ways, way, _conflicts(seen, way))
    for address, mac in facts.taken:
        text, hint = f"{address} is in use by another host.", "Choose an address that is free."
        yield Problem("storage-network.address-in-use", text, (f"{address} {mac}",), hint)
    yield from (_silent(ways, facts, portal, words) for portal, words in facts.silent)
    yield from _paths(ways)


def _unanswered(way: StoragePath, mode: str) -> Iterator[Problem]:
    """What was not answered, or not in a form that can be used."""
    for name, field, value in (
        ("network card", "nic", way.nic),
        ("address", "address", way.address),
        ("storage network", "prefix", way.prefix),
    ):
        if not value:
            yield _wrong("missing", f"No {name} is given.", "Answer it, or name a member in the step before.", field)
    if not way.portals:
        yield _wrong("missing", "No portal is given.", "Name the array's addresses.", "portals")
    if mode == "vlan" and not 1 <= way.vlan <= 4094:
        yield _wrong("vlan", f"{way.vlan} is no VLAN.", "A number from 1 to 4094.", "vlan")
    if way.mtu and not 576 <= way.mtu <= 9216:
        hint = "1500, or up to 9216 where the switches allow it."
        yield _wrong("mtu", f"An MTU of {way.mtu} is not usable.", hint, "mtu")
    yield from _addressing(way)
    for portal in way.portals:
        if address_of(split_portal(portal)[0]) is None or not split_portal(portal)[1]:
            hint = "An IPv4 address, with :port where it is not 3260."
            yield _wrong("portal", f"{portal} is no portal.", hint, "portals")


def _addressing(way: StoragePath) -> Iterator[Problem]:
    network, own = network_of(way.prefix), address_of(way.address)
    if way.prefix and network is None:
        hint = "A network with its prefix length: 10.16.0.0/16."
        yield _wrong("prefix", f"{way.prefix} is no network.", hint, "prefix")
    if way.address and own is None:
        hint = "An IPv4 address without prefix length: 10.16.1.12."
        yield _wrong("address", f"{way.address} is no address.", hint, "address")
    if network and own and (own not in network or own in (network.network_address, network.broadcast_address)):
        hint = f"One between {network[1]} and {network[-2]}."
        yield _wrong("address", f"{own} is no host's address in {network}.", hint, "address")


def _wrong(what: str, text: str, hint: str, field: str) -> Problem:
    return Problem(f"storage-network.{what}", text, hint=hint, level="ask", field=field)


def _asked(ways: tuple[StoragePath, ...], way: StoragePath, found: Iterator[Problem]) -> Iterator[Problem]:
    """The problems, those of the second way with the answers that are asked for it; both have one MTU."""
    second = ways.index(way) > 0
    for problem in found:
        own = second and problem.field not in ("", "mtu")
        yield replace(problem, field=f"second_{problem.field}") if own else problem


def _other_manager(seen: Network, way: StoragePath) -> Problem:
    text = f"The network of this host is configured by {seen.manager}, which this program does not write for."
    what = f"{way.name} with {way.cidr}{f', VLAN {way.vlan} on {way.nic}' if way.vlan else ''}"
    hint = f"{_OTHERS.get(seen.manager, _OTHERS['none'])}: {what}. This step is then in place."
    return Problem("storage-network.not-ifupdown", text, (seen.managed_by,) if seen.managed_by else (), hint)


def _card(seen: Network, way: StoragePath) -> Iterator[Problem]:
    """Whether the card can be used."""
    card = seen.interface(way.nic)
    if card is None:
        names = ", ".join(one.name for one in seen.interfaces if one.name != "lo" and one.kind != "vlan")
        yield _wrong("no-card", f"There is no {way.nic} here.", f"One of: {names}.", "nic")
        return
    if card.master:
        yield _wrong("card-used", f"{way.nic} is a part of {card.master}.", f"Name {card.master} instead.", "nic")
    elif not way.vlan and (way.nic == seen.main or (card.addresses and way.name not in seen.configured)):
        hint = "Name a card that is free, or use a VLAN on this one."
        yield _wrong("card-used", f"{way.nic} has another use already ({', '.join(card.addresses)}).", hint, "nic")
    if 0 < card.max_mtu < way.mtu:
        text = f"{way.nic} carries frames of {card.max_mtu} bytes at most, not of {way.mtu}."
        yield _wrong("mtu", text, f"An MTU of up to {card.max_mtu}, if all members have it; else another card.", "mtu")
    if card.up and not card.carrier:
        text = f"{way.nic} is up, but nothing is at the other end of its cable."
        yield Problem("storage-network.no-carrier", text, hint="Check cable and switch port.", level="warn")


def _conflicts(seen: Network, way: StoragePath) -> Iterator[Problem]:
    """What is configured here against it."""
    one, planned = seen.interface(way.name), written(seen, way.name)
    others = {each.partition("/")[0] for each in (*planned, *(one.addresses if one else ()))}
    if way.name in seen.configured and others and way.address not in others:
        text = f"{way.name} is configured with another address: {', '.join(sorted(others))}."
        yield Problem(
            "storage-network.configured-otherwise",
            text,
            hint="Take that back first, or give that address.",
            field="address",
        )
    routed = any(route.to == "default" for route in seen.routes)
    for portal in way.portals:
        if not within(portal, way.prefix) and not routed and not any(within(portal, r.to) for r in seen.routes):
            text = f"{portal} is outside {way.prefix}, and there is no route to it."
            yield Problem("storage-network.no-route", text, hint="Correct the portal or the network.", field="portals")


def _silent(ways: tuple[StoragePath, ...], facts: StorageNetworkFacts, portal: str, words: str) -> Problem:
    """With a record of the portal VLAN and address are right, and sessions and maps tell what its silence costs."""
    code, used = "storage-network.portal-silent", iscsi_portal(portal) in facts.used
    way = next(way for way in ways if portal in way.portals) if ways else None
    if way and (heard := [each for each in way.portals if each in facts.answering]):
        text = f"Portal {portal} does not answer; {heard[0]} does, over the same {way.name}."
        hint = "So VLAN and address are right: is that portal of the array up? Accept it to go on with the others."
        level: Level = "warn" if used else "stop"
        return Problem(code, text, (words,), hint, level, acceptable=True)
    line = ""
    if way and way.vlan:
        line = f" The switch port needs `switchport trunk allowed vlan add {way.vlan}`; a wrong VLAN id looks the same."
    hint = f"Is the array up, and does its port belong to this network?{line}"
    text = f"Portal {portal} does not answer."
    return Problem(code, text, (words,), hint, acceptable=True, outside=used)


def _paths(ways: Iterable[StoragePath]) -> Iterator[Problem]:
    """Two portals through one card are not two paths."""
    ways = tuple(ways)
    if len({way.nic for way in ways}) == 1 and sum(len(way.portals) for way in ways) > 1:
        text = f"All portals are reached over {ways[0].nic}: two portals through one card are not two paths."
        hint = "A second card in the storage network, bound to its own sessions, outlives a cable."
        yield Problem("storage-network.one-path", text, hint=hint, level="warn")
