"""LVM: volume groups with their lock types, logical volumes, lockspaces, and the settings that guard them."""

from __future__ import annotations

from dataclasses import dataclass

from tui_installer.host import File


@dataclass(frozen=True, slots=True)
class Group:
    """A volume group."""

    name: str
    uuid: str
    lock_type: str
    """"dlm", "sanlock", "none"; empty: a plain local one."""
    lock_args: str
    """As in "1.0.0:xencluster": its last part is the cluster that it belongs to."""
    clustered: bool
    """The flag of clvm: such a group needs migrating first."""
    size: str
    free: str
    pvs: tuple[str, ...]
    """Its physical volumes, "/dev/mapper/vm0"."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A logical volume."""

    name: str
    group: str
    uuid: str
    size: str
    active: bool
    """Here."""
    open: bool
    """Held open by somebody here."""
    lock: str
    """The lock that this host holds on it: "ex", "sh"; empty: none."""


@dataclass(frozen=True, slots=True)
class Lockspace:
    """A lockspace of lvmlockd."""

    name: str
    """The group's name; "" for the global one."""
    kind: str
    """"dlm"."""


@dataclass(frozen=True, slots=True)
class Lvm:
    """A host's LVM."""

    installed: bool
    conf: File | None
    """/etc/lvm/lvm.conf."""
    use_lvmlockd: bool
    use_devicesfile: bool
    filter: str
    """devices/global_filter in force, as lvmconfig writes it; empty: none."""
    own_pvs: tuple[str, ...]
    """Physical volumes under /, /boot and swap: those that must stay visible whatever happens."""
    groups: tuple[Group, ...]
    volumes: tuple[Volume, ...]
    lockd: bool
    """Whether lvmlockd runs."""
    lockd_at_boot: bool
    locks_at_boot: tuple[str, ...]
    """Groups whose lockspaces are started at boot after their maps exist."""
    stops_in_order: bool
    """Whether LVs and lockspaces are stopped before lvmlockd, dlm and corosync (rule 19)."""
    lockspaces: tuple[Lockspace, ...]
    activated_at_boot: tuple[tuple[str, str], ...]
    """(group/volume, mode "ey" or "sy") activated at boot."""
    failure: tuple[str, ...] = ()
    """What LVM said when it could not answer; empty: it could."""
