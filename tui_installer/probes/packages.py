"""Debian packages: what is installed, what could be, what is half done, and what an installation would do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tui_installer.hosts.host import Host, HostError

_INSTALLED = frozenset("iWt")
"""Status letters of dpkg-query(1) for a package that works; triggers may be outstanding."""
_HALF_DONE = frozenset("HUF")

_CHANGE = re.compile(r"(Inst|Remv) (\S+)(?: \[([^\]]*)\])?(?: \((\S+))?")


@dataclass(frozen=True, slots=True)
class Packages:
    """The packages of a host."""

    installed: Mapping[str, str] = field(default_factory=dict)
    """name -> version."""
    candidates: Mapping[str, str] = field(default_factory=dict)
    """name -> version that apt would install, of the names that were asked for; one without is not there."""
    broken: tuple[str, ...] = ()
    """Names of half-installed, unpacked and half-configured packages."""
    audit: tuple[str, ...] = ()
    """What `dpkg --audit` says; empty: all is well."""

    @property
    def unfinished(self) -> bool:
        """Whether dpkg has to finish something: a package, or triggers."""
        return bool(self.broken) or any(_UNFINISHED.search(line) for line in self.audit)


@dataclass(frozen=True, slots=True)
class Simulation:
    """What apt would do."""

    new: tuple[tuple[str, str], ...] = ()
    """(name, version)."""
    upgraded: tuple[tuple[str, str, str], ...] = ()
    """(name, version now, version then)."""
    removed: tuple[str, ...] = ()
    error: tuple[str, ...] = ()
    """apt's words if it refuses; empty: it does not."""


def parse_status(text: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """(installed, broken) of what dpkg-query printed: status, name, version, separated by tabs."""
    rows = [line.split("\t") for line in text.splitlines()]
    rows = [row for row in rows if len(row) == 3 and len(row[0]) >= 2]
    installed = {name: version for status, name, version in rows if status[1] in _INSTALLED}
    return installed, tuple(name for status, name, _ in rows if status[1] in _HALF_DONE or status[2:3] == "R")


def parse_policy(text: str) -> dict[str, str]:
    """name -> candidate of what `apt-cache policy` printed."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if line.endswith(":") and not line.startswith(" "):
            name = line[:-1]
        elif line.startswith("  Candidate: ") and name and not line.endswith("(none)"):
            found[name] = line.removeprefix("  Candidate: ").strip()
    return found


def parse_simulation(out: str, err: str) -> Simulation:
    """What `apt-get -s install` printed."""
    changes = [match.groups(default="") for match in map(_CHANGE.match, out.splitlines()) if match]
    installs = [(name, old, version) for what, name, old, version in changes if what == "Inst"]
    return Simulation(
        new=tuple((name, version) for name, old, version in installs if not old),
        upgraded=tuple((name, old, version) for name, old, version in installs if old and old != version),
        removed=tuple(name for what, name, _, _ in changes if what == "Remv"),
        error=tuple(line for line in err.splitlines() if line.startswith("E:")),
    )


def probe(host: Host) -> Packages:
    """Look at a host; nothing is asked of apt yet. Raises `HostError`."""
    said = host.run("dpkg-query", "-W", "-f", "${db:Status-Abbrev}\\t${Package}\\t${Version}\\n")
    installed, broken = parse_status(said.answer(form=r"(?:[^\t\n]{2,4}\t[^\t\n]+\t[^\t\n]*\n)*\Z"))
    return Packages(installed, {}, broken, audit(host))


_UNFINISHED = re.compile(r"The following packages (?:are in a mess|have been|are only half|are awaiting)")
"""How dpkg's paragraphs begin that `dpkg --configure -a` mends (src/enquiry.c); the others are of architectures, lists
and checksums."""


def audit(host: Host) -> tuple[str, ...]:
    """What dpkg complains of, line by line. Raises `HostError`."""
    said = host.run("dpkg", "--audit").answer(0, 1, form=r"\Z|The following packages ")
    return tuple(line for line in said.splitlines() if line.strip())


def candidates(host: Host, *names: str) -> dict[str, str]:
    """name -> version that apt would install. Raises `HostError`."""
    return parse_policy(host.run("apt-cache", "policy", *names).answer(form=POLICY))


POLICY = r"(?:\S.*:\n(?: .*\n)*)*\Z"
"""The form of `apt-cache policy NAME...`: a name, and lines that are indented."""


_SUMMARY = re.compile(r"(?m)^(\d+) upgraded, (\d+) newly installed, ")
"""How many packages apt-get says that it would bring, before it names each."""


def simulate(host: Host, *names: str, alone: tuple[str, ...] = ("--no-install-recommends",)) -> Simulation:
    """What installing the names would do; `alone` leaves out what is only recommended. Raises `HostError`."""
    said = host.run("apt-get", "-s", "-q", *alone, "install", *names)
    result = parse_simulation(said.out, said.err)
    if said.ok() and not result.error:
        summed = _SUMMARY.search(said.answer())
        if summed is None or sum(map(int, summed.groups())) != len(result.new) + len(result.upgraded):
            raise HostError("apt-get: its answer is not whole")
        return result
    return result if result.error else Simulation(error=(f"{said.argv[0]}: {said.verdict}", *said.said))
