"""cman_tool, fence_tool and group_tool: joining, leaving, and telling the members a new version."""

from __future__ import annotations

from tui_installer.simulator.conf import ConfError
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import cluster, cman_text, daemons, joining, logs, paths
from tui_installer.simulator.rhcs.cluster import CONF, conf
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.world import Hang, World

CLOSED = "Cannot open connection to cman, is it running ?"
WORDS = ("join", "leave", "kill", "expected", "votes", "version", "wait", "status", "nodes", "services", "debug")


def cman_tool(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """cman_tool status|nodes|services|version|join|leave|wait|expected, with its options anywhere."""
    words, options = _arguments(list(argv[1:]))
    if not words:
        return _die(argv, "no operation specified")
    if words[0] not in WORDS:
        return _die(argv, f"unknown option {words[0]}")
    if "?" in options:
        return 1, "", f"{argv[0]}: invalid option -- {options['?']}\nPlease use '-h' for usage.\n"
    act = {"join": _join, "leave": _leave, "version": _version, "wait": _wait, "expected": _expected}.get(words[0])
    if act:
        return act(world, host, argv, words[1:], options)
    if words[0] in ("status", "nodes", "services"):
        return _show(world, host, argv, words[0])
    return _die(argv, f"{words[0]} is not simulated")


def _arguments(words: list[str]) -> tuple[list[str], dict[str, str]]:
    rest: list[str] = []
    options: dict[str, str] = {}
    while words:
        word = words.pop(0)
        if not word.startswith("-"):
            rest.append(word)
        elif word == "-r" and words[:1] and words[0].isdigit():
            options["r"] = words.pop(0)
        elif word in ("-t", "-e", "-v", "-n", "-c", "-m", "-i", "-I", "-N", "-p") and words:
            options[word[1]] = words.pop(0)
        elif word in ("-w", "-q", "-r", "-S", "-D", "-a", "-f", "-d", "-2"):
            options[word[1]] = ""
        else:
            options["?"] = word[1:2]
    return rest, options


def _die(argv: tuple[str, ...], text: str, code: int = 1) -> Answer:
    return code, "", f"{argv[0]}: {text}\n"


def _show(world: World, host: Machine, argv: tuple[str, ...], what: str) -> Answer:
    if era(host).family == "1.x":
        if "cman" not in host.data["modules"]:
            return _die(argv, f"can't open /proc/cluster/{what}, cman not running")
    elif what == "services" and not daemons.runs(host, "fenced"):
        return 1, "", "group_tool: can't connect to groupd\n"
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
    if "w" not in options or cluster.cman(host):
        return 0, "", ""
    if "t" in options:
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
        return _die(argv, f"Can't leave cluster while there are {active} active subsystems")
    others = [each for each in cluster.members(world, host) if each.name != host.name]
    gone(world, host)
    if "remove" in words:
        for other in others:
            other.data["cman"]["expected"] = max(1, other.data["cman"]["expected"] - own["votes"])
    cluster.changed(world, f"{host.name} left")
    return 0, "", ""


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
    if options.get("r", "0") == "0" or (family != "3.x" and options["r"] == ""):
        return 0, f"{cman_text.PROTOCOLS[family]} config {own['version'] if own else 0}\n", ""
    if own is None:
        return _die(argv, "can't set version: Node is not yet a cluster member")
    if family == "3.x":
        return _reload(world, host, argv, options)
    cluster.tell(world, host, int(options["r"]))
    return 0, "", ""


def _reload(world: World, host: Machine, argv: tuple[str, ...], options: dict[str, str]) -> Answer:
    if "S" not in options:
        return _die(argv, "ccs_sync failed.\nIf you have distributed the config file yourself, try re-running with -S")
    own = host.data["cman"]
    try:
        new = conf(paths.text(host, CONF) or "")
    except ConfError:
        return _die(argv, "Not reloading, configuration is not valid")
    if new.number <= own["version"]:
        return _die(argv, "Not reloading, config version older or equal the running config")
    for each in cluster.members(world, host):
        there = conf(paths.text(each, CONF) or "<cluster/>")
        each.data["cman"]["blocked"] = there.number != new.number
        if there.number == new.number:
            each.data["cman"]["version"] = new.number
            cluster.reread(each, there)
        else:
            logs.syslog(each, "corosync", f"Unable to load new config in corosync: New configuration version has to be "
                        f"newer than current running configuration (version {there.number})")  # fmt: skip
    cluster.changed(world, f"config version {new.number}")
    return 0, "", ""


def _wait(world: World, host: Machine, argv: tuple[str, ...], words: list[str], options: dict[str, str]) -> Answer:
    if era(host).family != "1.x" and cluster.cman(host) is None:
        return _die(argv, CLOSED)
    if cluster.cman(host) and ("q" not in options or cluster.quorate(world, host)):
        return 0, "", ""
    if "t" in options:
        return _die(argv, "Timed-out waiting for cluster", 2)
    raise Hang


def _expected(world: World, host: Machine, argv: tuple[str, ...], words: list[str], options: dict[str, str]) -> Answer:
    if cluster.cman(host) is None or "e" not in options:
        return _die(argv, CLOSED)
    for each in cluster.members(world, host):
        each.data["cman"]["expected"] = int(options["e"])
    return 0, "", ""


# --- the fence domain


def fence_tool(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """fence_tool join|leave|wait|ls"""
    verb = next((word for word in argv[1:] if not word.startswith("-")), "")
    if cluster.cman(host) is None:
        return 1, "", "fence_tool: can't communicate with fenced\n"
    if verb == "ls" and era(host).family == "3.x":
        return 0, cman_text.services(world, host).partition("dlm lockspaces")[0], ""
    if verb not in ("join", "leave", "wait"):
        return 1, "", f"fence_tool: unknown option {verb}\n"
    if verb != "wait":
        host.data["joined"] = ["fence"] if verb == "join" else []
    if verb == "join":
        daemons.begin(host, "fenced")
    return 0, "", ""


def group_tool(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """group_tool [ls]"""
    if argv[1:] not in ((), ("ls",)):
        return 1, "", "group_tool: unknown option\n"
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
