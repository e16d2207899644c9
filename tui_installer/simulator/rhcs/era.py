"""What differs between the three releases, as their tools show it."""

from __future__ import annotations

from dataclasses import dataclass

from tui_installer.simulator.machine import Machine


@dataclass(frozen=True, slots=True)
class Era:
    """A release of Debian."""

    name: str
    version: str
    """As in /etc/debian_version."""
    family: str
    """Of the cluster suite: "1.x", "2.x" or "3.x"."""
    kernel: str
    maps: str
    """The generation of multipath's output: "B", "C" or "D"."""
    iscsi: str
    """open-iscsi's own version."""
    lvm: str
    scsi_id: str
    insserv: bool
    cache: str
    """Where LVM remembers devices."""
    xen: str
    hypervisor: str
    """The file in /boot."""


ERAS = {
    era.name: era
    for era in (
        Era("etch", "4.0", "1.x", "2.6.18-6-xen-686", "B", "2.0-730", "2.02.06", "/sbin/scsi_id", False,
            "/etc/lvm/.cache", "3.0.3-1", "xen-3.0.3-1-i386-pae.gz"),
        Era("lenny", "5.0.10", "2.x", "2.6.26-2-xen-686", "C", "2.0-870", "2.02.39", "/lib/udev/scsi_id", False,
            "/etc/lvm/cache/.cache", "3.2-1", "xen-3.2-1-i386.gz"),
        Era("squeeze", "6.0.10", "3.x", "2.6.32-5-xen-686", "D", "2.0-871", "2.02.66", "/lib/udev/scsi_id", True,
            "/etc/lvm/cache/.cache", "4.0", "xen-4.0-i386.gz"),
    )
}  # fmt: skip
"""By name."""


def era(host: Machine) -> Era:
    """The release that a host runs."""
    return ERAS[host.data["release"]]
