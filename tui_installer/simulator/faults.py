"""Things that go wrong in a simulated world on request, so that each failure can be tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui_installer.simulator.world import opened

State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong."""

    about: str
    name: str
    """What the simulated tools know it by."""
    value: Callable[[State], Any]
    """What it is in that world."""


def _always(value: Any) -> Callable[[State], Any]:
    return lambda state: value


FAULTS: Mapping[str, Fault] = {
    "apt-locked": Fault("another program holds dpkg's lock", "apt", _always("locked")),
    "apt-offline": Fault("the mirror cannot be reached", "apt", _always("offline")),
    "chap-wrong": Fault("the array refuses the CHAP password", "chap", _always("wrong")),
    "clock": Fault("a member's clock is half a minute late", "clock", lambda state: {state["members"][0]: -30.0}),
    "guest-stays": Fault("guests do not shut themselves down", "guest-stays", _always(True)),
    "host-key": Fault("a member has another host key than before", "ssh", _always("host-key")),
    "inquorate": Fault("the cluster has no quorum", "member-inquorate", _always(True)),
    "member-away": Fault("a member cannot be reached", "unreachable", lambda state: [state["members"][-1]]),
    "no-candidate": Fault("a package is in no list", "no-candidate", _always(["open-iscsi"])),
    "no-module": Fault("the kernel has no module for VLANs", "no-module", _always("8021q")),
    "password": Fault("the members refuse the password", "ssh", _always("password")),
    "portal-down": Fault("a portal of the array is silent", "portal-down", lambda state: [state["san"]["portals"][-1]]),
    "postinst": Fault("a package's script fails once it is there", "apt", _always("postinst:open-iscsi")),
    "preinst": Fault("a package's script fails before it is there", "apt", _always("preinst:open-iscsi")),
    "target-hidden": Fault("the array shows this host no target", "acl", _always(True)),
    "vlan-wrong": Fault("the switch port carries another VLAN", "vlan", _always(99)),
}
"""By the name that is typed."""
NONE = "none"
"""Mends them all."""


def inflict(folder: Path, name: str) -> None:
    """Let that go wrong from now on, and nothing else. Raises ValueError, with the names that there are."""
    if name != NONE and name not in FAULTS:
        known = "".join(f"\n  {each:<14} {fault.about}" for each, fault in FAULTS.items())
        raise ValueError(f"no such fault: {name} (there are:{known}\n  {NONE:<14} nothing goes wrong)")
    with opened(folder) as world:
        world.state["faults"].clear()
        if name != NONE:
            world.state["faults"][FAULTS[name].name] = FAULTS[name].value(world.state)
