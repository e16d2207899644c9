"""The network as it is: interfaces with their VLANs and addresses, and who manages them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tui_installer.formats.interfaces import Stanza, sourced, stanzas
from tui_installer.formats.lines import has_module
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File, Host
from tui_installer.probes.units import Unit, units

INTERFACES = "/etc/network/interfaces"
VLAN_MODULE = "8021q"

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
    max_mtu: int = 0
    """The largest MTU that its driver takes, in bytes; 0: it does not say."""


@dataclass(frozen=True, slots=True)
class Route:
    """An IPv4 route."""

    to: str
    """"default", a network with prefix length, or an address."""
    device: str
    gateway: str
    """Empty: directly connected."""


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
    routes: tuple[Route, ...] = ()
    """The preferred ones first."""

    def interface(self, name: str) -> Interface | None:
        """The interface of that name."""
        return next((one for one in self.interfaces if one.name == name), None)

    def ports(self, name: str) -> tuple[str, ...]:
        """What a bond or a bridge is made of."""
        return tuple(one.name for one in self.interfaces if one.master == name)


def parse_interfaces(text: str) -> tuple[Interface, ...]:
    """The interfaces from `ip -j -d addr`, in the kernel's order."""
    return tuple(_interface(entry, entry.get("addr_info")) for entry in _entries(text) if _named(entry))


def parse_routes(text: str) -> tuple[Route, ...]:
    """The routes from `ip -j -4 route`, those that are preferred first."""
    entries = [entry for entry in _entries(text) if isinstance(entry.get("dev"), str)]
    entries.sort(key=lambda entry: _number(entry.get("metric")))
    return tuple(Route(_word(entry, "dst"), entry["dev"], _word(entry, "gateway")) for entry in entries)


def _entries(text: str) -> list[dict[str, Any]]:
    """The objects of a JSON array; none where it is not one."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [entry for entry in data if isinstance(entry, dict)] if isinstance(data, list) else []


def _named(entry: dict[str, Any]) -> bool:
    return isinstance(entry.get("ifname"), str)


def _word(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _interface(entry: dict[str, Any], addresses: object) -> Interface:
    info = _table(entry.get("linkinfo"))
    kind = _word(info, "info_kind")
    flags = entry.get("flags")
    flags = flags if isinstance(flags, list) else []
    return Interface(
        name=entry["ifname"],
        mac=_word(entry, "address"),
        mtu=_number(entry.get("mtu")),
        up="UP" in flags,
        carrier="LOWER_UP" in flags,
        kind=kind,
        parent=_word(entry, "link") if kind == "vlan" else "",
        vlan=_number(_table(info.get("info_data")).get("id")) if kind == "vlan" else 0,
        master=_word(entry, "master"),
        addresses=tuple(_addresses(addresses)),
        max_mtu=_number(entry.get("max_mtu")),
    )


def _addresses(value: object) -> Iterator[str]:
    for each in map(_table, value if isinstance(value, list) else ()):
        address, length = _word(each, "local"), each.get("prefixlen")
        if each.get("family") == "inet" and address and isinstance(length, int):
            yield f"{address}/{length}"


def main_interface(interfaces: tuple[Interface, ...], routes: tuple[Route, ...]) -> str:
    """See `Network.main`."""
    default = (route.device for route in routes if route.to == "default")
    return next(default, next((one.name for one in interfaces if one.addresses and one.name != "lo"), ""))


def manager(
    main: str, configured: tuple[str, ...], netplan: tuple[str, ...], known: Mapping[str, Unit]
) -> tuple[Manager, str]:
    """Who configures the main interface, and the file or unit that says so.

    Debian's NetworkManager leaves what /etc/network/interfaces configures alone; netplan writes for the others.
    """
    active = {name.removesuffix(".service") for name, unit in known.items() if unit.active}
    if main in configured:
        return "ifupdown", INTERFACES
    if netplan:
        return "netplan", netplan[0]
    if "NetworkManager" in active:
        return "NetworkManager", "NetworkManager.service"
    if "systemd-networkd" in active:
        return "networkd", "systemd-networkd.service"
    if "networking.service" in known:
        return "ifupdown", "networking.service"
    return "none", ""


def configured(files: tuple[tuple[str, File], ...]) -> tuple[str, ...]:
    """The names of the iface stanzas in the files; one that ifupdown refuses has none."""
    names = (stanza.names[0] for _, file in files for stanza in _stanzas(file.content) if stanza.kind == "iface")
    return tuple(dict.fromkeys(names))


def _stanzas(content: bytes) -> tuple[Stanza, ...]:
    try:
        return stanzas(content)
    except FormatError:
        return ()


def _sourced(content: bytes) -> tuple[str, ...]:
    try:
        return sourced(content)
    except FormatError:
        return ()


def sources(host: Host) -> tuple[tuple[str, File], ...]:
    """The files of ifupdown by path; one that is sourced twice counts once. Raises `HostError`."""
    found: dict[str, File] = {}
    waiting = [INTERFACES]
    while waiting:
        path = waiting.pop(0)
        file = None if path in found else host.read(path)
        if file is not None and file.link is None:
            found[path] = file
            waiting += [each for pattern in _sourced(file.content) for each in host.list(pattern)]
    return tuple(found.items())


def vlans(host: Host) -> tuple[bool, bool]:
    """See `Network.boot_modules` and `Network.vlan_module`. Raises `HostError`."""
    paths = ("/etc/modules", *host.list("/etc/modules-load.d/*.conf"), *host.list("/usr/lib/modules-load.d/*.conf"))
    at_boot, loaded = (host.read(path) for path in paths), host.read("/proc/modules")
    now = loaded is not None and has_module(loaded.content, VLAN_MODULE)
    return (
        any(has_module(file.content, VLAN_MODULE) for file in at_boot if file),
        now or bool(host.list("/sys/module/8021q")),
    )


_ARRAY = r"(?s)\s*\[.*\]\s*\Z"
"""The form of what `ip -j` prints."""


def probe(host: Host) -> Network:
    """Look at a host. Raises `HostError`."""
    said = host.run("ip", "-j", "-d", "addr")
    interfaces = parse_interfaces(said.answer(form=_ARRAY))
    routes = parse_routes(host.run("ip", "-j", "-4", "route").answer(form=_ARRAY))
    main, files = main_interface(interfaces, routes), sources(host)
    known = units(host, "networking.service", "NetworkManager.service", "systemd-networkd.service")
    who, why = manager(main, configured(files), host.list("/etc/netplan/*.yaml"), known)
    at_boot, now = vlans(host)
    return Network(
        interfaces=interfaces,
        main=main,
        manager=who,
        managed_by=why,
        files=files,
        configured=configured(files),
        boot_modules=at_boot,
        vlan_module=now,
        routes=routes,
    )
