"""Joining: listed on a member, told to all members, then started here.

The order is the one that works on all three families (facts of ccs_tool(8) and cman_tool(8)): a new node is let in
only if its config_version is that of the members' cman, and ccsd takes a new file only with a higher version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from tui_installer.formats.cluster_conf import ClusterConf, ClusterNode, parse
from tui_installer.formats.cluster_conf_edit import add_node, set_version
from tui_installer.formats.fencing import FenceDevice
from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.change import Change, Run, Stops, WriteFiles
from tui_installer.probes.rhcs.cluster import CONF
from tui_installer.steps.cluster.rhcs import domain
from tui_installer.steps.cluster.rhcs.facts import BACKUP, ClusterFacts, Member, newest
from tui_installer.steps.rhcs import etc_cluster
from tui_installer.steps.rhcs.release import Release

CMAN = (Stops("daemon", ("cman",)),)
UPDATE = ("ccs_tool", "update", CONF)
STATUS, NODES, VERSION = (("cman_tool", word) for word in ("status", "nodes", "version"))


def join(
    release: Release, facts: ClusterFacts, asked: Member, node: ClusterNode, device: FenceDevice | None
) -> Iterator[Change]:
    """Everything from the members' files to this host's membership; what is so already is left out.

    `device`: a fence device that is to be listed for it.
    """
    conf, file = asked.conf, asked.cluster.file
    if conf is None or file is None:
        return
    if conf.node(node.name):
        content, version = file.content, conf.version
        yield from _told_again(release, facts, asked, node)
    else:
        version = newest(facts) + 1
        content = add_node(file.content, node, version, device)
        yield from _listed(release, facts, asked, content, version)
    yield from _handed_over(facts, content, node.name)
    yield from _started(release, facts, node, parse(content))
    yield from domain.enter(release, facts, node)


# --- on the members


def _listed(release: Release, facts: ClusterFacts, asked: Member, content: bytes, version: int) -> Iterator[Change]:
    title = "List this host as a node"
    if release.tells_members:
        yield write(title, (asked,), content, version, (tell(asked),))
        yield from told(release, facts, asked, version)
    else:
        waits = tuple(told(release, facts, asked, version))
        yield write(title, facts.members, content, version, waits)


def write(title: str, members: tuple[Member, ...], content: bytes, version: int, then: tuple[Run, ...]) -> Change:
    """One new cluster.conf, and how it is told. Where every member's file is written, putting it back needs a version
    of its own: that only ever rises."""
    files = [(member.host, member.cluster.file) for member in members if member.cluster.file is not None]
    edits = tuple(etc_cluster.edit(host, file, _with(file, content)) for host, file in files)
    alone = then[:1] == (tell(members[0]),)
    back = () if alone else tuple(etc_cluster.edit(e.host, e.after, _risen(e.before, version + 1)) for e in edits)
    return WriteFiles(title, edits, then, back=back, left=True)


def _with(file: File, content: bytes) -> File:
    """The file with other content; nobody but its owner and group reads the fence devices' passwords."""
    secret = any(device.secrets for device in parse(content).fencedevices)
    return replace(file, content=content, mode=file.mode & 0o770 if secret else file.mode)


def _risen(file: File | None, version: int) -> File | None:
    return file and replace(file, content=set_version(file.content, version))


def tell(asked: Member) -> Run:
    """Distribute the member's file to all members. If that fails nobody has taken it: then there is nothing to undo."""
    nothing = Run("Nobody has taken the new file", asked.host, ("true",))
    return Run("Distribute it to all members", asked.host, UPDATE, within=ends.COMMAND, undo=(nothing,), once=True)


def told(release: Release, facts: ClusterFacts, asked: Member, version: int) -> Iterator[Run]:
    """Tell cman the new version, and see that every member has it."""
    yield Run(f"Tell cman that version {version} counts", asked.host, release.tell_version(version), once=True)
    for member in facts.members:
        if member.joined:
            title = f"Wait until cman on {member.host} has version {version}"
            expect = rf" config {version}\s*$"
            yield Run(title, member.host, VERSION, within=ends.MEMORY, expect=expect, id="cluster:memory")
    for member in facts.members:
        if member.quorate:
            title, expect = f"See that {member.host} is quorate", r"^Quorum: \d+ *$"
            yield Run(title, member.host, STATUS, within=ends.MEMORY, expect=expect, id="cluster:quorate")


def _told_again(release: Release, facts: ClusterFacts, asked: Member, node: ClusterNode) -> Iterator[Change]:
    """What a join that was cut off left to be told: the file, or its version."""
    version = asked.conf.version if asked.conf else 0
    behind = tuple(member for member in facts.members if not _has(member, node, version))
    unaware = [member for member in facts.members if member.joined and member.version < version]
    file = asked.cluster.file
    if behind and release.tells_members:
        yield tell(asked)
    elif behind and file is not None:
        yield write("Give the members the same cluster.conf", behind, file.content, version, ())
    if behind or unaware:
        yield from told(release, facts, asked, version)


def _has(member: Member, node: ClusterNode, version: int) -> bool:
    return member.conf is not None and member.conf.version >= version and member.conf.node(node.name) is not None


# --- here


def _handed_over(facts: ClusterFacts, content: bytes, name: str) -> Iterator[Change]:
    """/etc/cluster as the members have it, and a copy of the cluster.conf that is here now."""
    if facts.theirs is None:
        return
    others = tuple(etc_cluster.copied(facts.mine, facts.theirs, without=(CONF,)))
    listed = facts.here.conf is not None and facts.here.conf.node(name) is not None
    if facts.mine.conf is not None and facts.kept is None and not listed:
        others = (*others, replace(etc_cluster.edit("here", None, facts.mine.conf), path=BACKUP))
    if others:
        yield WriteFiles(f"Copy /etc/cluster from {facts.theirs.host}", others)
    theirs = facts.theirs.conf
    if theirs is not None and not _same(facts.here, content):
        edit = etc_cluster.edit("here", facts.mine.conf, _with(theirs, content))
        yield WriteFiles("Put the new cluster.conf here", (edit,), left=True)


def _same(here: Member, content: bytes) -> bool:
    """Whether this host's file says the same; the bytes are ccsd's own affair."""
    return here.conf is not None and here.conf == parse(content)


def _started(release: Release, facts: ClusterFacts, node: ClusterNode, conf: ClusterConf) -> Iterator[Change]:
    here, members = facts.here, [member for member in facts.members if member.joined]
    apart = here.busy or (here.joined and bool(members) and not any(each.host in here.present for each in members))
    fresh = not here.joined or apart or (here.conf != conf and not here.quorate)
    if apart:
        yield Run(
            "Stop cman, which is in no cluster with the members",
            "here",
            _script(release.cman_script, "stop"),
            within=ends.SERVICE,
            stops=CMAN,
        )
    if fresh and release.ccs_script:
        yield Run(
            "Restart ccs: it reads the new file", "here", _script(release.ccs_script, "restart"), within=ends.SERVICE
        )
    if fresh:
        off = _script(release.cman_script, "stop")
        stop = Run("Stop cman", "here", off, ok=(0, 1), within=ends.SERVICE, stops=CMAN)
        start = _script(release.cman_script, "start")
        yield Run("Start cman: it joins the cluster", "here", start, within=ends.SERVICE, undo=(stop,))
    if fresh or not here.quorate or not {member.host for member in members} <= here.present:
        yield _sees_all({node.name, *(name for member in members for name in member.present)}, conf)
    for member in members:
        if fresh or node.name not in member.present:
            expect = rf"^ *\d+ +(?:\d+ +\d+ +)?M\b.* {re.escape(node.name)} *$"
            title = f"Wait until {member.host} sees this host"
            yield Run(title, member.host, NODES, within=ends.MEMBERSHIP, expect=expect, id="cluster:seen")


def _script(name: str, action: str) -> tuple[str, ...]:
    return (f"/etc/init.d/{name}", action)


def _sees_all(names: set[str], conf: ClusterConf) -> Run:
    """By nodes, quorum and version: a host that found nobody forms a cluster of its own, as "Cluster Member: Yes"."""
    told = (rf"^Config [Vv]ersion: {conf.version} *$", rf"^Nodes: {len(names)} *$", r"^Quorum: \d+ *$")
    expect = r"(?s)\A" + "".join(f"(?=.*{line})" for line in told)
    title = "Wait until this host is one of the members"
    return Run(title, "here", STATUS, within=ends.MEMBERSHIP, expect=expect, id="cluster:joined")
