"""ip of iproute 2006 to 2010, in words: links, addresses, routes and neighbours, with -o each in one line."""

from __future__ import annotations

import ipaddress
from typing import Any

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.tools.ip import carrier
from tui_installer.simulator.world import World

Link = dict[str, Any]


def ip(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """ip [-o] [-4] [-d] link|addr|route|neigh [show [dev IF]]"""
    words = list(argv[1:])
    flags = [words.pop(0) for _ in range(len(words)) if words and words[0].startswith("-")]
    wrong = [flag for flag in flags if flag not in ("-o", "-oneline", "-4", "-f", "-family", "-s", "-0")]
    if wrong:  # -j and -br are younger, -d came with lenny
        return 255, "", f'Option "{wrong[0]}" is unknown, try "ip -help".\n'
    what, rest = (words[0], words[1:]) if words else ("help", [])
    if what in ("link", "l") and rest[:1] == ["set"]:
        return _set(host, [word for word in rest[1:] if word != "dev"])
    rest = rest[1:] if rest[:1] in (["show"], ["list"], ["ls"]) else rest
    rest = rest[1:] if rest[:1] == ["dev"] else rest
    line = bool({"-o", "-oneline"} & set(flags))
    if what in ("route", "r", "ro"):
        return 0, _routes(host, line), ""
    if what in ("neigh", "neighbour", "n"):
        return 0, _neighbours(host, rest[-1] if rest else ""), ""
    if what not in ("link", "l", "addr", "address", "a"):
        return 255, "", f'Object "{what}" is unknown, try "ip help".\n'
    if rest and rest[0] not in host.data["links"]:
        return 1, "", f'Device "{rest[0]}" does not exist.\n'
    names = [name for name in host.data["links"] if not rest or name == rest[0]]
    shown = _link if what in ("link", "l") else _addr
    return 0, "".join(shown(host, name, line, "-4" in flags) for name in names), ""


def _set(host: Machine, words: list[str]) -> Answer:
    link = host.data["links"].get(words[0]) if words else None
    if link is None:
        return 1, "", f'Cannot find device "{words[0] if words else ""}"\n'
    if words[1:] in (["up"], ["down"]):
        link["up"] = words[1] == "up"
    elif words[1:2] == ["mtu"] and len(words) == 3 and words[2].isdigit():
        above = host.data["links"].get(link["parent"])
        if above and int(words[2]) > above["mtu"]:
            return 2, "", "SIOCSIFMTU: Numerical result out of range\n"
        link["mtu"] = int(words[2])
    else:
        return 255, "", f'Error: either "dev" is duplicate, or "{words[1] if words[1:] else ""}" is a garbage.\n'
    return 0, "", ""


def _head(host: Machine, name: str, link: Link) -> str:
    flags = ["LOOPBACK"] if name == "lo" else ["BROADCAST", "MULTICAST"]
    if link["up"]:
        flags += ["UP", "LOWER_UP"] if carrier(host, link) else []
        flags = flags if carrier(host, link) else ["NO-CARRIER", *flags, "UP"]
    full = f"{name}@{link['parent']}" if link["parent"] else name
    queue = "noqueue" if name == "lo" or link["parent"] or link.get("ports") else "pfifo_fast qlen 1000"
    queue = queue if link["up"] else queue.replace("pfifo_fast", "noop")
    return f"{link['index']}: {full}: <{','.join(flags)}> mtu {link['mtu']} qdisc {queue} "


def _ether(name: str, link: Link) -> str:
    if name == "lo":
        return "link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00"
    return f"link/ether {link['mac']} brd ff:ff:ff:ff:ff:ff"


def _link(host: Machine, name: str, line: bool, four: bool) -> str:
    link = host.data["links"][name]
    return f"{_head(host, name, link)}{chr(92) if line else chr(10)}    {_ether(name, link)}\n"


def _addr(host: Machine, name: str, line: bool, four: bool) -> str:
    link, text = host.data["links"][name], ""
    if not four or not line:
        text = _link(host, name, line, four) if not four or link["addresses"] else ""
    for each in link["addresses"]:
        face = ipaddress.ip_interface(each)
        brd = "" if name == "lo" else f" brd {face.network.broadcast_address}"
        inet = f"inet {each}{brd} scope {'host' if name == 'lo' else 'global'} {name}"
        text += f"{link['index']}: {name}    {inet}\n" if line else f"    {inet}\n"
    return text


def _routes(host: Machine, line: bool) -> str:
    text, last = "", ""
    for name, link in host.data["links"].items():
        if name == "lo" or not link["up"]:
            continue
        for each in link["addresses"]:
            face = ipaddress.ip_interface(each)
            text += f"{face.network} dev {name}  proto kernel  scope link  src {face.ip} \n"
        if link["gateway"]:
            last = f"default via {link['gateway']} dev {name} \n"
    return text + last


def _neighbours(host: Machine, only: str) -> str:
    text = ""
    for address, (link, mac) in host.data["history"]["neighbours"].items():
        if only in ("", address, link):
            text += f"{address} dev {link} " + (f"lladdr {mac} REACHABLE\n" if mac else " FAILED\n")
    return text
