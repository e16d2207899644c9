"""ip -j: links, addresses, routes and neighbours as iproute2 of Debian 13 prints them."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.world import World

Json = dict[str, Any]
FOREVER = 4294967295
MAX_MTU = 65535
"""What a card's driver takes that has no `max_mtu` of its own."""


def ip(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """ip -j [-d] [-4] link|addr|route|neigh [show [dev IF] [to ADDRESS]]."""
    words = list(argv[1:])
    flags = [words.pop(0) for _ in range(len(words)) if words and words[0].startswith("-")]
    wrong = [flag for flag in flags if flag not in ("-j", "-json", "-d", "-details", "-4", "-dj", "-jd", "-o")]
    if wrong:
        return 255, "", f'Option "{wrong[0]}" is unknown, try "ip -help".\n'
    what, rest = (words[0], words[1:]) if words else ("", [])
    if words[:3] == ["link", "set", "dev"] and len(words) > 4:
        return _set(host, words[3], words[4:])
    rest = rest[1:] if rest[:1] in (["show"], ["list"]) else rest
    known = {"link": _link, "l": _link, "addr": _addr, "address": _addr, "a": _addr}
    if what in ("route", "r") and not rest:
        return 0, _printed(_routes(host)), ""
    if what in ("neigh", "neighbour") and rest[:1] == ["to"] and len(rest) == 2:
        return 0, _printed(_neighbours(host, rest[1])), ""
    if what not in known:
        return 255, "", f'Object "{what}" is unknown, try "ip help".\n'
    if what.startswith("a") and flags == ["-o", "-4"] and rest[:1] == ["dev"] and len(rest) == 2:
        return _lines(host, rest[1])
    if "-j" not in "".join(flags):
        return 255, "", "The simulated ip speaks JSON only (-j).\n"
    only = rest[-1] if rest else ""
    if only and only not in host.data["links"]:
        return 1, "", f'Device "{only}" does not exist.\n'
    four, details = "-4" in flags, "d" in "".join(flags)
    entries = [
        known[what](host, name, link, four)
        for name, link in host.data["links"].items()
        if not only or name == only
    ]  # fmt: skip
    more = {name: _details(name, link) for name, link in host.data["links"].items() if details}
    return 0, _printed([entry | more.get(entry["ifname"], {}) for entry in entries if entry]), ""


def _lines(host: Machine, name: str) -> Answer:
    """ip -o -4 addr show dev IF"""
    link = host.data["links"].get(name)
    if link is None:
        return 1, "", f'Device "{name}" does not exist.\n'
    rows = [
        f"{link['index']}: {name}    inet {each} scope global {name}\\       valid_lft forever"
        for each in link["addresses"]
    ]
    return 0, "".join(f"{row}\n" for row in rows), ""


def _set(host: Machine, name: str, words: list[str]) -> Answer:
    link = host.data["links"].get(name)
    if link is None:
        return 1, "", f'Cannot find device "{name}"\n'
    if words[0] == "mtu" and len(words) == 2 and words[1].isdigit():
        above = host.data["links"].get(link["parent"])
        if int(words[1]) > link.get("max_mtu", MAX_MTU):
            return 2, "", "Error: mtu greater than device maximum.\n"
        if not 68 <= int(words[1]) <= 65535 or (above and int(words[1]) > above["mtu"]):
            return 2, "", "RTNETLINK answers: Numerical result out of range\n"
        link["mtu"] = int(words[1])
        return 0, "", ""
    if words in (["up"], ["down"]):
        link["up"] = words == ["up"]
        return 0, "", ""
    return 255, "", f'Error: either "dev" is duplicate, or "{words[0]}" is a garbage.\n'


def _printed(entries: list[Json]) -> str:
    return json.dumps(entries, separators=(",", ":")) + "\n"


def _flags(host: Machine, name: str, link: Json) -> list[str]:
    flags = ["LOOPBACK"] if name == "lo" else ["BROADCAST", "MULTICAST"]
    if link["up"]:
        flags += ["UP", "LOWER_UP"] if carrier(host, link) else ["UP", "NO-CARRIER"]
    return flags


def carrier(host: Machine, link: Json) -> bool:
    """Whether the link and what it lies on are up and plugged in."""
    above = host.data["links"].get(link["parent"])
    return bool(link["up"] and link["carrier"] and (above is None or carrier(host, above)))


def _head(host: Machine, name: str, link: Json) -> Json:
    state = "UNKNOWN" if name == "lo" else "UP" if carrier(host, link) else "DOWN"
    head: Json = {"ifindex": link["index"]}
    if link["parent"]:
        head["link"] = link["parent"]
    queue = "noqueue" if name == "lo" or link["parent"] else "fq_codel"
    return head | {
        "ifname": name,
        "flags": _flags(host, name, link),
        "mtu": link["mtu"],
        "qdisc": queue,
        "operstate": state,
    }


def _tail(name: str, link: Json) -> Json:
    everybody = "00:00:00:00:00:00" if name == "lo" else "ff:ff:ff:ff:ff:ff"
    return {
        "group": "default",
        "txqlen": 1000,
        "link_type": "loopback" if name == "lo" else "ether",
        "address": link["mac"],
        "broadcast": everybody,
    }


def _link(host: Machine, name: str, link: Json, four: bool) -> Json:
    return _head(host, name, link) | {"linkmode": "DEFAULT"} | _tail(name, link)


def _details(name: str, link: Json) -> Json:
    """What `-d` adds."""
    entry: Json = {"promiscuity": 0, "allmulti": 0, "min_mtu": 68, "max_mtu": link.get("max_mtu", MAX_MTU)}
    if link["parent"]:
        data = {"protocol": "802.1Q", "id": link["vlan"], "flags": ["REORDER_HDR"]}
        entry |= {"min_mtu": 0, "linkinfo": {"info_kind": "vlan", "info_data": data}}
    entry |= {"inet6_addr_gen_mode": "eui64", "num_tx_queues": 1, "num_rx_queues": 1}
    if not link["parent"] and name != "lo":
        entry |= {"parentbus": "virtio", "parentdev": f"virtio{link['index']}"}
    return entry


def _addr(host: Machine, name: str, link: Json, four: bool) -> Json:
    infos = [_inet(name, each) for each in link["addresses"]]
    if four and not infos:
        return {}
    if not four and link["up"]:
        infos.append(_inet6(name, link))
    return _head(host, name, link) | _tail(name, link) | {"addr_info": infos}


def _inet(name: str, address: str) -> Json:
    interface = ipaddress.ip_interface(address)
    info: Json = {"family": "inet", "local": str(interface.ip), "prefixlen": interface.network.prefixlen}
    if name != "lo":
        info["broadcast"] = str(interface.network.broadcast_address)
    return info | {
        "scope": "host" if name == "lo" else "global",
        "label": name,
        "valid_life_time": FOREVER,
        "preferred_life_time": FOREVER,
    }


def _inet6(name: str, link: Json) -> Json:
    life = {"valid_life_time": FOREVER, "preferred_life_time": FOREVER}
    if name == "lo":
        return {"family": "inet6", "local": "::1", "prefixlen": 128, "scope": "host", "noprefixroute": True} | life
    parts = [int(part, 16) for part in link["mac"].split(":")]
    parts[0] ^= 2
    words = [parts[0] << 8 | parts[1], parts[2] << 8 | 0xFF, 0xFE00 | parts[3], parts[4] << 8 | parts[5]]
    local = str(ipaddress.ip_address("fe80::" + ":".join(f"{word:x}" for word in words)))
    return {"family": "inet6", "local": local, "prefixlen": 64, "scope": "link", "protocol": "kernel_ll"} | life


def _routes(host: Machine) -> list[Json]:
    routes: list[Json] = []
    for name, link in host.data["links"].items():
        if name == "lo" or not link["up"]:
            continue
        if link["gateway"]:
            routes.insert(0, {"dst": "default", "gateway": link["gateway"], "dev": name, "flags": ["onlink"]})
        for each in link["addresses"]:
            interface = ipaddress.ip_interface(each)
            routes.append(
                {"dst": str(interface.network), "dev": name, "protocol": "kernel", "scope": "link",
                 "prefsrc": str(interface.ip), "flags": []}
            )  # fmt: skip
    return routes


def _neighbours(host: Machine, address: str) -> list[Json]:
    if address not in host.data["history"]["neighbours"]:
        return []
    link, mac = host.data["history"]["neighbours"][address]
    entry: Json = {"dst": address, "dev": link}
    return [entry | ({"lladdr": mac, "state": ["REACHABLE"]} if mac else {"state": ["FAILED"]})]
