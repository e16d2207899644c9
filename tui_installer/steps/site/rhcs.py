"""How hosts of this stack are looked at: the facts that the site wants, by the tools of that time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tui_installer.formats import lines
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File, Host
from tui_installer.model.site import Membership, NodeEntry, ProbeSet
from tui_installer.probes.fitness import foreign
from tui_installer.probes.lvm import Lvm
from tui_installer.probes.multipath import Multipath
from tui_installer.probes.rhcs import cluster, iscsi_text, lvm_text, multipath_text, network_text, system
from tui_installer.probes.rhcs.cluster import CONF, RhcsCluster
from tui_installer.steps.rhcs.release import Release

HOSTS = "/etc/hosts"
COMPARE = "on its own console (its ssh-keygen prints MD5: `tui-installer explain site.host-key` has what prints SHA256)"


def eyes(release: Release) -> ProbeSet:
    """The eyes for hosts of that release."""

    def multipath(host: Host) -> Multipath:
        return multipath_text.probe(host, tuple(release.getuid_callout.split()))

    return ProbeSet(
        system.probe, network_text.probe, iscsi_text.probe, iscsi_text.initiator, multipath, _cluster, _lvm, COMPARE
    )


def addresses(hosts: File | None) -> Mapping[str, str]:
    """name -> its first address that is not of the loopback, by an /etc/hosts; empty if that is not understood."""
    try:
        entries = lines.hosts(hosts.content) if hosts else ()
    except FormatError:
        return {}
    known = [(name, each.address) for each in entries if not each.address.startswith("127.") for name in each.names]
    return dict(reversed(known))


def membership(part: RhcsCluster, known: Mapping[str, str], owner: tuple[str, str] = ("", "")) -> Membership:
    """What cman and cluster.conf show, for the site; `known` tells addresses of names, `owner` see `foreign`."""
    status, conf = part.cman.status, part.conf
    return Membership(
        daemon="cman",
        running=status is not None and status.member,
        quorate=status is not None and status.quorate,
        cluster=(status.cluster if status else "") or (conf.name if conf else ""),
        version=status.config_version if status and status.config_version else conf.version if conf else 0,
        nodes=tuple(NodeEntry(node.name, _where(node.name, known)) for node in (conf.nodes if conf else ())),
        present=tuple(sorted(part.cman.present)),
        own=status.node if status else "",
        manager=owner[0] or ("cman" if conf else "none"),
        managed_by=owner[1] or (CONF if conf else ""),
    )


def _where(name: str, known: Mapping[str, str]) -> tuple[str, ...]:
    return (known[name],) if name in known else (name,)


def _cluster(host: Host) -> Membership:
    return membership(cluster.probe(host), addresses(host.read(HOSTS)), foreign(host))


def _lvm(host: Host) -> Lvm:
    """In the words of today's LVM: clvmd's groups have no lock type, but their flag."""
    seen = lvm_text.probe(host)
    return replace(
        _NOTHING,
        installed=seen.installed,
        conf=seen.conf,
        filter=seen.filter,
        groups=seen.groups,
        volumes=seen.volumes,
        failure=seen.failure,
    )


_NOTHING = Lvm(
    installed=False, conf=None, use_lvmlockd=False, use_devicesfile=False, filter="", groups=(),
    volumes=(), lockd=False, lockd_at_boot=False, locks_at_boot=(), stops_in_order=True, lockspaces=(),
    activated_at_boot=(),
)  # fmt: skip
