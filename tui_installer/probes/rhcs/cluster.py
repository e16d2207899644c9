"""Membership in a cluster of Red Hat Cluster Suite: cluster.conf on disk, ccsd, cman and their kernel modules."""

from __future__ import annotations

from dataclasses import dataclass

from tui_installer.formats.cluster_conf import ClusterConf, parse
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File, Host
from tui_installer.probes.kernel import loaded
from tui_installer.probes.rhcs.cman import Cman
from tui_installer.probes.rhcs.cman import probe as cman
from tui_installer.probes.rhcs.sysv import running

FOLDER = "/etc/cluster"
CONF = f"{FOLDER}/cluster.conf"
MODULES = ("cman", "dlm", "lock_dlm", "gfs")
"""Kernel modules of the suite; from 2.x on there is no cman module."""


@dataclass(frozen=True, slots=True)
class RhcsCluster:
    """A host's part in a cluster."""

    file: File | None
    """/etc/cluster/cluster.conf."""
    conf: ClusterConf | None
    """That file, understood; None if there is none or it is refused."""
    refusal: str
    """Why it is refused; empty: it is not."""
    others: tuple[tuple[str, File], ...]
    """The other files of /etc/cluster, by path."""
    ccsd: bool
    """Whether ccsd runs (there is none from 3.x on)."""
    cman: Cman
    modules: tuple[str, ...]
    """Those of the suite that are loaded now."""


def understood(file: File | None) -> tuple[ClusterConf | None, str]:
    """(the file as it is understood, why it is refused)."""
    if file is None:
        return None, ""
    try:
        return parse(file.content), ""
    except FormatError as error:
        return None, str(error)


def probe(host: Host) -> RhcsCluster:
    """Look at a host. Raises `HostError`."""
    file = host.read(CONF)
    conf, refusal = understood(file)
    others = ((path, host.read(path)) for path in host.list(f"{FOLDER}/*") if path != CONF)
    modules = loaded(host)
    return RhcsCluster(
        file=file,
        conf=conf,
        refusal=refusal,
        others=tuple((path, found) for path, found in others if found is not None),
        ccsd="ccsd" in running(host, "ccsd"),
        cman=cman(host),
        modules=tuple(name for name in MODULES if name in modules),
    )
