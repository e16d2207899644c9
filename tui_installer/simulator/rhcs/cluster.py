"""The cluster: cluster.conf as cman reads it, who is a member with whom, and whether votes suffice."""

from __future__ import annotations

import xml.etree.ElementTree as xml
from dataclasses import dataclass
from typing import Any

from tui_installer.simulator import harm, net
from tui_installer.simulator.conf import ConfError
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import logs
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.rhcs.system import lookup
from tui_installer.simulator.world import World

CONF = "/etc/cluster/cluster.conf"
Cman = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Node:
    """A clusternode."""

    name: str
    nodeid: int
    """0: not written."""
    votes: int
    fence: tuple[tuple[str, str], ...]
    """Attributes of its first device."""


@dataclass(frozen=True, slots=True)
class Conf:
    """A cluster.conf."""

    name: str
    version: str
    """As it is written; empty: not at all."""
    nodes: tuple[Node, ...]
    two_node: bool
    expected: int
    devices: tuple[tuple[str, str], ...]
    """Fence devices: (name, agent)."""

    @property
    def number(self) -> int:
        """config_version; 0 if it is none."""
        return int(self.version) if self.version.isdigit() else 0

    @property
    def votes(self) -> int:
        """expected_votes, or the sum of all nodes' votes."""
        return self.expected or sum(node.votes for node in self.nodes)


def conf(text: str, path: str = CONF) -> Conf:
    """Read a cluster.conf. Raises ConfError with libxml's words."""
    try:
        root = xml.fromstring(text.encode("utf-8", "surrogateescape"))
    except xml.ParseError as error:
        line = error.position[0]
        raise ConfError(f"{path}:{line}: parser error : Couldn't find end of Start Tag cluster line 1\n\n^") from error
    cman = root.find("cman")
    settings = {} if cman is None else cman.attrib
    return Conf(
        root.get("name", ""), root.get("config_version", ""), tuple(_node(each) for each in root.iter("clusternode")),
        settings.get("two_node") == "1", int(settings.get("expected_votes", "0")),
        tuple((each.get("name", ""), each.get("agent", "")) for each in root.iter("fencedevice")),
    )  # fmt: skip


def _node(element: xml.Element) -> Node:
    device = next(element.iter("device"), None)
    attributes = {} if device is None else device.attrib
    nodeid, votes = int(element.get("nodeid", "0")), int(element.get("votes", "1"))
    return Node(element.get("name", ""), nodeid, votes, tuple(attributes.items()))


def own_node(host: Machine, known: Conf) -> Node | None:
    """Our own entry: the one named as the host, or one whose short form is."""
    name = host.data["hostname"]
    return next((node for node in known.nodes if node.name.partition(".")[0] == name.partition(".")[0]), None)


def address(host: Machine, name: str) -> str:
    """Where cman of this host is, by its node's name; empty: it cannot be resolved."""
    found = lookup(host, name)
    return found[0][0] if found else ""


def hears(world: World, host: Machine, other: Machine) -> bool:
    """Whether what `other` broadcasts reaches `host`, and the other way round."""
    apart = world.fault("cluster-filtered") or ()
    ends = [(cman(each) or {}).get("at") or address(each, each.data["hostname"]) for each in (host, other)]
    if {host.name, other.name} & set(apart) or not all(ends) or any(end.startswith("127.") for end in ends):
        return False
    return net.reaches(world, host, ends[1]) and net.reaches(world, other, ends[0])


def cman(host: Machine) -> Cman | None:
    """What cman has in memory; None: it is no member of anything."""
    found: Cman | None = host.data["cman"]
    return found


def members(world: World, host: Machine) -> list[Machine]:
    """The membership that a host is in, itself included, by node id."""
    own = cman(host)
    if own is None:
        return []
    found = []
    for other in world.machines():
        theirs = cman(other)
        if theirs and theirs["group"] == own["group"] and (other.name == host.name or hears(world, host, other)):
            found.append(other)
    return sorted(found, key=lambda each: each.data["cman"]["nodeid"])


def quorum(world: World, host: Machine) -> dict[str, int]:
    """Expected and total votes, and how many are needed. The host must be in a cluster."""
    own = cman(host)
    assert own is not None
    present = [each.data["cman"] for each in members(world, host)]
    expected = max(each["expected"] for each in present)
    total = sum(each["votes"] for each in present)
    needed = 1 if own["two_node"] else expected // 2 + 1
    return {"expected": expected, "total": total, "needed": needed, "nodes": len(present)}


def quorate(world: World, host: Machine) -> bool:
    """Whether a host is in a cluster that may work."""
    own = cman(host)
    if own is None or own["blocked"]:
        return False
    found = quorum(world, host)
    return found["total"] >= found["needed"] and host.name not in (world.fault("inquorate") or ())


def changed(world: World, why: str) -> None:
    """The membership may have changed: note every member that is without quorum now."""
    world.state["history"]["ring"] += 4
    for host in world.machines():
        if host.name in world.state["members"] and not quorate(world, host):
            world.inquorate_moments.append({"at": world.now, "host": host.name, "why": why})


def subsystems(host: Machine) -> int:
    """What keeps the cluster busy on a host: each may forbid to leave."""
    own = len(host.data["lockspaces"]) + int("fence" in host.data["joined"])
    return own if era(host).family == "1.x" else own + {"2.x": 7, "3.x": 7}[era(host).family]


def tell(world: World, host: Machine, version: int) -> None:
    """All members take a version over: 1.x looks at nothing, 2.x asks its ccsd for the file."""
    for each in members(world, host):
        own, have = each.data["cman"], each.data["ccsd"] or {"version": 0, "text": ""}
        own["version"] = version
        if era(each).family == "1.x":
            continue
        own["blocked"] = have["version"] < version
        if own["blocked"]:
            logs.syslog(each, "openais", f"Can't read CCS to get updated config version {version}. "
                        "Activity suspended on this node")  # fmt: skip
        else:
            reread(each, conf(have["text"]))
    changed(world, f"config version {version}")


def reread(host: Machine, known: Conf) -> None:
    """This host's cman takes over what that cluster.conf says of votes and nodes."""
    own = host.data["cman"]
    listed = next((node.votes for node in known.nodes if node.name == own["node"]), 0)
    harm.votes(host.world, host, own["votes"], listed)
    own.update(expected=known.votes, two_node=known.two_node)
    present = {each.data["cman"]["nodeid"] for each in members(host.world, host)}
    still = {key: name for key, name in own["seen"].items() if int(key) in present}
    own["seen"] = still | {str(node.nodeid): node.name for node in known.nodes if node.nodeid}
