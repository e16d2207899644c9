"""The zero-vote join: listed without a vote, started, seen by everybody, and only then given its vote.

A host that is listed with a vote before it is there takes the live members' quorum away; see votequorum(5).
The stages are planned from what the files say now, so that a join that was cut off goes on where it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.change import Change, Check, Edit, Run, Stops, WriteFiles
from tui_installer.model.text import count
from tui_installer.probes.cluster import Cluster
from tui_installer.probes.corosync_conf import CONF, Conf, Node, is_default, parse_conf
from tui_installer.steps.cluster import conf as edit
from tui_installer.steps.cluster.facts import ClusterFacts, Member, configuration, runs

QUORUM_ARGV = ("corosync-quorumtool", "-s")


@dataclass(frozen=True, slots=True)
class Stage:
    """The configuration files at one point of the join, by host."""

    files: Mapping[str, bytes]
    version: int


def now(facts: ClusterFacts, conf: Conf, source: Cluster) -> Stage:
    """Today's files; where this host's is of another cluster, the member's stands for it."""
    files = {member.host: text_of(member) for member in facts.members if understood(member)}
    files["here"] = _own_file(facts, conf, source)
    return Stage(files, newest(facts, conf))


def text_of(member: Member) -> bytes:
    """Its corosync.conf as it is."""
    return member.cluster.file.content if member.cluster.file else b""


def understood(member: Member) -> bool:
    """Whether its configuration can be edited."""
    return member.cluster.conf is not None


def _own_file(facts: ClusterFacts, conf: Conf, source: Cluster) -> bytes:
    own = configuration(facts.here)
    theirs = source.file.content if source.file else b""
    if own is None or own.cluster != conf.cluster:
        return theirs
    return text_of(facts.here) if set(conf.nodes) <= set(own.nodes) else theirs


def newest(facts: ClusterFacts, conf: Conf) -> int:
    """The highest config_version that any host has of this cluster, on disk or in memory."""
    of = [each for member in facts.hosts for each in (member.cluster.conf, member.cluster.memory)]
    return max((each.version for each in of if each is not None and each.cluster == conf.cluster), default=0)


def listed(stage: Stage, node: Node, two_node: bool | None) -> Stage:
    """After the first edit: the node is there without a vote. The same stage if every file has it already."""
    if all(_entry(text, node) for text in stage.files.values()):
        return stage

    def changed(text: bytes) -> bytes:
        silent = replace(node, votes=0)
        text = edit.with_votes(text, node.nodeid, 0) if _entry(text, node) else edit.with_node(text, silent)
        return edit.with_two_node(text, None if two_node else two_node)

    return _next(stage, changed)


def voting(stage: Stage, node: Node, two_node: bool | None) -> Stage:
    """After the second edit: the node has its votes. The same stage if that is so in every file."""

    def changed(text: bytes) -> bytes:
        before = parse_conf(text)
        total = before.expected_votes + (0 if _votes(before, node) else node.votes)
        text = edit.with_votes(text, node.nodeid, node.votes)
        return edit.with_two_node(edit.with_expected(text, total), two_node)

    if alike(stage) and all(changed(text) == text for text in stage.files.values()):
        return stage
    return _next(stage, changed)


def alike(stage: Stage) -> bool:
    """Whether all files have one version; where writing them was cut off, they are written once more before anybody is
    to have it in memory."""
    return len({parse_conf(text).version for text in stage.files.values()}) == 1


def _next(stage: Stage, changed: Callable[[bytes], bytes]) -> Stage:
    version = stage.version + 1
    files = {host: edit.with_version(changed(content), version) for host, content in stage.files.items()}
    return Stage(files, version)


def _entry(content: bytes, node: Node) -> bool:
    return any(each.nodeid == node.nodeid for each in parse_conf(content).nodes)


def _votes(conf: Conf, node: Node) -> int:
    return next((each.votes for each in conf.nodes if each.nodeid == node.nodeid), 0)


# --- the changes


def write(title: str, old: Mapping[str, File | None], stage: Stage, then: tuple[Run, ...]) -> Change:
    """One edit of corosync.conf on every host. Put back, it gets a version of its own: that only ever rises."""
    edits = tuple(Edit(host, CONF, old[host], _file(old[host], content)) for host, content in stage.files.items())
    changed = tuple(each for each in edits if each.before != each.after)
    back = tuple(Edit(each.host, CONF, each.after, _risen(each.before, stage.version + 1)) for each in changed)
    checks = tuple(Check(each.host, CONF, ("corosync", "-t", "-c", "@")) for each in changed)
    return WriteFiles(title, changed, then, checks, back, left=True)


def _file(old: File | None, content: bytes) -> File:
    return replace(old, content=content) if old is not None and old.link is None else File(content)


def _risen(old: File | None, version: int) -> File | None:
    try:
        if old is None or is_default(parse_conf(old.content)):
            return old
        return replace(old, content=edit.with_version(old.content, version))
    except FormatError:
        return old  # what was here before cannot have been in force


def on_disk(facts: ClusterFacts) -> dict[str, File | None]:
    """corosync.conf of every host."""
    return {member.host: member.cluster.file for member in facts.hosts}


def running(facts: ClusterFacts, conf: Conf) -> tuple[Member, ...]:
    """The members whose corosync runs, without this host."""
    return tuple(member for member in facts.members if runs(member, conf))


def reload(facts: ClusterFacts, conf: Conf, version: int, node: Node | None, *more: str) -> tuple[Run, ...]:
    """Reload once, then see every member's memory: the tool prints Done even where an old file was read."""
    hosts = [*(member.host for member in running(facts, conf)), *more]
    if not hosts:
        return ()
    return (
        Run("Have all members read their configuration", hosts[0], ("corosync-cfgtool", "-R")),
        *(_in_memory(host, version, node) for host in hosts),
        *(_quorate(member.host) for member in running(facts, conf)),
    )


def _quorate(host: str) -> Run:
    return Run(
        f"See that {host} is quorate",
        host,
        QUORUM_ARGV,
        within=ends.MEMORY,
        expect=r"^Quorate: +Yes",
        id="cluster:quorate",
    )


def _in_memory(host: str, version: int, node: Node | None) -> Run:
    """Wait for the version, and for the node where one was added."""
    named = rf"(?=.*^nodelist\.node\.\d+\.name \(str\) = {re.escape(node.name)}$)" if node else ""
    expect = rf"(?s)\A(?=.*^totem\.config_version \(u64\) = {version}$){named}"
    title = f"Wait until {host} has version {version} in memory"
    return Run(title, host, ("corosync-cmapctl",), within=ends.MEMORY, expect=expect, id="cluster:memory")


def start(facts: ClusterFacts, conf: Conf, node: Node) -> Iterator[Change]:
    """Start corosync here and at boot, until this host sees all members and all members see it."""
    here = facts.here.cluster
    up = runs(facts.here, conf)
    if not up or not here.corosync_at_boot:
        yield enable("corosync", "Start corosync, now and at boot", here.corosync_at_boot, up)
    seen = here.quorum if up else None
    ids = sorted({node.nodeid, *(each for member in running(facts, conf) for each in _ids(member))})
    if seen is None or not set(ids) <= {each for each, _, _ in seen.members}:
        expect = r"(?s)\A(?=.*^Quorate: +Yes)" + "".join(rf"(?=.*^ +{each} +\d)" for each in ids)
        title = "Wait until this host is one of the members"
        yield Run(title, "here", QUORUM_ARGV, within=ends.MEMBERSHIP, expect=expect, id="cluster:joined")
    for member in running(facts, conf):
        if node.nodeid not in _ids(member):
            title, listed = f"Wait until {member.host} sees this host", rf"^ +{node.nodeid} +\d"
            yield Run(title, member.host, QUORUM_ARGV, within=ends.MEMBERSHIP, expect=listed, id="cluster:seen")


def _ids(member: Member) -> tuple[int, ...]:
    quorum = member.cluster.quorum
    return tuple(nodeid for nodeid, _, _ in quorum.members) if quorum else ()


def enable(unit: str, title: str, at_boot: bool, active: bool) -> Run:
    """Enable and start a unit; taken back, it is as it was."""
    argv = ("systemctl", "enable", unit) if active else ("systemctl", "enable", "--now", unit)
    how = ("stop",) if at_boot else ("disable",) if active else ("disable", "--now")
    stops = (Stops("daemon", (unit,)),)
    stop = Run(f"Stop {unit}", "here", ("systemctl", *how, unit), within=ends.SERVICE, stops=stops)
    return Run(title, "here", argv, undo=(stop,), within=ends.SERVICE)


def expected(facts: ClusterFacts, conf: Conf, votes: int) -> tuple[Run, ...]:
    """Wait until every member counts with that many votes."""
    hosts = (*(member.host for member in running(facts, conf)), "here")
    return tuple(
        Run(f"Wait until {host} expects {count(votes, 'vote')}", host, QUORUM_ARGV, within=ends.MEMORY,
            expect=rf"^Expected votes: +{votes}$", id="cluster:votes")
        for host in hosts
    )  # fmt: skip


def dlm(facts: ClusterFacts, conf: Conf, node: Node) -> Iterator[Change]:
    """Start dlm here and at boot, until it has all members."""
    here = facts.here.cluster
    up = here.dlm_running and runs(facts.here, conf)
    if not up or not here.dlm_at_boot:
        started = enable("dlm", "Start dlm, now and at boot", here.dlm_at_boot, up)
        unload = Run("Unload dlm's module", "here", ("modprobe", "-r", "dlm"), ok=(0, 1))
        yield started if facts.dlm_module else replace(started, undo=(*started.undo, unload))
    if not up:
        ids = sorted({node.nodeid, *(each for member in running(facts, conf) for each in _ids(member))})
        expect = r"(?s)\A" + "".join(rf"(?=.*^node {each} M )" for each in ids)
        argv = ("dlm_tool", "status")
        yield Run(
            "Wait until dlm has all members", "here", argv, within=ends.MEMBERSHIP, expect=expect, id="cluster:dlm"
        )
