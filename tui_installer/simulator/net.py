"""Who reaches whom: links with their carrier, VLANs and addresses, and where portals and hosts answer."""

from __future__ import annotations

import ipaddress
from functools import cache
from typing import Any

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.world import World

Segment = tuple[str, int]
"""A broadcast domain: the name of the wire and the VLAN on it (0: untagged)."""


def segment(machine: Machine, link: str) -> Segment | None:
    """Where a link leads to; None if it is down or has no carrier."""
    links: dict[str, Any] = machine.data["links"]
    data = links.get(link)
    if data is None or not data["up"] or not data["carrier"]:
        return None
    if data.get("ports"):
        return segment(machine, data["ports"][0])
    if data["parent"]:
        above = segment(machine, data["parent"])
        access = "access" in links[data["parent"]]  # such a port drops what is tagged
        return None if above is None or access else (above[0], data["vlan"])
    return (data["wire"], data.get("access", 0))


def is_card(name: str, link: dict[str, Any]) -> bool:
    """Whether it is hardware, as far as a guest has any: it has a device with a driver in /sys."""
    return not (name == "lo" or link["parent"] or link.get("ports"))


def owner(world: World, address: str) -> tuple[Segment | None, str] | None:
    """Who has that address: (where, MAC); None: nobody."""
    if address in world.state["san"]["portals"]:
        vlan = world.fault("vlan") or world.state["san"]["vlan"]
        up = address not in (world.fault("portal-down") or ())
        return ((world.state["san"].get("wire", "storage"), int(vlan)) if up else None), "52:54:00:5a:00:01"
    for machine in world.machines():
        for name, data in machine.data["links"].items():
            if address in [each.split("/")[0] for each in data["addresses"]]:
                return segment(machine, name), data["mac"]
    taken = (world.fault("address-taken") or {}).get(address)
    return (("storage", int(world.state["san"]["vlan"])), str(taken)) if taken else None


def route(machine: Machine, address: str) -> str | None:
    """The link by which an address is reached; None: no route."""
    wanted = ipaddress.ip_address(address)
    gateway = None
    for name, data in machine.data["links"].items():
        for each in data["addresses"]:
            if data["up"] and wanted in _network(each):
                return str(name)
        if data["gateway"] and data["up"]:
            gateway = str(name)
    return gateway


@cache
def _network(address: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_interface(address).network


def reaches(world: World, machine: Machine, address: str, link: str | None = None) -> bool:
    """Whether a packet to the address comes back."""
    if address.startswith("127."):
        return True
    link = link or route(machine, address)
    found = owner(world, address)
    if link is None or found is None or found[0] is None:
        return False
    return segment(machine, link) == found[0]


def is_address(text: str) -> bool:
    """Whether it is an IPv4 address."""
    try:
        return ipaddress.ip_address(text).version == 4
    except ValueError:
        return False


def source(machine: Machine, address: str) -> str:
    """Our own address towards another; empty if there is no route."""
    link = route(machine, address)
    addresses = machine.data["links"][link]["addresses"] if link else []
    return str(addresses[0]).split("/")[0] if addresses else ""
