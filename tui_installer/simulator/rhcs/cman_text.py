"""What cman shows: status, nodes and services of the three families."""

from __future__ import annotations

import time

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import cluster
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.world import World

PROTOCOLS = {"1.x": "5.0.1", "2.x": "6.1.0", "3.x": "6.2.0"}
SERVICES = "Service          Name                              GID LID State     Code\n"


def proc(world: World, host: Machine) -> dict[str, str]:
    """/proc/cluster of 1.x, while its module is loaded."""
    return {"status": status(world, host), "nodes": nodes(world, host), "services": services(world, host)}


def number(name: str) -> int:
    """A cluster's id, made of its name."""
    found = 0
    for letter in name.encode():
        found = (found << 1) + letter  # generate_cluster_id of cman's cmanconfig.c and cman-preconfig.c
    return found & 0xFFFF


def _wide(name: str) -> str:
    return f"239.192.{number(name) >> 8}.{number(name) % 255}"


def status(world: World, host: Machine) -> str:
    """`cman_tool status`."""
    own = cluster.cman(host)
    if era(host).family == "1.x":
        return _status1(world, host)
    assert own is not None
    votes = cluster.quorum(world, host)
    blocked = "" if cluster.quorate(world, host) else "Activity blocked"
    flags = ("2node " if own["two_node"] else "") + ("Dirty " if era(host).family == "2.x" else "")
    third = era(host).family == "3.x"
    ports = ("0 11 " if "clvmd" in host.data["lockspaces"] else "0 ") + ("" if third else " ")
    rows = [
        f"Version: {PROTOCOLS[era(host).family]}", f"Config Version: {own['version']}",
        f"Cluster Name: {own['cluster']}", f"Cluster Id: {number(own['cluster'])}", "Cluster Member: Yes",
        f"Cluster Generation: {world.state['history']['ring'] * 4}", "Membership state: Cluster-Member",
        f"Nodes: {votes['nodes']}", f"Expected votes: {votes['expected']}", f"Total votes: {votes['total']}",
        *([f"Node votes: {own['votes']}"] if third else []),
        f"Quorum: {votes['needed']} {blocked}" if blocked or third else f"Quorum: {votes['needed']}  ",
        f"Active subsystems: {cluster.subsystems(host)}", f"Flags: {flags}", f"Ports Bound: {ports}",
        f"Node name: {own['node']}", f"Node ID: {own['nodeid']}",
        f"Multicast addresses: {_wide(own['cluster'])} ", f"Node addresses: {cluster.address(host, own['node'])} ",
    ]  # fmt: skip
    return "".join(f"{row}\n" for row in rows)


def _status1(world: World, host: Machine) -> str:
    own = cluster.cman(host)
    text = (host.data["ccsd"] or {}).get("text", "")
    name, version = (own["cluster"], own["version"]) if own else (cluster.conf(text).name if text else "", 0)
    text = f"Protocol version: 5.0.1\nConfig version: {version}\nCluster name: {name}\nCluster ID: {number(name)}\n"
    text += f"Cluster Member: {'Yes' if own else 'No'}\n"
    text += f"Membership state: {'Cluster-Member' if own else host.data['cman_state']}\n"
    if own is None:
        return text
    votes = cluster.quorum(world, host)
    blocked = " " if cluster.quorate(world, host) else "Activity blocked"
    text += f"Nodes: {votes['nodes']}\nExpected_votes: {votes['expected']}\nTotal_votes: {votes['total']}\n"
    text += f"Quorum: {votes['needed']}  {blocked}\nActive subsystems: {cluster.subsystems(host)}\n"
    return text + f"Node name: {own['node']}\nNode addresses: {cluster.address(host, own['node'])}  \n\n"


def nodes(world: World, host: Machine) -> str:
    """`cman_tool nodes`."""
    own = cluster.cman(host)
    first = era(host).family == "1.x"
    text = "Node  Votes Exp Sts  Name\n" if first else "Node  Sts   Inc   Joined               Name\n"
    if own is None:
        return text
    expected = cluster.quorum(world, host)["expected"]
    present = {each.data["cman"]["nodeid"]: each for each in cluster.members(world, host)}
    for nodeid, name in sorted((int(key), value) for key, value in own["seen"].items()):
        there = nodeid in present
        if first:
            text += f"{nodeid:>4}    1    {expected}   {'M' if there else 'X'}   {name}\n"
            continue
        cman = present[nodeid].data["cman"] if there else {"started": 0, "incarnation": 0}
        joined = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(cman["started"])) if there else " " * 19
        text += f"{nodeid:>4}   {'M' if there else 'X'} {cman['incarnation']:>6}   {joined}  {name}\n"
    return text


def _joined(world: World, host: Machine, name: str) -> list[int]:
    """The node ids of those who take part in the fence domain, or in a lockspace."""
    return [
        each.data["cman"]["nodeid"]
        for each in cluster.members(world, host)
        if name in (each.data["joined"] if name == "fence" else each.data["lockspaces"])
    ]


def _groups(world: World, host: Machine) -> list[tuple[str, str, list[int]]]:
    """(kind, name, node ids) of what this host takes part in."""
    found = [("fence", "default", _joined(world, host, "fence"))] if "fence" in host.data["joined"] else []
    return found + [("dlm", name, _joined(world, host, name)) for name in host.data["lockspaces"]]


def services(world: World, host: Machine) -> str:
    """`cman_tool services`."""
    waits = bool(world.fault("fence-waiting"))
    match era(host).family:
        case "1.x":
            return SERVICES + "".join(
                _service1(at, *group, waits) for at, group in enumerate(_groups(world, host), 1)
            )  # fmt: skip
        case "2.x":
            head = "type             level name     id       state       \n"
            return head + "".join(_service2(*group, waits) for group in _groups(world, host))
    return "".join(_service3(*group, waits) for group in _groups(world, host))


def _service1(at: int, kind: str, name: str, ids: list[int], waits: bool) -> str:
    title = {"fence": "Fence Domain:", "dlm": "DLM Lock Space:"}[kind]
    quoted, state = f'"{name}"', "recover 2 -" if waits else "run       -"
    return f"{title:<16} {quoted:<33} {at:>3} {at + 1:>3} {state}\n[{' '.join(map(str, ids))}]\n\n"


def _service2(kind: str, name: str, ids: list[int], waits: bool) -> str:
    level, number_ = {"fence": (0, "00010001"), "dlm": (1, "00050001")}[kind]
    state = "FAIL_STOP_WAIT" if waits else "none"
    return f"{kind:<16} {level:<5} {name:<8} {number_} {state:<12}\n[{' '.join(map(str, ids))}]\n"


def _service3(kind: str, name: str, ids: list[int], waits: bool) -> str:
    members = "".join(f"{each} " for each in ids)
    if kind == "fence":
        victims = int(waits)
        return (
            f"fence domain\nmember count  {len(ids)}\nvictim count  {victims}\nvictim now    {victims}\n"
            f"master nodeid {ids[0] if ids else 0}\nwait state    {'fencing' if waits else 'none'}\n"
            f"members       {members}\n\n"
        )
    return (
        f"dlm lockspaces\nname          {name}\nid            0x4104eefa\nflags         0x00000000 \n"
        f"change        member {len(ids)} joined 1 remove 0 failed 0 seq 1,1\nmembers       {members}\n\n"
    )
