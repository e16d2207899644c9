"""The lock manager of a cluster: its lockspaces, what waits for fencing, and what dlm_controld works with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tui_installer.hosts.host import Host, HostError, Result
from tui_installer.probes.units import units


@dataclass(frozen=True, slots=True)
class DlmLockspace:
    """A lockspace of dlm."""

    name: str
    """"lvm_vg0"."""
    waits: str
    """What it waits for, as printed: "wait quorum", "wait fencing", "kern_stop"; empty: nothing, locks are given."""


def parse_fencing(status: str, lockspaces: str) -> tuple[str, ...]:
    """What waits for fencing, by `dlm_tool status` and `dlm_tool ls`."""
    busy = [line.strip() for line in status.splitlines() if line.startswith("fence ")]
    name = ""
    for line in lockspaces.splitlines():
        key, _, value = line.partition(" ")
        if key == "name":
            name = value.strip()
        if line.startswith("new status") and "fencing" in line:
            busy.append(f"{name}: {line.removeprefix('new status').strip()}")
    return tuple(busy)


def parse_lockspaces(text: str) -> tuple[DlmLockspace, ...]:
    """The lockspaces that `dlm_tool ls` shows: a block each, of lines with a key of 14 columns (dlm_tool's main.c).

    One that waits has "new status"; the flag kern_stop alone means that the kernel gives no locks.
    """
    blocks = re.split(r"(?m)^(?=name )", text)[1:]
    return tuple(_lockspace(dict(re.findall(r"(?m)^(name|flags|new status) +(.*?) *$", block))) for block in blocks)


def _lockspace(block: Mapping[str, str]) -> DlmLockspace:
    stopped = "kern_stop" if "kern_stop" in re.split(r"[ ,]+", block.get("flags", "")) else ""
    return DlmLockspace(block.get("name", ""), block.get("new status", "") or stopped)


def parse_settings(text: str) -> tuple[tuple[str, str], ...]:
    """What `dlm_tool dump_config` printed: "name=value", with " (dlm.conf)", " (cli option)" or " (set_config)" behind
    it where it is not the default (dlm_tool(8) of 4.2 and 4.3)."""
    return tuple(re.findall(r"(?m)^(\w+)=(\S*)(?: \([\w. ]+\))?$", text))


def parse_met(status: str) -> tuple[int, ...]:
    """The node ids that `dlm_tool status` lists: "node 2 M add ..." or "node 2 X add ..."."""
    return tuple(int(each) for each in re.findall(r"(?m)^node (\d{1,10}) [MX] ", status))


def torn(said: Result) -> HostError:
    """That a tool's answer is not all of it."""
    return HostError(f"{said.argv[0]}: {said.verdict}, and its answer is not whole")


@dataclass(frozen=True, slots=True)
class Dlm:
    """What dlm_controld says; see `cluster.Running`."""

    up: bool
    fencing: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    met: tuple[int, ...] = ()
    lockspaces: tuple[DlmLockspace, ...] = ()


def asked(host: Host, installed: bool) -> Dlm:
    """What dlm_controld says. Raises `HostError`."""
    status = host.run("dlm_tool", "status", within=20)
    if status.end == "absent" and not installed:
        return Dlm(False)
    told = status.answer(0, 1)
    if not told.startswith("cluster nodeid "):
        if "cannot connect to dlm_controld" not in f"{told}{status.err}":
            raise torn(status)
        return Dlm(False)
    dumped = host.run("dlm_tool", "dump_config", within=20)
    settings = parse_settings(dumped.answer())
    if "enable_fencing" not in dict(settings):
        raise torn(dumped)
    listed = host.run("dlm_tool", "ls", within=20).answer()
    return Dlm(True, parse_fencing(told, listed), settings, parse_met(told), parse_lockspaces(listed))


def lockspaces(host: Host) -> tuple[DlmLockspace, ...]:
    """The lockspaces of dlm on a host; none where dlm_controld does not run. Raises `HostError`."""
    unit = units(host, "dlm.service").get("dlm.service")
    return asked(host, unit is not None and unit.active).lockspaces
