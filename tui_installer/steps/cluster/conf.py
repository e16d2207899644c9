"""Edits of corosync.conf: each returns the content itself if there is nothing to do; comments and order survive."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tui_installer.formats import blocks
from tui_installer.formats.blocks import COROSYNC
from tui_installer.probes.corosync_conf import Conf, Node, parse_conf

NODES = ("nodelist",)
NODE = ("nodelist", "node")
VOTES = "quorum_votes"


def with_node(content: bytes, node: Node) -> bytes:
    """With an entry for the node, its keys in the order of the last entry; votes are always written."""
    old = blocks.sections(content, COROSYNC, NODE)
    order = [entry.key for entry in old[-1].entries] if old else []
    entries = sorted(
        _entries(node, _rings(content)), key=lambda entry: order.index(entry[0]) if entry[0] in order else len(order)
    )
    return blocks.add_section(content, COROSYNC, NODES, "node", entries)


def _rings(content: bytes) -> list[str]:
    """The keys of the nodes' addresses: a cluster may have ring1_addr alone, or ring0 and ring2."""
    found = {entry.key for section in blocks.sections(content, COROSYNC, NODE) for entry in section.entries}
    return sorted(key for key in found if re.fullmatch(r"ring[0-9]_addr", key))


def _entries(node: Node, known: Sequence[str]) -> Sequence[tuple[str, str]]:
    names = [*known, *(name for at in range(10) if (name := f"ring{at}_addr") not in known)]
    rings = list(zip(names, node.addresses, strict=False))
    return [("name", node.name), ("nodeid", str(node.nodeid)), *rings, (VOTES, str(node.votes))]


def without_node(content: bytes, nodeid: int) -> bytes:
    """Without the entry of that node."""
    return blocks.remove_section(content, COROSYNC, NODES, "node", {"nodeid": str(nodeid)})


def with_votes(content: bytes, nodeid: int, votes: int) -> bytes:
    """With that many votes for the node; a 1 is written only if others write theirs, as it is the default."""
    conf = parse_conf(content)
    if any(node.nodeid == nodeid and node.votes == votes for node in conf.nodes):
        return content
    others = [
        {entry.key: entry.value for entry in section.entries} for section in blocks.sections(content, COROSYNC, NODE)
    ]
    written = any(VOTES in entries for entries in others if entries.get("nodeid") != str(nodeid))
    if votes == 1 and not written:
        return blocks.remove_key(content, COROSYNC, NODE, VOTES, {"nodeid": str(nodeid)})
    return blocks.set_in(content, COROSYNC, NODES, "node", {"nodeid": str(nodeid)}, VOTES, str(votes))


def with_version(content: bytes, version: int) -> bytes:
    """With that config_version."""
    return blocks.set(content, COROSYNC, ("totem",), "config_version", str(version))


def with_expected(content: bytes, votes: int) -> bytes:
    """With expected_votes raised to `votes` where it is written; an explicit value overrides the nodes' sum."""
    written = parse_conf(content).expected_votes
    if not written or written >= votes:
        return content
    return blocks.set(content, COROSYNC, ("quorum",), "expected_votes", str(votes))


def with_fewer_expected(content: bytes, votes: int) -> bytes:
    """With expected_votes lower by `votes` where it is written: those of a host that leaves."""
    written = parse_conf(content).expected_votes
    if not written:
        return content
    return blocks.set(content, COROSYNC, ("quorum",), "expected_votes", str(max(1, written - votes)))


def with_two_node(content: bytes, wanted: bool | None) -> bytes:
    """With two_node as wanted (None: as it is); with three nodes it goes, else both halves of a split are quorate."""
    conf = parse_conf(content)
    wanted = False if len(conf.nodes) > 2 else wanted
    if wanted is None or wanted == conf.two_node:
        return content
    if not wanted:
        return blocks.remove_key(content, COROSYNC, ("quorum",), "two_node")
    return blocks.set(content, COROSYNC, ("quorum",), "two_node", "1")


def with_quorum_of(content: bytes, other: Conf) -> bytes:
    """With two_node and, where it is written, expected_votes as another configuration of the same nodes has them."""
    content = with_two_node(content, other.two_node)
    if not other.expected_votes or parse_conf(content).expected_votes == other.expected_votes:
        return content
    return blocks.set(content, COROSYNC, ("quorum",), "expected_votes", str(other.expected_votes))
