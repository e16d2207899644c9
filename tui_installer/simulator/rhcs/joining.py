"""Joining a cluster: what this host knows, why it may not, and what the members say to it."""

from __future__ import annotations

import time

from tui_installer.simulator.conf import ConfError
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import ccs, cluster, daemons, logs, paths
from tui_installer.simulator.rhcs.cluster import CONF, Conf, Node, conf
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.rhcs.system import lookup
from tui_installer.simulator.world import World

NO_SOCKET = (
    "can't open cluster socket: Address family not supported by protocol\nThe cman kernel module may not be loaded"
)


def known(world: World, host: Machine) -> tuple[Conf | None, str]:
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


def unfit(host: Machine, known: Conf, node: Node | None) -> str:
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


def enter(world: World, host: Machine, known: Conf, node: Node) -> None:
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
        "at": cluster.address(host, node.name), "cluster": known.name, "version": known.number,
        "group": group, "node": node.name, "nodeid": nodeid,
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
