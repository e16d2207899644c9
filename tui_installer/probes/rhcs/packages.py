"""Debian packages of Debian 4 to 6, and which stack they offer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tui_installer.hosts.host import Host
from tui_installer.probes.packages import POLICY, Packages, parse_policy

FORMAT = "${Status}\\t${Package}\\t${Version}\\n"
"""dpkg-query of these releases has no ${db:Status-Abbrev}."""
ASKED = ("ccs", "cman", "corosync", "dlm-controld", "lvm2-lockd")
"""Packages by which `offered` judges."""
_MODERN = ("corosync", "dlm-controld", "lvm2-lockd")
_HALF_DONE = ("half-installed", "unpacked", "half-configured")
_INSTALLED = ("installed", "triggers-awaited", "triggers-pending")

_LISTED = r"(?:\w+ \w+ [\w-]+\t[^\t\n]+\t[^\t\n]*\n)*\Z"
"""The form of what dpkg-query prints in `FORMAT`."""

Family = Literal["1.x", "2.x", "3.x", ""]
_FAMILIES: dict[str, Family] = {"1": "1.x", "2": "2.x", "3": "3.x"}


@dataclass(frozen=True, slots=True)
class Offer:
    """Which stack a host can run, and why."""

    stack: Literal["rhcs", "corosync", "none"]
    family: Family
    """Of rhcs: "1.x" cman in the kernel with ccsd, "2.x" cman on openais, "3.x" cman on corosync, without ccsd."""
    reason: str
    """The packages that tell, as in "apt offers ccs 1.03.00-2, cman 1.03.00-2"."""


def parse_status(text: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """(installed, broken) of what dpkg-query printed in `FORMAT`: `install ok installed`, name, version."""
    rows = [line.split("\t") for line in text.splitlines()]
    rows = [row for row in rows if len(row) == 3 and len(row[0].split()) == 3]
    installed = {name: version for status, name, version in rows if status.split()[2] in _INSTALLED}
    broken = (name for status, name, _ in rows if status.split()[2] in _HALF_DONE or status.split()[1] == "reinstreq")
    return installed, tuple(broken)


def offered(packages: Packages) -> Offer:
    """The stack that the installed packages are, else the one that apt offers."""
    here = {name: packages.installed[name] for name in ASKED if name in packages.installed}
    told = _judge(here, "installed:") if "cman" in here or "corosync" in here else None
    return told or _judge(dict(packages.candidates), "apt offers") or Offer("none", "", "apt offers neither stack")


def _judge(versions: dict[str, str], verb: str) -> Offer | None:
    family = family_of(versions.get("cman", ""))
    if family:
        return Offer("rhcs", family, _reason(verb, versions, ("ccs", "cman")))
    if all(name in versions for name in _MODERN):
        return Offer("corosync", "", _reason(verb, versions, _MODERN))
    return None


def _reason(verb: str, versions: dict[str, str], names: tuple[str, ...]) -> str:
    return f"{verb} {', '.join(f'{name} {versions[name]}' for name in names if name in versions)}"


def family_of(version: str) -> Family:
    """The generation of a cman package by its version: 1.03 (or 1.2006...), 2.2008..., 3.0.12, 3.1.8."""
    found = re.match(r"(?:\d+:)?([123])\.", version)
    return _FAMILIES[found[1]] if found else ""


def parse_providers(text: str) -> dict[str, str]:
    """name -> version of the packages that provide one, from `apt-cache showpkg`."""
    _, _, rows = text.partition("\nReverse Provides:")
    words = (row.split() for row in rows.splitlines())
    return {row[0]: row[1] for row in words if len(row) == 2}


def providers(host: Host, name: str) -> dict[str, str]:
    """name -> version of the packages that provide a virtual one: dpkg never lists that itself, and apt-get takes its
    name only where exactly one package provides it. Raises `HostError`."""
    return parse_providers(host.run("apt-cache", "showpkg", name).answer(0, 100))


def fitting(found: Mapping[str, str], kernel: str) -> str:
    """The provider for the architecture of the running kernel; the shortest name is the one that follows upgrades.
    Empty: there is none."""
    flavour = "amd64" if "amd64" in kernel else "86"
    return min((name for name in found if flavour in name), key=lambda name: (len(name), name), default="")


def probe(host: Host, *names: str) -> Packages:
    """Look at a host; candidates are looked up for the names. Raises `HostError`."""
    installed, broken = parse_status(host.run("dpkg-query", "-W", "-f", FORMAT).answer(form=_LISTED))
    policy = host.run("apt-cache", "policy", *names).answer(form=POLICY) if names else ""
    audit = host.run("dpkg", "--audit").said if broken else ()
    return Packages(installed, parse_policy(policy), broken, audit)
