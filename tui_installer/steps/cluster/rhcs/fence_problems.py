"""What is said of the cluster's fencing, before and after the join."""

from __future__ import annotations

from collections.abc import Iterator

from tui_installer.formats.cluster_conf import ClusterConf, ClusterNode
from tui_installer.model.step import Level, Problem
from tui_installer.steps.cluster.fencing.scheme import BY_HAND
from tui_installer.steps.cluster.rhcs.facts import ClusterFacts
from tui_installer.steps.rhcs.release import Release

MANUAL = {
    True: ("Hosts are fenced by hand (fence_manual): one that dies freezes LVM on all until that is confirmed.",
           "Make sure that it is off, then on a member: fence_ack_manual -n NODE"),
    False: ("cluster.conf fences by fence_manual, which cluster 3.x has not: fencing fails, and LVM freezes on all.",
            "Make sure that the dead host is off, then on a member: fence_ack_manual NODE, and type absolutely."),
}  # fmt: skip
"""Whether the release has the agent -> what that means, and what to do. It went with cluster 3.0.0: there is only
fence_ack_manual, a script that asks for "absolutely" (fence/agents/manual of 3.0.12)."""


def fencing(release: Release, conf: ClusterConf, facts: ClusterFacts, node: ClusterNode) -> Iterator[Problem]:
    """That there is none, that it is done by hand, that this host has none, that it waits."""
    by_hand = [device.name for device in conf.fencedevices if device.agent == BY_HAND]
    others = [each for each in conf.nodes if each.name != node.name]
    own = conf.node(node.name)
    if not conf.fencedevices or not any(each.fence for each in others):
        text = "No fencing is configured: a host that dies freezes LVM on all until somebody acts."
        hint = "Give cluster.conf fence devices. Or accept this: it stays said."
        level: Level = "warn" if own is not None else "ask"
        yield Problem("cluster.no-fencing", text, hint=hint, level=level, acceptable=True, stays="no fencing")
    elif own is not None and not own.fence:
        text = f"cluster.conf has no way to fence {node.name}: if it dies, LVM freezes on all until somebody acts."
        hint = "Give its clusternode a <fence> with a device, on a member; raise config_version and tell all members."
        yield Problem("cluster.fence-line", text, hint=hint, level="warn", stays="no fencing of this host")
    elif by_hand:
        text, hint = MANUAL[release.fence_manual]
        yield Problem("cluster.fence-manual", text, hint=hint, level="warn", stays="fencing by hand")
    waiting = [each for each in facts.here.cluster.cman.services if each.kind == "fence" and not each.healthy]
    if waiting and facts.here.quorate:
        text = "The fence domain waits: until it is done LVM stands still."
        words = tuple(f"{each.name}: {each.state} {each.code}".strip() for each in waiting)
        hint = "If a host died: make sure that it is off; with fence_manual then fence_ack_manual -n NODE."
        yield Problem("cluster.fencing", text, words, hint)
