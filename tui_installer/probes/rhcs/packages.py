"""Debian packages of Debian 4 to 6."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from tui_installer.hosts.host import Host
from tui_installer.probes.packages import POLICY, Packages, audit, parse_policy

FORMAT = "${Status}\\t${Package}\\t${Version}\\n"
"""dpkg-query of these releases has no ${db:Status-Abbrev}."""
_HALF_DONE = ("half-installed", "unpacked", "half-configured")
_INSTALLED = ("installed", "triggers-awaited", "triggers-pending")

_LISTED = r"(?:\w+ \w+ [\w-]+\t[^\t\n]+\t[^\t\n]*\n)*\Z"
"""The form of what dpkg-query prints in `FORMAT`."""

Family = Literal["1.x", "2.x", "3.x", ""]
_FAMILIES: dict[str, Family] = {"1": "1.x", "2": "2.x", "3": "3.x"}


def parse_status(text: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """(installed, broken) of what dpkg-query printed in `FORMAT`: `install ok installed`, name, version."""
    rows = [line.split("\t") for line in text.splitlines()]
    rows = [row for row in rows if len(row) == 3 and len(row[0].split()) == 3]
    installed = {name: version for status, name, version in rows if status.split()[2] in _INSTALLED}
    broken = (name for status, name, _ in rows if status.split()[2] in _HALF_DONE or status.split()[1] == "reinstreq")
    return installed, tuple(broken)


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
    return Packages(installed, parse_policy(policy), broken, audit(host))
