"""cman_tool, fence_tool and group_tool: joining, leaving, and telling the members a new version."""

from __future__ import annotations

import time

from tui_installer.simulator.classic import ccs, cluster, cman_text, daemons, logs, paths
from tui_installer.simulator.classic.cluster import CONF, Conf, Node, conf
from tui_installer.simulator.classic.era import era
from tui_installer.simulator.classic.system import lookup
from tui_installer.simulator.conf import ConfError
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.world import Hang, World

NO_SOCKET = (
    "can't open cluster socket: Address family not supported by protocol\nThe cman kernel module may not be loaded"
)
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


# --- join


def _join(world: World, host: Machine, argv: tuple[str, ...], words: list[str], options: dict[str, str]) -> Answer:
    if cluster.cman(host):
        return _die(argv, "Node is already active")
    known, reason = _known(world, host)
    if known is None:
        return _die(argv, reason)
    node = cluster.own_node(host, known)
    reason = _unfit(host, known, node)
    if reason or node is None:
        return _die(argv, reason)
    _enter(world, host, known, node)
    if "w" not in options or cluster.cman(host):
        return 0, "", ""
    if "t" in options:
        return _die(argv, "Timed-out waiting for cluster", 2)
    raise Hang


def _known(world: World, host: Machine) -> tuple[Conf | None, str]:
    """cluster.conf as cman gets it: from ccsd, or from the file; or why it does not."""
    if era(host).family == "3.x":
        text = paths.text(host, CONF)
        try:
            return (conf(text), "") if text else (None, f"Unable to read {CONF}: No such file or directory")
        except ConfError as error:
            return None, f"Unable to parse {CONF}: {str(error).splitlines()[0]}"
    if host.data["ccsd"] is None and era(host).family == "2.x":
        return None, "ccsd is not running"
    found = ccs.connect(world, host)
    return found, "" if found else "cannot connect to ccs (name=none)"


def _unfit(host: Machine, known: Conf, node: Node | None) -> str:
    """Why this node cannot join with this file."""
    name, first = host.data["hostname"], era(host).family == "1.x"
    if node is None:
        return f'local node name "{name}" not found in cluster.conf'
    found = {address for address, _ in lookup(host, node.name)}
    if len(found) > 1:
        return f"node name {node.name} is ambiguous"
    if not found:
        return f"can't resolve node name {node.name}: Unknown host"
    if not first and not node.nodeid:
        return "CCS does not have a nodeid for this node, run 'ccs_tool addnodeids' to fix"
    if known.two_node and (len(known.nodes) != 2 or known.expected != 1):
        count = f"(node_count={len(known.nodes)} vote_sum={sum(each.votes for each in known.nodes)})"
        wants = "the two-node option requires exactly two nodes with one vote each and expected votes of 1"
        return f"{wants} {count}" if first else "two_node set but there are more than 2 nodes"
    if first and "cman" not in host.data["modules"]:
        return NO_SOCKET
    return ""


def _enter(world: World, host: Machine, known: Conf, node: Node) -> None:
    peers = [each for each in world.machines() if each.data["cman"] and cluster.hears(world, host, each)]
    if era(host).family == "1.x":
        logs.kernel(host, "CMAN: Waiting to join or form a Linux-cluster")
    reason = next((said for said in (_rejected(world, host, known, node, peer) for peer in peers) if said), "")
    if reason:
        for peer in peers:
            (
                logs.kernel(peer, f"CMAN: {reason}")
                if era(host).family == "1.x"
                else logs.syslog(peer, "openais", reason)
            )
        if era(host).family == "1.x":
            logs.kernel(host, "CMAN: sending membership request", "CMAN: Cluster membership rejected")
            host.data["cman_state"] = "Rejected"
            return
        peers = []  # later families stay alone, without quorum
    _admit(world, host, known, node, peers)


def _rejected(world: World, host: Machine, known: Conf, node: Node, peer: Machine) -> str:
    """Why a member refuses, in the words of its log; empty: it does not."""
    own, name = peer.data["cman"], host.data["hostname"]
    first = era(host).family == "1.x"
    used = {each.data["cman"]["nodeid"]: each.name for each in cluster.members(world, peer)}
    if own["cluster"] != known.name:
        if first:
            return f"attempt to join with cluster name '{known.name}' refused"
        return f"Node {node.nodeid} conflict, remote cluster name='{known.name}', local='{own['cluster']}'"
    if own["version"] != known.number:
        if first:
            return f"Join request from {name} rejected, config version local {own['version']} remote {known.number}"
        return f"Node {node.nodeid} conflict, remote config version id={known.number}, local={own['version']}"
    if own["two_node"] and len(used) >= 2:
        return f"Join request from {name} rejected, exceeds two node limit"
    if node.nodeid in used:
        return f"Join request from {name} rejected, node ID {node.nodeid} already in use by {used[node.nodeid]}"
    if not first and str(node.nodeid) not in own["seen"]:
        return f"Got node from AIS id {node.nodeid} with no CCS entry"
    return ""


def _admit(world: World, host: Machine, known: Conf, node: Node, peers: list[Machine]) -> None:
    first, others = era(host).family == "1.x", [peer.data["cman"] for peer in peers]
    seen = dict(others[0]["seen"]) if others else {str(each.nodeid): each.name for each in known.nodes if each.nodeid}
    free = next(each for each in range(1, 4097) if str(each) not in seen or seen[str(each)] == host.data["hostname"])
    nodeid = node.nodeid or free
    group = others[0]["group"] if others else world.state["cluster"]["next_group"]
    world.state["cluster"]["next_group"] = max(world.state["cluster"]["next_group"], group + 1)
    expected = max([known.votes, *(each["expected"] for each in others)])
    host.data["cman"] = {
        "cluster": known.name, "version": known.number, "group": group, "node": node.name, "nodeid": nodeid,
        "votes": node.votes, "expected": expected, "two_node": known.two_node, "blocked": False,
        "seen": seen | {str(nodeid): node.name}, "started": int(time.time()), "incarnation": 4 * (len(others) + 1),
    }  # fmt: skip
    for each in others:
        each["seen"] = each["seen"] | {str(nodeid): node.name}
        each["expected"] = expected  # the highest that anybody announces
    _announce(host, peers)
    if not first:
        daemons.begin(host, {"2.x": "aisexec", "3.x": "corosync"}[era(host).family])
    cluster.changed(world, f"{host.name} joined")


def _announce(host: Machine, peers: list[Machine]) -> None:
    if era(host).family != "1.x":
        logs.syslog(host, "openais", "[CMAN ] CMAN 2.0 (built) started")
        return
    if not peers:
        logs.kernel(host, "CMAN: forming a new cluster")
        return
    logs.kernel(host, "CMAN: sending membership request", *(f"CMAN: got node {peer.name}" for peer in peers))
    for peer in peers:
        logs.kernel(peer, f"CMAN: got node {host.name}")


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
    tell(world, host, int(options["r"]))
    return 0, "", ""


def tell(world: World, host: Machine, version: int) -> None:
    """All members take a version over: 1.x looks at nothing, 2.x asks its ccsd for the file."""
    for each in cluster.members(world, host):
        own, have = each.data["cman"], each.data["ccsd"] or {"version": 0, "text": ""}
        own["version"] = version
        if era(each).family == "1.x":
            continue
        own["blocked"] = have["version"] < version
        if own["blocked"]:
            logs.syslog(each, "openais", f"Can't read CCS to get updated config version {version}. "
                        "Activity suspended on this node")  # fmt: skip
        else:
            _reread(each, conf(have["text"]))
    cluster.changed(world, f"config version {version}")


def _reread(host: Machine, known: Conf) -> None:
    own = host.data["cman"]
    own.update(expected=known.votes, two_node=known.two_node)
    present = {each.data["cman"]["nodeid"] for each in cluster.members(host.world, host)}
    still = {key: name for key, name in own["seen"].items() if int(key) in present}
    own["seen"] = still | {str(node.nodeid): node.name for node in known.nodes if node.nodeid}


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
            _reread(each, there)
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
