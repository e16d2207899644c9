"""What keeps apt from its work until somebody mends it, in its own words, the same on all releases but for a word.

`faults.apt`: "behind:SECONDS" (the clock), "full", "outdated" (lists older than the mirror), "half:NAME", "broken:NAME"
(unpacked by hand, its dependencies missing). Each ends by what mends it in life, and only by that.
"""

from __future__ import annotations

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.say import Answer
from tui_installer.simulator.world import World

MIRROR = "http://mirror.example/debian"
_EARLY = (
    "E: Release file for {mirror}/dists/stable/InRelease is not valid yet (invalid for another {left}). "
    "Updates for this repository will not be applied.\n"
)
_FULL = "E: You don't have enough free space in /var/cache/apt/archives/.\n"
_GONE = (
    "E: Failed to fetch {mirror}/pool/main/{name}.deb  404  Not Found [IP: 192.0.2.1 80]\n"
    "E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?\n"
)
_HALF = "E: The package {name} needs to be reinstalled, but I can't find an archive for it.\n"
_BROKEN = "E: Unmet dependencies. Try '{remedy}' with no packages (or specify a solution).\n"


def fault(world: World) -> tuple[str, str]:
    """(kind, what about it) of the fault that was asked for."""
    kind, _, about = str(world.fault("apt") or "").partition(":")
    return kind, about


def unread(world: World, host: Machine) -> bool:
    """Whether apt has no lists, because it took them for ones from the future."""
    return fault(world)[0] == "behind" and "read" not in _mended(host)


def refused(world: World, host: Machine, operation: str, names: list[str], flags: set[str], old: bool) -> Answer | None:
    """How apt-get ends before it does anything; None: it does it. `old`: before apt 1.8."""
    kind, about = fault(world)
    if operation == "update":
        return _updated(host, kind, about)
    if operation != "install":
        return None
    if kind == "full" and "cleaned" not in _mended(host):
        return 100, "After this operation, 45.6 MB of additional disk space will be used.\n", _FULL
    if kind == "outdated" and "read" not in _mended(host):
        return 100, "", _GONE.format(mirror=MIRROR, name=names[0] if names else "x")
    if kind == "half" and "read" not in _mended(host) and host.data["packages"].get(about) == "iH":
        return 100, "", _HALF.format(name=about)
    if kind == "broken" and "-f" not in flags and host.data["packages"].get(about) == "iU":
        return 100, "", _BROKEN.format(remedy="apt-get -f install" if old else "apt --fix-broken install")
    return None


def torn(host: Machine) -> list[str]:
    """What apt unpacks again unasked, as soon as it knows an archive of it."""
    return [name for name, state in host.data["packages"].items() if state == "iH"]


def to_complete(host: Machine) -> list[str]:
    """What `apt-get -f install` completes."""
    return [name for name, state in host.data["packages"].items() if state == "iU"]


def cleaned(host: Machine) -> Answer:
    """apt-get clean."""
    _mended(host).append("cleaned")
    return 0, "", ""


def _updated(host: Machine, kind: str, about: str) -> Answer | None:
    left = int(about or 0) - int(host.data["history"].get("clock", 0)) if kind == "behind" else 0
    if left > 0:
        hours, rest = divmod(left, 3600)
        words = f"{hours}h {rest // 60}min {rest % 60}s"
        return 100, "Reading package lists...\n", _EARLY.format(mirror=MIRROR, left=words)
    _mended(host).append("read")
    return None


def _mended(host: Machine) -> list[str]:
    known: list[str] = host.data["history"].setdefault("mended", [])
    return known
