"""The network of Debian 4 to 6, whose `ip` knows no JSON: `ip -o`, /proc/net/vlan and /sys/class/net."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from tui_installer.hosts.host import Host
from tui_installer.probes.network import (
    INTERFACES,
    Interface,
    Network,
    Route,
    configured,
    main_interface,
    sources,
    vlans,
)

_LINK = re.compile(r"\d+: (?P<name>[^\s:@]+)(?:@(?P<under>[^\s:]+))?: <(?P<flags>[^>]*)>(?P<rest>.*)")
_ADDRESS = re.compile(r"(?m)^\d+: (\S+)\s+inet (\S+)")
_LOWER_UP = 0x10000
"""IFF_LOWER_UP, which iproute of Debian 4 prints as a number: <BROADCAST,MULTICAST,UP,10000>."""


def parse_vlans(text: str) -> dict[str, tuple[int, str]]:
    """(tag, interface under it) by name, from /proc/net/vlan/config: `vlan16         | 16  | eth0`.

    A name of 15 characters, the longest there is, touches the bar.
    """
    rows = re.findall(r"(?m)^([^\s|]+) *\| +(\d{1,4}) +\| +(\S+) *$", text, re.ASCII)
    return {name: (int(tag), under) for name, tag, under in rows}


def parse_bridges(paths: Iterable[str]) -> dict[str, str]:
    """Bridge by port, from paths /sys/class/net/BRIDGE/brif/PORT."""
    found = (re.fullmatch(r"/sys/class/net/([^/]+)/brif/([^/]+)", path) for path in paths)
    return {match[2]: match[1] for match in found if match}


def parse_interfaces(
    links: str,
    addresses: str,
    vlans: Mapping[str, tuple[int, str]],
    masters: Mapping[str, str],
    kinds: Mapping[str, str],
) -> tuple[Interface, ...]:
    """The interfaces in `ip -o link`, with what `ip -o -4 addr`, `parse_vlans` and /sys/class/net tell of them."""
    known: dict[str, tuple[str, ...]] = {}
    for name, address in _ADDRESS.findall(addresses):
        name = name.partition("@")[0].removesuffix(":")
        known[name] = (*known.get(name, ()), address if "/" in address else f"{address}/32")
    found = (match for match in map(_LINK.match, links.splitlines()) if match)
    return tuple(_interface(match, known, vlans, masters, kinds) for match in found)


def _interface(
    match: re.Match[str],
    addresses: Mapping[str, tuple[str, ...]],
    vlans: Mapping[str, tuple[int, str]],
    masters: Mapping[str, str],
    kinds: Mapping[str, str],
) -> Interface:
    name, flags = match["name"], match["flags"].split(",")
    tag, under = vlans.get(name, (0, ""))
    mac = re.search(r"\blink/\S+ ([0-9a-f:]{17})\b", match["rest"])
    mtu = re.search(r"\bmtu (\d{1,9})\b", match["rest"])
    return Interface(
        name=name,
        mac=mac[1] if mac else "",
        mtu=int(mtu[1]) if mtu else 0,
        up="UP" in flags,
        carrier=any(flag == "LOWER_UP" or _numbered(flag) for flag in flags),
        kind="vlan" if tag else kinds.get(name, ""),
        parent=under,
        vlan=tag,
        master=masters.get(name, ""),
        addresses=addresses.get(name, ()),
    )


def _numbered(flag: str) -> bool:
    return bool(re.fullmatch(r"[0-9a-f]{5,8}", flag)) and bool(int(flag, 16) & _LOWER_UP)


def parse_routes(text: str) -> tuple[Route, ...]:
    """The routes in `ip -o -4 route`, those that are preferred first."""
    told = (line.replace("\\", " ").split() for line in text.splitlines())
    rows = [row for row in told if "dev" in row[1:-1]]
    rows.sort(key=lambda row: _number(_after(row, "metric")))
    return tuple(Route(row[0], _after(row, "dev"), _after(row, "via")) for row in rows)


def _after(row: list[str], word: str) -> str:
    return row[row.index(word) + 1] if word in row[:-1] else ""


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 12 else 0


# --- looking

_ROUTES = r"(?:(?:default|\w+ \d|\d).*\n)*\Z"
"""The form of `ip -o -4 route`."""


def _bonds(host: Host) -> dict[str, str]:
    """Bond by the interfaces that it is made of."""
    found = ((path.split("/")[4], host.read(path)) for path in host.list("/sys/class/net/*/bonding/slaves"))
    return {port: bond for bond, file in found if file for port in file.content.decode("ascii", "replace").split()}


def interfaces(host: Host) -> tuple[Interface, ...]:
    """The interfaces of a host. Raises `HostError`."""
    links, addresses = host.run("ip", "-o", "link"), host.run("ip", "-o", "-4", "addr")
    rows = r"(?:\d+: .*\n)*\Z"
    links_told, addresses_told = links.answer(form=rows), addresses.answer(form=rows)
    config = host.read("/proc/net/vlan/config")
    tags = parse_vlans(config.content.decode("ascii", "replace") if config else "")
    bridges, bonds = parse_bridges(host.list("/sys/class/net/*/brif/*")), _bonds(host)
    empty = {path.split("/")[4]: "bridge" for path in host.list("/sys/class/net/*/bridge")}
    kinds = dict.fromkeys(bonds.values(), "bond") | dict.fromkeys(bridges.values(), "bridge") | empty
    return parse_interfaces(links_told, addresses_told, tags, bonds | bridges, kinds)


def probe(host: Host) -> Network:
    """Look at a host: who manages it is ifupdown, or nobody. Raises `HostError`."""
    found, routes = (
        interfaces(host),
        parse_routes(host.run("ip", "-o", "-4", "route").answer(form=_ROUTES)),
    )
    files = sources(host)
    at_boot, now = vlans(host)
    return Network(
        interfaces=found,
        main=main_interface(found, routes),
        manager="ifupdown" if files else "none",
        managed_by=INTERFACES if files else "",
        files=files,
        configured=configured(files),
        boot_modules=at_boot,
        vlan_module=now,
        routes=routes,
    )
