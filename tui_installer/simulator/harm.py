"""What a real cluster suffers from, and a simulated one only notes: incidents, whosever command it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tui_installer.simulator import storage
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.world import World

HOLDERS = ("corosync", "dlm-controld", "lvm2", "lvm2-lockd", "cman", "clvm", "ccs")
"""Packages whose removal, or restart, takes the daemons that hold lockspaces."""
SINGLE_PATH = ["/dev/sdx", "/dev/disk/by-id/wwn-0x6000000000000001"]
"""The names of a disk that is one path alone."""


def noted(world: World, host: Machine, what: str) -> None:
    """An incident on a host, once."""
    text = f"{host.name}: {what}"
    if text not in world.incidents:
        world.incidents.append(text)


def purged(world: World, host: Machine, package: str) -> None:
    """A package is about to go."""
    if package in HOLDERS and host.data["lockspaces"]:
        noted(world, host, f"{package} was removed under lockspaces")
    if package in ("open-iscsi", "multipath-tools") and host.data["lv_dms"]:
        noted(world, host, f"{package} was removed under active volumes")


def logged_in(world: World, host: Machine, filtered: bool) -> None:
    """A session came: udev and LVM look at its disks at once. `filtered`: LVM's filter hides single paths."""
    if not filtered:
        noted(world, host, "a session came before LVM's filter: a group may be activated on a single path")


def _alive(world: World, host: Machine) -> set[str]:
    return {disk.wwid for disk in storage.disks(world, host) if disk.alive}


@contextmanager
def paths_may_go(world: World, host: Machine) -> Iterator[None]:
    """Something is done to sessions or their network: an active volume must keep a path that it had."""
    used = set(storage.on_it(world, host))
    before = used & _alive(world, host)
    yield
    if before - _alive(world, host):
        noted(world, host, "the last path of an active volume was logged out")


def votes(world: World, host: Machine, old: int, new: int) -> None:
    """A running host's own votes are other ones than before."""
    if new < old and host.data["lockspaces"]:
        noted(world, host, f"its vote was taken while it runs with lockspaces ({old} to {new})")
