"""What is said of fencing on today's stack, before and after the join."""

from __future__ import annotations

from collections.abc import Iterator

from tui_installer.model.step import Level, Problem
from tui_installer.model.text import host_name
from tui_installer.probes.cluster import Cluster
from tui_installer.probes.corosync_conf import Conf, Node
from tui_installer.steps.cluster.facts import ClusterAnswers, ClusterFacts
from tui_installer.steps.cluster.fence_lines import agentless, covered, lacking, listed, stale, told, wanted, works
from tui_installer.steps.cluster.fencing import Wanted

WITHOUT = "Or accept this: nobody can fence this host then, and that stays said."


def fence_problems(
    facts: ClusterFacts, source: Cluster, conf: Conf, node: Node, answers: ClusterAnswers, joined: bool
) -> Iterator[Problem]:
    """That there is none, that the hosts differ, that this host's lines lack or are not read yet, that dlm waits."""
    if facts.here.cluster.fencing and joined:
        text = "dlm waits for a host to be fenced; until then LVM stands still."
        hint = "Make sure by hand that the named node is off; then, by hand: dlm_tool fence_ack NODEID."
        yield Problem("cluster.fencing", text, facts.here.cluster.fencing, hint)
    hosts = facts.hosts if joined else facts.members
    if not any(works(each.cluster) for each in hosts) and not answers.fence_agent:
        text = "No fencing is configured: a host that dies freezes LVM on all until somebody acts."
        hint = "Give dlm.conf device and connect lines on all. Or accept this: it stays said."
        level: Level = "warn" if joined else "ask"
        yield Problem("cluster.no-fencing", text, hint=hint, level=level, acceptable=True, stays="no fencing")
        return
    if any(each.nodeid == node.nodeid and each.name != node.name for each in conf.nodes):
        return  # another number has to be chosen first
    yield from _differing(facts, node, joined)
    mine = listed(conf, node)
    ways = wanted(facts, source, answers, mine)
    yield from _unread(facts, ways, node, joined)
    yield from _agents(facts, source, ways, answers, joined)
    if joined:
        yield from _own(facts, source, node, answers)
    elif not mine and (hosts_of := stale(facts, source, answers)):
        text = (
            f"dlm.conf of {', '.join(hosts_of)} has lines for node id {node.nodeid} already, which are not as answered."
        )
        hint = "They may fence another machine. Answer them as they are if they are this host's; else another node id."
        yield Problem("cluster.fence-stale", text, hint=hint, field="nodeid")
    else:
        for lack in lacking(facts, source, answers, mine):
            hint = f"{lack.hint} {WITHOUT}"
            yield Problem("cluster.fence", lack.text, hint=hint, level="ask", field=lack.field, acceptable=True)


def _differing(facts: ClusterFacts, node: Node, joined: bool) -> Iterator[Problem]:
    """Whether the hosts' files say the same of the others. A newcomer takes a member's file over."""
    ways = [each for each in told(facts, node.nodeid) if joined or each.host != "here"]
    if len({each.words for each in ways}) < 2:
        return
    text = "The hosts differ in how they fence: who has no lines freezes LVM when a node dies or is away as it starts."
    lines = tuple(f"{'this host' if each.host == 'here' else each.host}: {each.words}" for each in ways)
    hint = "Make dlm.conf alike on all; a host reads it anew when dlm starts there. Or accept this: it stays said."
    level: Level = "warn" if joined else "ask"
    yield Problem("cluster.fencing-differs", text, lines, hint, level, acceptable=True, stays="fencing differs")


def _own(facts: ClusterFacts, source: Cluster, node: Node, answers: ClusterAnswers) -> Iterator[Problem]:
    """Whether every host can fence this one, and has read that."""
    without = [
        host_name(each.host)
        for each in facts.hosts
        if each.cluster.installed and not covered(each.cluster, node.nodeid)
    ]
    if without:
        text = f"dlm.conf of {', '.join(without)} has no way to fence {node.name}."
        found = next(iter(lacking(facts, source, answers, True)), None)
        more = f"{found.text} {found.hint}" if found else f"Its line: connect DEVICE node={node.nodeid} ..."
        yield Problem("cluster.fence-line", text, hint=more, level="warn", stays="no fencing of this host")


def _unread(facts: ClusterFacts, ways: Wanted, node: Node, joined: bool) -> Iterator[Problem]:
    """Members whose dlm has met this host's node id before: lines that they get now they read only when dlm starts."""
    if not ways.methods:
        return
    late = [host_name(each.host) for each in (*facts.members, *((facts.here,) if joined else ()))
            if node.nodeid in each.cluster.dlm_nodes and not covered(each.cluster, node.nodeid)]  # fmt: skip
    if late:
        text = f"dlm on {', '.join(late)} has met node {node.nodeid} before: it reads new lines at its next start only."
        hint = "Until then it cannot fence this host. Restart those hosts one after the other, when nothing runs there."
        yield Problem("cluster.fence-unread", text, hint=hint, level="warn")


def _agents(
    facts: ClusterFacts, source: Cluster, ways: Wanted, answers: ClusterAnswers, joined: bool
) -> Iterator[Problem]:
    """Hosts that could not fence this one for want of the agent; and a device that nobody has tried."""
    missing = {host_name(each.host): agentless(each, source, ways) for each in facts.hosts}
    if without := [f"{host} ({', '.join(agents)})" for host, agents in missing.items() if agents]:
        text = f"The fence agent is not installed on {', '.join(without)}: nobody is fenced from there."
        hint = (
            "There: apt-get install fence-agents (Debian 12), or fence-agents-NAME (13). Or accept this: it stays said."
        )
        level: Level = "warn" if joined else "ask"
        yield Problem("cluster.fence-agent", text, (), hint, level, acceptable=True, stays="fence agents missing")
    if answers.fence_untried and ways.methods:
        text = "Whether the fence device answers was not tried: that was answered."
        hint = "On each host: the agent's status action (echo action=status and its settings on its stdin)."
        yield Problem("cluster.fence-untried", text, hint=hint, level="warn", stays="fencing untried")
