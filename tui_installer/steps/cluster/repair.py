"""A member whose files differ from what the cluster has in memory: what differs is said, and an old file is replaced.

Repairs are not joins: no vote and no entry of a node in the membership is touched, and nothing is reloaded. What the
running corosync has is right, for it was loaded; a file that is newer is somebody's edit that has not been loaded yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from tui_installer.hosts.host import File
from tui_installer.model.change import Change, Edit, WriteFiles
from tui_installer.model.step import Problem
from tui_installer.model.text import host_name
from tui_installer.probes.cluster import AUTHKEY
from tui_installer.probes.corosync_conf import CONF, Conf, Node
from tui_installer.steps.cluster.facts import ClusterFacts, Member, configuration
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


def returning(facts: ClusterFacts, conf: Conf, node: Node) -> bool:
    """Whether this host is a node of the cluster that only does not run now: it starts again, and joins nothing."""
    own = configuration(facts.here)
    listed = any((each.nodeid, each.name) == (node.nodeid, node.name) and each.votes for each in conf.nodes)
    return listed and own is not None and own.cluster == conf.cluster


def odd_keys(facts: ClusterFacts) -> tuple[str, ...]:
    """The hosts whose authkey is another than that of most, or that have none; empty: all have the same."""
    keys = {each.host: each.cluster.authkey.content if each.cluster.authkey else b"" for each in facts.hosts}
    usual, count = Counter(keys.values()).most_common(1)[0]
    return tuple(host for host, key in keys.items() if key != usual) if count * 2 > len(keys) else tuple(keys)


def key(facts: ClusterFacts) -> Iterator[Change]:
    """The members' authkey for this host: the running corosync keeps the one that it started with."""
    if odd_keys(facts) != ("here",):
        return
    theirs = facts.members[0].cluster.authkey
    if theirs is not None and theirs.link is None:
        edit = Edit("here", AUTHKEY, facts.here.cluster.authkey, File(theirs.content, 0o400), mask="all")
        yield WriteFiles("Give this host the members' authkey", (edit,), left=True)


def key_problems(facts: ClusterFacts) -> Iterator[Problem]:
    """Keys that differ: nobody notices before the next start of that host's corosync."""
    if odd := odd_keys(facts):
        names = ", ".join(map(host_name, odd))
        text = f"The authkey of {names} differs from the others': at its next start corosync there will not be let in."
        hint = (
            "It is written again from the members'." if odd == ("here",) else "Copy it there from a member that is in."
        )
        yield Problem("cluster.key", text, hint=hint, level="warn", stays=f"authkey of {names}")


def outdated(facts: ClusterFacts, memory: Conf) -> tuple[Member, ...]:
    """The hosts whose file is older than what is in memory, or of another cluster."""
    return tuple(each for each in facts.hosts if _is_older(each, memory))


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
    """Deliver the file that is in force to those that have an older one; nothing if no host has it.

    Nobody is given the older one back: what becomes of the file later is for leaving to say.
    """
    source = next((each.cluster.file for each in facts.hosts if _is_current(each, memory)), None)
    if source is None:
        return
    for member in outdated(facts, memory):
        old = member.cluster.file
        after = File(source.content) if old is None or old.link is not None else replace(old, content=source.content)
        where = host_name(member.host)
        edits = (Edit(member.host, CONF, old, after),)
        yield WriteFiles(f"Give {where} the corosync.conf that is in force", edits, left=True)


def problems(facts: ClusterFacts, memory: Conf, nodeid: int) -> Iterator[Problem]:
    """What no plan may mend: somebody's edit that is not loaded, or members that have loaded different things."""
    differing = [each.host for each in running(facts, memory) if _other(each.cluster.memory, memory)]
    if differing:
        text = f"The members have different configurations in memory; other than this host: {', '.join(differing)}."
        hint = "Make corosync.conf the same on all members, raise config_version, and reload with corosync-cfgtool -R."
        yield Problem("cluster.split", text, hint=hint)
        return
    unseen = [each.host for each in running(facts, memory) if nodeid not in _seen(each)]
    if unseen:
        text = f"{', '.join(unseen)} and this host do not see each other, and both run corosync for {memory.cluster}."
        hint = "A network between them is cut: see corosync-cfgtool -n on each. Nothing is changed until they have met."
        yield Problem("cluster.cut-off", text, hint=hint)
    for member in facts.hosts:
        conf = member.cluster.conf
        where = host_name(member.host)
        if conf is None and member.cluster.file is not None:
            text = f"corosync.conf of {where} cannot be understood."
            yield Problem("cluster.versions", text, hint="Compare it with corosync.conf(5); mend it there.")
        elif conf is None or _is_older(member, memory) or _is_current(member, memory):
            continue
        elif not is_own_vote(memory, conf, nodeid):
            text = f"corosync.conf of {where} was edited and not loaded: version {conf.version}, {_what(conf, memory)}."
            hint = "Ask who edits it. Let it be finished (corosync-cfgtool -R) or put back; nothing is done until then."
            yield Problem("cluster.unfinished-edit", text, (f"in memory: version {memory.version}",), hint)
    if outdated(facts, memory) and not any(_is_current(each, memory) for each in facts.hosts):
        text = f"No file is the one that is in force: version {memory.version} is in memory alone."
        hint = "corosync-cmapctl shows it; write it as corosync.conf on a member first."
        yield Problem("cluster.file-lost", text, hint=hint)


def _seen(member: Member) -> tuple[int, ...]:
    """Whom it sees in the membership."""
    return tuple(nodeid for nodeid, _, _ in member.cluster.quorum.members) if member.cluster.quorum else ()


def _other(memory: Conf | None, ours: Conf) -> bool:
    return memory is not None and (memory.version, set(memory.nodes)) != (ours.version, set(ours.nodes))


def _what(conf: Conf, memory: Conf) -> str:
    known, named = ({node.name for node in one.nodes} for one in (memory, conf))
    if known != named:
        return f"other nodes ({', '.join(sorted(known ^ named))})"
    return "other settings of nodes" if set(conf.nodes) != set(memory.nodes) else "the same nodes"
