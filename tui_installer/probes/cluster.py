"""Cluster membership: corosync's configuration on disk and in memory, quorum, dlm, and what manages it all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tui_installer.host import File

Manager = Literal["corosync", "pacemaker", "proxmox", "ganeti", "xapi", "opennebula", "incus", "none"]


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


@dataclass(frozen=True, slots=True)
class Quorum:
    """What votequorum says."""

    quorate: bool
    expected: int
    total: int
    needed: int
    flags: tuple[str, ...]
    members: tuple[tuple[int, int, str], ...]
    """(nodeid, votes, name) of those in the membership now."""
    local: int
    """Our own nodeid."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A host's part in a cluster."""

    installed: bool
    manager: Manager
    """What owns the membership here; "none": nothing is configured."""
    managed_by: str
    """The file or unit that says so."""
    file: File | None
    """/etc/corosync/corosync.conf."""
    conf: Conf | None
    """That file, understood; None if there is none or it cannot be read."""
    memory: Conf | None
    """What the running corosync has; None if it does not run."""
    quorum: Quorum | None
    """None if corosync does not run."""
    authkey: File | None
    dlm_conf: File | None
    uidgid: tuple[tuple[str, File], ...]
    """Files of /etc/corosync/uidgid.d."""
    dlm_running: bool
    fencing: tuple[str, ...]
    """Problems that dlm shows now, as in "wait fencing"; empty: none."""
    fence_devices: tuple[str, ...]
    """Fence device lines of dlm.conf; empty: no fencing."""
    corosync_at_boot: bool
    dlm_at_boot: bool
    versions: tuple[tuple[str, str], ...]
    """(package, version) of corosync, dlm-controld, lvm2-lockd; installed ones only."""
