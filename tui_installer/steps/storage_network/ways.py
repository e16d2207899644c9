"""Navigator to the storage: an interface with an address in the storage network, and the portals that it leads to."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tui_installer.formats.interfaces import options_of
from tui_installer.formats.text import FormatError
from tui_installer.probes.iscsi import Iscsi
from tui_installer.probes.network import Interface, Network

LONGEST = 15
"""Characters of an interface's name: IFNAMSIZ less its end mark (linux/if.h)."""
PORT = 3260
"""iSCSI's, where a portal is written without one (RFC 7143)."""


@dataclass(frozen=True, slots=True)
class StoragePath:
    """One way to portals."""

    nic: str
    """The network card, bond or bridge; under the VLAN if there is one."""
    vlan: int
    """The 802.1Q tag, 1 to 4094; 0: untagged, the card is for storage alone."""
    address: str
    """Ours, without prefix length."""
    prefix: str
    """The network with its prefix length, "10.16.0.0/16"."""
    mtu: int
    portals: tuple[str, ...]
    """Addresses, with ":port" where it is not 3260."""
    label: str = ""
    """The name of the VLAN's interface, see `named`; empty: it has none yet."""
    outer: int = 0
    """The VLAN that the card itself is in, where tags are stacked (802.1ad); 0: it is in none."""

    @property
    def name(self) -> str:
        """The interface's name."""
        return self.label or self.nic

    @property
    def cidr(self) -> str:
        """The address with the prefix length of the network."""
        return f"{self.address}/{self.prefix.rpartition('/')[2]}"


def named(ways: tuple[StoragePath, ...], form: str) -> tuple[StoragePath, ...]:
    """The ways with names for their VLANs' interfaces: of the form, with {nic} and {vlan}, if the kernel takes that,
    else vlan16, and vlan0016 for a second one. Debian's vlan makes no others for such cards (its if-pre-up.d/vlan)."""
    found: list[StoragePath] = []
    for way in ways:
        forms = (
            (form.format(nic=way.nic, vlan=way.vlan), f"vlan{way.vlan}", f"vlan{way.vlan:04}") if way.vlan else ("",)
        )
        taken = {each.name for each in found}
        fitting = (name for name in forms if len(name) <= LONGEST and name not in taken)
        found.append(replace(way, label=next(fitting, forms[-1])))
    return tuple(found)


def network_of(text: str) -> ipaddress.IPv4Network | None:
    """The network that was written, "10.16.0.0/16" or as one of its addresses; None: none that has room for hosts."""
    try:
        network = ipaddress.IPv4Network(text, strict=False) if "/" in text else None
    except ValueError:
        return None
    return network if network and 1 <= network.prefixlen <= 30 else None


def address_of(text: str) -> ipaddress.IPv4Address | None:
    """The address that was written; None: that is none."""
    try:
        return ipaddress.IPv4Address(text)
    except ValueError:
        return None


def split_portal(portal: str) -> tuple[str, int]:
    """(address, port) of "10.16.0.1" or "10.16.0.1:3260"; port 0: that is no port."""
    address, colon, port = portal.partition(":")
    if not colon:
        return address, PORT
    return address, int(port) if re.fullmatch(r"[0-9]{1,5}", port) and 0 < int(port) < 65536 else 0


def within(portal: str, prefix: str) -> bool:
    """Whether a portal is in a network."""
    address, network = address_of(split_portal(portal)[0]), network_of(prefix)
    return address is not None and network is not None and address in network


def by_rule(prefix: str, main: str) -> str:
    """The address that the site's rule gives a host: the last two octets of its main address in the storage network.

    Where that is not inside the network only the last octet is taken; empty: that is not inside either.
    """
    network, own = network_of(prefix), address_of(main)
    if network is None or own is None:
        return ""
    base = int(network.network_address)
    for bits in (16, 8):
        tail = (1 << bits) - 1
        proposed = ipaddress.IPv4Address((base & ~tail & 0xFFFFFFFF) | (int(own) & tail))
        if proposed in network and proposed not in (network.network_address, network.broadcast_address):
            return str(proposed)
    return ""


def portals_by_address(iscsi: Iscsi) -> dict[str, tuple[str, ...]]:
    """Portals by the local address that sessions to them go out from; "" for those without a session."""
    found: dict[str, dict[str, None]] = {}
    for session in iscsi.sessions:
        found.setdefault(session.address, {})[_plain(session.portal)] = None
    known = {portal for portals in found.values() for portal in portals}
    for record in iscsi.records:
        if _plain(record.portal) not in known:
            found.setdefault("", {})[_plain(record.portal)] = None
    return {address: tuple(sorted(portals)) for address, portals in found.items()}


def _plain(portal: str) -> str:
    return portal.removesuffix(f":{PORT}")


def ways_of(network: Network, iscsi: Iscsi) -> tuple[StoragePath, ...]:
    """The ways that a member uses: those that its sessions take, and those to the portals of its records."""
    portals: dict[str, dict[str, None]] = {}
    for address, those in portals_by_address(iscsi).items():
        for portal in those:
            carrying = holder(network, address) or leading_to(network, portal)
            if carrying:
                portals.setdefault(carrying.name, {})[portal] = None
    pairs = ((network.interface(name), tuple(sorted(those))) for name, those in portals.items())
    return tuple(_tagged(network, one, _way(one, those)) for one, those in pairs if one and one.addresses)


def _way(one: Interface, portals: tuple[str, ...]) -> StoragePath:
    own = next((each for each in one.addresses if any(within(portal, each) for portal in portals)), one.addresses[0])
    prefix = str(network_of(own) or own)
    return StoragePath(one.parent or one.name, one.vlan, own.partition("/")[0], prefix, one.mtu, portals)


def _tagged(network: Network, one: Interface, way: StoragePath) -> StoragePath:
    """A member's way with the card and all tags that its frames have on the wire."""
    tagging = _tagging(network, one)
    card = network.interface(tagging.parent)
    nic = tagging.parent or tagging.name
    return replace(way, nic=nic, vlan=tagging.vlan, outer=card.vlan if card else 0)


def _tagging(network: Network, one: Interface) -> Interface:
    """The interface that gives the frames their tag: itself, or what a bridge has to the outside (its other ports are
    the guests')."""
    outside = [each for each in network.interfaces if each.master == one.name and each.kind in ("", "bond", "vlan")]
    return outside[0] if one.kind == "bridge" and len(outside) == 1 else one


def holder(network: Network, address: str) -> Interface | None:
    """The interface that has an address."""
    return next((one for one in network.interfaces if address in _addresses(one)), None)


def is_up(network: Network, way: StoragePath) -> bool:
    """Whether the way's address is on an interface that is up."""
    one = holder(network, way.address) if way.address else None
    return one is not None and one.up


def _addresses(one: Interface) -> Iterator[str]:
    return (each.partition("/")[0] for each in one.addresses)


def leading_to(network: Network, portal: str) -> Interface | None:
    """The interface with a network that a portal is in."""
    return next((one for one in network.interfaces if any(within(portal, each) for each in one.addresses)), None)


def existing(network: Network, portals: tuple[str, ...]) -> StoragePath | None:
    """The way that a host has to all of the portals over one interface; None: it has none."""
    found = [leading_to(network, portal) for portal in portals]
    if not found or found[0] is None or any(one is not found[0] for one in found):
        return None
    return _way(found[0], portals)


def card_for(network: Network, model: StoragePath, taken: tuple[str, ...]) -> str:
    """The card for a way like a member's: the one that is written down for it, the one of the same name, else the first
    that nothing uses; "": none, or none that anybody but the operator can tell."""
    begun = (
        []
        if model.vlan
        else [one for one in network.interfaces if one.name not in taken and _begun(network, one, model)]
    )
    if begun:
        return begun[0].name
    same = network.interface(model.nic)
    if same and same.name not in taken and (model.vlan or is_free(network, same)):
        return same.name
    if model.outer:
        return ""  # over any other card its frames would come out in another network
    free = [one for one in network.interfaces if one.name not in taken and is_free(network, one)]
    free.sort(key=lambda one: one.up and not one.carrier)
    return next((one.name for one in free), network.main if model.vlan else "")


def _begun(network: Network, one: Interface, model: StoragePath) -> bool:
    """Whether a card is configured for the storage network, and not up yet."""
    addresses = (each.partition("/")[0] for each in written(network, one.name))
    return not one.addresses and any(within(address, model.prefix) for address in addresses)


def is_free(network: Network, one: Interface) -> bool:
    """Whether nothing uses an interface yet."""
    under = any(other.parent == one.name for other in network.interfaces)
    used = one.addresses or one.master or under or one.name in (*network.configured, network.main, "lo")
    return not used and one.kind != "vlan"


def written(seen: Network, name: str) -> list[str]:
    """The addresses that the files of ifupdown give an interface."""
    return options_written(seen, name, "address")


def options_written(seen: Network, name: str, wanted: str) -> list[str]:
    """The values of an option that the files of ifupdown give an interface."""
    options = (option for _, file in seen.files for option in _options(file.content, name)) if name else ()
    return [value for key, value in options if key == wanted]


def _options(content: bytes, name: str) -> tuple[tuple[str, str], ...]:
    try:
        return options_of(content, name)
    except FormatError:
        return ()
