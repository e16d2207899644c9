"""What the archives of etch, lenny and squeeze offer: packages in the order in which apt configures them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs.era import ERAS


@dataclass(frozen=True, slots=True)
class Package:
    """A package of an archive."""

    name: str
    version: str
    needs: tuple[str, ...] = ()
    """What it depends on; "a | b": one of them."""
    programs: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    """Its init scripts, started when it is configured."""
    modules: tuple[str, ...] = ()
    """Kernel modules, for the kernel whose release ends the package's name."""
    provides: tuple[str, ...] = ()
    """Virtual packages: dpkg does not list them, and apt takes their name only where one package provides it."""
    base: bool = False
    """Installed on every host from the start."""


TABLES = Path(__file__).parent / "files" / "archive"
"""A line a package: name version; depends; programs; init scripts; modules; provides. Above "---": on every host."""
SETS = {
    "LVM": "vgs lvs pvs vgscan pvscan vgchange lvchange vgdisplay lvm",
    "CMAN": "cman_tool ccs_tool fenced fence_tool fence_ack_manual fence_manual dlm_controld gfs_controld "
    "group_tool dlm_tool",
}
"""Programs of /sbin that come together."""


def _package(line: str, base: bool) -> Package:
    head, needs, programs, scripts, modules, provides = [part.split() for part in (line + ";" * 5).split(";")][:6]
    paths: list[str] = []
    for word in programs:
        paths += [f"/sbin/{name}" for name in SETS[word].split()] if word in SETS else [word]
    alternatives = tuple(word.replace("|", " | ") for word in needs)
    return Package(head[0], head[1], alternatives, tuple(paths), tuple(scripts), tuple(modules), tuple(provides), base)


def _archive(text: str) -> dict[str, Package]:
    first, _, second = text.partition("---\n")
    found = [_package(line, True) for line in first.strip().splitlines()]
    found += [_package(line, False) for line in second.strip().splitlines()]
    return {package.name: package for package in found}


ARCHIVES = {name: _archive((TABLES / name).read_text()) for name in ERAS}
"""By release."""


def archive(host: Machine) -> dict[str, Package]:
    """The packages that a host's release has, by name."""
    return ARCHIVES[host.data["release"]]


def providers(host: Machine, name: str) -> list[str]:
    """The packages of a host's release that provide a virtual one."""
    return [each.name for each in archive(host).values() if name in each.provides]


def met(need: str, installed: set[str]) -> bool:
    """Whether one of "a | b" is installed."""
    return bool(set(need.split(" | ")) & installed)


def closure(packages: dict[str, Package], names: list[str], there: set[str]) -> list[str]:
    """These packages and all that they need beside what is there, in the order in which they are configured."""
    wanted: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in wanted and name not in there:
            wanted.add(name)
            pending += [need.split(" | ")[0] for need in packages[name].needs if not met(need, there)]
    return [name for name in packages if name in wanted]
