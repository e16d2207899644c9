"""Who can be reached: whether a portal accepts connections, and who has an address."""

from __future__ import annotations

import json

from tui_installer.hosts.host import Host

CONNECT = ("bash", "-c", 'exec 3<>/dev/tcp/"$0"/"$1"')


def refusal(host: Host, address: str, port: int) -> str:
    """Why a port does not accept a connection from a host, in bash's words; empty: it does."""
    said = host.run(*CONNECT, address, str(port), within=10)
    return "" if said.ok() else next(iter(said.said), said.verdict)


def parse_neighbours(text: str) -> tuple[str, ...]:
    """The MACs in what `ip -j neigh` printed."""
    try:
        entries = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return ()
    known = (entry.get("lladdr") for entry in (entries if isinstance(entries, list) else []) if isinstance(entry, dict))
    return tuple(mac for mac in known if isinstance(mac, str))


def users(host: Host, address: str, own: frozenset[str]) -> str:
    """The MACs, other than our own, that have an address, as a host in that network sees it; empty: nobody has it."""
    answered = host.run("ping", "-c", "2", "-i", "0.2", "-W", "1", address, within=15).ok()
    macs = parse_neighbours(
        host.run("ip", "-j", "neigh", "show", "to", address, within=15).answer(form=r"(?s)\s*(?:\[.*\])?\s*\Z")
    )
    others = [mac for mac in macs if mac not in own]
    return ", ".join(others) or ("answers to ping" if answered and not macs else "")
