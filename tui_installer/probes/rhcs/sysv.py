"""sysv-rc: which scripts start and stop where, and which daemons run.

Until Debian 5 the links in /etc/rc?.d are the truth; from Debian 6 insserv makes them from the headers of the scripts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tui_installer.hosts.host import Host

LINKS = "/etc/rc?.d/[SK][0-9][0-9]*"
DEPENDENCIES = "/etc/init.d/.depend.boot"
"""What insserv computed; with it the numbers of links follow the headers."""
LEGACY = "/etc/init.d/.legacy-bootordering"
"""A host that was upgraded and keeps the old order."""


@dataclass(frozen=True, slots=True)
class RcLink:
    """A link of a runlevel: /etc/rcS.d/S61ccs."""

    level: str
    """"0" to "6", or "S"."""
    kind: str
    """"S" or "K". In 0 and 6 Debian has S links too: they run with "stop"."""
    number: int
    script: str

    @property
    def path(self) -> str:
        """Where it lies."""
        return f"/etc/rc{self.level}.d/{self.kind}{self.number:02}{self.script}"


@dataclass(frozen=True, slots=True)
class Sysv:
    """The init scripts of a host."""

    links: tuple[RcLink, ...]
    scripts: tuple[str, ...]
    """Names in /etc/init.d."""
    insserv: bool
    """Whether headers decide, not numbers."""

    def of(self, script: str) -> tuple[RcLink, ...]:
        """The links of a script, by their paths."""
        return tuple(link for link in self.links if link.script == script)

    def starts(self, script: str) -> bool:
        """Whether it is started at boot."""
        return any(link.kind == "S" and link.level in "S2345" for link in self.of(script))


def parse_links(paths: Iterable[str]) -> tuple[RcLink, ...]:
    """The links that are among the paths, sorted by path."""
    found = (re.fullmatch(r"/etc/rc([0-6S])\.d/([SK])(\d\d)([^/]+)", path, re.ASCII) for path in sorted(paths))
    return tuple(RcLink(match[1], match[2], int(match[3]), match[4]) for match in found if match)


def probe(host: Host) -> Sysv:
    """Look at a host. Raises `HostError`."""
    scripts = (path.rsplit("/", 1)[1] for path in host.list("/etc/init.d/*"))
    headers = host.read(DEPENDENCIES) is not None and host.read(LEGACY) is None
    return Sysv(parse_links(host.list(LINKS)), tuple(scripts), headers)


def running(host: Host, *names: str) -> frozenset[str]:
    """Those of the daemons that run. Raises `HostError`."""
    return frozenset(name for name in names if is_running(host, "pidof", name))


def is_running(host: Host, *argv: str) -> bool:
    """Whether a command that tells it by its exit code says so; 1 and 3 say no (pidof(8), LSB). Raises `HostError`."""
    said = host.run(*argv, within=20)
    said.answer(0, 1, 3, form=r"(?s).*\Z")
    return said.ok()
