"""Leaving, from today's files: out of the fence domain, out of the membership, and only then out of the nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tui_installer.formats.cluster_conf import ClusterConf, parse
from tui_installer.formats.cluster_conf_edit import remove_node, set_version
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.change import Change, Run, WriteFiles
from tui_installer.model.step import Problem
from tui_installer.model.text import count
from tui_installer.probes.rhcs.cluster import CONF
from tui_installer.steps.cluster.leaving import confirmed
from tui_installer.steps.cluster.rhcs import domain
from tui_installer.steps.cluster.rhcs.facts import ClusterAnswers, ClusterFacts, Member, fenced, newest
from tui_installer.steps.cluster.rhcs.joining import CMAN, tell, told, write
from tui_installer.steps.rhcs import etc_cluster
from tui_installer.steps.rhcs.release import Release

UNUSED = r"(?s)\A(?!.*(?:^DLM Lock Space|^dlm +\d|^dlm lockspaces))"
"""`cman_tool services` without a lockspace, in all three families."""


def listed_by(taken: Iterable[Change]) -> str:
    """The name of the node that these changes added to the members' configuration, and had them load; empty: none. A
    repair gives a file that is in force already, and has nobody load it."""
    edits = [each for change in taken if isinstance(change, WriteFiles) and change.then for each in change.edits]
    for each in edits:
        if each.path == CONF and each.host != "here" and each.before is not None and each.after is not None:
            added = _names(each.after) - _names(each.before)
            if added:
                return min(added)
    return ""


def _names(file: File) -> set[str]:
    try:
        return {node.name for node in parse(file.content).nodes}
    except FormatError:
        return set()


def against(facts: ClusterFacts, asked: Member | None, name: str, answers: ClusterAnswers) -> Iterator[Problem]:
    """Why this host must not leave now, or the name that must be typed."""
    conf = asked.conf if asked else None
    if asked is None or conf is None:
        text = "No other member can be asked: the nodes' list is changed there."
        yield Problem("cluster.leave-away", text, hint="Give the password at the first step, or bring them back first.")
        return
    if not (facts.here.joined or _lists(facts, name) or _unheard(facts, conf)):
        text = "This host is no node of a cluster that is known here: there is nothing to leave."
        yield Problem("cluster.not-a-node", text, hint="If members list it all the same: edit cluster.conf there.")
        return
    away = sorted(facts.here.present - {name} - {member.host for member in facts.members})
    if away:
        text = f"The nodes' list is changed for every member, and these are not logged in to: {', '.join(away)}."
        yield Problem("cluster.leave-away", text, hint="Give the password at the first step, or bring them back first.")
    if text := _lost(facts, conf):
        yield Problem("cluster.leave-quorum", text, hint="Bring the missing members back first.")
    yield from confirmed(conf.name, answers.confirm)


def _lost(facts: ClusterFacts, conf: ClusterConf) -> str:
    """That the others would have no quorum without this host, in words; empty: they would. cman's scripts leave with
    `remove`: then its votes are no more expected either."""
    status = facts.here.cluster.cman.status
    if status is None or not status.member:
        return ""
    own = status.node_votes or next((node.votes or 1 for node in conf.nodes if node.name == status.node), 1)
    left, needed = status.total_votes - own, 1 if conf.two_node else (status.expected_votes - own) // 2 + 1
    if left >= needed:
        return ""
    return f"Without this host {count(left, 'vote')} would be there, and {needed} would be needed: no quorum."


def missed(facts: ClusterFacts, conf: ClusterConf | None) -> Iterator[Problem]:
    """That those who stay would lose their quorum while this host is down."""
    others = len(facts.here.present) > 1
    if conf is not None and others and facts.here.quorate and (text := _lost(facts, conf)):
        hint = "Bring the missing members back first. Where all of them are to go down, accept it."
        yield Problem("cluster.shutdown-quorum", text, hint=hint, acceptable=True)


def removal(
    release: Release, facts: ClusterFacts, asked: Member | None, name: str, *, for_good: bool = False
) -> Iterator[Change]:
    """Take this host out, from today's files: cman first, in good order, and only then out of the nodes.

    Gone on with where it was cut off: the members' file may have lost this host while cman was not told yet.
    `for_good`: ccs as well, which without a cluster.conf does not come back with the next boot.
    """
    conf = asked.conf if asked else None
    if asked is None or conf is None or asked.cluster.file is None:
        return
    yield from out(release, facts, ccs=for_good)
    if _lists(facts, name):
        yield from _removed(release, facts, asked, name)
    elif _unheard(facts, conf):
        yield from told(release, facts, asked, conf.version)
    own = etc_cluster.edit("here", facts.mine.conf, facts.kept)
    if own.before != own.after:
        yield WriteFiles("Put back this host's own cluster.conf", (own,), left=True)


def _lists(facts: ClusterFacts, name: str) -> bool:
    """Whether a member's file has this host."""
    return any(member.conf and member.conf.node(name) for member in facts.members)


def _unheard(facts: ClusterFacts, conf: ClusterConf) -> bool:
    """Whether a member goes by an older file than there is."""
    return any(member.joined and member.version < conf.version for member in facts.members)


def out(release: Release, facts: ClusterFacts, *, ccs: bool) -> Iterator[Change]:
    """Out of the fence domain and the membership, in good order; the nodes' list stays. `ccs`: that as well."""
    if facts.here.joined or facts.here.busy:
        title, services = "See that no lockspace is in use here", ("cman_tool", "services")
        yield Run(title, "here", services, within=ends.UNUSED, expect=UNUSED, id="cluster:unused")
        yield from domain.leave(release, facts)
        stop = (f"/etc/init.d/{release.cman_script}", "stop")
        yield Run("Leave the cluster", "here", stop, within=ends.SERVICE, stops=CMAN)
    if ccs and release.ccs_script:
        yield Run("Stop ccs", "here", (f"/etc/init.d/{release.ccs_script}", "stop"), within=ends.SERVICE)


def _removed(release: Release, facts: ClusterFacts, asked: Member, name: str) -> Iterator[Change]:
    conf, file, version = asked.conf, asked.cluster.file, newest(facts) + 1
    if conf is None or file is None:
        return
    own = [device.name for device in conf.fencedevices if fenced(conf).users(device.name) == (name,)]
    content = remove_node(file.content, name, version, own) if conf.node(name) else set_version(file.content, version)
    title = "Remove this host from the nodes"
    if release.tells_members:
        yield write(title, (asked,), content, version, (tell(asked),))
        yield from told(release, facts, asked, version)
    else:
        yield write(title, facts.members, content, version, tuple(told(release, facts, asked, version)))
