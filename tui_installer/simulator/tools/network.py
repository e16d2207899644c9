"""ifup and ifdown (they read the simulated interfaces file), ping, modprobe, and bash's /dev/tcp."""

from __future__ import annotations

import re
from typing import Any

from tui_installer.simulator import harm, net
from tui_installer.simulator.conf import ConfError
from tui_installer.simulator.interfaces import Interfaces, Stanza, interfaces
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.world import World

MODULES = (
    "8021q",
    "garp",
    "mrp",
    "stp",
    "llc",
    "iscsi_tcp",
    "dm_multipath",
    "dm_round_robin",
    "dlm",
    "configfs",
    "bonding",
)


def ifup(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """ifup [-a] [--no-act] [-i FILE] IFACE..."""
    return _ifupdown(world, host, argv, _up)


def ifdown(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """ifdown IFACE..."""
    return _ifupdown(world, host, argv, _down)


def _ifupdown(world: World, host: Machine, argv: tuple[str, ...], act: Any) -> Answer:
    tool, words = argv[0].rsplit("/", 1)[-1], list(argv[1:])
    names, path, dry, everything = [], "/etc/network/interfaces", False, False
    while words:
        word = words.pop(0)
        if word in ("-i", "--interfaces") and words:
            path = words.pop(0)
        elif word in ("-n", "--no-act"):
            dry = True
        elif word in ("-a", "--all"):
            everything = True
        elif word in ("-v", "--verbose", "--force"):
            continue
        elif word.startswith("-"):
            return 1, "", f"{tool}: unrecognized option '{word}'\n{tool}: Use --help for help\n"
        else:
            names.append(word)
    try:
        found = interfaces(host, path)
    except ConfError as error:
        return 1, "", f'{tool}: couldn\'t read interfaces file "{path}"\n{error}\n'
    code, err = 0, ""
    for name in names or (found.auto if everything else []):
        one, said = act(host, found, name) if not dry else (_known(found, name, tool))
        code, err = code or one, err + said
    return code, "", err


def _known(found: Interfaces, name: str, tool: str) -> tuple[int, str]:
    return (0, "") if name in found.stanzas else (1, f"{tool}: unknown interface {name}\n")


def _up(host: Machine, found: Interfaces, name: str) -> tuple[int, str]:
    if name in host.data["ifstate"]:
        return 0, f"ifup: interface {name} already configured\n"
    if name not in found.stanzas:
        return 1, f"ifup: unknown interface {name}\n"
    stanza, err = found.stanzas[name], ""
    parent, vlan = vlan_of(stanza)
    if parent in found.stanzas and parent not in host.data["ifstate"]:
        code, err = _up(host, found, parent)
        if code:
            return code, err
    if parent and parent not in host.data["links"]:
        return 1, f'{err}Cannot find device "{name}"\nifup: failed to bring up {name}\n'
    if not parent and name not in host.data["links"]:
        return 1, f'{err}Cannot find device "{name}"\nifup: failed to bring up {name}\n'
    if parent:
        load(host, "8021q")
        _add_vlan(host, name, parent, vlan)
    _configure(host, name, stanza)
    host.data["ifstate"].append(name)
    return 0, err


def vlan_of(stanza: Stanza) -> tuple[str, int]:
    """(parent, tag) of a VLAN's stanza; ("", 0) if it is none."""
    dotted = re.fullmatch(r"(.+)\.(\d+)", stanza.name)
    if dotted:
        return stanza.options.get("vlan-raw-device", dotted[1]), int(dotted[2])
    numbered = re.fullmatch(r"vlan0*(\d+)", stanza.name)
    raw = stanza.options.get("vlan-raw-device") or stanza.options.get("vlan_raw_device")
    if raw and (numbered or "vlan-id" in stanza.options):
        return raw, int(stanza.options.get("vlan-id") or (numbered[1] if numbered else 0))
    return "", 0


def _add_vlan(host: Machine, name: str, parent: str, vlan: int) -> None:
    above = host.data["links"][parent]
    above["up"] = True
    host.data["links"][name] = {
        "index": max(link["index"] for link in host.data["links"].values()) + 1,
        "mac": above["mac"], "mtu": above["mtu"], "up": True, "carrier": above["carrier"], "wire": "",
        "parent": parent, "vlan": vlan, "addresses": [], "gateway": "",
    }  # fmt: skip


def prefix(mask: str) -> int:
    """The length of a prefix, of its netmask."""
    return sum(int(part).bit_count() for part in mask.split("."))


def _configure(host: Machine, name: str, stanza: Stanza) -> None:
    link = host.data["links"][name]
    link["up"] = True
    if "mtu" in stanza.options:
        link["mtu"] = int(stanza.options["mtu"])
    if stanza.method == "static" and "address" in stanza.options:
        address = stanza.options["address"]
        if "/" not in address:
            mask = stanza.options.get("netmask", "255.255.255.255")
            bits = mask if mask.isdigit() else prefix(mask)
            address = f"{address}/{bits}"
        link["addresses"] = [address]
        link["gateway"] = stanza.options.get("gateway", "")


def _down(host: Machine, found: Interfaces, name: str) -> tuple[int, str]:
    if name not in host.data["ifstate"]:
        return 0, f"ifdown: interface {name} not configured\n"
    host.data["ifstate"].remove(name)
    with harm.paths_may_go(host.world, host):
        return _gone(host, name)


def _gone(host: Machine, name: str) -> tuple[int, str]:
    link = host.data["links"][name]
    if link["parent"]:
        del host.data["links"][name]
        return 0, f'Cannot find device "{name}"\n'
    link.update(up=False, addresses=[], gateway="")
    for other in [other for other, data in host.data["links"].items() if data["parent"] == name]:
        del host.data["links"][other]  # the kernel keeps it, but it is dead: nothing goes over it
        host.data["ifstate"] = [each for each in host.data["ifstate"] if each != other]
    return 0, ""


def load(host: Machine, module: str) -> None:
    """Load a kernel module, and what it needs."""
    needs = {"8021q": ["llc", "stp", "mrp", "garp"]}.get(module, [])
    for name in [*needs, module]:
        if name not in host.data["modules"]:
            host.data["modules"].append(name)


def modprobe(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """modprobe [-r] MODULE, or -n -q: whether it could be loaded."""
    remove, tries = argv[1:2] == ("-r",), argv[1:3] == ("-n", "-q")
    names = argv[2:] if remove else argv[3:] if tries else argv[1:]
    wrong = [name for name in names if name.startswith("-")]
    if wrong or not names:
        return (
            1,
            "",
            f"modprobe: unrecognized option '{wrong[0]}'\n" if wrong else "modprobe: ERROR: missing parameters\n",
        )
    for name in names:
        module = name.replace("-", "_")
        where = f"/lib/modules/{host.data['kernel']}"
        if module not in MODULES or world.fault("no-module") == module or not host.glob(f"{where}/modules.dep"):
            return 1, "", "" if tries else f"modprobe: FATAL: Module {name} not found in directory {where}\n"
        if tries:
            continue
        if remove:
            if module == "8021q" and any(link["vlan"] for link in host.data["links"].values()):
                return 1, "", "modprobe: FATAL: Module 8021q is in use.\n"
            gone = {"8021q": ["8021q", "garp", "mrp"]}.get(module, [module])  # on real hosts, too, stp and llc stay
            host.data["modules"] = [each for each in host.data["modules"] if each not in gone]
        else:
            load(host, module)
    return 0, "", ""


def ping(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """ping -c N [-W S] [-I IF] [-M do -s SIZE] ADDRESS."""
    options, target, wrong = pinged(list(argv[1:]), ("-n", "-q"))
    if wrong:
        return 2, "", f"ping: invalid option -- '{wrong}'\n"
    if not net.is_address(target):
        return 2, "", f"ping: {target}: Temporary failure in name resolution\n"
    link = options.get("I")
    if link and link not in host.data["links"]:
        return 2, "", f"ping: unknown iface: {link}\n"
    if net.route(host, target) is None and link is None:
        return 2, "", "ping: connect: Network is unreachable\n"
    return _pinged(world, host, target, link, int(options.get("c", "1")), int(options.get("s", "56")))


def pinged(words: list[str], switches: tuple[str, ...]) -> tuple[dict[str, str], str, str]:
    """(options with a value, target, letter of the option that is unknown) of ping's arguments."""
    options, target, rest = {}, "", list(words)
    while rest:
        word = rest.pop(0)
        if match := re.fullmatch(r"-([cWIMsiw])(.*)", word):
            options[match[1]] = match[2] or (rest.pop(0) if rest else "")
        elif not word.startswith("-"):
            target = word
        elif word not in switches:
            return options, target, word[1:2]
    return options, target, ""


def _pinged(world: World, host: Machine, target: str, link: str | None, count: int, size: int) -> Answer:
    through = link or net.route(host, target) or "eth0"
    mtu = host.data["links"][through]["mtu"] if through in host.data["links"] else 1500
    alive = net.reaches(world, host, target, link) and size + 28 <= mtu
    found = net.owner(world, target)
    if target not in ("127.0.0.1",):
        host.data["history"]["neighbours"][target] = [through, found[1] if alive and found else ""]
    own = f" from {net.source(host, target)} {link}:" if link else ""
    head = f"PING {target} ({target}){own} {size}({size + 28}) bytes of data.\n"
    if not alive:
        lost = f"{count} packets transmitted, 0 received, 100% packet loss, time {1040 * (count - 1)}ms\n"
        return 1, f"{head}\n--- {target} ping statistics ---\n{lost}\n", ""
    lines = "".join(f"64 bytes from {target}: icmp_seq={n} ttl=64 time=0.342 ms\n" for n in range(1, count + 1))
    got = f"{count} packets transmitted, {count} received, 0% packet loss, time {1003 * (count - 1)}ms\n"
    return (
        0,
        f"{head}{lines}\n--- {target} ping statistics ---\n{got}rtt min/avg/max/mdev = 0.342/0.342/0.342/0.000 ms\n",
        "",
    )


def bash(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """The one script that is known: does somebody listen at ADDRESS PORT?"""
    if len(argv) != 5 or argv[1] != "-c" or "/dev/tcp/" not in argv[2]:
        return 127, "", "bash: the simulator knows no such script\n"
    address, port = argv[3], argv[4]
    if not net.is_address(address):
        return (
            1,
            "",
            (
                f"{address}: {address}: Temporary failure in name resolution\n"
                f"{address}: line 1: /dev/tcp/{address}/{port}: Invalid argument\n"
            ),
        )
    reason = refusal(world, host, address, int(port))
    if not reason:
        return 0, "", ""
    return 1, "", (
        f"{address}: connect: {reason}\n{address}: line 1: /dev/tcp/{address}/{port}: {reason}\n"
    )  # fmt: skip


def refusal(world: World, host: Machine, address: str, port: int) -> str:
    """Why a TCP connection fails, in the kernel's words; empty: it is made."""
    if net.route(host, address) is None:
        return "Network is unreachable"
    if not net.reaches(world, host, address):
        return "No route to host"
    portal = address in world.state["san"]["portals"]
    return "" if port == (3260 if portal else 22) else "Connection refused"
