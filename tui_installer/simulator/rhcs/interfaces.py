"""/etc/network/interfaces as ifupdown 0.6 takes it.

Source: ifupdown.nw of 0.6.10, get_line() and read_interfaces(). There is no `source`: below an `iface` it is an option
like others. What is written twice is refused: an option, an interface of one family, a name of one `auto`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tui_installer.simulator.conf import ConfError
from tui_installer.simulator.interfaces import Interfaces, Stanza
from tui_installer.simulator.machine import Machine

METHODS = {
    "inet": ("loopback", "static", "manual", "dhcp", "bootp", "ppp", "wvdial"),
    "inet6": ("loopback", "static", "manual", "v4tunnel"),
    "ipx": ("static", "dynamic"),
}
OFTEN = ("pre-up", "up", "down", "post-down")
"""Options that may be there several times."""
ALIASES = {"post-up": "up", "pre-down": "down"}


@dataclass
class Reader:
    """A file while it is read."""

    found: Interfaces = field(default_factory=Interfaces)
    allowed: dict[str, list[str]] = field(default_factory=dict)
    """The names of each `allow-CLASS`; `auto` is the class "auto"."""
    families: dict[tuple[str, str], Stanza] = field(default_factory=dict)
    """By interface and family."""
    current: Stanza | None = None
    mapping: list[str] | None = None
    """The options of the mapping that is being read."""

    def take(self, words: list[str]) -> str:
        """Take a line; why it is refused, empty: it is not."""
        first, rest = words[0][:79], words[1:]
        if first in ("mapping", "iface", "auto") or (first.startswith("allow-") and first != "allow-"):
            self.current, self.mapping = None, [] if first == "mapping" else None
        if first == "mapping":
            return ""
        if first == "iface":
            return self._iface(rest)
        if first == "auto" or (first.startswith("allow-") and first != "allow-"):
            return self._allow(first.removeprefix("allow-"), rest)
        if self.current is not None:
            return self._option(self.current, ALIASES.get(first, first), " ".join(rest))
        return self._mapped(first)

    def _iface(self, rest: list[str]) -> str:
        if len(rest) != 3:
            return f"too {'few' if len(rest) < 3 else 'many'} parameters for iface line"
        name, family, method = rest
        if family not in METHODS:
            return "unknown address type"
        if method not in METHODS[family]:
            return "unknown method"
        if (name, family) in self.families:
            return "duplicate interface"
        self.current = self.families[name, family] = Stanza(name, method)
        if family == "inet":
            self.found.stanzas[name] = self.current
        return ""

    def _allow(self, kind: str, names: list[str]) -> str:
        known = self.allowed.setdefault(kind, self.found.auto if kind == "auto" else [])
        for name in names:
            if name in known:
                return f"interface {name} declared allow-{kind} twice"
            known.append(name)
        return ""

    def _option(self, stanza: Stanza, name: str, value: str) -> str:
        if not value:
            return "option with empty value"
        if name in stanza.options and name not in OFTEN:
            return "duplicate option"
        stanza.options[name] = value
        return ""

    def _mapped(self, name: str) -> str:
        if self.mapping is None or name not in ("script", "map"):
            return "misplaced option"
        if name in self.mapping and name == "script":
            return "duplicate script in mapping"
        self.mapping.append(name)
        return ""


def lines(text: str) -> Iterator[tuple[int, str]]:
    """(number of its last line, text) of each line: comments are no lines, a backslash at its end goes on with one."""
    rows = text.splitlines()
    number = 0
    while number < len(rows):
        line, number = rows[number].lstrip(), number + 1
        if line.startswith("#"):
            continue
        while line.endswith("\\") and number < len(rows):
            line, number = line[:-1] + rows[number], number + 1
        yield number, line.removesuffix("\\").strip()


def read(host: Machine, path: str) -> Reader:
    """The file. Raises `ConfError` where ifupdown gives up."""
    reader = Reader()
    for number, line in lines(host.text(path) or ""):
        if line and (why := reader.take(line.split())):
            raise ConfError(f"{path}:{number}: {why}")
    return reader
