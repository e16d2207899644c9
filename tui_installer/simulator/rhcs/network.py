"""ifup and ifdown of ifupdown 0.6 with the scripts of vlan and bridge-utils, vconfig, ifconfig, ping and arping."""

from __future__ import annotations

import re
from contextlib import nullcontext
from typing import Any

from tui_installer.simulator import harm, net
from tui_installer.simulator.conf import ConfError
from tui_installer.simulator.interfaces import Interfaces, Stanza
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import interfaces, system
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.tools.network import pinged, prefix
from tui_installer.simulator.world import World

NO_8021Q = (
    "WARNING:  Could not open /proc/net/vlan/config.  Maybe you need to load the 8021q module, or maybe you are not "
    "using PROCFS??\nERROR: trying to add VLAN #{tag} to IF -:{parent}:-  error: Package not installed\n"
)
UNKNOWN_LINK = "{name}: ERROR while getting interface flags: No such device\n"


def ifup(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """ifup [-a] [-n] [-i FILE] [--force] IFACE..."""
    return _ifupdown(world, host, argv, True)


def ifdown(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """ifdown [-a] [-n] [-i FILE] [--force] IFACE..."""
    return _ifupdown(world, host, argv, False)


def _ifupdown(world: World, host: Machine, argv: tuple[str, ...], up: bool) -> Answer:
    tool, words = argv[0].rsplit("/", 1)[-1], list(argv[1:])
    names: list[str] = []
    path, flags = "/etc/network/interfaces", set()
    while words:
        word = words.pop(0)
        if word in ("-i", "--interfaces") and words:
            path = words.pop(0)
        elif word in ("-n", "--no-act", "-a", "--all", "-v", "--verbose", "--force"):
            flags.add(word.lstrip("-")[0])
        elif word.startswith("-"):
            return 1, "", f"{tool}: unrecognized option `{word}'\n{tool}: Use --help for help\n"
        else:
            names.append(word.partition("=")[0])
    try:
        found = interfaces.read(host, path).found
    except ConfError as error:
        return 1, "", f'{error}\n{tool}: couldn\'t read interfaces file "{path}"\n'
    if "a" in flags:
        names += found.auto if up else [name for name in host.data["ifstate"] if name in found.stanzas]
    out = err = ""
    for name in names:
        one, said = (_up if up else _down)(world, host, found, name, "n" in flags)
        out, err = out + one, err + said
    return 0, out, err  # ifupdown 0.6 says what failed, and exits with 0 all the same


def _up(world: World, host: Machine, found: Interfaces, name: str, dry: bool) -> tuple[str, str]:
    if name in host.data["ifstate"]:
        return "", f"ifup: interface {name} already configured\n"
    if name not in found.stanzas:
        return "", f"Ignoring unknown interface {name}={name}.\n"
    stanza = found.stanzas[name]
    if stanza.method == "static" and not {"address", "netmask"} <= stanza.options.keys():
        return "", f"Don't seem to be have all the variables for {name}/inet.\nFailed to bring up {name}.\n"
    if dry:
        settings = f"{stanza.options.get('address', '')} netmask {stanza.options.get('netmask', '')}"
        return "", f"ifconfig {name} {settings} up\n"
    said, failed = _prepared(host, stanza)
    if name not in host.data["links"]:
        failed += "SIOCSIFADDR: No such device\n" + UNKNOWN_LINK.format(name=name)
    if failed:
        return said, f"{failed}Failed to bring up {name}.\n"
    _configure(host, stanza)
    host.data["ifstate"].append(name)
    return said, ""


def _prepared(host: Machine, stanza: Stanza) -> tuple[str, str]:
    """What the scripts of if-pre-up.d do: (stdout, why they failed)."""
    name, ports = stanza.name, stanza.options.get("bridge_ports", "").split()
    if ports:
        return "", _bridge(host, name, ports)
    parent, tag = vlan_of(stanza)
    if not parent or name in host.data["links"] or not host.installed("vlan"):
        return "", ""
    if parent not in host.data["links"]:
        return f"{parent} does not exist, unable to create {name}\n", (
            "run-parts: /etc/network/if-pre-up.d/vlan exited with return code 1\n"
        )  # fmt: skip
    host.data["links"][parent]["up"] = True
    code, out, err = _added(host, parent, tag, name)
    if code:
        return out, err + "run-parts: /etc/network/if-pre-up.d/vlan exited with return code 1\n"
    return "Set name-type for VLAN subsystem. Should be visible in /proc/net/vlan/config\n" + out, ""


def vlan_of(stanza: Stanza) -> tuple[str, int]:
    """(parent, tag) of a VLAN's stanza; ("", 0) if it is none."""
    dotted = re.fullmatch(r"(.+)\.(\d+)", stanza.name)
    raw = stanza.options.get("vlan-raw-device") or stanza.options.get("vlan_raw_device") or ""
    if dotted:
        return raw or dotted[1], int(dotted[2])
    numbered = re.fullmatch(r"vlan0*(\d+)", stanza.name)
    return (raw, int(numbered[1])) if numbered and raw else ("", 0)


def _added(host: Machine, parent: str, tag: int, name: str) -> tuple[int, str, str]:
    """Make a VLAN's link, as vconfig does."""
    loads = era(host).name != "etch"  # later kernels load it when they are asked
    if "8021q" not in host.data["modules"] and not (loads and system.load(host.world, host, "8021q")):
        return 1, "", NO_8021Q.format(tag=tag, parent=parent)
    above = host.data["links"][parent]
    if any(each["parent"] == parent and each["vlan"] == tag for each in host.data["links"].values()):
        return 1, "", f"ERROR: trying to add VLAN #{tag} to IF -:{parent}:-  error: File exists\n"
    host.data["links"][name] = _link(host, above["mac"], above["mtu"]) | {"parent": parent, "vlan": tag}
    host.data["links"][name]["carrier"] = above["carrier"]
    return 0, f"Added VLAN with VID == {tag} to IF -:{parent}:-\n", ""


def _link(host: Machine, mac: str, mtu: int) -> dict[str, Any]:
    index = max(link["index"] for link in host.data["links"].values()) + 1
    return {"index": index, "mac": mac, "mtu": mtu, "up": True, "carrier": True, "wire": "", "parent": "", "vlan": 0,
            "addresses": [], "gateway": ""}  # fmt: skip


def _bridge(host: Machine, name: str, ports: list[str]) -> str:
    if not host.installed("bridge-utils"):
        return ""
    missing = [port for port in ports if port not in host.data["links"]]
    if missing:
        return f"interface {missing[0]} does not exist!\n"
    system.load(host.world, host, "bridge")
    above = host.data["links"][ports[0]]
    above["up"] = True
    host.data["links"][name] = _link(host, above["mac"], above["mtu"]) | {"ports": ports}
    return ""


def _configure(host: Machine, stanza: Stanza) -> None:
    link = host.data["links"][stanza.name]
    link["up"] = True
    if "mtu" in stanza.options:
        link["mtu"] = int(stanza.options["mtu"])
    if stanza.method == "loopback":
        link["addresses"] = ["127.0.0.1/8"]
    if stanza.method == "static":
        link["addresses"] = [f"{stanza.options['address']}/{prefix(stanza.options['netmask'])}"]
        link["gateway"] = stanza.options.get("gateway", "")


def _down(world: World, host: Machine, found: Interfaces, name: str, dry: bool) -> tuple[str, str]:
    if name not in host.data["ifstate"]:
        return "", f"ifdown: interface {name} not configured\n"
    if dry:
        return "", f"ifconfig {name} down\n"
    host.data["ifstate"].remove(name)
    with nullcontext() if host.data["away"] else harm.paths_may_go(world, host):
        return _gone(host, name)


def _gone(host: Machine, name: str) -> tuple[str, str]:
    link = host.data["links"][name]
    link.update(up=False, addresses=[], gateway="")
    if link.get("ports"):
        del host.data["links"][name]
    elif link["parent"]:
        del host.data["links"][name]
        return f"Removed VLAN -:{name}:-\n", ""
    return "", ""


def vconfig(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """vconfig add IFACE TAG, vconfig rem IFACE, vconfig set_name_type TYPE"""
    words = list(argv[1:])
    if words[:1] == ["add"] and len(words) == 3 and words[2].isdigit():
        if words[1] not in host.data["links"]:
            return 1, "", f"ERROR: trying to add VLAN #{words[2]} to IF -:{words[1]}:-  error: No such device\n"
        return _added(host, words[1], int(words[2]), f"vlan{words[2]}")
    if words[:1] == ["rem"] and len(words) == 2:
        if words[1] not in host.data["links"]:
            return 1, "", f"ERROR: trying to remove VLAN -:{words[1]}:- error: No such device\n"
        del host.data["links"][words[1]]
        host.data["ifstate"] = [name for name in host.data["ifstate"] if name != words[1]]
        return 0, f"Removed VLAN -:{words[1]}:-\n", ""
    if words[:1] == ["set_name_type"]:
        return 0, "Set name-type for VLAN subsystem. Should be visible in /proc/net/vlan/config\n", ""
    return 1, "", "Expecting argc to be 3-5, inclusive.  Was: 1\n\nUsage: add [interface-name] [vlan_id]\n"


def ifconfig(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """ifconfig [-a] [IFACE]"""
    names = [word for word in argv[1:] if word != "-a"]
    unknown = [name for name in names if name not in host.data["links"]]
    if unknown:
        return 1, "", f"{unknown[0]}: error fetching interface information: Device not found\n"
    shown = names or [name for name, link in host.data["links"].items() if link["up"] or "-a" in argv]
    return 0, "".join(_shown(name, host.data["links"][name]) for name in shown), ""


def _shown(name: str, link: dict[str, Any]) -> str:
    text = f"{name:<10}Link encap:{'Local Loopback' if name == 'lo' else 'Ethernet  HWaddr ' + link['mac'].upper()}  \n"
    for address in link["addresses"]:
        own, _, bits = address.partition("/")
        mask = ".".join(str((0xFFFFFFFF << 32 - int(bits) >> shift) & 255) for shift in (24, 16, 8, 0))
        text += f"          inet addr:{own}  Mask:{mask}\n"
    up = "UP BROADCAST RUNNING MULTICAST" if link["up"] else "BROADCAST MULTICAST"
    return text + f"          {up}  MTU:{link['mtu']}  Metric:1\n\n"


def ping(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """ping -c N [-W S] [-w S] [-I IF] [-s SIZE] [-q] [-n] ADDRESS"""
    options, target, wrong = pinged(list(argv[1:]), ("-n", "-q", "-b"))
    if wrong:
        return 2, "", f"ping: invalid option -- {wrong}\nUsage: ping [-LRUbdfnqrvVaA] [-c count] destination\n"
    if not net.is_address(target):
        found = system.lookup(host, target)
        if not found:
            return 2, "", f"ping: unknown host {target}\n"
        target = found[0][0]
    link = options.get("I")
    if link and link not in host.data["links"]:
        return 2, "", f"ping: unknown iface {link}\n"
    if net.route(host, target) is None and link is None and not target.startswith("127."):
        return 2, "", "connect: Network is unreachable\n"
    return _pinged(world, host, target, link, int(options.get("c") or 1), int(options.get("s") or 56))


def _pinged(world: World, host: Machine, target: str, link: str | None, count: int, size: int) -> Answer:
    through = link or net.route(host, target) or "lo"
    alive = net.reaches(world, host, target, link) and size + 28 <= host.data["links"][through]["mtu"]
    found = net.owner(world, target)
    host.data["history"]["neighbours"][target] = [through, found[1] if alive and found else ""]
    own = f" from {net.source(host, target)} {link}:" if link else ""
    head = f"PING {target} ({target}){own} {size}({size + 28}) bytes of data.\n"
    got = count if alive else 0
    lines = "".join(f"{size + 8} bytes from {target}: icmp_seq={n} ttl=64 time=0.342 ms\n" for n in range(1, got + 1))
    loss = "0% packet loss" if alive else "100% packet loss"
    lines += f"\n--- {target} ping statistics ---\n"
    lines += f"{count} packets transmitted, {got} received, {loss}, time {1000 * (count - 1)}ms\n"
    return int(not alive), head + lines + ("rtt min/avg/max/mdev = 0.342/0.342/0.342/0.000 ms\n" if alive else "\n"), ""


def arping(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """arping -D -I IF -c N ADDRESS (exit code 0 with -D: nobody has it), arping -I IF -c N ADDRESS"""
    words, options, target = list(argv[1:]), {}, ""
    while words:
        word = words.pop(0)
        if word in ("-D", "-q", "-f", "-b"):
            options[word] = "yes"
        elif word in ("-I", "-c", "-w", "-s") and words:
            options[word] = words.pop(0)
        elif word.startswith("-"):
            return 2, "", f"arping: invalid option -- {word[1:2]}\nUsage: arping [-fqbDUAV] [-c count] destination\n"
        else:
            target = word
    link = options.get("-I", "eth0")
    if link not in host.data["links"]:
        return 2, "", f"arping: unknown iface {link}\n"
    found = net.owner(world, target)
    there = found is not None and found[0] is not None and found[0] == net.segment(host, link)
    reply = f"Unicast reply from {target} [{found[1].upper()}]  0.812ms\n" if found and there else ""
    text = f"ARPING {target} from {'0.0.0.0' if '-D' in options else net.source(host, target)} {link}\n{reply}"
    text += f"Sent {options.get('-c', '1')} probes (1 broadcast(s))\nReceived {int(there)} response(s)\n"
    return int(there if "-D" in options else not there), text, ""
