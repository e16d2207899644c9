"""Membership under cman: this host is listed on a member, all members are told, and then it joins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from tui_installer.model.change import Change
from tui_installer.model.diagnosis import diagnosed
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step
from tui_installer.model.text import count
from tui_installer.model.view import View
from tui_installer.steps import subjects
from tui_installer.steps.cluster.facts import near
from tui_installer.steps.cluster.fencing import derived, suggested, wanted
from tui_installer.steps.cluster.rhcs import domain, joining, leaving, repair
from tui_installer.steps.cluster.rhcs import facts as seen
from tui_installer.steps.cluster.rhcs.causes import CAUSES
from tui_installer.steps.cluster.rhcs.explained import views
from tui_installer.steps.cluster.rhcs.facts import ClusterAnswers, ClusterFacts
from tui_installer.steps.cluster.rhcs.names import addresses, names
from tui_installer.steps.cluster.rhcs.problems import problems
from tui_installer.steps.rhcs.release import Release
from tui_installer.steps.rhcs.runlevels import link

__all__ = ["ClusterAnswers", "ClusterFacts", "ClusterStep"]


class ClusterStep(Step[ClusterFacts, ClusterAnswers]):
    """Lists this host in cluster.conf on a member, tells all members, and joins."""

    id, title = subjects.CLUSTER
    asks: ClassVar[type[ClusterAnswers]] = ClusterAnswers
    leaves: ClassVar[bool] = True
    shuts_down: ClassVar[bool] = True
    single_use: ClassVar[tuple[str, ...]] = ("confirm",)
    modules: ClassVar[tuple[str, ...]] = ("lock_dlm", "dlm", "configfs")

    def __init__(self, release: Release) -> None:
        self._release = release

    def probe(self, ctx: Context, site: Site, answers: ClusterAnswers) -> ClusterFacts:
        """See `Step.probe`: this host and every member, read afresh."""
        return seen.probe(ctx, site, answers)

    def with_defaults(self, facts: ClusterFacts, site: Site, answers: ClusterAnswers) -> ClusterAnswers:
        """This host's own entry if it has one; else what follows from the other nodes."""
        asked = seen.source(facts, site)
        conf = asked.conf if asked else None
        name = answers.name or seen.own_name(facts, site, conf)
        if conf is None:
            return replace(answers, name=name)
        own = conf.node(name)
        theirs = {address for node, address in addresses(facts).items() if node != name}
        address = answers.address or near(facts.interfaces, theirs)
        known = replace(
            answers,
            name=name,
            address=address,
            nodeid=answers.nodeid or (own.nodeid if own and own.nodeid else conf.free_nodeid()),
            votes=answers.votes or (own.votes if own and own.votes else seen.usual_votes(conf)),
        )
        fence = answers.fence or suggested(seen.fenced(conf), seen.asked(known))
        settings = answers.fence_settings or derived(seen.fenced(conf), replace(seen.asked(known), fence=fence))
        return replace(known, fence=fence, fence_settings=settings)

    def plan(self, facts: ClusterFacts, site: Site, answers: ClusterAnswers) -> Iterator[Change]:
        """See `Step.plan`: names, the members' files and their version, /etc/cluster here, ccs, cman, boot."""
        asked = seen.other(facts, site) or seen.source(facts, site)
        if asked is None or asked.conf is None or not (answers.name and answers.votes):
            return
        node = seen.wanted(answers, asked.conf, self._release.nodeid)
        member = seen.joined(facts, node.name)
        if answers.address:
            yield from names(facts, node.name, answers.address, alone=member)
        if member and repair.differs(facts):
            yield from repair.plan(facts)
        else:
            device = wanted(seen.fenced(asked.conf), seen.asked(answers)).device
            yield from joining.join(self._release, facts, asked, node, device)
        fence = self._release.fence_script if domain.members(facts) else ""
        for script in filter(None, (self._release.ccs_script, self._release.cman_script, fence)):
            yield from link(facts.boot, self._release.script(script))

    def problems(self, facts: ClusterFacts, site: Site, answers: ClusterAnswers) -> Iterator[Problem]:
        """See `Step.problems`."""
        yield from problems(self._release, facts, site, answers, tuple(self.plan(facts, site, answers)))

    def plan_removal(self, facts: ClusterFacts, site: Site, taken: tuple[Change, ...]) -> Iterator[Change]:
        """Cman here leaves in good order, then the members' files of that day lose this host."""
        if name := leaving.listed_by(taken):
            yield from leaving.removal(self._release, facts, seen.other(facts, site), name)

    def plan_leaving(self, facts: ClusterFacts, site: Site) -> Iterator[Change]:
        """See `Step.plan_leaving`: out of the fence domain, cman, ccs; then out of the nodes."""
        asked = seen.other(facts, site)
        name = seen.own_name(facts, site, asked.conf if asked else None)
        yield from leaving.removal(self._release, facts, asked, name, for_good=True)

    def against_leaving(self, facts: ClusterFacts, site: Site, answers: ClusterAnswers) -> Iterator[Problem]:
        """See `Step.against_leaving`."""
        asked = seen.other(facts, site)
        yield from leaving.against(facts, asked, seen.own_name(facts, site, asked.conf if asked else None), answers)

    def plan_shutdown(self, facts: ClusterFacts, site: Site) -> Iterator[Change]:
        """See `Step.plan_shutdown`: out of the fence domain, cman, ccs; the nodes' list is not touched."""
        yield from leaving.out(self._release, facts, ccs=True)

    def against_shutdown(self, facts: ClusterFacts, site: Site, answers: ClusterAnswers) -> Iterator[Problem]:
        """See `Step.against_shutdown`."""
        asked = seen.other(facts, site) or seen.source(facts, site)
        yield from leaving.missed(facts, asked.conf if asked else None)

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnosed(failure, self.id, CAUSES)

    def views(self) -> tuple[View, ...]:
        """What cman itself prints, with what it means."""
        return views()

    def shown(self, facts: ClusterFacts, site: Site) -> dict[str, str]:
        """See `Step.shown`."""
        asked = seen.source(facts, site)
        conf, status = asked.conf if asked else None, facts.here.cluster.cman.status
        member = status is not None and status.member
        return {
            "cluster": f"{conf.name}, configuration {conf.version}" if conf else "none",
            "nodes": ", ".join(node.name for node in conf.nodes) if conf else "none",
            "members": ", ".join(sorted(facts.here.present)) if member else "this host is not a member",
            "quorum": _quorum(facts) if member else "none",
            "versions": ", ".join(
                (f"this host {facts.here.version}", *(f"{m.host} {m.version}" for m in facts.members))
            ),
            "services": ", ".join(_service(facts)) or "none",
        }


def _quorum(facts: ClusterFacts) -> str:
    status = facts.here.cluster.cman.status
    if not status:
        return ""
    return f"{'yes' if status.quorate else 'NO'}, {status.total_votes} of {count(status.expected_votes, 'vote')}"


def _service(facts: ClusterFacts) -> Iterator[str]:
    for each in facts.here.cluster.cman.services:
        yield f"{each.kind} {each.name}{'' if each.healthy else f' ({each.state} {each.code})'}"
