"""What is asked about the storage network, and what is seen of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tui_installer.hosts.host import File
from tui_installer.model.answers import ask
from tui_installer.probes.cards import Hardware
from tui_installer.probes.network import Network
from tui_installer.steps.storage_network.ways import StoragePath, named

FORM = "{nic}.{vlan}"
"""What a VLAN's interface is called where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class StorageNetworkAnswers:
    """The way to the storage; a second one where there are two cards or fabrics."""

    mode: str = ask("Kind", "A VLAN on a card, or a card for storage alone.", choices=("vlan", "own NIC"))
    nic: str = ask("Network card", "As the kernel names it: eth1, ens6, bond0.", typed=True)
    vlan: int = ask("VLAN", "1 to 4094; with a card of its own: the VLAN of its switch port.", default=0)
    address: str = ask("Address", "This host's, in the storage network.")
    prefix: str = ask("Storage network", "With its prefix length: 10.16.0.0/16.")
    mtu: int = ask("MTU", "As all members have it.", default=0)
    portals: tuple[str, ...] = ask("Portals", "The array's addresses.", default=(), typed=True)
    second_nic: str = ask("Second card", "Empty: one way only.", typed=True)
    second_vlan: int = ask("Second VLAN", default=0)
    second_address: str = ask("Second address")
    second_prefix: str = ask("Second network")
    second_portals: tuple[str, ...] = ask("Second portals", default=(), typed=True)
    accept: tuple[str, ...] = ask("Accept", "Problems to go on in spite of: storage-network.portal-silent", default=())

    @property
    def ways(self) -> tuple[StoragePath, ...]:
        """What the answers describe, with the names of today's VLANs; nothing is checked."""
        tagged = self.mode == "vlan"
        first = StoragePath(self.nic, self.vlan if tagged else 0, self.address, self.prefix, self.mtu, self.portals)
        if not self.second_nic:
            return named((first,), FORM)
        tag = self.second_vlan if tagged else 0
        second = (self.second_nic, tag, self.second_address, self.second_prefix, self.mtu, self.second_portals)
        return named((first, StoragePath(*second)), FORM)


@dataclass(frozen=True, slots=True)
class StorageNetworkFacts:
    """The network here, and what was tried."""

    network: Network
    modules: File | None = None
    """The file that loads 8021q at boot, as this program would write it."""
    taken: tuple[tuple[str, str], ...] = ()
    """(proposed address, MAC) where another host has it."""
    answering: tuple[str, ...] = ()
    """Portals that accept connections from here."""
    silent: tuple[tuple[str, str], ...] = ()
    """(portal, words) of those that do not although we have the address from which they should."""
    used: frozenset[str] = frozenset()
    """Portals that records of this host name, with their port: a silent one is a path that is down."""
    hardware: tuple[Hardware, ...] = ()
    """What the kernel tells of the cards; what is not known of one is not in it."""
    proposed: StorageNetworkAnswers = field(default_factory=StorageNetworkAnswers)
    """The answers that all this was tried with."""
