"""What the kernel tells of network cards beside what `ip` does: driver and speed. It is for showing alone: nothing that
is done depends on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from tui_installer.hosts.host import File, Host, HostError

DRIVERS = "/sys/class/net/*/device/driver"
"""A link to the folder of its driver; virtual interfaces have no device (Documentation/driver-model)."""
SPEEDS = (
    "sh",
    "-c",
    'for each in /sys/class/net/*/speed; do echo "$each $(cat "$each" 2>/dev/null)"; done',
    "sh",
)
"""The speed of each in Mb/s (Documentation/ABI/testing/sysfs-class-net, since Linux 2.6.33). Reading it ends with
EINVAL while the interface is down, and of most virtual ones."""
_UNKNOWN = (0, 0xFFFF, 0xFFFFFFFF)
"""SPEED_UNKNOWN of linux/ethtool.h, -1, as kernels before 3.x print it; newer ones print -1."""


@dataclass(frozen=True, slots=True)
class Hardware:
    """A card."""

    name: str
    driver: str = ""
    """The name of its driver; empty: it has none, or it is not known."""
    speed: int = 0
    """Mb/s; 0: not known."""


def parse_speeds(text: str) -> dict[str, int]:
    """The speeds that are known, by card, from what `SPEEDS` prints."""
    found = re.findall(r"(?m)^/sys/class/net/([^/\s]+)/speed (\d{1,10})$", text, re.ASCII)
    return {name: int(speed) for name, speed in found if int(speed) not in _UNKNOWN}


def drivers(links: Mapping[str, File]) -> dict[str, str]:
    """The drivers by card, from the links that match `DRIVERS`."""
    return {path.split("/")[4]: file.link.rpartition("/")[2] for path, file in links.items() if file.link}


def probe(host: Host) -> tuple[Hardware, ...]:
    """Look; what is not told is not known, and no reason to refuse anything."""
    driver: dict[str, str] = {}
    speed: dict[str, int] = {}
    with suppress(HostError):
        driver = drivers(host.read_all(DRIVERS))
    with suppress(HostError):
        speed = parse_speeds(host.run(*SPEEDS, within=20).answer(form=r"(?:/sys/class/net/.*\n)*\Z"))
    return tuple(Hardware(name, driver.get(name, ""), speed.get(name, 0)) for name in sorted({*driver, *speed}))
