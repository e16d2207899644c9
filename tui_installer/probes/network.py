"""The network as it is: interfaces with their VLANs and addresses, and who manages them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tui_installer.host import File

Manager = Literal["ifupdown", "netplan", "networkd", "NetworkManager", "none"]


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface."""

    name: str
    mac: str
    mtu: int
    up: bool
    carrier: bool
    """Judged by LOWER_UP, not by operstate (UNKNOWN on virtual NICs)."""
    kind: str
    """"" for hardware; else "vlan", "bond", "bridge", ..."""
    parent: str
    """The interface under a VLAN; empty otherwise."""
    vlan: int
    """The 802.1Q tag of a VLAN, 1 to 4094; 0 otherwise."""
    master: str
    """The bond or bridge that it is a part of; empty: none."""
    addresses: tuple[str, ...]
    """IPv4 with prefix length, "10.16.1.12/16"."""


@dataclass(frozen=True, slots=True)
class Network:
    """A host's network."""

    interfaces: tuple[Interface, ...]
    main: str
    """The interface of the default route; without one, the first with an address that is not lo; empty: none."""
    manager: Manager
    """Who configures it."""
    managed_by: str
    """Why we think so: the file or unit seen."""
    files: tuple[tuple[str, File], ...]
    """/etc/network/interfaces and every file that it sources, by path."""
    configured: tuple[str, ...]
    """Names of the iface stanzas in those files."""
    boot_modules: bool
    """Whether 8021q is loaded at boot (/etc/modules or /etc/modules-load.d)."""
    vlan_module: bool
    """Whether 8021q is loaded now (/proc/modules, or built in: /sys/module/8021q)."""
