"""How hosts of the corosync stack are looked at."""

from __future__ import annotations

from tui_installer.hosts.host import Host
from tui_installer.model.site import Entry, Membership, ProbeSet
from tui_installer.probes import cluster, iscsi, lvm, multipath, network, system
from tui_installer.probes.cluster import Cluster
from tui_installer.probes.corosync_conf import is_default


def membership(part: Cluster) -> Membership:
    """What corosync shows, for the site."""
    conf, quorum = part.memory or part.conf, part.quorum
    nodes = conf.nodes if conf else ()
    present = {nodeid for nodeid, _, _ in quorum.members} if quorum else set()
    return Membership(
        daemon="corosync",
        running=part.memory is not None and not is_default(part.memory),
        quorate=quorum is not None and quorum.quorate,
        cluster=conf.cluster if conf else "",
        version=conf.version if conf else 0,
        nodes=tuple(Entry(node.name, node.addresses) for node in nodes),
        present=tuple(node.name for node in nodes if node.nodeid in present),
        own=next((node.name for node in nodes if quorum and node.nodeid == quorum.local), ""),
        manager=part.manager,
        managed_by=part.managed_by,
    )


def _membership(host: Host) -> Membership:
    return membership(cluster.probe(host))


EYES = ProbeSet(system.probe, network.probe, iscsi.probe, multipath.probe, _membership, lvm.probe)
