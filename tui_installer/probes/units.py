"""Units of systemd: their states and their order, as `systemctl show` tells them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tui_installer.hosts.host import Host, HostError, Result

PROPERTIES = "Id,LoadState,ActiveState,SubState,UnitFileState,After,Wants,Requires,FragmentPath,DropInPaths"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that systemd has loaded."""

    name: str
    active: bool
    enabled: bool
    """Started at each boot by an installation link. systemd's "enabled-runtime" is none: that lasts until the next
    boot, or is made anew by a generator, as the logins on the kernel's consoles are (systemd-getty-generator(8))."""
    after: frozenset[str]
    """The units that it starts after, and therefore stops before."""
    wants: frozenset[str]
    files: tuple[str, ...]
    """Its file and its drop-ins, in the order in which they count."""
    requires: frozenset[str] = frozenset()


def parse_units(text: str) -> dict[str, Unit]:
    """What `systemctl show -p ...` printed: units by name, without those that have no file."""
    blocks = (dict(_pairs(block)) for block in _blocks(text))
    return {block["Id"]: _unit(block) for block in blocks if block.get("Id") and block.get("LoadState") != "not-found"}


def _blocks(text: str) -> list[str]:
    return [block for block in re.split(r"\n\s*\n", text) if block.strip()]


def _pairs(block: str) -> list[tuple[str, str]]:
    return [(key, value) for key, equals, value in (line.partition("=") for line in block.splitlines()) if equals]


def _unit(block: Mapping[str, str]) -> Unit:
    files = (block.get("FragmentPath", ""), *block.get("DropInPaths", "").split())
    return Unit(
        name=block["Id"],
        active=block.get("ActiveState") in ("active", "reloading"),
        enabled=block.get("UnitFileState") in ("enabled", "alias"),
        after=_names(block.get("After", "")),
        wants=_names(block.get("Wants", "")),
        files=tuple(path for path in files if path),
        requires=_names(block.get("Requires", "")),
    )


def _names(value: str) -> frozenset[str]:
    """Unit names of a property; a backslash may come doubled or as `\\x5c`."""
    return frozenset(value.replace("\\x5c", "\\").replace("\\\\", "\\").split())


def _without(host: Host, said: Result) -> bool:
    """Whether the host does without systemd, or was not booted by it (sd_booted(3)): both shows in its folders too."""
    if said.end == "absent":
        return not any(host.list(f"{folder}/systemd/system") for folder in ("/etc", "/lib", "/usr/lib"))
    return said.ok(1) and "not been booted with systemd" in said.err and not host.list("/run/systemd/system")


def units(host: Host, *names: str) -> dict[str, Unit]:
    """Those of the named units that exist on a host. None on one without systemd. Raises `HostError`."""
    said = host.run("systemctl", "show", "-p", PROPERTIES, *names, within=20)
    if _without(host, said):
        return {}
    if len(_blocks(said.answer())) < len(names):  # it prints a block for each name, known or not
        raise HostError("systemctl: its answer is not whole")
    return parse_units(said.out)


def after(known: Mapping[str, Unit], name: str) -> frozenset[str]:
    """Every unit that comes before `name` at the start, directly or through the known ones."""
    found: set[str] = set()
    ahead = [name]
    while ahead:
        unit = known.get(ahead.pop())
        fresh = (unit.after if unit else frozenset()) - found
        found |= fresh
        ahead.extend(fresh)
    return frozenset(found)


def brought_along(known: Mapping[str, Unit]) -> frozenset[str]:
    """The units that each boot starts because an enabled one wants or requires them, directly or through the known."""
    found: set[str] = set()
    ahead = [unit for unit in known.values() if unit.enabled]
    while ahead:
        unit = ahead.pop()
        fresh = (unit.wants | unit.requires) - found
        found |= fresh
        ahead.extend(known[name] for name in fresh if name in known)
    return frozenset(found)


def unit_of_path(path: str, kind: str = "device") -> str:
    """The unit that stands for a path: "/dev/mapper/a-b" is `dev-mapper-a\\x2db.device` (systemd.unit(5), escaping)."""
    inner = "/".join(part for part in path.split("/") if part)
    return f"{''.join(_escaped(at, char) for at, char in enumerate(inner))}.{kind}"


def _escaped(at: int, char: str) -> str:
    if char == "/":
        return "-"
    if char.isascii() and (char.isalnum() or char in ":_" or (char == "." and at > 0)):
        return char
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))
