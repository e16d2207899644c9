"""The files of disks, maps and volumes: whether they have to be made anew, on hosts of either stack."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager

from tui_installer.simulator import storage
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.world import World


@contextmanager
def storage_files(world: World, host: Machine) -> Iterator[bool]:
    """Whether the files of disks, maps and volumes are to be made anew: not, if they were made of the same state."""
    beside = host.root.with_name("derived")
    state = [host.data[name] for name in ("sessions", "maps", "lv_dms")]
    up = [disk.alive for disk in storage.disks(world, host)]
    made_of = hashlib.sha256(json.dumps([*state, up, world.state["san"]["luns"]]).encode()).hexdigest()
    stale = not beside.exists() or beside.read_text() != made_of
    if stale:
        beside.unlink(missing_ok=True)  # who is killed in between leaves files that are made of nothing
    yield stale
    if stale:
        beside.write_text(made_of)


def volume_links(world: World, host: Machine) -> list[str]:
    """What is in /dev/mapper and in the folders of groups in /dev."""
    groups = [path for path in host.glob("/dev/*/*") if path.split("/")[2] in world.state["vgs"]]
    return [*host.glob("/dev/mapper/*"), *groups]
