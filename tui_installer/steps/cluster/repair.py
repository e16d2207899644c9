"""A member whose files differ from what the cluster has in memory: what differs is said, and an old file is replaced.

Repairs are not joins: no vote and no entry of a node in the membership is touched, and nothing is reloaded. What the
running corosync has is right, for it was loaded; a file that is newer is somebody's edit that has not been loaded yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tui_installer.hosts.host import File
from tui_installer.model.change import Change, Edit, WriteFiles
from tui_installer.model.step import Problem
from tui_installer.probes.corosync_conf import CONF, Conf
from tui_installer.steps.cluster.facts import ClusterFacts, Member
from tui_installer.steps.cluster.joining import running


def is_own_vote(memory: Conf, conf: Conf, nodeid: int) -> bool:
    """Whether a file differs from memory by this host's own vote alone: the last stage of a join, cut off there."""

    def others(one: Conf) -> Conf:
        nodes = tuple(node for node in one.nodes if node.nodeid != nodeid)
        return replace(one, nodes=nodes, version=0, two_node=False, expected_votes=0)

    before, after = (next((n for n in one.nodes if n.nodeid == nodeid), None) for one in (memory, conf))
    if before is None or after is None or before.votes:
        return False
    return replace(before, votes=after.votes) == after and others(memory) == others(conf)


def outdated(facts: ClusterFacts, memory: Conf) -> tuple[Member, ...]:
    """The hosts whose file is older than what is in memory, or of another cluster."""
    return tuple(each for each in _hosts(facts) if _is_older(each, memory))


def _hosts(facts: ClusterFacts) -> tuple[Member, ...]:
    return (facts.here, *facts.members)


def _is_older(member: Member, memory: Conf) -> bool:
    conf = member.cluster.conf
    if conf is None:
        return member.cluster.file is None
    return conf.cluster != memory.cluster or conf.version < memory.version


def _is_current(member: Member, memory: Conf) -> bool:
    conf = member.cluster.conf
    return conf is not None and (conf.cluster, conf.version, set(conf.nodes)) == (
        memory.cluster, memory.version, set(memory.nodes)
    )  # fmt: skip


def plan(facts: ClusterFacts, memory: Conf) -> Iterator[Change]:
    """Deliver the file that is in force to those that have an older one; nothing if no host has it."""
    source = next((each.cluster.file for each in _hosts(facts) if _is_current(each, memory)), None)
    if source is None:
        return
    for member in outdated(facts, memory):
        old = member.cluster.file
        after = File(source.content) if old is None or old.link is not None else replace(old, content=source.content)
        where = "this host" if member.host == "here" else member.host
        yield WriteFiles(f"Give {where} the corosync.conf that is in force", (Edit(member.host, CONF, old, after),))


def problems(facts: ClusterFacts, memory: Conf, nodeid: int) -> Iterator[Problem]:
    """What no plan may mend: somebody's edit that is not loaded, or members that have loaded different things."""
    differing = [each.host for each in running(facts, memory) if _other(each.cluster.memory, memory)]
    if differing:
        text = f"The members have different configurations in memory; other than this host: {', '.join(differing)}."
        hint = "Make corosync.conf the same on all members, raise config_version, and reload with corosync-cfgtool -R."
        yield Problem("cluster.split", text, hint=hint)
        return
    for member in _hosts(facts):
        conf = member.cluster.conf
        where = "this host" if member.host == "here" else member.host
        if conf is None and member.cluster.file is not None:
            text = f"corosync.conf of {where} cannot be understood."
            yield Problem("cluster.versions", text, hint="Compare it with corosync.conf(5); mend it there.")
        elif conf is None or _is_older(member, memory) or _is_current(member, memory):
            continue
        elif not is_own_vote(memory, conf, nodeid):
            text = f"corosync.conf of {where} was edited and not loaded: version {conf.version}, {_what(conf, memory)}."
            hint = "Ask who edits it. Let it be finished (corosync-cfgtool -R) or put back; nothing is done until then."
            yield Problem("cluster.unfinished-edit", text, (f"in memory: version {memory.version}",), hint)
    if outdated(facts, memory) and not any(_is_current(each, memory) for each in _hosts(facts)):
        text = f"No file is the one that is in force: version {memory.version} is in memory alone."
        hint = "corosync-cmapctl shows it; write it as corosync.conf on a member first."
        yield Problem("cluster.file-lost", text, hint=hint)


def _other(memory: Conf | None, ours: Conf) -> bool:
    return memory is not None and (memory.version, set(memory.nodes)) != (ours.version, set(ours.nodes))


def _what(conf: Conf, memory: Conf) -> str:
    known, named = ({node.name for node in one.nodes} for one in (memory, conf))
    if known != named:
        return f"other nodes ({', '.join(sorted(known ^ named))})"
    return "other settings of nodes" if set(conf.nodes) != set(memory.nodes) else "the same nodes"
