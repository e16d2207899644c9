"""xend of 3.0 to 4.0: its configuration, its relocation server and its log; and xm."""

from __future__ import annotations

import re

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import daemons, guests, logs, paths, sxp
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.rhcs.sxp import SxpError
from tui_installer.simulator.rhcs.system import lookup
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.world import World

CONF = "/etc/xen/xend-config.sxp"
BOOLEANS = dict.fromkeys(("yes", "y", "1", "on", "true", "t"), True) | dict.fromkeys(
    ("no", "n", "0", "off", "false", "f"), False
)  # fmt: skip


def xend(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """xend start|stop|restart|status"""
    verb = "".join(argv[1:2])
    if verb == "status":
        return (0 if daemons.runs(host, "xend") else 3), "", ""
    if verb == "stop":
        daemons.end(world, host, "xend")
        return 0, "", ""
    if verb == "restart":
        daemons.end(world, host, "xend")
        return _start(host)
    if verb == "start":
        return _start(host)
    return 1, f"usage: {argv[0]} {{start|stop|reload|restart}}\n", ""


def _start(host: Machine) -> Answer:
    if daemons.runs(host, "xend"):
        return 0, "", ""
    if host.read("/proc/xen/capabilities") is None:
        return 1, "", "ERROR Internal error: Could not obtain handle on privileged command interface\n"
    logs.xend(host, "INFO (SrvDaemon:283) Xend Daemon started")
    try:
        found = settings(host)
        serves = _boolean(found, "xend-relocation-server")
        host.data["xend"] = {
            "relocation": serves,
            "address": found.get("xend-relocation-address", ""),
            "allow": [re.compile(each).pattern for each in found.get("xend-relocation-hosts-allow", "").split(" ")],
        }
    except (SxpError, re.error) as error:
        logs.xend(host, f"ERROR (SrvDaemon:297) Exception starting xend ({error})")
        return 1, "", f"{error}\n"
    if not found.get("xend-relocation-hosts-allow"):
        host.data["xend"]["allow"] = []
    daemons.begin(host, "xend")
    return 0, "", ""


def settings(host: Machine) -> dict[str, str]:
    """What xend takes of its file. Raises `SxpError`."""
    forms = sxp.parse(paths.text(host, CONF) or "", era(host).name)
    names = ("xend-relocation-server", "xend-relocation-address", "xend-relocation-hosts-allow")
    return {name: value for name in names if (value := sxp.child_value(forms, name)) is not None}


def _boolean(found: dict[str, str], name: str) -> bool:
    value = found.get(name, "no").lower()
    if value not in BOOLEANS:
        raise SxpError(f"invalid xend config {name}: expected bool: {value}")
    return BOOLEANS[value]


def _stopped(world: World, host: Machine) -> None:
    host.data["xend"] = None


daemons.STOPS["xend"] = _stopped


def accepts(host: Machine, address: str) -> bool:
    """Whether this host's xend takes a guest from that address; what it refuses is in its log."""
    settings = host.data["xend"]
    if not settings or not settings["relocation"]:
        return False
    found = [names[0] for line in (paths.text(host, "/etc/hosts") or "").splitlines()
             for there, *names in [line.split("#")[0].split()[:2] or [""]] if there == address and names]  # fmt: skip
    name = found[0] if found else address
    allow = settings["allow"]
    if not allow or any(re.match(each, name) or re.match(each, address) for each in allow):
        return True
    logs.xend(host, f"WARNING (relocate:99) Rejected connection from {address} ({name}).")
    return False


def xm(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """xm list, xm info, xm shutdown [-a] [-w] [DOMAIN], xm migrate [--live] DOMAIN HOST"""
    if not daemons.runs(host, "xend"):
        return 1, "", "ERROR: Error connecting to xend: No such file or directory.  Is xend running?\n"
    words = [word for word in argv[1:] if word not in ("--live", "-l")]
    match words:
        case ["list"]:
            head = "Name                                      ID Mem(MiB) VCPUs State   Time(s)\n"
            rows = {"Domain-0": 0, **guests.names(host)}
            states = {name: "r-----" if not number else "-b----" for name, number in rows.items()}
            text = "".join(
                f"{name:<40} {rows[name]:>3} {1024:>8} {2:>5} {states[name]} {812.4:>8.1f}\n" for name in rows
            )
            return 0, head + text, ""
        case ["shutdown", *more]:
            return guests.shutdown(world, host, more)
        case ["info"]:
            data = host.data
            return 0, f"host                   : {data['hostname']}\nrelease                : {data['kernel']}\n", ""
        case ["migrate", _, target]:
            return _migrate(world, host, target)
    return 1, "", f"Error: Sub Command {''.join(words[:1])} not found!\n"


def _migrate(world: World, host: Machine, target: str) -> Answer:
    found = lookup(host, target)
    wanted = found[0][0] if found else target
    there = next((each for each in world.machines() if each.data["address"] == wanted), None)
    if there is None:
        return 1, "", "Error: (-2, 'Name or service not known')\n"
    if not there.data["xend"] or not there.data["xend"]["relocation"]:
        return 1, "", "Error: (111, 'Connection refused')\n"
    if not accepts(there, host.data["address"]):
        return 1, "", "Error: /usr/lib/xen/bin/xc_save 22 5 0 0 1 failed\n"
    return 0, "", ""
