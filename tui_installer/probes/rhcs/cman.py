"""cman, the membership of Red Hat Cluster Suite: what `cman_tool` says in its three generations.

1.x prints /proc/cluster/{status,nodes,services}; 2.x and 3.x print what aisexec and corosync have, and services by
`group_tool ls` (3.x without groupd: `fence_tool ls` and `dlm_tool ls`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tui_installer.hosts.host import Host, HostError, Result
from tui_installer.probes.rhcs.cman_services import Service, parse_services

DEADLINE = 20.0
"""Seconds for a question to cman: it answers from memory or not at all."""


@dataclass(frozen=True, slots=True)
class Version:
    """What `cman_tool version` prints."""

    protocol: str
    """"5.0.1" (1.x), "6.1.0" (2.x), "6.2.0" (2.x, 3.x)."""
    config: int
    """The config_version that cman has now, whatever the file says."""


@dataclass(frozen=True, slots=True)
class Status:
    """What `cman_tool status` prints. A number that is not printed is 0, a word empty."""

    version: str
    config_version: int
    cluster: str
    cluster_id: int
    member: bool
    """"Cluster Member: Yes"; it is so too on a host that formed a cluster of its own."""
    state: str
    """Membership state, as in "Cluster-Member", "Join-Wait"."""
    nodes: int
    expected_votes: int
    total_votes: int
    quorum: int
    """Votes needed."""
    blocked: bool
    """Without quorum: "Activity blocked"."""
    subsystems: int
    flags: tuple[str, ...]
    ports: tuple[int, ...]
    """Bound ports: 11 is clvmd, 177 rgmanager. 1.x does not tell them."""
    node: str
    """Our own name."""
    nodeid: int
    addresses: tuple[str, ...]
    multicast: tuple[str, ...]
    node_votes: int
    device_votes: int
    """Votes of the quorum device."""

    @property
    def quorate(self) -> bool:
        """A member, and not blocked."""
        return self.member and not self.blocked

    @property
    def family(self) -> str:
        """ "1.x", "2.x" or "3.x": only 3.x prints "Node votes"."""
        if self.version.startswith("5."):
            return "1.x"
        return "3.x" if self.node_votes else "2.x"


@dataclass(frozen=True, slots=True)
class CmanNode:
    """A line of `cman_tool nodes`."""

    nodeid: int
    name: str
    state: str
    """"M" member, "J" joining, "X" dead, "d" disallowed."""
    votes: int
    """0 where it is not printed (2.x and 3.x)."""
    incarnation: int
    joined: str
    """"2008-12-15 13:53:25"; empty: never, or not printed."""

    @property
    def present(self) -> bool:
        """In the membership now."""
        return self.state == "M"


@dataclass(frozen=True, slots=True)
class Cman:
    """A host's part in the membership."""

    installed: bool
    status: Status | None
    """None: cman does not run."""
    nodes: tuple[CmanNode, ...]
    services: tuple[Service, ...]
    version: Version | None
    failure: tuple[str, ...]
    """cman_tool's words if it could not answer; empty: it could."""

    @property
    def running(self) -> bool:
        """Whether it answers at all."""
        return self.status is not None

    @property
    def present(self) -> frozenset[str]:
        """Names of those in the membership now."""
        return frozenset(node.name for node in self.nodes if node.present)


# --- what cman_tool prints


def parse_version(text: str) -> Version | None:
    """The one line of `cman_tool version`; None for any other text."""
    found = re.search(r"(?m)^(\d{1,9}\.\d{1,9}\.\d{1,9}) config (\d{1,18})\s*$", text)
    return Version(found[1], int(found[2])) if found else None


def parse_status(text: str) -> Status | None:
    """What `cman_tool status` printed; None if it is not that."""
    pairs = dict(_pairs(text))
    if "cluster member" not in pairs and "state" not in pairs:
        return None
    return Status(
        version=pairs.get("protocol version", pairs.get("version", "")),
        config_version=_number(pairs, "config version"),
        cluster=pairs.get("cluster name", ""),
        cluster_id=_number(pairs, "cluster id"),
        member=pairs.get("cluster member") == "Yes",
        state=pairs.get("membership state", pairs.get("state", "")),
        nodes=_number(pairs, "nodes"),
        expected_votes=_number(pairs, "expected votes"),
        total_votes=_number(pairs, "total votes"),
        quorum=_number(pairs, "quorum"),
        blocked="blocked" in pairs.get("quorum", ""),
        subsystems=_number(pairs, "active subsystems"),
        flags=tuple(pairs.get("flags", "").split()),
        ports=tuple(int(word) for word in re.findall(r"\b\d{1,9}\b", pairs.get("ports bound", ""))),
        node=pairs.get("node name", ""),
        nodeid=_number(pairs, "node id"),
        addresses=tuple(pairs.get("node addresses", "").split()),
        multicast=tuple(pairs.get("multicast addresses", "").split()),
        node_votes=_number(pairs, "node votes"),
        device_votes=_number(pairs, "quorum device votes"),
    )


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Keys in lower case with blanks ("Expected_votes" of 1.x is "Expected votes" of 2.x)."""
    for line in text.splitlines():
        line = line.removeprefix("Not a cluster member. ")
        key, colon, value = line.partition(":")
        if colon:
            yield key.strip().lower().replace("_", " "), value.strip()


def _number(pairs: dict[str, str], key: str) -> int:
    found = re.match(r"\d{1,18}\b", pairs.get(key, ""), re.ASCII)
    return int(found[0]) if found else 0


def parse_nodes(text: str) -> tuple[CmanNode, ...]:
    """The nodes that `cman_tool nodes` lists; none from any other text."""
    old = re.search(r"(?m)^Node +Votes +Exp +Sts +Name\s*$", text)
    return tuple(_old_nodes(text) if old else _new_nodes(text))


def _old_nodes(text: str) -> Iterator[CmanNode]:
    for row in re.finditer(r"(?m)^ *(\d{1,9}) +(\d{1,9}) +\d{1,9} +([A-Za-z?]) +(\S+) *$", text, re.ASCII):
        yield CmanNode(int(row[1]), row[4], row[3], int(row[2]), 0, "")


def _new_nodes(text: str) -> Iterator[CmanNode]:
    date = r"\d{4}-\d\d-\d\d +\d\d:\d\d:\d\d"
    for row in re.finditer(rf"(?m)^ *(\d{{1,9}}) +([A-Za-z?]) +(\d{{1,18}}) +({date})? +(\S+) *$", text, re.ASCII):
        yield CmanNode(int(row[1]), row[5], row[2], 0, int(row[3]), row[4] or "")


# --- looking


def probe(host: Host) -> Cman:
    """Look at a host. Raises `HostError`."""
    said = host.run("cman_tool", "status", within=DEADLINE)
    if said.end == "absent" or is_down(said):
        return Cman(said.end != "absent", None, (), (), None, said.said)
    status = parse_status(said.answer())
    if status is None:
        raise HostError("cman_tool status: its answer is not understood")
    return Cman(
        installed=True,
        status=status,
        nodes=parse_nodes(host.run("cman_tool", "nodes", within=DEADLINE).answer()),
        services=services(host),
        version=parse_version(host.run("cman_tool", "version", within=DEADLINE).answer()),
        failure=(),
    )


_DOWN = re.compile(r"(?i)can't (?:open|connect)|cannot open connection|not running")
"""cman_tool's words for a cman that does not run (1.03, 2.03, 3.0.12), and those of group_tool, which it calls."""


def is_down(said: Result) -> bool:
    """Whether cman_tool answered that cman does not run. An exit in silence says nothing."""
    return said.end == "exited" and said.code != 0 and _DOWN.search(said.out + said.err) is not None


def services(host: Host) -> tuple[Service, ...]:
    """What `cman_tool services` prints; none where there is no cman, or where it says that it does not run.

    It ends well where group_tool, which it calls, finds no groupd: under a cman that runs that tells nothing. Raises
    `HostError`.
    """
    said = host.run("cman_tool", "services", within=DEADLINE)
    if said.end == "absent" or is_down(said):
        return ()
    if "connect to groupd" in said.err:
        if is_down(host.run("cman_tool", "status", within=DEADLINE)):
            return ()
        raise HostError(f"cman_tool services: {said.said[0]}")
    return tuple(parse_services(said.answer()))


def in_fence_domain(host: Host) -> bool:
    """Whether a host takes part in the fence domain. Raises `HostError`."""
    return any(each.kind == "fence" for each in services(host))
