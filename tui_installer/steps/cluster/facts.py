"""What the cluster step asks, and what it sees."""

from __future__ import annotations

import ipaddress
from collections import Counter
from dataclasses import dataclass

from tui_installer.hosts.host import File, Host, Link, side_by_side
from tui_installer.model.answers import Secret, ask
from tui_installer.model.site import Site
from tui_installer.model.step import Context
from tui_installer.probes import cluster
from tui_installer.probes.cluster import Cluster
from tui_installer.probes.corosync_conf import CONF, Conf, Node, is_default

BACKUP = f"{CONF}.before-joining"
"""Where the configuration that was here before is kept, so that leaving can put it back."""
THEIRS = f"{BACKUP}-members"
"""Where the members' configuration from then is kept: what joining changed in it besides the nodes can be undone."""
HOSTS = "/etc/hosts"
AGENTS = "/usr/sbin/fence_*"


@dataclass(frozen=True, slots=True)
class ClusterAnswers:
    """What is asked before joining."""

    name: str = ask("Node name", "Under which name this host is listed; its host name if left open.")
    address: tuple[str, ...] = ask("Addresses", "This host's address on each link, in the links' order.", default=())
    nodeid: int = ask("Node id", "A number that no other node has.", default=0)
    votes: int = ask("Votes", "Votes of this host; as many as the others have.", default=0)
    two_node: bool | None = ask(
        "Two-node mode", "With exactly two nodes, one may go on alone. Needs fencing that works.", default=None
    )
    fence: str = ask("Fence device", "One that the others share; or a new name for this host's own.")
    fence_settings: tuple[str, ...] = ask(
        "Fence settings",
        "What devices need to know of this host: port=7, or apc:1/port=7 where several do.",
        default=(),
    )
    fence_agent: str = ask("Own device: agent", "Of this host's own fence device, as in fence_ipmilan.")
    fence_address: str = ask("Own device: address", "Of its management board or switch, never the host's own.")
    fence_login: str = ask("Own device: login", "")
    fence_password: Secret = ask("Own device: password", "", default=Secret())
    fence_untried: bool | None = ask(
        "Leave device untried", "Yes: no host asks it for its status before the join.", default=None
    )
    confirm: str = ask("Cluster's name", "Type it to confirm that the members are to be changed.")
    accept: tuple[str, ...] = ask("Accept", "Codes of problems that are accepted.", default=())


@dataclass(frozen=True, slots=True)
class Member:
    """A host of the cluster as it is now; "here" is this one."""

    host: str
    cluster: Cluster
    hosts: File | None
    """/etc/hosts."""
    agents: tuple[str, ...] = ()
    """Names of the fence agents that are installed: "fence_ipmilan"."""


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """This host and the members, read afresh."""

    here: Member
    members: tuple[Member, ...]
    """The others that were logged in to."""
    interfaces: tuple[Link, ...]
    """This host's."""
    kept: File | None
    """The configuration from before joining, see `BACKUP`."""
    theirs: File | None
    """The members' configuration from then, see `THEIRS`."""
    dlm_module: bool
    """Whether the kernel has dlm loaded."""

    @property
    def hosts(self) -> tuple[Member, ...]:
        """This host, then the members that were logged in to."""
        return (self.here, *self.members)


def probe(ctx: Context, site: Site) -> ClusterFacts:
    """Look at this host and at every member that can be reached. Raises `HostError`."""
    own = site.witness.name if site.itself and site.witness else ""
    others = [(name, host) for name, host in ctx.members.items() if name != own and host is not ctx.here]
    here, *members = side_by_side(_member, (("here", ctx.here), *others))
    return ClusterFacts(
        here=here,
        members=tuple(members),
        interfaces=ctx.here.links(),
        kept=ctx.here.read(BACKUP),
        theirs=ctx.here.read(THEIRS),
        dlm_module=b"\ndlm " in b"\n" + (modules.content if (modules := ctx.here.read("/proc/modules")) else b""),
    )


def _member(named: tuple[str, Host]) -> Member:
    name, host = named
    agents = tuple(path.rpartition("/")[2] for path in host.list(AGENTS))
    return Member(name, cluster.probe(host), host.read(HOSTS), agents)


def witness(facts: ClusterFacts, site: Site) -> Member | None:
    """The member that is believed: this host if it is one already; None if no member can be asked."""
    if site.itself:
        return facts.here
    name = site.witness.name if site.witness else ""
    return next((member for member in facts.members if member.host == name), None)


def configuration(member: Member | None) -> Conf | None:
    """What a member's file says, unless that is Debian's default."""
    conf = member.cluster.conf if member else None
    return None if conf is None or is_default(conf) else conf


def in_force(facts: ClusterFacts, site: Site) -> Conf | None:
    """The cluster's configuration: of a member what it runs with, whatever its file says; else the witness' file."""
    here = facts.here.cluster
    if here.memory is None or here.quorum is None or is_default(here.memory):
        return configuration(witness(facts, site))
    listed = any(node.nodeid == here.quorum.local for node in here.memory.nodes)
    return here.memory if listed else configuration(witness(facts, site))


def runs(member: Member, conf: Conf) -> bool:
    """Whether corosync runs there, for this cluster."""
    memory = member.cluster.memory
    return memory is not None and memory.cluster == conf.cluster and not is_default(memory)


def own_entry(facts: ClusterFacts, conf: Conf) -> Node | None:
    """This host's entry: the one that runs here, else the one whose addresses are all here."""
    quorum = facts.here.cluster.quorum
    if quorum is not None and runs(facts.here, conf):
        return next((node for node in conf.nodes if node.nodeid == quorum.local), None)
    ours = {address.split("/")[0] for each in facts.interfaces for address in each.addresses}
    return next((node for node in conf.nodes if node.addresses and set(node.addresses) <= ours), None)


def links(conf: Conf) -> int:
    """How many links the nodes have."""
    return max((len(node.addresses) for node in conf.nodes), default=0)


def addresses(own: tuple[Link, ...], conf: Conf) -> tuple[str, ...]:
    """This host's address on each link: the one in the subnet of the other nodes; as far as one is found."""
    found = []
    for link in range(links(conf)):
        theirs = {node.addresses[link] for node in conf.nodes if len(node.addresses) > link}
        one = near(own, theirs)
        if not one:
            break
        found.append(one)
    return tuple(found)


def near(own: tuple[Link, ...], theirs: set[str]) -> str:
    """An address of ours whose subnet holds all of theirs that are numbers; the one with the default route first."""
    known = {ip for ip in map(_ip, theirs) if ip is not None}
    ordered = sorted(own, key=lambda each: each.gateway is None)
    for interface in (ipaddress.ip_interface(text) for each in ordered for text in each.addresses):
        if known and all(ip in interface.network for ip in known):
            return str(interface.ip)
    return ""


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def usual_votes(conf: Conf) -> int:
    """How many votes most nodes have, not counting those that are silent."""
    votes = Counter(node.votes for node in conf.nodes if node.votes)
    return votes.most_common(1)[0][0] if votes else 1


def wanted(answers: ClusterAnswers) -> Node:
    """This host's entry as it is to be in the end."""
    return Node(answers.nodeid, answers.name, answers.address, answers.votes)
