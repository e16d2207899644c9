"""Who can be reached, by means that every release has: bash of that time opens no connections, ip knows no JSON."""

from __future__ import annotations

import re

from tui_installer.hosts.host import Host


def refusal(host: Host, address: str, port: int) -> str:
    """Why an address does not answer a host's ping, in ping's words; empty: it does. The port is not looked at.

    Raises `HostError` for a ping that did not come to its own end, which told nothing of the address.
    """
    said = host.run("ping", "-c", "1", "-W", "2", address, within=10)
    if said.end not in ("exited", "absent"):
        said.answer()
    return "" if said.ok() else next(iter(said.said), said.verdict)


def parse_neighbours(text: str) -> tuple[str, ...]:
    """The MACs in what `ip neigh` printed: `172.16.17.55 dev vlan16 lladdr 00:16:3e:00:00:01 REACHABLE`."""
    return tuple(dict.fromkeys(re.findall(r"(?m)\blladdr ([0-9A-Fa-f:]{17})\b", text)))


def users(host: Host, address: str, own: frozenset[str]) -> str:
    """The MACs, other than our own, that have an address, as a host in that network sees it; empty: nobody has it."""
    answered = host.run("ping", "-c", "2", "-W", "1", address, within=15).ok()
    macs = parse_neighbours(host.run("ip", "neigh", "show", "to", address, within=15).answer())
    others = [mac for mac in macs if mac not in own]
    return ", ".join(others) or ("answers to ping" if answered and not macs else "")
