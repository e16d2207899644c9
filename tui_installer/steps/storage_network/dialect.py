"""How a release names a VLAN, writes it down, and shows that it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tui_installer.hosts.host import Host
from tui_installer.probes import network
from tui_installer.probes.network import Network
from tui_installer.probes.reach import refusal, users
from tui_installer.steps.storage_network.ways import StoragePath


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between releases."""

    look: Callable[[Host], Network]
    vlan: str
    """The name of a VLAN's interface, of {nic} and {vlan}."""
    file: str
    """Where stanzas of ours go, if ifupdown reads that; else into its main file."""
    modules: str
    """The file that loads 8021q at boot."""
    refusal: Callable[[Host, str, int], str]
    """Why a portal (address, port) cannot be talked to from a host; empty: it can."""
    users: Callable[[Host, str, frozenset[str]], str]
    """MACs, other than our own, that have an address; empty: nobody."""
    stanza: Callable[[StoragePath, bool], Iterator[str]]
    """The lines that configure a way; True: its card must first be told to carry larger frames."""
    shown: tuple[tuple[str, ...], str]
    """The command that shows the addresses of an interface (its name is added), and how {address} is seen in it."""


def stanza(way: StoragePath, raised: bool) -> Iterator[str]:
    """The lines for ifupdown of Debian 12 and 13."""
    yield from (f"auto {way.name}", f"iface {way.name} inet static", f"    address {way.cidr}")
    yield from [f"    vlan-raw-device {way.nic}"] if way.vlan else []
    yield from [f"    pre-up ip link set dev {way.nic} mtu {way.mtu}"] if raised else []
    yield from [f"    mtu {way.mtu}"] if way.mtu != 1500 else []


MODERN = Dialect(
    look=network.probe,
    vlan="{nic}.{vlan}",
    file="/etc/network/interfaces.d/storage",
    modules="/etc/modules-load.d/8021q.conf",
    refusal=refusal,
    users=users,
    stanza=stanza,
    shown=(("ip", "-j", "-4", "addr", "show", "dev"), '"{address}"'),
)
