"""lvm.conf as LVM 2.02 takes it: its parser's complaints, its filter, and how locks are got."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import cluster, daemons, lvm_parser, paths
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.rhcs.lvm_parser import Config, LvmConfError
from tui_installer.simulator.world import Hang, World

NO_SOCKET = "  connect() failed on local socket: No such file or directory\n"
FALLBACK = (
    "  WARNING: Falling back to local file-based locking.\n"
    "  Volume Groups with the clustered attribute will be inaccessible.\n"
)
UNREADABLE = 255
"""How a command ends whose lvm.conf cannot be read: -1 of lvm2_main."""


class LvmError(Exception):
    """A command that ends early: exit code and what it said."""

    def __init__(self, code: int, err: str) -> None:
        super().__init__(err)
        self.code = code
        self.err = err


def settings(host: Machine, more: str = "") -> Config:
    """lvm.conf, and what --config puts before it. Raises `LvmError`."""
    path = f"{host.world.environment.get('LVM_SYSTEM_DIR', '/etc/lvm')}/lvm.conf"
    release = era(host).name
    try:
        tree = lvm_parser.parse(paths.text(host, path) or "", release)
    except LvmConfError as error:
        raise LvmError(UNREADABLE, f"  {error}\n  Failed to load config file {path}\n") from error
    try:
        return Config((lvm_parser.parse(more, release), tree))
    except LvmConfError as error:
        raise LvmError(UNREADABLE, f"  {error}\n") from error


def accepted(found: Config, names: list[str]) -> bool:
    """Whether the filter lets a device through, by any of its names."""
    rejected = False
    for name in names:
        for pattern in found.texts("devices/filter", ("a/.*/",)):
            if len(pattern) > 2 and re.search(pattern[2:].rsplit(pattern[1], 1)[0], name):
                if pattern[0] == "a":
                    return True
                rejected = True
                break
    return not rejected


@dataclass(frozen=True, slots=True)
class Locks:
    """How a command locks, and what it says about that."""

    cluster: bool
    """Through clvmd."""
    hides: bool
    """Whether clustered groups are skipped."""
    said: str = ""


def locks(world: World, host: Machine, found: Config, lenient: bool) -> Locks:
    """How a command locks with that configuration. Raises `LvmError` where nothing works.

    Source: init_locking of 2.02.06, 2.02.39 and 2.02.66. Debian built the first with an external library only, the
    others with cluster locking inside; there type 2 complains of its library and falls back to type 3.
    """
    twice = "".join(_twice(found)) if era(host).name == "squeeze" else ""
    how = _locks(world, host, found, lenient)
    return replace(how, said=twice + how.said)


def _twice(found: Config) -> Iterator[str]:
    for tree in found.trees:
        for path in ("devices/filter", "global/locking_type"):
            yield from lvm_parser.ignored(tree, path)


def _locks(world: World, host: Machine, found: Config, lenient: bool) -> Locks:
    kind = found.number("global/locking_type", 1)
    first = era(host).name == "etch"
    known = (0, 1, 2) if first else (0, 1, 2, 3, *((4,) if era(host).name == "squeeze" else ()))
    if kind not in known:
        raise LvmError(5, "  Unknown locking type requested.\n")
    if kind in (0, 1, 4):
        return Locks(False, hides=not first)  # etch uses clustered groups under local locks
    said = _library(host, found) if kind == 2 else ""
    if first and said:
        return _without(host, found, said, lenient)
    if daemons.runs(host, "clvmd"):
        if world.fault("fence-waiting") or not cluster.quorate(world, host):
            raise Hang
        return Locks(True, False, said)
    said += NO_SOCKET + ("  Internal cluster locking initialisation failed.\n" if era(host).name == "squeeze" else "")
    return _without(host, found, said, lenient)


def _without(host: Machine, found: Config, said: str, lenient: bool) -> Locks:
    falls_back = era(host).name != "etch"
    if falls_back and found.number("global/fallback_to_local_locking", 1):
        return Locks(False, True, said + FALLBACK)
    if lenient:
        return Locks(False, falls_back, said)
    kind, last = found.number("global/locking_type", 1), era(host).name == "squeeze"
    raise LvmError(5, said if last else f"{said}  Locking type {kind} initialisation failed.\n")


def _library(host: Machine, found: Config) -> str:
    name = found.text("global/locking_library", "lvm2_locking.so")
    folder = found.text("global/library_dir", "/lib")
    if era(host).name == "etch" and paths.kind(host, f"{folder}/{name}") == "file":
        return ""
    return f"  Unable to open external locking library {name}\n"
