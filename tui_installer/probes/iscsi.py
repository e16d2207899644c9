"""The iSCSI initiator: its name, node records, sessions, and what a portal offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tui_installer.host import File


@dataclass(frozen=True, slots=True)
class Record:
    """A node record of open-iscsi: one target at one portal."""

    iqn: str
    portal: str
    """Address and port, "10.16.0.1:3260"."""
    tpgt: int
    """Target portal group tag."""
    iface: str
    """The iface record that it is bound to; "default" if none."""
    startup: str
    """node.startup: "automatic", "manual" or "onboot"."""
    path: str
    """The record's file."""
    file: File | None
    """Its content (it may hold CHAP secrets: shown masked); None if the file could not be read."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session that the kernel has."""

    sid: int
    iqn: str
    portal: str
    iface: str
    address: str
    """The local address it goes out from; empty while it is not connected."""
    state: str
    """iSCSI session state: "LOGGED_IN", "FREE", "FAILED"."""
    disks: tuple[str, ...]
    """Kernel names of its disks, "sda"."""


@dataclass(frozen=True, slots=True)
class Iscsi:
    """A host's initiator."""

    installed: bool
    name: str
    """InitiatorName; empty if there is none."""
    alias: str
    name_file: File | None
    conf: File | None
    """/etc/iscsi/iscsid.conf; it may hold CHAP secrets."""
    records: tuple[Record, ...]
    sessions: tuple[Session, ...]
    login_at_boot: bool
    """Whether open-iscsi.service is enabled."""
    iscsid: bool
    """Whether iscsid or its socket is active."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What one portal answered to SendTargets."""

    portal: str
    targets: tuple[tuple[str, str, int], ...]
    """(IQN, portal, tpgt)."""
    failure: Literal["", "refused", "unreachable", "chap", "nothing", "name", "other"]
    evidence: tuple[str, ...] = ()
