"""What is said where a package of the old stack could not be configured, and what it needs of the kernel."""

from __future__ import annotations

from collections.abc import Iterator

from tui_installer.model.step import Problem
from tui_installer.probes.packages import Packages
from tui_installer.steps.rhcs.etc_cluster import Folder


def audited(audit: tuple[str, ...], name: str) -> tuple[str, ...]:
    """What dpkg says of one package: how its paragraph begins, and its line."""
    head = ""
    for line in audit:
        if line.split()[:1] == [name]:
            return (head, line)
        head = line if line.startswith("The following packages") else head
    return ()


def no_configuration(daemon: str, theirs: Folder | None) -> Iterator[Problem]:
    """Why the daemon that fails without /etc/cluster cannot be given it."""
    if theirs is None:
        text = f"{daemon} does not start without /etc/cluster, and no member can be asked for it."
        yield Problem("packages.no-cluster-conf", text, hint="Name a member in the site step.")
    elif theirs.conf is None:
        text = f"{daemon} does not start without /etc/cluster/cluster.conf, and {theirs.host} has none either."
        yield Problem(
            "packages.no-cluster-conf", text, hint="Name another member in the site step: one that is in use."
        )


def needed(modules: tuple[str, ...], package: str, found: Packages) -> tuple[str, ...]:
    """The modules that the kernel must have: the cluster's too, where no package brings them or it is there."""
    return ("iscsi_tcp", "dm_multipath", *(modules if not package or package in found.installed else ()))
