"""How hosts of the corosync stack are looked at."""

from __future__ import annotations

from tui_installer.hosts.host import Host, HostError
from tui_installer.hosts.told import told
from tui_installer.model.site import Membership, NodeEntry, ProbeSet
from tui_installer.probes import cluster, iscsi, lvm, multipath, network, system
from tui_installer.probes.cluster import Cluster
from tui_installer.probes.corosync_conf import is_default


def membership(part: Cluster) -> Membership:
    """What corosync shows, for the site."""
    conf = part.memory or part.conf
    nodes = conf.nodes if conf else ()
    return Membership(
        daemon="corosync",
        running=part.memory is not None and not is_default(part.memory),
        quorate=told(lambda: part.quorum is not None and part.quorum.quorate),
        cluster=conf.cluster if conf else "",
        version=conf.version if conf else 0,
        nodes=tuple(NodeEntry(node.name, node.addresses) for node in nodes),
        present=told(lambda: _present(part)),
        own=_own(part),
        manager=part.manager,
        managed_by=part.managed_by,
    )


def _present(part: Cluster) -> tuple[str, ...]:
    ids = {nodeid for nodeid, _, _ in part.quorum.members} if part.quorum else set()
    conf = part.memory or part.conf
    return tuple(node.name for node in (conf.nodes if conf else ()) if node.nodeid in ids)


def _own(part: Cluster) -> str:
    """Without a word of quorumtool no name is known: the host's own stands for it then."""
    conf = part.memory or part.conf
    try:
        local = part.quorum.local if part.quorum else None
    except HostError:
        return ""
    return next((node.name for node in (conf.nodes if conf else ()) if node.nodeid == local), "")


def _membership(host: Host) -> Membership:
    return membership(cluster.probe(host))


EYES = ProbeSet(system.probe, network.probe, iscsi.probe, iscsi.initiator, multipath.probe, _membership, lvm.probe)
