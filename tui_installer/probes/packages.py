"""Debian packages: what is installed, what could be, what is half done, and what an installation would do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

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
    """Names of half-installed, unpacked and half-configured packages, without those that were set aside."""
    torn: tuple[str, ...] = ()
    """Those of them that have to be unpacked again: dpkg --configure leaves them as they are."""
    aside: tuple[str, ...] = ()
    """Names of those that are on hold: unfinished, and to be left as they are."""
    leaving: tuple[str, ...] = ()
    """Those of the torn that somebody removed: dpkg was cut off at that."""
    audit: tuple[str, ...] = ()
    """What `dpkg --audit` says; empty: all is well."""

    @property
    def unfinished(self) -> bool:
        """Whether dpkg has to finish something: a package, or triggers."""
        return bool(self.broken) or bool(complained(self.audit) - {*self.aside})


@dataclass(frozen=True, slots=True)
class PackageStatus:
    """What dpkg-query tells of all packages; see `Packages`."""

    installed: dict[str, str]
    broken: tuple[str, ...]
    torn: tuple[str, ...]
    aside: tuple[str, ...]
    leaving: tuple[str, ...]


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


def parse_status(text: str) -> PackageStatus:
    """What dpkg-query printed: status, name, version, separated by tabs."""
    rows = [line.split("\t") for line in text.splitlines()]
    return status((row[0], row[1], row[2]) for row in rows if len(row) == 3 and len(row[0]) >= 2)


def status(rows: Iterable[tuple[str, str, str]]) -> PackageStatus:
    """Of (letters, name, version): what is wanted, what it is, and R if it has to be unpacked again."""
    known = list(rows)
    half = {name: letters for letters, name, _ in known if letters[1] in _HALF_DONE or letters[2:3] == "R"}
    aside = tuple(name for name, letters in half.items() if letters[0] == "h")
    broken = tuple(name for name in half if name not in aside)
    torn = tuple(name for name in broken if half[name][1] == "H" or half[name][2:3] == "R")
    return PackageStatus(
        installed={name: version for letters, name, version in known if letters[1] in _INSTALLED},
        broken=broken,
        torn=torn,
        aside=aside,
        leaving=tuple(name for name in torn if half[name][0] in "rp"),
    )


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
    found = parse_status(said.answer(form=r"(?:[^\t\n]{2,4}\t[^\t\n]+\t[^\t\n]*\n)*\Z"))
    return Packages(found.installed, {}, found.broken, found.torn, found.aside, found.leaving, audit(host))


_UNFINISHED = re.compile(r"The following packages (?:are in a mess|have been|are only half|are awaiting)")
"""How dpkg's paragraphs begin that finishing mends (src/enquiry.c); the others are of architectures, lists and
checksums."""


def complained(audit: Iterable[str]) -> set[str]:
    """The packages that dpkg has to finish, by its audit: each is on a line of its own, behind a blank."""
    names, counts = set(), False
    for line in audit:
        if not line.startswith(" "):
            counts = bool(_UNFINISHED.match(line)) or (counts and not line.startswith("The following packages"))
        elif counts:
            names.add(line.split()[0])
    return names


def audit(host: Host) -> tuple[str, ...]:
    """What dpkg complains of, line by line, and first that the lock is held. Raises `HostError`."""
    said = host.run("dpkg", "--audit").answer(0, 1, form=r"\Z|Another process has locked |The following packages ")
    return tuple(line for line in said.splitlines() if line.strip())


def candidates(host: Host, *names: str) -> dict[str, str]:
    """name -> version that apt would install. Raises `HostError`."""
    return parse_policy(host.run("apt-cache", "policy", *names).answer(form=POLICY))


POLICY = r"(?:\S.*:\n(?: .*\n)*)*\Z"
"""The form of `apt-cache policy NAME...`: a name, and lines that are indented."""


STATES = ("dpkg-query", "-W", "-f", "${Status}\\t${Package}\\n")
"""Asked so, dpkg-query of each release answers; the short letters are newer (dpkg 1.16.2)."""
_FINISHED = ("installed", "config-files", "not-installed")


def unfinished(host: Host) -> tuple[str, ...]:
    """The packages that dpkg has not finished: half there, unpacked, not configured, or with triggers to run.

    Source: dpkg(1), package states, the third word of the status. Raises `HostError`.
    """
    text = host.run(*STATES).answer(form=r"(?:\w+ \w+ [\w-]+\t[^\t\n]+\n)*\Z")
    rows = (line.split("\t") for line in text.splitlines())
    return tuple(name for status, name in rows if status.split()[2] not in _FINISHED)


REFUSED = 100
"""Exit code of apt-get for what it does not do (apt-get(8), diagnostics); why is behind "E:"."""


def completing(host: Host) -> tuple[str, ...]:
    """The packages that apt would upgrade to complete what is half there; none, where it would refuse. Raises
    `HostError`."""
    said = host.run("apt-get", "-s", "-q", "-o", "APT::Install-Recommends=false", "--no-remove", "-f", "install")
    found = parse_simulation(said.out, said.err)
    if said.ok(REFUSED) and found.error:
        return ()
    return tuple(name for name, _, _ in parse_simulation(said.answer(), said.err).upgraded)


def pending(found: Packages) -> tuple[tuple[str, str, str], ...]:
    """(name, version now, version then) of the installed ones that apt has another version of."""
    pairs = ((name, found.installed.get(name, ""), version) for name, version in found.candidates.items())
    return tuple((name, now, then) for name, now, then in pairs if now and now != then)


_SUMMARY = re.compile(r"(?m)^(\d+) upgraded, (\d+) newly installed, (?:(\d+) reinstalled, )?(?:(\d+) downgraded, )?")
"""How many packages apt-get says that it would bring, before it names each. What is torn it calls upgraded."""


def simulate(host: Host, *names: str, alone: tuple[str, ...] = ("--no-install-recommends",)) -> Simulation:
    """What installing the names would do; `alone` leaves out what is only recommended. Raises `HostError`."""
    said = host.run("apt-get", "-s", "-q", *alone, "install", *names)
    result = parse_simulation(said.out, said.err)
    if said.ok() and not result.error:
        summed = _SUMMARY.search(said.answer())
        if summed is None or sum(map(int, summed.groups("0"))) != len(re.findall("(?m)^Inst ", said.out)):
            raise HostError("apt-get: its answer is not whole")
        return result
    words = result.error and said.said
    return replace(result, error=words or (f"{said.argv[0]}: {said.verdict}", *said.said))
