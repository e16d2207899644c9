"""What a kill leaves: the state of a world and of what is kept, and members whose memory is not what is in their
files."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.world import picture
from tui_installer import simulator
from tui_installer.simulator import cluster
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import cluster as cman

ONCE = re.compile(rb'"(?:attempt|at|pid|born)": ?(?:"[^"]*"|\d+)')
"""What no two runs have alike in what is kept."""
VERSION = re.compile(r"""(config_version(?:: |['"]: ['"]|="))\d+""")
"""As corosync.conf, its memory and cluster.conf write it."""


def remembered(world: Path) -> str:
    """A digest of all that the next start finds: the hosts, and what this program keeps."""
    found = hashlib.sha256(json.dumps(picture(world), sort_keys=True, default=repr).encode())
    kept = (path for name in ("state", "run") for path in (world / name).rglob("*"))
    for path in sorted(path for path in kept if path.is_file() and path.name != "lock"):
        found.update(path.name.encode() + b"\0" + ONCE.sub(b"", path.read_bytes()))
    return found.hexdigest()


def versionless(of: Any) -> Any:
    """A picture without the version of the members' settings, which only ever rises."""
    if isinstance(of, dict):
        passing = {"config_version", "version"} if "two_node" in of else {"config_version"}  # of cman, too
        return {key: versionless(value) for key, value in of.items() if key not in passing}
    if isinstance(of, bytes):
        return VERSION.sub(r"\1", of.decode("latin-1"))
    return [versionless(each) for each in of] if isinstance(of, list) else of


def forgotten(world: Path) -> list[str]:
    """Hosts on which the cluster's daemon runs with something else than its file says."""
    with simulator.opened(world) as opened:
        return [f"{host.name}: {why}" for host in opened.machines() for why in _forgotten(host)]


def _forgotten(host: Machine) -> Iterator[str]:
    if running := host.data.get("corosync"):
        read = cluster.memory(host, host.text(cluster.CONF) or "")
        yield from (
            f"{key} in memory: {running[key]}, in the file: {read[key]}" for key in read if running[key] != read[key]
        )
    if running := host.data.get("cman"):
        conf = cman.conf(host.text(cman.CONF) or "")
        read = {"version": conf.number, "expected": conf.votes, "two_node": conf.two_node}
        yield from (
            f"{key} in memory: {running[key]}, in the file: {read[key]}" for key in read if running[key] != read[key]
        )
