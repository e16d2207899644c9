"""Whether the members keep quorum while a host joins or leaves (votequorum(5))."""

from __future__ import annotations

from dataclasses import replace

from tui_installer.probes.corosync_conf import Conf, Node


def needed(conf: Conf) -> int:
    """Votes that make a partition quorate: more than half of those expected; with two_node one is enough."""
    if conf.two_node and len(conf.nodes) == 2:
        return 1
    return (conf.expected_votes or conf.votes) // 2 + 1


def present(conf: Conf, members: frozenset[int]) -> int:
    """Votes of those nodes that are in the membership."""
    return sum(node.votes for node in conf.nodes if node.nodeid in members)


def steps_of_joining(conf: Conf, node: Node) -> tuple[Conf, Conf]:
    """The configuration with the newcomer but without its vote, and the one with it."""
    others = tuple(each for each in conf.nodes if each.nodeid != node.nodeid)
    two_node = conf.two_node and len(others) < 2
    silent = replace(conf, nodes=(*others, replace(node, votes=0)), two_node=two_node)
    raised = conf.expected_votes + node.votes if conf.expected_votes else 0
    return silent, replace(silent, nodes=(*others, node), expected_votes=raised)


def lost_by_joining(conf: Conf, node: Node, members: frozenset[int]) -> str:
    """In which words joining would cost the members their quorum; empty: it does not.

    Until it is seen in the membership the newcomer counts nothing; then its own vote counts.
    """
    silent, voting = steps_of_joining(conf, node)
    for step, there, what in (
        (silent, members - {node.nodeid}, "once this host is listed"),
        (voting, members | {node.nodeid}, "once this host has its vote"),
    ):
        if present(step, there) < needed(step):
            return f"{what}, {needed(step)} votes are needed and {present(step, there)} would be there"
    return ""
