"""What stands in the way of joining. Most of it matters only until this host is a member."""

from __future__ import annotations

from collections.abc import Iterator

from tui_installer.model.change import Change, WriteFiles, touches_members
from tui_installer.model.site import Site
from tui_installer.model.step import Problem
from tui_installer.model.text import count
from tui_installer.probes.cluster import Cluster
from tui_installer.probes.corosync_conf import Conf, Node
from tui_installer.steps.cluster import repair
from tui_installer.steps.cluster.facts import (
    ClusterAnswers,
    ClusterFacts,
    Member,
    in_force,
    links,
    own_entry,
    runs,
    wanted,
    witness,
)
from tui_installer.steps.cluster.fence_lines import works
from tui_installer.steps.cluster.fence_problems import fence_problems
from tui_installer.steps.cluster.leaving import confirmed
from tui_installer.steps.cluster.votes import lost_by_joining

OWNERS = {
    "pacemaker": "On a member: pcs cluster node add NAME, or here: crm cluster join. dlm and lvmlockd are its clones.",
    "proxmox": "Here: pvecm add ADDRESS-OF-A-MEMBER.",
    "ganeti": "On the master: gnt-node add NAME.",
    "xapi": "Here: xe pool-join master-address=ADDRESS.",
    "opennebula": "On the front end: onehost create NAME.",
    "incus": "Here: incus admin init, with a join token.",
}
CLOCK = 5.0
"""Seconds by which clocks may differ without a word."""


def nodeids(cluster: Cluster) -> frozenset[int]:
    """Who is in the membership, as this host sees it."""
    return frozenset(nodeid for nodeid, _, _ in cluster.quorum.members) if cluster.quorum else frozenset()


def joined(facts: ClusterFacts, conf: Conf, node: Node) -> bool:
    """Whether this host is in the membership."""
    return runs(facts.here, conf) and node.nodeid in nodeids(facts.here.cluster)


def problems(
    facts: ClusterFacts, site: Site, answers: ClusterAnswers, changes: tuple[Change, ...]
) -> Iterator[Problem]:
    """Everything, most fundamental first; `changes` are those of the plan."""
    source, conf = witness(facts, site), in_force(facts, site)
    found = tuple(_fundamental(facts, source, conf))
    if found or source is None or conf is None:
        yield from found
        return
    node = wanted(answers)
    yield from _stranded(facts.here.cluster)
    delivers = joined(facts, conf, node) and all(isinstance(each, WriteFiles) for each in changes)
    yield from _quorum(source.cluster, bool(changes) and delivers)
    if source.cluster.uidgid.refused and source is not facts.here:
        text = f"{source.host} has files in its corosync's folder that are not taken over."
        yield Problem("cluster.handed", text, source.cluster.uidgid.refused, "Look at them there.", "warn")
    touched = touches_members(changes)
    if joined(facts, conf, node) or repair.returning(facts, conf, node):
        yield from repair.key_problems(facts)
    if joined(facts, conf, node):
        yield from repair.problems(facts, conf, node.nodeid)
        if touched:
            yield from _members(facts, site, source.cluster, conf, node)
            yield from confirmed(conf.cluster, answers.confirm)
    else:
        taken = list(_entry(facts, conf, node))
        yield from _cluster(facts, site, source.cluster, conf, node)
        yield from taken or _answers(facts, source.cluster, conf, node, answers)
        if not taken and touched:
            yield from confirmed(conf.cluster, answers.confirm)
    yield from _down(facts, source.cluster, conf, node, answers)
    yield from fence_problems(facts, source.cluster, conf, node, answers, joined(facts, conf, node))
    yield from _warnings(site, conf, node)


def _fundamental(facts: ClusterFacts, source: Member | None, conf: Conf | None) -> Iterator[Problem]:
    owners = {each.manager: each.managed_by for each in (facts.here.cluster, *((source.cluster,) if source else ()))}
    for owner, why in owners.items():
        if owner in OWNERS:
            text = f"{owner} decides who is a member ({why})."
            yield Problem("cluster.managed", text, hint=OWNERS[owner])
            return
    if not facts.here.cluster.installed:
        yield Problem("cluster.not-installed", "corosync is not installed here.", hint="Apply the packages step first.")
    elif source is None:
        yield Problem("cluster.no-member", "No member can be asked.", hint="Name a member in the site step.")
    elif conf is None and source.cluster.file is not None and source.cluster.conf is None:
        text = f"corosync.conf of {source.host} cannot be understood."
        yield Problem("cluster.versions", text, hint="Compare it with corosync.conf(5); mend it on the members.")
    elif conf is None:
        text = f"{source.host} is in no cluster: it has Debian's default configuration, or none."
        yield Problem("cluster.not-a-cluster", text, hint="Name a host that is a member.")
    elif not conf.cluster:
        text = "The members' corosync.conf has no cluster_name: dlm needs one, and nothing could be typed to confirm."
        yield Problem("cluster.nameless", text, hint="Give the cluster a cluster_name in totem { } first.")
    elif not conf.nodes:
        text = "The members are not listed one by one (no nodelist)."
        yield Problem("cluster.no-nodelist", text, hint="Give the cluster a nodelist first; see corosync.conf(5).")
    elif nameless := [each.name for each in conf.nodes if not each.nodeid]:
        text = f"The members' corosync.conf gives {', '.join(nameless)} no nodeid: nobody could be told from another."
        yield Problem("cluster.no-nodeids", text, hint="Give each node a nodeid first; see corosync.conf(5).")
    elif conf.special:
        text = f"The cluster uses {', '.join(conf.special)}, which changes how votes count."
        yield Problem("cluster.special", text, hint="Joining such a cluster is not supported; add the node by hand.")


def _stranded(here: Cluster) -> Iterator[Problem]:
    """Lockspaces that outlived their daemon: a started one would have this host put out of the cluster."""
    if here.stranded:
        text = "dlm ended here under lockspaces, which the kernel still has: started again, it has this host put out."
        hint = "Bring its guests to an end as far as they answer, then restart this host: it joins again by itself."
        yield Problem("cluster.stranded", text, here.stranded, hint)


def _quorum(source: Cluster, delivers: bool) -> Iterator[Problem]:
    """`delivers`: the plan gives the file in force to members that stand still with an older one, and nothing else. It
    is what brings them back: corosync ends at its start beside others with another version (exec/cmap.c)."""
    if source.quorum is not None and source.quorum.quorate:
        return
    if delivers:
        text = "The cluster has no quorum: no more is changed now than the file that a stopped member starts with."
        yield Problem("cluster.inquorate", text, hint="Then start corosync there.", level="warn")
    else:
        text = "The cluster has no quorum: nothing may be changed now."
        yield Problem("cluster.inquorate", text, hint="Bring the missing members back first.")


def _cluster(facts: ClusterFacts, site: Site, source: Cluster, conf: Conf, node: Node) -> Iterator[Problem]:
    """Whether the members agree, and can all be changed."""
    different = [member.host for member in facts.members if _differs(member, conf, node)]
    if different:
        text = f"The members' nodes differ, on disk or in memory: {', '.join(different)}."
        hint = "Make corosync.conf the same on all members, raise config_version, and reload with corosync-cfgtool -R."
        yield Problem("cluster.split", text, hint=hint)
    yield from _members(facts, site, source, conf, node)


def _members(facts: ClusterFacts, site: Site, source: Cluster, conf: Conf, node: Node) -> Iterator[Problem]:
    """Whether the members can all be changed."""
    keys = {member.cluster.authkey.content for member in facts.members if member.cluster.authkey}
    if len(keys) > 1:
        yield Problem("cluster.key", "The members' authkey files differ.", hint="Copy one to all members first.")
    yield from _releases(facts)
    reached = {member.host for member in facts.members}
    for each in conf.nodes:
        if each.nodeid in nodeids(source) and each.name not in reached and each.nodeid != node.nodeid:
            said = next((peer.evidence for peer in site.peers if peer.name == each.name), ())
            text = f"{each.name} is a member, but cannot be logged in to: it would keep the old configuration."
            yield Problem("cluster.member-unreachable", text, said, "Make ssh to it work, or stop it in good order.")


def _differs(member: Member, conf: Conf, node: Node) -> bool:
    def others(one: Conf) -> tuple[str, frozenset[Node]]:
        return one.cluster, frozenset(each for each in one.nodes if each.nodeid != node.nodeid)

    seen = [each for each in (member.cluster.conf, member.cluster.memory) if each is not None]
    return member.cluster.conf is None or any(others(each) != others(conf) for each in seen)


def _releases(facts: ClusterFacts) -> Iterator[Problem]:
    own = _release(facts.here.cluster)
    for member in facts.members:
        theirs = _release(member.cluster)
        if own and theirs and own.split(".")[0] != theirs.split(".")[0]:
            text = f"corosync is {own} here and {theirs} on {member.host}: they do not understand each other."
            yield Problem("cluster.versions", text, hint="Install the same release here.")


def _release(cluster: Cluster) -> str:
    return dict(cluster.versions).get("corosync", "").split(":")[-1].split("-")[0]


def _entry(facts: ClusterFacts, conf: Conf, node: Node) -> Iterator[Problem]:
    """Whether somebody else has this name, an address, or the number."""
    own = own_entry(facts, conf)
    hint = "Choose another one; or remove the old entry from the members' corosync.conf if that host is gone for good."
    for each in conf.nodes:
        if own is not None and each.nodeid == own.nodeid and each.name == node.name:
            continue
        if each.name == node.name:
            yield Problem(
                "cluster.name-taken", f"A node called {node.name} is listed already.", hint=hint, field="name"
            )
        elif set(each.addresses) & set(node.addresses):
            yield Problem(
                "cluster.address-taken", f"{each.name} has an address of this host.", hint=hint, field="address"
            )
        elif each.nodeid == node.nodeid:
            yield Problem("cluster.nodeid-taken", f"{each.name} has node id {node.nodeid}.", hint=hint, field="nodeid")


def _answers(
    facts: ClusterFacts, source: Cluster, conf: Conf, node: Node, answers: ClusterAnswers
) -> Iterator[Problem]:
    ours = {address.split("/")[0] for each in facts.interfaces for address in each.addresses}
    if len(node.addresses) != links(conf):
        known = f"addresses of this host that are known: {len(node.addresses)}."
        text = f"The nodes have {count(links(conf), 'link')}; {known}"
        yield Problem("cluster.address", text, hint="Give one address a link, in the links' order.", level="ask")
    elif not set(node.addresses) <= ours:
        text = f"This host does not have {', '.join(sorted(set(node.addresses) - ours))}."
        yield Problem("cluster.address", text, hint="Give addresses that are on this host's interfaces.", level="ask")
    lost = lost_by_joining(conf, node, nodeids(source))
    if lost:
        text = f"The members would lose quorum: {lost}."
        yield Problem("cluster.votes", text, hint="Bring the missing members back before another host joins.")
    if answers.two_node and len(conf.nodes) < 2 and not works(source):
        text = "Two-node mode needs fencing, and none is configured."
        yield Problem("cluster.two-node", text, hint="Configure fencing in dlm.conf, or answer no.", level="ask")


def _down(facts: ClusterFacts, source: Cluster, conf: Conf, node: Node, answers: ClusterAnswers) -> Iterator[Problem]:
    """Nodes that are away: the file must come to them before they come back."""
    away = [each.name for each in conf.nodes if each.nodeid not in nodeids(source) and each.nodeid != node.nodeid]
    if not away or source.quorum is None:
        return
    code, text = "cluster.node-down", f"Not in the membership: {', '.join(away)}."
    if joined(facts, conf, node):
        old = [name for name in away if name not in {each.host for each in facts.members}]
        hint = (
            f"See that {', '.join(old)} has the members' corosync.conf before it starts."
            if old
            else ("Its corosync.conf is looked at, too: it is the one in force, or delivered from here.")
        )
        yield Problem(code, text, hint=hint, level="warn", stays=f"{', '.join(away)} is down")
        return
    hint = "Copy corosync.conf to it before it starts again. Accept this, or bring it back first."
    yield Problem(code, text, hint=hint, level="ask", acceptable=True)


def _warnings(site: Site, conf: Conf, node: Node) -> Iterator[Problem]:
    offset = site.here.offset - site.witness.system.offset if site.here and site.witness else 0.0
    if abs(offset) > CLOCK:
        text = f"The clock here is {abs(offset):.0f} s {'ahead of' if offset > 0 else 'behind'} the member's."
        yield Problem("cluster.clock", text, hint="Mend the time here; never step a member's clock.", level="warn")
    two = len({each.nodeid for each in conf.nodes} | {node.nodeid}) == 2
    if two and not conf.two_node:
        text = "With two nodes and without two-node mode: if either host stops, LVM stops on both."
        yield Problem("cluster.stop-both", text, hint="A third node, or fencing and two-node mode.", level="warn")
