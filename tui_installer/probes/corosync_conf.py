"""corosync's configuration: as corosync.conf(5) has it on disk, and as corosync has it in memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tui_installer.formats import blocks

CONF = "/etc/corosync/corosync.conf"
_SPECIAL = ("last_man_standing", "auto_tie_breaker", "allow_downscale")


@dataclass(frozen=True, slots=True)
class Node:
    """A node entry: who may be a member."""

    nodeid: int
    name: str
    addresses: tuple[str, ...]
    """ring0_addr, ring1_addr, ... in this order."""
    votes: int
    """quorum_votes; 1 where it is not written."""


@dataclass(frozen=True, slots=True)
class Conf:
    """corosync.conf, or what corosync has of it in memory."""

    cluster: str
    version: int
    """config_version; 0 where it is not written."""
    transport: str
    nodes: tuple[Node, ...]
    two_node: bool
    expected_votes: int
    """0 where it is not written: the sum of votes counts."""
    special: tuple[str, ...]
    """Settings that this program does not handle: "quorum.device", "quorum.last_man_standing", ..."""

    @property
    def votes(self) -> int:
        """The votes of all nodes together."""
        return sum(node.votes for node in self.nodes)

    def node(self, name: str) -> Node | None:
        """The entry of that name; None: there is none."""
        return next((node for node in self.nodes if node.name == name), None)


def parse_conf(content: bytes) -> Conf:
    """corosync.conf(5). Raises `FormatError`."""
    root = blocks.parse(content, blocks.COROSYNC)
    written = blocks.values(root, blocks.COROSYNC)
    nodes = [
        {entry.key: entry.value for entry in section.entries}
        for section in blocks.at(root, blocks.COROSYNC, ("nodelist", "node"))
    ]
    device = bool(blocks.at(root, blocks.COROSYNC, ("quorum", "device")))
    return _conf(lambda *path: written.get(path, ""), nodes, device)


def parse_cmap(text: str) -> Conf:
    """What `corosync-cmapctl` printed: the configuration that is in force."""
    pairs = dict(_cmap(text))
    nodes: dict[int, dict[str, str]] = {}
    for key, value in pairs.items():
        found = re.fullmatch(r"nodelist\.node\.([0-9]{1,9})\.(\w+)", key, re.ASCII)
        if found:
            nodes.setdefault(int(found[1]), {})[found[2]] = value
    device = any(key.startswith("quorum.device.") for key in pairs)
    return _conf(lambda *path: pairs.get(".".join(path), ""), [nodes[at] for at in sorted(nodes)], device)


def _cmap(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        found = re.fullmatch(r"(\S+) \(\w+\) = (.*)", line)
        if found:
            yield found[1], found[2]


def _conf(value: Callable[..., str], nodes: list[dict[str, str]], device: bool) -> Conf:
    special = tuple(f"quorum.{key}" for key in _SPECIAL if number(value("quorum", key)))
    return Conf(
        cluster=value("totem", "cluster_name"),
        version=number(value("totem", "config_version")),
        transport=value("totem", "transport") or "knet",
        nodes=tuple(_node(node) for node in nodes),
        two_node=bool(number(value("quorum", "two_node"))),
        expected_votes=number(value("quorum", "expected_votes")),
        special=(("quorum.device",) if device else ()) + special,
    )


def _node(entry: Mapping[str, str]) -> Node:
    rings = sorted(key for key in entry if re.fullmatch(r"ring[0-9]_addr", key))
    votes = entry.get("quorum_votes", "")
    addresses = tuple(entry[ring] for ring in rings)
    return Node(
        nodeid=number(entry.get("nodeid", "")),
        name=entry.get("name", "") or (addresses[0] if addresses else ""),
        addresses=addresses,
        votes=number(votes) if votes else 1,
    )


def number(text: str) -> int:
    """A number that a tool or a file says; 0 for what is none."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0


def is_default(conf: Conf) -> bool:
    """Whether it is what Debian's package installs: a cluster of one, on the loopback address."""
    return all(address.startswith("127.") for node in conf.nodes for address in node.addresses) and (
        conf.cluster in ("debian", "") and len(conf.nodes) == 1
    )
