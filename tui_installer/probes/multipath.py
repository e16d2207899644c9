"""dm-multipath: its maps and paths, and the configuration in force."""

from __future__ import annotations

from dataclasses import dataclass

from tui_installer.host import File


@dataclass(frozen=True, slots=True)
class Path:
    """One path of a map."""

    device: str
    """Kernel name, "sda"."""
    dm_state: str
    """"active", "failed", "undef"."""
    device_state: str
    """"running", "offline", "blocked"."""
    checker_state: str
    """"ready", "faulty", "shaky", "ghost", ..."""
    portal: str
    """host_adapter's or the session's portal, "10.16.0.1:3260"; empty if not known."""

    @property
    def usable(self) -> bool:
        """I/O goes over it."""
        return self.dm_state == "active" and self.checker_state in ("ready", "ghost", "delayed")


@dataclass(frozen=True, slots=True)
class Map:
    """A multipath device."""

    name: str
    wwid: str
    dm: str
    """Kernel name, "dm-0"."""
    size: str
    """As the tool prints it, "512M"."""
    vendor: str
    product: str
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk that the kernel sees, before or under multipath."""

    name: str
    wwid: str
    """As multipath writes it (scsi_id -g -u); empty if it has none."""
    transport: str
    """"iscsi", "sata", ...; empty if not known."""
    size: str
    vendor: str
    model: str


@dataclass(frozen=True, slots=True)
class Multipath:
    """A host's multipath."""

    installed: bool
    running: bool
    at_boot: bool
    conf: File | None
    """/etc/multipath.conf."""
    maps: tuple[Map, ...]
    disks: tuple[Disk, ...]
    wwids: tuple[str, ...]
    """Those in /etc/multipath/wwids."""
