"""What stands in the way of joining. Most of it matters only until this host is a member."""

from __future__ import annotations

from collections.abc import Iterator

from tui_installer.formats.cluster_conf import ClusterConf, ClusterNode
from tui_installer.model.change import Change, touches_members
from tui_installer.model.site import Site
from tui_installer.model.step import Level, Problem
from tui_installer.probes.rhcs.cman import Version
from tui_installer.steps.cluster.fencing import lacking
from tui_installer.steps.cluster.leaving import confirmed
from tui_installer.steps.cluster.rhcs import domain, repair
from tui_installer.steps.cluster.rhcs.facts import (
    ClusterAnswers,
    ClusterFacts,
    Member,
    fenced,
    joined,
    source,
    wanted,
)
from tui_installer.steps.cluster.rhcs.facts import asked as asked_of
from tui_installer.steps.cluster.rhcs.fence_problems import fencing
from tui_installer.steps.cluster.rhcs.names import addresses
from tui_installer.steps.rhcs.release import Release, unfit

LONGEST = 15
"""Characters of a cluster's name: cman keeps 16 with the end mark."""
SPECIAL = "quorum disks, other transports and additional names are not handled; add the node by hand."


def problems(
    release: Release, facts: ClusterFacts, site: Site, answers: ClusterAnswers, changes: tuple[Change, ...]
) -> Iterator[Problem]:
    """Everything, most fundamental first; `changes` are those of the plan."""
    asked, found = source(facts, site), (*unfit(site.here), *_fundamental(facts, source(facts, site)))
    conf = asked.conf if asked else None
    if found or asked is None or conf is None:
        yield from found
        return
    node = wanted(answers, conf, release.nodeid)
    yield from _quorum(asked)
    member, touched = joined(facts, node.name), touches_members(changes)
    if not member:
        yield from _cluster(release, facts, asked, conf, node)
    if touched or not member:
        yield from _unreachable(facts, site, asked, node)
    if member:
        yield from repair.problems(facts, node.name)
    else:
        taken = tuple(_taken(facts, asked, conf, node, answers))
        yield from taken
        if not taken and conf.node(node.name) is None:
            yield from _answers(facts, asked, conf, node, answers)
            yield from _domains(conf, node)
        yield from _said(facts, node)
    if touched:
        yield from confirmed(conf.name, answers.confirm)
    yield from _down(release, asked, conf, node, answers)
    yield from fencing(release, conf, facts, node)
    yield from domain.problems(release, facts, node)


def _fundamental(facts: ClusterFacts, asked: Member | None) -> Iterator[Problem]:
    if not facts.here.cluster.cman.installed:
        yield Problem("cluster.not-installed", "cman is not installed here.", hint="Apply the packages step first.")
    elif asked is None:
        yield Problem("cluster.no-member", "No member can be asked.", hint="Name a member in the site step.")
    elif asked.cluster.file is None:
        text = f"{asked.host} is in no cluster: it has no cluster.conf."
        yield Problem("cluster.not-a-cluster", text, hint="Name a host that is a member.")
    elif (conf := asked.conf) is None:
        hint = "Mend it on the members: see cluster.conf(5)."
        text = f"cluster.conf of {asked.host} cannot be edited."
        yield Problem("cluster.conf-refused", text, (asked.cluster.refusal,), hint)
    elif asked is facts.here:  # it is a member: what stands in the way of joining is past
        return
    elif len(conf.name) > LONGEST:
        text = f"The cluster's name has {len(conf.name)} characters: {conf.name}. cman takes {LONGEST}."
        yield Problem("cluster.name-long", text, hint="Name the cluster anew, with all its hosts stopped.")
    elif conf.special:
        text = f"The cluster uses {', '.join(conf.special)}."
        yield Problem("cluster.special", text, hint=SPECIAL)


def _quorum(asked: Member) -> Iterator[Problem]:
    if not asked.joined and (waits := _lines(asked, "cluster infrastructure after")):
        text = f"ccsd runs on {asked.host}, and waits for cman: that host is in no cluster now."
        yield Problem("cluster.inquorate", text, waits[-1:], "Start it there: /etc/init.d/cman start; then plan again.")
    elif not asked.quorate:
        where = "This host" if asked.host == "here" else asked.host
        text = f"{where} has no quorum: nothing may be changed now."
        words = asked.cluster.cman.failure
        yield Problem("cluster.inquorate", text, words, "Bring the missing members back first: cman_tool status.")


def _lines(member: Member, words: str) -> tuple[str, ...]:
    """Lines of a host's syslog."""
    return tuple(line for line in member.said if words in line)


def _cluster(
    release: Release, facts: ClusterFacts, asked: Member, conf: ClusterConf, node: ClusterNode
) -> Iterator[Problem]:
    """Whether the members agree."""
    families = {member.host: _family(member.cluster.cman.version) for member in facts.members}
    if foreign := [host for host, family in families.items() if family not in ("", release.family[0])]:
        text = f"{', '.join(foreign)} runs another generation of cman than this host ({release.family})."
        yield Problem("cluster.family", text, hint="They cannot form one cluster: all hosts need the same release.")
    if different := [member.host for member in facts.members if _differs(member, conf, node)]:
        text = f"The members' cluster.conf differ: {', '.join(different)} has other nodes than {asked.host}."
        hint = "Make it the same on all, raise config_version, then ccs_tool update and cman_tool version -r."
        yield Problem("cluster.split", text, hint=hint)


def _unreachable(facts: ClusterFacts, site: Site, asked: Member, node: ClusterNode) -> Iterator[Problem]:
    """Whether they can all be asked."""
    reached = {member.host for member in facts.members} | {node.name}
    for name in sorted(asked.present - reached):
        said = next((peer.evidence for peer in site.peers if peer.name == name), ())
        text = f"{name} is a member, but cannot be logged in to: nobody could see whether it takes the change."
        yield Problem("cluster.member-unreachable", text, said, "Make ssh to it work, or stop it in good order.")


def _family(version: Version | None) -> str:
    """1 for the kernel's cman (protocol 5), else unknown: 2.x and 3.x print the same protocol."""
    return "1" if version and version.protocol.startswith("5.") else ""


def _differs(member: Member, conf: ClusterConf, node: ClusterNode) -> bool:
    if member.conf is None:
        return True
    mine, theirs = ({each for each in one.nodes if each.name != node.name} for one in (conf, member.conf))
    return (member.conf.name, theirs) != (conf.name, mine)


def _taken(
    facts: ClusterFacts, asked: Member, conf: ClusterConf, node: ClusterNode, answers: ClusterAnswers
) -> Iterator[Problem]:
    """Whether name, number or address are somebody else's, and whether there is room for one more."""
    if conf.two_node and conf.node(node.name) is None and len(conf.nodes) >= 2:
        text = 'The cluster has two_node="1": cman lets no third node in.'
        hint = "Take the cluster down, remove two_node and expected_votes, raise config_version; then it can grow."
        yield Problem("cluster.two-node-limit", text, hint=hint)
    if node.name in asked.present:
        text = f"{node.name} is a member already, and it is not this host."
        yield Problem("cluster.name-taken", text, hint="Give this host another name.", field="name")
    holder = next((each.name for each in conf.nodes if node.nodeid and each.nodeid == node.nodeid), node.name)
    if holder != node.name:
        text = f"{holder} has the node id {node.nodeid}."
        yield Problem("cluster.nodeid-taken", text, hint="Choose a free number.", field="nodeid")
    own = addresses(facts)
    if user := next(
        (each.name for each in conf.nodes if each.name != node.name and own.get(each.name) == answers.address), ""
    ):
        text = f"{user} has the address {answers.address}."
        yield Problem("cluster.address-taken", text, hint="Choose one of this host's own addresses.", field="address")


def _answers(
    facts: ClusterFacts, asked: Member, conf: ClusterConf, node: ClusterNode, answers: ClusterAnswers
) -> Iterator[Problem]:
    mine = {address.split("/")[0] for each in facts.interfaces for address in each.addresses}
    if answers.address not in mine:
        what = f"{answers.address} is not an address of this host." if answers.address else "No address was found."
        yield Problem(
            "cluster.address", what, hint="Choose one of this host's addresses.", level="ask", field="address"
        )
    yield from _votes(asked, conf, node)
    yield from _fence(conf, node, answers)


def _votes(asked: Member, conf: ClusterConf, node: ClusterNode) -> Iterator[Problem]:
    """The votes of the members must reach what is needed once this host is listed and not there yet."""
    if conf.expected_votes and not conf.two_node:
        text = f"cluster.conf fixes expected_votes at {conf.expected_votes}: it would be wrong with one node more."
        hint = "Remove expected_votes on the members first: the sum of the votes then counts."
        yield Problem("cluster.expected-votes", text, hint=hint)
        return
    votes = {each.name: 1 if each.votes is None else each.votes for each in conf.nodes}
    there = sum(votes.get(name, 0) for name in asked.present)
    needed = (sum(votes.values()) + (1 if node.votes is None else node.votes)) // 2 + 1
    if there < needed and not conf.two_node:
        text = f"Once this host is listed, {needed} votes are needed, and {there} would be there: no quorum."
        yield Problem("cluster.votes", text, hint="Bring the missing members back before another host joins.")


def _fence(conf: ClusterConf, node: ClusterNode, answers: ClusterAnswers) -> Iterator[Problem]:
    """What lacks before the others could fence this host; who accepts it does without, and that stays said."""
    if all(not each.fence for each in conf.nodes if each.name != node.name) and not answers.fence:
        return
    for lack in lacking(fenced(conf), asked_of(answers)):
        hint = f"{lack.hint} Or accept this: nobody can fence this host then."
        yield Problem("cluster.fence", lack.text, hint=hint, level="ask", field=lack.field, acceptable=True)


def _domains(conf: ClusterConf, node: ClusterNode) -> Iterator[Problem]:
    """A failover domain lists its nodes; who joins is in none."""
    if conf.failover_domains:
        text = f"{node.name} is in none of rgmanager's failover domains: {', '.join(conf.failover_domains)}."
        hint = "Their services do not come here, unless somebody adds a <failoverdomainnode> for it on a member."
        yield Problem("cluster.failover-domains", text, hint=hint, level="warn")


def _said(facts: ClusterFacts, node: ClusterNode) -> Iterator[Problem]:
    """What went wrong before, by the words of the daemons; the plan mends it."""
    here, members = facts.here, [each for each in facts.members if each.joined]
    refused = tuple(line for each in members for line in each.said if node.name in line and "reject" in line)
    if here.joined and members and not any(each.host in here.present for each in members):
        text = "cman runs here, but alone: it found no member and formed a cluster of its own."
        hint = "It is left first. A firewall, another VLAN, or a name that leads to 127.0.1.1 may be the cause."
        yield Problem("cluster.own-cluster", text, here.said, hint, "warn")
    elif refused and node.name not in {name for each in members for name in each.present}:
        text = "The members did not let this host in."
        hint = "They work with one config_version, this host with another: both are told anew, then it joins again."
        yield Problem("cluster.rejected", text, refused[-2:], hint, "warn")
    if lost := tuple(line for each in members for line in _lines(each, "too many heartbeats")):
        text = "The members have lost a host for want of heartbeats: under load they come late."
        hint = "If it was up: raise /proc/cluster/config/cman/deadnode_timeout (21 seconds) on all hosts."
        yield Problem("cluster.heartbeats", text, lost[-2:], hint, "warn")


def _down(
    release: Release, asked: Member, conf: ClusterConf, node: ClusterNode, answers: ClusterAnswers
) -> Iterator[Problem]:
    """Nodes that are away. ccsd gives them the new file when they come back; without ccsd somebody has to."""
    away = [each.name for each in conf.nodes if each.name not in {*asked.present, node.name}]
    if not away or not asked.quorate:
        return
    text, calm = f"Not in the membership: {', '.join(away)}.", node.name in asked.present
    stays = f"{', '.join(away)} is down" if calm else ""
    if release.tells_members:
        hint = "It takes the new cluster.conf from the members when its ccsd starts."
        yield Problem("cluster.node-down", text, hint=hint, level="warn", stays=stays)
        return
    hint = "Copy cluster.conf to it before it starts again. Accept this, or bring it back first."
    if calm:
        hint = "Its cluster.conf is looked at, too, where ssh logs in there; else see that it has the members' first."
    level: Level = "warn" if calm else "ask"
    yield Problem("cluster.node-down", text, hint=hint, level=level, acceptable=True, stays=stays)
