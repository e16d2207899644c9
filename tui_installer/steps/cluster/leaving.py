"""Leaving, from today's files: lose the vote, stop dlm, stop corosync, and only then be removed from the nodes.

Never corosync first: the others would take that for a crash and wait for fencing.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import replace

from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.change import Change, Edit, Run, Stops, WriteFiles
from tui_installer.model.step import Problem
from tui_installer.model.text import count
from tui_installer.probes.corosync_conf import CONF, Conf, Node, parse_conf
from tui_installer.steps.cluster import conf as edit
from tui_installer.steps.cluster import fence_lines, votes
from tui_installer.steps.cluster.facts import ClusterAnswers, ClusterFacts, Member, configuration, own_entry, runs
from tui_installer.steps.cluster.joining import Stage, newest, on_disk, reload, running, text_of, understood, write

UNUSED = r"(?s)\A(?!.*^name )"
"""`dlm_tool ls` without a lockspace."""


def removal(facts: ClusterFacts, taken: Iterable[Change]) -> Iterator[Change]:
    """What takes this host off the members' configuration again, if it was listed by what is taken back.

    A repair never listed anybody: taking one back never removes a node.
    """
    node = listed_by(taken)
    if node is None:
        return
    own = facts.here.cluster.file
    for member in facts.members:
        conf = configuration(member)
        if conf is not None and (now := _same(conf, node)):
            own = yield from _out(facts, conf, now)
            break
    yield from _own(facts, own)


def leave(facts: ClusterFacts, conf: Conf) -> Iterator[Change]:
    """All of it, for a host that is a member, whoever made it one; gone on with where it was cut off."""
    node, own = own_entry(facts, conf), facts.here.cluster.file
    if node is not None and facts.members:
        own = yield from _out(facts, conf, node)
    here = facts.here.cluster
    at_boot = [unit for unit, enabled in (("dlm", here.dlm_at_boot), ("corosync", here.corosync_at_boot)) if enabled]
    if at_boot:
        yield Run("Do not start them at boot", "here", ("systemctl", "disable", *at_boot), within=ends.SERVICE)
    yield from _own(facts, own)


def listing(facts: ClusterFacts, conf: Conf | None) -> Conf | None:
    """That, or one of the same cluster that still has this host: leaving that was cut off leaves members' files with it
    and without."""
    if conf is None or own_entry(facts, conf) is not None:
        return conf
    files = (each for member in facts.members if (each := configuration(member)) and each.cluster == conf.cluster)
    return next((each for each in files if own_entry(facts, each) is not None), conf)


def against(facts: ClusterFacts, conf: Conf | None, answers: ClusterAnswers) -> Iterator[Problem]:
    """Why this host must not leave now, or the name that must be typed."""
    node = own_entry(facts, conf) if conf else None
    if conf is None or node is None:
        text = "This host is no node of a cluster that is known here: there is nothing to leave."
        yield Problem("cluster.not-a-node", text, hint="If members list it all the same: edit corosync.conf there.")
        return
    quorum, reached = facts.here.cluster.quorum, {member.host for member in facts.members}
    present = frozenset(nodeid for nodeid, _, _ in quorum.members) if quorum else frozenset[int]()
    others = tuple(each for each in conf.nodes if each.nodeid != node.nodeid)
    away = [each.name for each in others if each.nodeid in present and each.name not in reached]
    if away or not facts.members:
        text = (
            f"The nodes' list is changed on every member, and these are not logged in to: {', '.join(away) or 'all'}."
        )
        hint = "Give the password at the first step, or bring them back first."
        yield Problem("cluster.leave-away", text, hint=hint)
    without = replace(conf, nodes=others, expected_votes=max(0, conf.expected_votes - node.votes))
    left = votes.present(without, present - {node.nodeid})
    needed = votes.needed(without)
    if quorum is not None and left < needed:
        text = f"Without this host {count(left, 'vote')} would be there, and {needed} would be needed: no quorum."
        yield Problem("cluster.leave-quorum", text, hint="Bring the missing members back first.")
    yield from confirmed(conf.cluster, answers.confirm)


def confirmed(cluster: str, typed: str) -> Iterator[Problem]:
    """The cluster's name, typed, for members are changed."""
    if typed != cluster:
        wrong = f"{typed!r} is not the cluster's name. " if typed else ""
        text = f"{wrong}The configuration of every member will be changed."
        yield Problem("cluster.confirm", text, hint=f"Type the cluster's name to confirm: {cluster}", level="ask")


def listed_by(taken: Iterable[Change]) -> Node | None:
    """The node that these changes added to the members' configuration, and had them load; None: none. A repair gives a
    file that is in force already, and has nobody load it."""
    edits = [each for change in taken if isinstance(change, WriteFiles) and change.then for each in change.edits]
    for each in edits:
        if each.path == CONF and each.host != "here" and each.before is not None and each.after is not None:
            before = {node.nodeid for node in _nodes(each.before)}
            added = [node for node in _nodes(each.after) if node.nodeid not in before]
            if added:
                return added[0]
    return None


def _nodes(file: File) -> tuple[Node, ...]:
    try:
        return parse_conf(file.content).nodes
    except FormatError:
        return ()


def _same(conf: Conf, node: Node) -> Node | None:
    """The entry of the same node today."""
    return next((each for each in conf.nodes if (each.nodeid, each.name) == (node.nodeid, node.name)), None)


def _out(facts: ClusterFacts, conf: Conf, node: Node) -> Generator[Change, None, File | None]:
    """Out of the membership, and then out of the files of all that run, and of whoever else lists this host.

    Returns this host's own file as it is then.
    """
    members = {m.host: text_of(m) for m in facts.members if understood(m) and (runs(m, conf) or _lists(m, node))}
    stage, old = Stage(members, newest(facts, conf)), on_disk(facts)
    if runs(facts.here, conf):
        yield from _checks(facts, conf)
        if node.votes:
            silent = _silent(facts, stage, node)
            yield write("Take this host's vote away", old, silent, reload(facts, conf, silent.version, node))
            old = _written(old, silent)
            stage = Stage({host: silent.files[host] for host in members}, silent.version)
        for unit in ("dlm", "corosync"):
            stops = (Stops("daemon", (unit,)),)
            yield Run(f"Stop {unit}", "here", ("systemctl", "stop", unit), within=ends.SERVICE, stops=stops)
    yield from fence_lines.leave(facts, node.nodeid)  # found by the entry, so before it goes
    yield _removed(facts, conf, node, stage, old)
    return old["here"]


def _own(facts: ClusterFacts, file: File | None) -> Iterator[Change]:
    """This host's own configuration, as it was before it joined."""
    if file != facts.kept and configuration(facts.here) is not None:
        edits = (Edit("here", CONF, file, facts.kept),)
        yield WriteFiles("Put back this host's own configuration", edits, left=True)


def _lists(member: Member, node: Node) -> bool:
    """Whether its file has the node: one from before the join needs no edit."""
    return member.cluster.conf is not None and any(each.nodeid == node.nodeid for each in member.cluster.conf.nodes)


def _checks(facts: ClusterFacts, conf: Conf) -> Iterator[Run]:
    """What must be so before anything is stopped. The members' quorum counts: a host that never met them has none."""
    where = next((member.host for member in running(facts, conf)), "here")
    yield Run("See that the cluster is quorate", where, ("corosync-quorumtool", "-s"), id="cluster:quorate")
    if facts.here.cluster.dlm_running:
        yield Run("See that no lockspace is in use here", "here", ("dlm_tool", "ls"), within=ends.UNUSED, expect=UNUSED)


def _silent(facts: ClusterFacts, stage: Stage, node: Node) -> Stage:
    version = stage.version + 1
    files = {**stage.files, "here": text_of(facts.here)}
    changed = {host: _mute(text, node) for host, text in files.items()}
    return Stage({host: edit.with_version(text, version) for host, text in changed.items()}, version)


def _mute(text: bytes, node: Node) -> bytes:
    """Without this host's vote, in the sum as well where that is written: it would be missed when this host is gone."""
    own = next((each.votes for each in parse_conf(text).nodes if each.nodeid == node.nodeid), 0)
    return edit.with_fewer_expected(edit.with_votes(text, node.nodeid, 0), own) if own else text


def _written(old: Mapping[str, File | None], stage: Stage) -> dict[str, File | None]:
    """The files once a stage was written."""
    return {host: file and replace(file, content=stage.files.get(host, file.content)) for host, file in old.items()}


def _removed(facts: ClusterFacts, conf: Conf, node: Node, stage: Stage, old: Mapping[str, File | None]) -> Change:
    version = stage.version + 1
    without = {host: _without(_mute(text, node), node) for host, text in stage.files.items()}
    settled = {host: _settled(facts, text) for host, text in without.items()}
    files = Stage({host: edit.with_version(text, version) for host, text in settled.items()}, version)
    title = "Remove this host from the members' configuration"
    return write(title, old, files, reload(facts, conf, version, None))


def _without(text: bytes, node: Node) -> bytes:
    there = any(each.nodeid == node.nodeid for each in parse_conf(text).nodes)
    return edit.without_node(text, node.nodeid) if there else text


def _settled(facts: ClusterFacts, text: bytes) -> bytes:
    """With the quorum settings from before joining, if the nodes are those from then as well."""
    try:
        before = parse_conf(facts.theirs.content) if facts.theirs else None
    except FormatError:
        before = None
    return edit.with_quorum_of(text, before) if before and before.nodes == parse_conf(text).nodes else text
