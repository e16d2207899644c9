"""The logs of a simulated host: read as files, but no part of what a host is (they only grow)."""

from __future__ import annotations

import time

from tui_installer.simulator.machine import Machine

SYSLOG, KERNEL, XEND = "/var/log/syslog", "/var/log/kern.log", "/var/log/xen/xend.log"
KEPT = 200
"""Lines that a log keeps."""


def syslog(host: Machine, program: str, *lines: str) -> None:
    """A daemon says something."""
    pid = host.data["pids"].get(program, 2301)
    _add(host, SYSLOG, [f"{program}[{pid}]: {line}" for line in lines])


def kernel(host: Machine, *lines: str) -> None:
    """The kernel says something: dmesg, kern.log and syslog have it."""
    _add(host, SYSLOG, [f"kernel: {line}" for line in lines])
    _add(host, KERNEL, [f"kernel: {line}" for line in lines])
    host.data["log"]["dmesg"] = [*host.data["log"].get("dmesg", []), *lines][-KEPT:]


def xend(host: Machine, *lines: str) -> None:
    """xend says something."""
    stamp = time.strftime("[%Y-%m-%d %H:%M:%S xend 2913]")
    host.data["log"][XEND] = [*host.data["log"].get(XEND, []), *(f"{stamp} {line}" for line in lines)][-KEPT:]


def _add(host: Machine, path: str, lines: list[str]) -> None:
    stamp = time.strftime("%b %e %H:%M:%S")
    host.data["log"][path] = [*host.data["log"].get(path, []), *(f"{stamp} {host.name} {line}" for line in lines)][
        -KEPT:
    ]
