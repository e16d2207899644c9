"""Debian packages of Debian 4 to 6."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from tui_installer.hosts.host import Host
from tui_installer.probes.packages import POLICY, Packages, PackageStatus, audit, parse_policy, status

FORMAT = "${Status}\\t${Package}\\t${Version}\\n"
"""dpkg-query of these releases has no ${db:Status-Abbrev}."""
_WANTED = {"deinstall": "r"}
"""The letter where it is not the first one."""
_LETTERS = {
    "installed": "i",
    "half-installed": "H",
    "unpacked": "U",
    "half-configured": "F",
    "triggers-awaited": "W",
    "triggers-pending": "t",
    "config-files": "c",
}

_LISTED = r"(?:\w+ \w+ [\w-]+\t[^\t\n]+\t[^\t\n]*\n)*\Z"
"""The form of what dpkg-query prints in `FORMAT`."""

Family = Literal["1.x", "2.x", "3.x", ""]
_FAMILIES: dict[str, Family] = {"1": "1.x", "2": "2.x", "3": "3.x"}


def parse_status(text: str) -> PackageStatus:
    """What dpkg-query printed in `FORMAT`: `install ok installed`, name, version."""
    rows = [line.split("\t") for line in text.splitlines()]
    rows = [row for row in rows if len(row) == 3 and len(row[0].split()) == 3]
    return status((_letters(*row[0].split()), row[1], row[2]) for row in rows)


def _letters(wanted: str, flag: str, state: str) -> str:
    """As ${db:Status-Abbrev} has them."""
    return _WANTED.get(wanted, wanted[:1]) + _LETTERS.get(state, "n") + ("R" if flag == "reinstreq" else " ")


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
    found = parse_status(host.run("dpkg-query", "-W", "-f", FORMAT).answer(form=_LISTED))
    policy = host.run("apt-cache", "policy", *names).answer(form=POLICY) if names else ""
    return Packages(
        found.installed, parse_policy(policy), found.broken, found.torn, found.aside, found.leaving, audit(host)
    )
