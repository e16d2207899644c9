"""lvm.conf as LVM 2.02 takes it: its parser's complaints, its filter, and how locks are got."""

from __future__ import annotations

import re

from tui_installer.simulator import conf
from tui_installer.simulator.conf import ConfError
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import cluster, daemons, paths
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.world import Hang, World

CONF = "/etc/lvm/lvm.conf"
NO_SOCKET = "  connect() failed on local socket: No such file or directory\n"
FALLBACK = (
    "  Internal cluster locking initialisation failed.\n"
    "  WARNING: Falling back to local file-based locking.\n"
    "  Volume Groups with the clustered attribute will be inaccessible.\n"
)


class LvmError(Exception):
    """A command that ends early: exit code and what it said."""

    def __init__(self, code: int, err: str) -> None:
        super().__init__(err)
        self.code = code
        self.err = err


def settings(host: Machine, more: str = "") -> dict[str, str]:
    """lvm.conf and what --config adds, as "section/key" -> value. Raises `LvmError`."""
    try:
        found = conf.lvm(paths.text(host, CONF) or "")
    except ConfError as error:
        said = str(error)
        if era(host).name == "etch":
            said = re.sub(r"at byte \d+ \(line (\d+)\)", r"at line \1", said)
        raise LvmError(4, f"{said}\n  Failed to load config file {CONF}\n") from error
    try:
        return found | conf.lvm(more)
    except ConfError as error:
        raise LvmError(4, f"  {error}\n") from error


def accepted(found: dict[str, str], names: list[str]) -> bool:
    """Whether the filter lets a device through, by any of its names."""
    rejected = False
    for name in names:
        for pattern in conf.patterns(found.get("devices/filter", '"a/.*/"')):
            if len(pattern) > 2 and re.search(pattern[2:].rsplit(pattern[1], 1)[0], name):
                if pattern[0] == "a":
                    return True
                rejected = True
                break
    return not rejected


def clustered(world: World, host: Machine, found: dict[str, str], lenient: bool) -> tuple[bool, str]:
    """Whether cluster locks can be had, and what is said about it. Raises `LvmError` where nothing works."""
    kind = found.get("global/locking_type", "1")
    fallback = era(host).name != "etch" and found.get("global/fallback_to_local_locking", "1") == "1"
    if kind in ("0", "1", "4"):
        return False, ""
    said = _library(host, found) if kind == "2" else _internal(host, kind)
    if not said and daemons.runs(host, "clvmd"):
        if world.fault("fence-waiting") or not cluster.quorate(world, host):
            raise Hang
        return True, ""
    said = said or NO_SOCKET
    if fallback or lenient:
        return False, said + (FALLBACK if fallback else "")
    raise LvmError(5, f"{said}  Locking type {kind} initialisation failed.\n")


def _library(host: Machine, found: dict[str, str]) -> str:
    name = found.get("global/locking_library", '"lvm2_locking.so"').strip('"')
    folder = found.get("global/library_dir", '"/lib"').strip('"')
    if paths.kind(host, f"{folder}/{name}") == "file":
        return ""
    return f"  Unable to open external locking library {name}\n"


def _internal(host: Machine, kind: str) -> str:
    return "" if kind == "3" and era(host).name == "squeeze" else "  Unknown locking type requested.\n"
