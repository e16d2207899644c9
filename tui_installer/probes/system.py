"""What machine this is: name, release, kernel, clock."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from tui_installer.formats.shell import items_shell
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import Host, HostError

KERNEL = r"\d+\.\d+\S*"
"""What `uname -r` prints: a version, as in "6.1.0-25-amd64" (uname(2))."""


@dataclass(frozen=True, slots=True)
class System:
    """A host's identity."""

    hostname: str
    distribution: str
    """ID of os-release(5): "debian"."""
    version: str
    """VERSION_ID of os-release(5): "12", "13"; empty on a testing release."""
    codename: str
    kernel: str
    """`uname -r`."""
    clock: float
    """The host's own time when it was asked, in seconds since the epoch."""
    asked: float
    """Our time then, the middle of asking, in seconds since the epoch."""

    @property
    def offset(self) -> float:
        """Seconds by which its clock is ahead of ours."""
        return self.clock - self.asked


def parse_os_release(content: bytes) -> dict[str, str]:
    """The assignments of os-release(5), as a shell reads them; none if a shell would refuse the file."""
    try:
        return dict(items_shell(content))
    except FormatError:
        return {}


def probe(host: Host) -> System:
    """Look at a host. Raises `HostError`."""
    release = host.read("/etc/os-release") or host.read("/usr/lib/os-release")
    if release is not None and release.link is not None:
        release = host.read("/usr/lib/os-release")
    names = parse_os_release(release.content) if release else {}
    before = time.time()
    said = host.run("date", "+%s.%N", within=20)
    after = time.time()
    if not re.fullmatch(r"\d{1,12}\.\d{1,9}\n?", said.answer(), re.ASCII):
        raise HostError(f"date: {said.out.strip()[:40]!r} is no time")
    hostname, kernel = host.run("uname", "-n", "-r", within=20).answer(form=rf"\S+ {KERNEL}\n\Z").split()
    return System(
        hostname=hostname,
        distribution=names.get("ID", ""),
        version=names.get("VERSION_ID", ""),
        codename=names.get("VERSION_CODENAME", ""),
        kernel=kernel,
        clock=float(said.out),
        asked=(before + after) / 2,
    )
