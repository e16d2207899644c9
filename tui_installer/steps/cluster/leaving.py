"""Leaving, from today's files: lose the vote, stop dlm, stop corosync, and only then be removed from the nodes.

Never corosync first: the others would take that for a crash and wait for fencing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.change import Change, Edit, Run, WriteFiles
from tui_installer.probes.corosync_conf import CONF, Conf, Node, parse_conf
from tui_installer.steps.cluster import conf as edit
from tui_installer.steps.cluster.facts import ClusterFacts, Member, configuration, own_entry, runs
from tui_installer.steps.cluster.joining import Stage, newest, on_disk, reload, running, text_of, understood, write

UNUSED = r"(?s)\A(?!.*^name )"
"""`dlm_tool ls` without a lockspace."""


def leave(facts: ClusterFacts) -> Iterator[Change]:
    """Take this host out of the members' configuration and put back the one from before joining."""
    conf = next((found for member in (*facts.members, facts.here) if (found := configuration(member))), None)
    node = own_entry(facts, conf) if conf else None
    if conf is None or node is None or not facts.members:
        return
    members = {each.host: text_of(each) for each in facts.members if understood(each) and _lists(each, node)}
    stage, old = Stage(members, newest(facts, conf)), on_disk(facts)
    if runs(facts.here, conf):
        yield from _checks(facts, conf)
        if node.votes:
            silent = _silent(facts, stage, node)
            yield write("Take this host's vote away", old, silent, reload(facts, conf, silent.version, node))
            old = _written(old, silent)
            stage = Stage({host: silent.files[host] for host in members}, silent.version)
        yield Run("Stop dlm", "here", ("systemctl", "stop", "dlm"), within=ends.SERVICE)
        yield Run("Stop corosync", "here", ("systemctl", "stop", "corosync"), within=ends.SERVICE)
    yield _removed(facts, conf, node, stage, old)
    own = Edit("here", CONF, old["here"], facts.kept)
    yield WriteFiles("Put back this host's own configuration", (own,), left=True)


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
    changed = {host: edit.with_votes(text, node.nodeid, 0) for host, text in files.items()}
    return Stage({host: edit.with_version(text, version) for host, text in changed.items()}, version)


def _written(old: Mapping[str, File | None], stage: Stage) -> dict[str, File | None]:
    """The files once a stage was written."""
    return {host: file and replace(file, content=stage.files.get(host, file.content)) for host, file in old.items()}


def _removed(facts: ClusterFacts, conf: Conf, node: Node, stage: Stage, old: Mapping[str, File | None]) -> Change:
    version = stage.version + 1
    without = {host: edit.without_node(text, node.nodeid) for host, text in stage.files.items()}
    settled = {host: _settled(facts, text) for host, text in without.items()}
    files = Stage({host: edit.with_version(text, version) for host, text in settled.items()}, version)
    title = "Remove this host from the members' configuration"
    return write(title, old, files, reload(facts, conf, version, None))


def _settled(facts: ClusterFacts, text: bytes) -> bytes:
    """With the quorum settings from before joining, if the nodes are those from then as well."""
    try:
        before = parse_conf(facts.theirs.content) if facts.theirs else None
    except FormatError:
        before = None
    return edit.with_quorum_of(text, before) if before and before.nodes == parse_conf(text).nodes else text
