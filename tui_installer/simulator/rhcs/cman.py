"""cman_tool, fence_tool and group_tool: joining, leaving, and telling the members a new version."""

from __future__ import annotations

import re

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import cluster, cluster_schema, cman_text, daemons, joining, logs, paths, usage
from tui_installer.simulator.rhcs.cluster import CONF, conf
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.world import Hang, World

NO_GROUPD = "Unable to connect to groupd.  Is it running?\n"
CLOSED = "Cannot open connection to cman, is it running ?"
NUMBERS = ("-r", "-v", "-e", "-p", "-N", "-t")
"""Options whose value must be an integer (get_int_arg)."""


def cman_tool(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """cman_tool status|nodes|services|version|join|leave|wait|expected, with its options anywhere."""
    known = usage.parsed(usage.of(host, argv), argv[1:])
    options = {name: known.values.get(name, "") for name in known.given}
    for name in NUMBERS:
        if name in options and not re.fullmatch(r"[+-]?\d+", options[name]):
            return _die(argv, f"argument to {name[1]} ({options[name]}) is not an integer")
        if options.get(name, "").startswith("-"):
            return _die(argv, f"argument to {name[1]} cannot be negative")
    words = [word for word in known.operands if word not in ("remove", "force")]
    if not words:
        return _die(argv, "no operation specified")
    if len(words) > 1:
        return _die(argv, "can't specify two operations")
    act = {"join": _join, "leave": _leave, "version": _version, "wait": _wait, "expected": _expected}.get(words[0])
    if act:
        return act(world, host, argv, list(known.operands), options)
    if words[0] in ("status", "nodes", "services"):
        return _show(world, host, argv, words[0])
    return _die(argv, f"{words[0]} is not simulated")


def _die(argv: tuple[str, ...], text: str, code: int = 1) -> Answer:
    return code, "", f"{argv[0]}: {text}\n"


def _show(world: World, host: Machine, argv: tuple[str, ...], what: str) -> Answer:
    if era(host).family == "1.x":
        if "cman" not in host.data["modules"]:
            return _die(argv, f"can't open /proc/cluster/{what}, cman not running")
    elif what == "services" and not daemons.runs(host, "groupd" if era(host).family == "2.x" else "fenced"):
        code = int(argv[0].endswith("group_tool"))  # cman_tool calls group_tool, and passes its end over
        return (code, "", NO_GROUPD) if era(host).family == "2.x" else (0, "", "")
    elif cluster.cman(host) is None:
        return _die(argv, CLOSED)
    return (
        0,
        {"status": cman_text.status, "nodes": cman_text.nodes, "services": cman_text.services}[what](world, host),
        "",
    )


def _join(world: World, host: Machine, argv: tuple[str, ...], words: list[str], options: dict[str, str]) -> Answer:
    if cluster.cman(host):
        return _die(argv, "Node is already active")
    known, reason = joining.known(world, host)
    if known is None:
        return _die(argv, reason)
    node = cluster.own_node(host, known)
    reason = joining.unfit(host, known, node)
    if reason or node is None:
        return _die(argv, reason)
    joining.enter(world, host, known, node)
    if "-w" not in options or cluster.cman(host):
        return 0, "", ""
    if "-t" in options:
        return _die(argv, "Timed-out waiting for cluster", 2)
    raise Hang


# --- leave


def _leave(world: World, host: Machine, argv: tuple[str, ...], words: list[str], options: dict[str, str]) -> Answer:
    own = cluster.cman(host)
    if own is None:
        if era(host).family == "1.x" and "cman" in host.data["modules"]:
            return _die(argv, "Node is not yet a cluster member")
        return _die(argv, "can't open cluster socket, cman kernel module probably not loaded"
                    if era(host).family == "1.x" else CLOSED)  # fmt: skip
    active = len(host.data["lockspaces"]) + int("fence" in host.data["joined"])
    if active and "force" not in words:
        return _busy(host, argv, active, options)
    others = [each for each in cluster.members(world, host) if each.name != host.name]
    gone(world, host)
    if "remove" in words:
        for other in others:
            other.data["cman"]["expected"] = max(1, other.data["cman"]["expected"] - own["votes"])
    cluster.changed(world, f"{host.name} left")
    return 0, "", ""


def _busy(host: Machine, argv: tuple[str, ...], active: int, options: dict[str, str]) -> Answer:
    """Somebody uses the cluster: 1.x counts, 2.x is told so by the lock managers' daemons, 3.x may wait for ever."""
    if era(host).family == "1.x":
        return _die(argv, f"Can't leave cluster while there are {active} active subsystems\n")
    if era(host).family == "3.x" and "-w" in options:  # it waits for cman to end, which does not
        if "-t" in options:
            return 2, "", "Timed-out waiting for cluster\n"
        raise Hang
    return _die(argv, "Error leaving cluster: Device or resource busy")


def gone(world: World, host: Machine) -> None:
    """A host is out of the cluster, however it came to that."""
    host.data.update(cman=None, cman_state="Not-in-Cluster", lockspaces=[], joined=[])
    for daemon in ("aisexec", "corosync"):
        host.data["daemons"] = [each for each in host.data["daemons"] if each != daemon]
        host.data["pids"].pop(daemon, None)
        host.remove(f"/var/run/{daemon}.pid")


# --- version, wait, expected


def _version(world: World, host: Machine, argv: tuple[str, ...], words: list[str], options: dict[str, str]) -> Answer:
    own, family = cluster.cman(host), era(host).family
    if family == "1.x" and "cman" not in host.data["modules"]:
        return _die(argv, "can't open cluster socket, cman kernel module probably not loaded")
    if own is None and family != "1.x":
        return _die(argv, CLOSED)
    number = int(options.get("-r", "0"))
    if "-r" not in options or (family != "3.x" and not number):
        return 0, f"{cman_text.PROTOCOLS[family]} config {own['version'] if own else 0}\n", ""
    if own is None:
        return _die(argv, "can't set version: Node is not yet a cluster member")
    if family == "3.x":
        return _reload(world, host, argv, number, options)
    cluster.tell(world, host, number)
    return 0, "", ""


def _reload(world: World, host: Machine, argv: tuple[str, ...], number: int, options: dict[str, str]) -> Answer:
    """3.0.12: the file is checked, then everybody is told the number (0: that of the file), and reads its own file.

    Source: version() of cman_tool/main.c, do_cmd_set_version and reread_config of daemon/commands.c.
    """
    if reason := cluster_schema.refused(paths.text(host, CONF) or ""):
        if not options.get("-D", "F").upper().startswith("W"):
            return _die(argv, "Not reloading, configuration is not valid\n")
        world.incidents.append(f"{host.name}: an invalid cluster.conf was loaded: {reason}")
    if "-S" not in options:
        sync = "ccs_sync failed.\nIf you have distributed the config file yourself, try re-running with -S\n"
        return _die(argv, sync)
    own = host.data["cman"]
    if number == own["version"]:
        return 0, "", ""
    wanted = number or conf(paths.text(host, CONF) or "<cluster/>").number
    for each in cluster.members(world, host):
        there = conf(paths.text(each, CONF) or "<cluster/>")
        each.data["cman"]["blocked"] = there.number < wanted
        if there.number < wanted:
            why = "New configuration version has to be newer than current running configuration"
            said = f"Can't get updated config version {wanted}: {why}. Activity suspended on this node"
            logs.syslog(each, "corosync", said)
        elif there.number > each.data["cman"]["version"]:
            each.data["cman"]["version"] = there.number
            cluster.reread(each, there)
    cluster.changed(world, f"config version {wanted}")
    return 0, "", ""


def _wait(world: World, host: Machine, argv: tuple[str, ...], words: list[str], options: dict[str, str]) -> Answer:
    if era(host).family != "1.x" and cluster.cman(host) is None:
        return _die(argv, CLOSED)
    if cluster.cman(host) and ("-q" not in options or cluster.quorate(world, host)):
        return 0, "", ""
    if "-t" in options:
        return _die(argv, "Timed-out waiting for cluster", 2)
    raise Hang


def _expected(world: World, host: Machine, argv: tuple[str, ...], words: list[str], options: dict[str, str]) -> Answer:
    if cluster.cman(host) is None or "-e" not in options:
        return _die(argv, CLOSED)
    for each in cluster.members(world, host):
        each.data["cman"]["expected"] = int(options["-e"])
    return 0, "", ""


# --- the fence domain


def fence_tool(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """fence_tool join|leave|wait|ls"""
    verb = "".join(usage.parsed(usage.of(host, argv), argv[1:]).operands[:1])
    if not verb:
        return 1, "", "fence_tool: no operation specified\n\n"
    if cluster.cman(host) is None:
        return 1, "", "fence_tool: can't communicate with fenced\n"
    if verb == "ls":
        return 0, cman_text.services(world, host).partition("dlm lockspaces")[0], ""
    if verb == "leave" and host.data["lockspaces"] and era(host).family != "1.x":
        found = "".join(f"found dlm lockspace /sys/kernel/dlm/{each}\n" for each in host.data["lockspaces"])
        return 1, "", f"{found}fence_tool: cannot leave due to active systems\n"
    if verb in ("join", "leave"):
        host.data["joined"] = ["fence"] if verb == "join" else []
    if verb == "join":
        daemons.begin(host, "fenced")
    if verb == "leave" and era(host).family == "1.x":  # it sends fenced a SIGTERM
        daemons.end(world, host, "fenced")
    return 0, "", ""


def group_tool(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """group_tool [ls]"""
    return _show(world, host, ("group_tool",), "services")


def daemon(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """groupd, fenced, dlm_controld, gfs_controld: they need cman."""
    name = argv[0].rsplit("/", 1)[-1]
    if cluster.cman(host) is None:
        return 1, "", f"{name}: cman_init error 0 111\n"
    daemons.begin(host, name)
    return 0, "", ""


def fence_ack_manual(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """fence_ack_manual -n NODE [-O]"""
    if argv[1:2] != ("-n",) or len(argv) < 3:
        return 1, "", "Usage:\n\nfence_ack_manual [options]\n"
    world.state["faults"].pop("fence-waiting", None)
    return 0, "done\n", ""
