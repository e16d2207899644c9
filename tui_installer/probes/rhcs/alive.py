"""What lives on a host of the old releases: see `probes.alive`; lockspaces are cman's word."""

from __future__ import annotations

from tui_installer.hosts.host import Host
from tui_installer.probes.alive import Eyes
from tui_installer.probes.rhcs import iscsi_text
from tui_installer.probes.rhcs.cman import services


def lockspaces(host: Host) -> tuple[str, ...]:
    """Lockspaces of dlm and mount groups, by `cman_tool services`; none if cman says that it does not run.

    Raises `HostError`.
    """
    return tuple(each.name for each in services(host) if each.kind in ("dlm", "gfs"))


EYES = Eyes(iscsi_text.sessions, lockspaces)
