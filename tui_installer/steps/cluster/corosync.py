"""Membership: this host joins the cluster without costing the members their quorum, and can leave it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.change import Change, Run, Stops
from tui_installer.model.diagnosis import diagnosed
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step
from tui_installer.model.text import count
from tui_installer.model.view import View
from tui_installer.probes.cluster import Quorum
from tui_installer.probes.corosync_conf import Conf, Node, parse_conf
from tui_installer.steps import subjects
from tui_installer.steps.cluster import facts as seen
from tui_installer.steps.cluster import fence_lines, hand_over, joining, leaving, repair
from tui_installer.steps.cluster.causes import CAUSES
from tui_installer.steps.cluster.facts import ClusterAnswers, ClusterFacts, Member
from tui_installer.steps.cluster.fencing import suggested
from tui_installer.steps.cluster.problems import joined, problems

__all__ = ["ClusterAnswers", "ClusterFacts", "ClusterStep"]


class ClusterStep(Step[ClusterFacts, ClusterAnswers]):
    """Make this host a member, in the order that keeps the others quorate."""

    id, title = subjects.CLUSTER
    asks: ClassVar[type[ClusterAnswers]] = ClusterAnswers
    leaves: ClassVar[bool] = True
    single_use: ClassVar[tuple[str, ...]] = ("confirm",)
    modules: ClassVar[tuple[str, ...]] = ("dlm", "configfs")

    def probe(self, ctx: Context, site: Site, answers: ClusterAnswers) -> ClusterFacts:
        """See `Step.probe`: this host and every member, read afresh."""
        return seen.probe(ctx, site)

    def with_defaults(self, facts: ClusterFacts, site: Site, answers: ClusterAnswers) -> ClusterAnswers:
        """This host's own entry if it has one; else a free number, and addresses near the others."""
        conf = seen.in_force(facts, site)
        name = answers.name or (site.here.hostname if site.here else "")
        if conf is None:
            return replace(answers, name=name)
        own = seen.own_entry(facts, conf)
        free = max((node.nodeid for node in conf.nodes), default=0) + 1
        known = replace(
            answers,
            name=answers.name or (own.name if own else name),
            address=answers.address or (own.addresses if own else seen.addresses(facts.interfaces, conf)),
            nodeid=answers.nodeid or (own.nodeid if own else free),
            votes=answers.votes or (own.votes if own else 0) or seen.usual_votes(conf),
            two_node=conf.two_node if answers.two_node is None else answers.two_node,
        )
        source = seen.witness(facts, site)
        if source is None or answers.fence:
            return known
        return replace(known, fence=suggested(fence_lines.model(facts, source.cluster), fence_lines.asked(known)))

    def plan(self, facts: ClusterFacts, site: Site, answers: ClusterAnswers) -> Iterator[Change]:
        """See `Step.plan`: hand over, list without a vote, start, give the vote, start dlm."""
        source = seen.witness(facts, site)
        conf, node = seen.in_force(facts, site), seen.wanted(answers)
        if source is None or conf is None or not (node.name and node.addresses and node.nodeid and node.votes):
            return
        member = joined(facts, conf, node) or repair.returning(facts, conf, node)
        yield from repair.key(facts) if member else _prepare(facts, source, conf, node)
        if member and repair.outdated(facts, conf):
            yield from repair.plan(facts, conf)
            yield from joining.start(facts, conf, node)
        else:
            yield from _join(facts, source, conf, node, answers)
        yield from joining.dlm(facts, conf, node)

    def problems(self, facts: ClusterFacts, site: Site, answers: ClusterAnswers) -> Iterator[Problem]:
        """See `Step.problems`."""
        yield from problems(facts, site, answers, tuple(self.plan(facts, site, answers)))

    def plan_removal(self, facts: ClusterFacts, site: Site, taken: tuple[Change, ...]) -> Iterator[Change]:
        """See `Step.plan_removal`: the members' files of that day lose this host, after its daemons are stopped."""
        yield from leaving.removal(facts, taken)

    def plan_leaving(self, facts: ClusterFacts, site: Site) -> Iterator[Change]:
        """See `Step.plan_leaving`."""
        if conf := leaving.listing(facts, seen.in_force(facts, site)):
            yield from leaving.leave(facts, conf)

    def against_leaving(self, facts: ClusterFacts, site: Site, answers: ClusterAnswers) -> Iterator[Problem]:
        """See `Step.against_leaving`."""
        yield from leaving.against(facts, leaving.listing(facts, seen.in_force(facts, site)), answers)

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnosed(failure, self.id, CAUSES)

    def views(self) -> tuple[View, ...]:
        """Membership and lockspaces as the daemons themselves print them."""
        return (
            View("corosync-quorumtool -s", lambda host: host.run("corosync-quorumtool", "-s", within=20).out),
            View("dlm_tool ls", lambda host: host.run("dlm_tool", "ls", within=20).out),
        )

    def shown(self, facts: ClusterFacts, site: Site) -> dict[str, str]:
        """See `Step.shown`."""
        conf = seen.in_force(facts, site)
        here = facts.here.cluster
        member = conf is not None and seen.runs(facts.here, conf)
        quorum = here.quorum if member else None
        return {
            "cluster": conf.cluster if conf else "none",
            "nodes": ", ".join(f"{node.name} ({node.nodeid})" for node in conf.nodes) if conf else "none",
            "members": ", ".join(name for _, _, name in quorum.members) if quorum else "this host is not a member",
            "quorum": _quorum(quorum) if quorum else "none",
            "dlm": ", ".join(here.fencing) or ("runs" if here.dlm_running and member else "does not run"),
            "fencing": "; ".join(f"{each.host}: {each.words}" for each in fence_lines.told(facts, 0)) or "none",
        }


def _quorum(quorum: Quorum) -> str:
    return f"{'yes' if quorum.quorate else 'NO'}, {quorum.total} of {count(quorum.expected, 'vote')}"


def _prepare(facts: ClusterFacts, source: Member, conf: Conf, node: Node) -> Iterator[Change]:
    """What has to be there before any member is changed."""
    units = facts.here.cluster.active
    own = seen.configuration(facts.here)
    if units and not seen.runs(facts.here, conf) and (own is None or own.cluster != conf.cluster):
        start = Run("Start what ran before", "here", ("systemctl", "start", *reversed(units)), within=ends.SERVICE)
        stop = ("systemctl", "stop", *units)
        stops = (Stops("daemon", tuple(unit.removesuffix(".service") for unit in units)),)
        title = "Stop the unconfigured cluster of one"
        yield Run(title, "here", stop, within=ends.SERVICE, undo=(start,), stops=stops)
    if source.host != "here":
        yield from hand_over.names(facts, conf, node)
        yield from hand_over.material(facts, source.cluster)


def _join(facts: ClusterFacts, source: Member, conf: Conf, node: Node, answers: ClusterAnswers) -> Iterator[Change]:
    two_node = answers.two_node
    first = joining.now(facts, conf, source.cluster)
    listed = joining.listed(first, node, two_node)
    old = joining.on_disk(facts)
    stale = any(_stale(member, node) for member in joining.running(facts, conf))
    owed = listed is not first or (stale and joining.alike(listed))
    reload = joining.reload(facts, conf, listed.version, node) if owed else ()
    if listed is not first or _unlike(old, listed):
        yield joining.write("List this host without a vote", old, listed, reload)
        old = {host: _as_written(old[host], listed.files.get(host)) for host in old}
    else:
        yield from reload
    yield from fence_lines.plan(facts, source, conf, node, answers, joined(facts, conf, node))
    yield from joining.start(facts, conf, node)
    voting = joining.voting(listed, node, two_node)
    if voting is not listed:
        last = parse_conf(voting.files["here"])
        waits = joining.expected(facts, conf, last.expected_votes or last.votes)
        reload = joining.reload(facts, conf, voting.version, node, "here")
        yield joining.write("Give this host its vote", old, voting, (*reload, *waits))


def _unlike(old: dict[str, File | None], stage: joining.Stage) -> bool:
    """Whether some host has no such file yet."""
    return any((file := old[host]) is None or file.content != content for host, content in stage.files.items())


def _as_written(old: File | None, content: bytes | None) -> File | None:
    if content is None:
        return old
    return replace(old, content=content) if old is not None and old.link is None else File(content)


def _stale(member: Member, node: Node) -> bool:
    """Whether its memory is not what its file says."""
    conf, memory = member.cluster.conf, member.cluster.memory
    if conf is None or memory is None:
        return False
    return conf.version != memory.version or all(each.nodeid != node.nodeid for each in memory.nodes)
