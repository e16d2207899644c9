"""The services that run over cman: fence domain, lockspaces of dlm, and what mounts or locks through them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_KINDS = {"Fence Domain": "fence", "DLM Lock Space": "dlm", "GFS Mount Group": "gfs", "User": "user"}
_ONE = re.compile(
    r'^([A-Z][\w ]*): +"(.*)" +(\d{1,9}) +(\d{1,9}) +(none|join|run|recover(?: \d{1,9})?|update) +(\S+) *$'
)
_TWO = re.compile(r"^(\w+) +(\d{1,9}) +(\S+) +([0-9a-f]{8}) +(\S+) *$")
_THREE = {"fence domain": "fence", "dlm lockspaces": "dlm", "gfs mountgroups": "gfs"}


@dataclass(frozen=True, slots=True)
class Service:
    """A service and who takes part in it."""

    kind: str
    """"fence", "dlm", "gfs", "user"."""
    name: str
    """"default" is the fence domain, "clvmd" the lockspace of LVM."""
    id: str
    """As printed; empty where it is not."""
    state: str
    """1.x: "run", "join", "recover 2", ...; 2.x and 3.x: "none" (nothing is going on), "JOIN_START_WAIT", ..."""
    code: str
    """1.x only: "-" or what it waits for."""
    members: tuple[int, ...]
    """Node ids."""

    @property
    def healthy(self) -> bool:
        """Nothing is waited for."""
        return (self.state, self.code) in (("run", "-"), ("none", ""))


def parse_services(text: str) -> tuple[Service, ...]:
    """The services in `cman_tool services`, of any generation; none from any other text."""
    lines = text.splitlines()
    if any(line.strip() in _THREE for line in lines):
        return tuple(_blocks(lines))
    return tuple(_rows(lines))


def _rows(lines: list[str]) -> Iterator[Service]:
    """1.x and 2.x: a row, then the members in brackets, over several lines if they are many."""
    for number, line in enumerate(lines, 1):
        if row := _ONE.match(line):
            kind = _KINDS.get(row[1], row[1].lower())
            yield Service(kind, row[2], row[3], row[5], row[6], _members(lines, number))
        elif row := _TWO.match(line):
            yield Service(row[1], row[3], row[4], row[5], "", _members(lines, number))


def _members(lines: list[str], start: int) -> tuple[int, ...]:
    """The ids between the bracket that opens line `start` and the next one that closes."""
    if not lines[start : start + 1] or not lines[start].startswith("["):
        return ()
    end = next((number for number in range(start, len(lines)) if "]" in lines[number]), start)
    return _ids(" ".join(lines[start : end + 1]).partition("]")[0])


def _ids(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in re.findall(r"\b\d{1,9}\b", text, re.ASCII))


def _blocks(lines: list[str]) -> Iterator[Service]:
    """3.x: headed blocks of `key value` lines."""
    kind = ""
    for block in re.split(r"\n(?:[ \t]*\n)+", "\n".join(lines).strip("\n")):
        rows = [row for row in block.splitlines() if row.strip()]
        if rows and rows[0].strip() in _THREE:
            kind = _THREE[rows.pop(0).strip()]
        if kind and rows:
            yield _service(kind, dict(map(_pair, rows)))


def _pair(line: str) -> tuple[str, str]:
    """A key of one or two words, 13 columns wide, and its value."""
    return line[:13].strip(), line[13:].strip()


def _service(kind: str, block: dict[str, str]) -> Service:
    waits = [block.get("wait state", "none"), *(value for key, value in block.items() if key.startswith("new "))]
    waits += ["victim " + block["victim now"]] if block.get("victim now", "0") != "0" else []
    state = next((word for word in waits if word != "none"), "none")
    name = block.get("name", "default" if kind == "fence" else "")
    return Service(kind, name, block.get("id", ""), state, "", _ids(block.get("members", "")))
