"""A host that gets only a part of a core: what an overloaded machine is like for whoever waits on it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.lab.errors import LabError
from tests.lab.host import Host

V1, V2 = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")
PERIOD = 100_000
"""Microseconds."""


@contextmanager
def slowed(host: Host, part: float = 0.1) -> Iterator[None]:
    """The host's processes, those that come included, get this part of a core together, by a control group of the
    kernel. Raises LabError where there is none to be made."""
    group = _group(f"lab-{os.getpid()}-{host.name}", int(PERIOD * part))
    try:
        _move(host, group)
        host.patience = host.console.patience = 1 / part
        yield
    finally:
        host.patience = host.console.patience = 1.0
        for pid in (group / "cgroup.procs").read_text().split():
            _put(group.parent, pid)
        group.rmdir()


def _group(name: str, quota: int) -> Path:
    try:
        if (V1 / "cpu.cfs_quota_us").exists() or V1.is_dir():
            group = V1 / name
            group.mkdir(exist_ok=True)
            (group / "cpu.cfs_period_us").write_text(str(PERIOD))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            group = V2 / name
            (V2 / "cgroup.subtree_control").write_text("+cpu")
            group.mkdir(exist_ok=True)
            (group / "cpu.max").write_text(f"{quota} {PERIOD}")
    except OSError as error:
        raise LabError(f"no control group for the processor can be made here: {error}") from error
    return group


def _move(host: Host, group: Path) -> None:
    mark = f"uml_dir={host.share.parents[1]}/{host.name}/".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].startswith(b"uml-") and mark in words:
            _put(group, folder.name)
    if not (group / "cgroup.procs").read_text().split():
        raise LabError(f"{host.name}: no process is marked {mark.decode()}")


def _put(group: Path, pid: str) -> None:
    with suppress(ProcessLookupError):  # it has ended
        (group / "cgroup.procs").write_text(pid)
