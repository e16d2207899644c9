"""What the cluster step asks, and what it sees."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tui_installer.formats.cluster_conf import ClusterConf, ClusterNode
from tui_installer.hosts.host import File, Host, Link, side_by_side
from tui_installer.model.answers import Secret, ask
from tui_installer.model.site import Site
from tui_installer.model.step import Context
from tui_installer.probes.rhcs import cluster, sysv
from tui_installer.probes.rhcs.cluster import CONF, RhcsCluster
from tui_installer.probes.rhcs.sysv import Sysv
from tui_installer.steps.cluster import fencing
from tui_installer.steps.cluster.fencing import Fenced, FenceQuery
from tui_installer.steps.rhcs import etc_cluster
from tui_installer.steps.rhcs.etc_cluster import Folder

BACKUP = f"{CONF}.before-joining"
"""Where the cluster.conf that was here before is kept, so that leaving can put it back."""
HOSTS = "/etc/hosts"
LOGS = ("/var/log/syslog", "/var/log/kern.log")
"""1.x is part of the kernel; what the kernel says may be in both."""
_TELLING = re.compile(
    r"Join request from|membership rejected|Node \d+ conflict|no CCS entry|forming a new cluster|"
    r"cluster infrastructure after|Can't read CCS|incompatible software|too many heartbeats"
)
"""What the daemons write to syslog when a join does not come true."""


@dataclass(frozen=True, slots=True)
class ClusterAnswers:
    """What is asked before joining."""

    name: str = ask("Node name", "Under which name this host is listed; it must be its host name, short or full.")
    address: str = ask("Address", "This host's address in the members' network; its name must lead there.")
    nodeid: int = ask("Node id", "A number that no other node has; where the release wants one.", default=0)
    votes: int = ask("Votes", "Votes of this host; as many as the others have.", default=0)
    fence: str = ask("Fence device", "One that the others share; or a new name for this host's own.")
    fence_settings: tuple[str, ...] = ask(
        "Fence settings", "What devices need to know of this host: port=7, or apc1/port=7 where several do.", default=()
    )
    fence_agent: str = ask("Own device: agent", "Of this host's own fence device, as in fence_ipmilan.")
    fence_address: str = ask("Own device: address", "Of its management board or switch, never the host's own.")
    fence_login: str = ask("Own device: login", "")
    fence_password: Secret = ask("Own device: password", "", default=Secret())
    confirm: str = ask("Cluster's name", "Type it to confirm that the members are to be changed.")
    accept: tuple[str, ...] = ask("Accept", "Codes of problems that are accepted.", default=())


@dataclass(frozen=True, slots=True)
class Member:
    """A host of the cluster as it is now; "here" is this one."""

    host: str
    cluster: RhcsCluster
    hosts: File | None
    """/etc/hosts."""
    resolves: Mapping[str, str]
    """name -> where it leads, of the nodes and of this host; one that leads nowhere is not there."""
    said: tuple[str, ...] = ()
    """Lines of its syslog that tell why a join does not come true."""

    @property
    def conf(self) -> ClusterConf | None:
        """Its cluster.conf, understood."""
        return self.cluster.conf

    @property
    def version(self) -> int:
        """The config_version that cman has; 0: it does not run."""
        return self.cluster.cman.version.config if self.cluster.cman.version else 0

    @property
    def joined(self) -> bool:
        """In some cluster, be it one of its own. The module of 1.x answers before anybody has joined."""
        status = self.cluster.cman.status
        return status is not None and status.member

    @property
    def busy(self) -> bool:
        """cman does something, and has not come to an end with it: joining, rejected, leaving."""
        status = self.cluster.cman.status
        return status is not None and not status.member and status.state not in ("", "Not-in-Cluster")

    @property
    def quorate(self) -> bool:
        """A member of a cluster that is not blocked."""
        status = self.cluster.cman.status
        return status is not None and status.quorate

    @property
    def present(self) -> frozenset[str]:
        """Whom it sees in the membership now."""
        return self.cluster.cman.present


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """This host and the members, read afresh."""

    here: Member
    members: tuple[Member, ...]
    """The others that were logged in to."""
    interfaces: tuple[Link, ...]
    mine: Folder
    theirs: Folder | None
    """/etc/cluster of the member that is believed."""
    kept: File | None
    """The cluster.conf from before joining, see `BACKUP`."""
    boot: Sysv
    """The runlevel links here."""

    @property
    def hosts(self) -> tuple[Member, ...]:
        """This host, then the members that were logged in to."""
        return (self.here, *self.members)


def probe(ctx: Context, site: Site, answers: ClusterAnswers) -> ClusterFacts:
    """Look at this host and at every member that can be reached. Raises `HostError`."""
    own = site.witness.name if site.itself and site.witness else ""
    others = {name: host for name, host in ctx.members.items() if name != own and host is not ctx.here}
    asked = site.witness.name if site.witness and site.witness.name in others else ""
    names = dict.fromkeys((*(peer.name for peer in site.peers), answers.name or hostname(site)))

    def look(named: tuple[str, Host]) -> Member:
        return _member(*named, tuple(names), silent=site.itself)

    here, *members = side_by_side(look, (("here", ctx.here), *others.items()))
    return ClusterFacts(
        here=here,
        members=tuple(members),
        interfaces=ctx.here.links(),
        mine=etc_cluster.probe("here", ctx.here),
        theirs=etc_cluster.probe(asked, others[asked]) if asked else None,
        kept=ctx.here.read(BACKUP),
        boot=sysv.probe(ctx.here),
    )


def hostname(site: Site) -> str:
    """This host's own name."""
    return site.here.hostname.split(".")[0] if site.here else ""


def _member(name: str, host: Host, names: tuple[str, ...], silent: bool) -> Member:
    said = () if silent else parse_log(host.run("tail", "-n", "200", *LOGS, within=20).out)
    resolves = parse_resolved(host.run("getent", "hosts", *filter(None, names), within=30).answer(0, 2), names)
    return Member(name, cluster.probe(host), host.read(HOSTS), resolves, said)


def parse_log(text: str) -> tuple[str, ...]:
    """The newest lines of a syslog that tell why a join does not come true; at most four."""
    return tuple(dict.fromkeys(line for line in text.splitlines() if _TELLING.search(line)))[-4:]


def parse_resolved(text: str, names: tuple[str, ...]) -> dict[str, str]:
    """name -> address, from the lines that `getent hosts` printed: an address and its names."""
    rows = [line.split() for line in text.splitlines() if line.split()]
    found = ((name, row[0]) for name in names for row in rows if name in row[1:])
    return dict(reversed(list(found)))


def source(facts: ClusterFacts, site: Site) -> Member | None:
    """The member that is believed: this host if it is one already; None if no member can be asked."""
    name = site.witness.name if site.witness else ""
    return facts.here if site.itself else next((each for each in facts.members if each.host == name), None)


def other(facts: ClusterFacts, site: Site) -> Member | None:
    """A member beside this host, on which the cluster's configuration is changed."""
    believed = source(facts, site)
    return believed if believed is not facts.here else next(iter(facts.members), None)


def joined(facts: ClusterFacts, name: str) -> bool:
    """Whether this host is in a quorate cluster with a member, if any can be asked; see `apart` for the others."""
    running = [member for member in facts.members if member.joined]
    met = [member for member in running if member.host in facts.here.present and name in member.present]
    return facts.here.quorate and name in facts.here.present and bool(met or not running)


def apart(facts: ClusterFacts, name: str) -> tuple[str, ...]:
    """The members that run cman, and do not see this host, or are not seen by it."""
    running = [member for member in facts.members if member.joined]
    return tuple(each.host for each in running if each.host not in facts.here.present or name not in each.present)


def newest(facts: ClusterFacts) -> int:
    """The highest config_version that any host has, on disk or in memory."""
    on_disk = (each.conf.version for each in facts.hosts if each.conf)
    return max([0, *(each.version for each in facts.hosts), *on_disk])


# --- this host's entry


def wanted(answers: ClusterAnswers, conf: ClusterConf, nodeid: bool) -> ClusterNode:
    """This host's entry as it is to be. `nodeid`: the release wants one; cman 1.x would hand out the highest and one
    more, which may be that of a node that is away, so where the others have one, so has this host."""
    methods = fencing.wanted(fenced(conf), asked(answers)).methods
    silent = answers.votes == 1 and all(node.votes is None for node in conf.nodes)  # as the others: 1 if not written
    numbered = nodeid or any(node.nodeid for node in conf.nodes)
    return ClusterNode(answers.name, None if silent else answers.votes, answers.nodeid if numbered else None, methods)


def fenced(conf: ClusterConf) -> Fenced:
    """How the nodes are fenced."""
    return Fenced(conf.fencedevices, {node.name: node.fence for node in conf.nodes})


def asked(answers: ClusterAnswers) -> FenceQuery:
    """What was answered about this host's fencing."""
    return FenceQuery(
        answers.name,
        answers.name,
        answers.address,
        answers.fence,
        answers.fence_settings,
        answers.fence_agent,
        answers.fence_address,
        answers.fence_login,
        answers.fence_password,
    )


def usual_votes(conf: ClusterConf) -> int:
    """How many votes most nodes have."""
    votes = [1 if node.votes is None else node.votes for node in conf.nodes]
    return max(set(votes), key=votes.count) if votes else 1


def own_name(facts: ClusterFacts, site: Site, conf: ClusterConf | None) -> str:
    """The name under which this host is listed, or is to be: cman's own, else its host name, full or short."""
    status = facts.here.cluster.cman.status
    full = site.here.hostname if site.here else ""
    listed = next((node.name for node in (conf.nodes if conf else ()) if node.name in (full, hostname(site))), "")
    return (status.node if status else "") or listed or hostname(site)
