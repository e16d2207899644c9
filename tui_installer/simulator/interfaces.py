"""/etc/network/interfaces, as the simulated ifupdown reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tui_installer.simulator.conf import ConfError
from tui_installer.simulator.machine import Machine


@dataclass
class Stanza:
    """An iface stanza of /etc/network/interfaces."""

    name: str
    method: str
    options: dict[str, str] = field(default_factory=dict)


@dataclass
class Interfaces:
    """What ifupdown read: stanzas by name, and the names brought up at boot."""

    stanzas: dict[str, Stanza] = field(default_factory=dict)
    auto: list[str] = field(default_factory=list)


def interfaces(machine: Machine, path: str = "/etc/network/interfaces") -> Interfaces:
    """interfaces(5) with what it sources. Raises ConfError."""
    found = Interfaces()
    _interfaces(machine, path, found)
    return found


def _interfaces(machine: Machine, path: str, found: Interfaces) -> None:
    current: Stanza | None = None
    text = (machine.text(path) or "").replace("\\\n", " ")
    for number, raw in enumerate(text.splitlines(), 1):
        words = raw.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] in ("source", "source-directory"):
            for each in _sourced(machine, path, words):
                _interfaces(machine, each, found)
            current = None
        elif words[0] in ("auto", "allow-auto", "allow-hotplug"):
            found.auto += words[1:]
            current = None
        elif words[0] == "iface":
            if len(words) < 4:
                raise ConfError(f"{path}:{number}: too few parameters for iface line")
            current = found.stanzas.setdefault(words[1], Stanza(words[1], words[3]))
        elif words[0] in ("mapping", "no-auto-down", "no-scripts", "rename") or words[0].startswith("allow-"):
            current = None
        elif current is None:
            raise ConfError(f"{path}:{number}: misplaced option")
        else:
            current.options[words[0]] = " ".join(words[1:])


def _sourced(machine: Machine, path: str, words: list[str]) -> list[str]:
    where = words[1] if words[1].startswith("/") else path.rsplit("/", 1)[0] + "/" + words[1]
    if words[0] == "source":
        return list(machine.glob(where))
    names = machine.glob(where.rstrip("/") + "/*")
    return [name for name in names if re.fullmatch(r"[a-zA-Z0-9_-]+", name.rsplit("/", 1)[1])]
