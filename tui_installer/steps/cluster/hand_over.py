"""What a member hands over besides corosync.conf: the key, dlm.conf, uidgid.d; and names that each host must know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tui_installer.formats import lines
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File
from tui_installer.model.change import Change, Edit, WriteFiles
from tui_installer.model.masks import Mask
from tui_installer.probes.cluster import AUTHKEY, DLM_CONF, Cluster
from tui_installer.probes.corosync_conf import Conf, Node
from tui_installer.steps.cluster import fence_lines
from tui_installer.steps.cluster.facts import BACKUP, HOSTS, THEIRS, ClusterFacts, Member


def material(facts: ClusterFacts, theirs: Cluster) -> Iterator[Change]:
    """The member's files that this host lacks, and copies of both configurations as they are now."""
    here = facts.here.cluster
    edits = [
        *_same(AUTHKEY, here.authkey, theirs.authkey and File(theirs.authkey.content, 0o400), "all"),
        *_same(DLM_CONF, here.dlm_conf, theirs.dlm_conf and fence_lines.taken(theirs.dlm_conf), "words"),
    ]
    own = dict(here.uidgid.files)
    for path, file in theirs.uidgid.files:
        edits += _same(path, own.get(path), file)
    if facts.kept is None and here.file is not None:
        edits.append(Edit("here", BACKUP, None, here.file))
    if facts.theirs is None and theirs.file is not None:
        edits.append(Edit("here", THEIRS, None, File(theirs.file.content)))
    if edits:
        yield WriteFiles("Take over the key and settings of the members", tuple(edits))


def _same(path: str, mine: File | None, theirs: File | None, mask: Mask = "") -> list[Edit]:
    if theirs is None or theirs.link is not None or mine == theirs:
        return []
    return [Edit("here", path, mine, theirs, mask=mask)]


def names(facts: ClusterFacts, conf: Conf, node: Node) -> Iterator[Change]:
    """Entries in /etc/hosts where names of nodes are missing, here and on the members."""
    nodes = (*(each for each in conf.nodes if each.nodeid != node.nodeid), node)
    edits = [_named(facts.here, nodes, own=node), *(_named(member, (node,)) for member in facts.members)]
    found = tuple(edit for edit in edits if edit is not None)
    if found:
        yield WriteFiles("Let the hosts know each other by name", found, strand="names")


def _named(member: Member, nodes: tuple[Node, ...], own: Node | None = None) -> Edit | None:
    before = member.hosts or File(b"")
    if before.link is not None:
        return None
    try:
        content = _with_names(before.content, nodes, own)
    except FormatError:
        return None  # a file that is not understood is left alone; addresses do without names
    return (
        Edit(member.host, HOSTS, member.hosts, replace(before, content=content)) if content != before.content else None
    )


def _with_names(content: bytes, nodes: tuple[Node, ...], own: Node | None) -> bytes:
    content = lines.off_loopback(content, own.name, own.addresses[0]) if own else content
    for node in nodes:
        known = {name for line in lines.hosts(content) for name in line.names}
        if node.addresses and node.name not in known and node.name != node.addresses[0]:
            content = lines.add_host(content, node.addresses[0], [node.name])
    return content
