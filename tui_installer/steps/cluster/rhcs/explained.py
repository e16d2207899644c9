"""The live view of cman: what `cman_tool` prints, and what each line means for who runs the cluster."""

from __future__ import annotations

import re
from collections.abc import Callable

from tui_installer.hosts.host import Host
from tui_installer.model.view import View

DEADLINE = 20.0
"""Seconds for cman: it answers from memory or not at all."""
COLUMN, WIDTH = 34, 79
"""Where the meaning begins, if the line leaves room for it, and where a row of the smallest screen ends."""

Meanings = tuple[tuple[str, str], ...]
"""(what a line looks like, what it means): the first that fits counts."""

STATUS: Meanings = (
    (r"(?:Protocol v|V)ersion:", "hosts of another protocol are not let in"),
    (r"Config [Vv]ersion:", "must be the same on all members"),
    (r"Cluster [Nn]ame:", "who has another one is not heard"),
    (r"Cluster (?:ID|Id):", "made from the name"),
    (r"Cluster Member: Yes", "no proof: a cluster of one says so too"),
    (r"Cluster Member: No", "this host has not joined"),
    (r"Cluster Generation:", "grows with each change of members"),
    (r"Membership state: Cluster-Member", "this host has joined"),
    (r"Membership state: Rejected", "the members refused: see their syslog"),
    (r"Membership state: (?:State-)?Transition", "somebody comes or goes: wait"),
    (r"Membership state:", "not a member (yet)"),
    (r"Nodes:", "members now; 1: this host is alone"),
    (r"Expected[_ ]votes:", "if every node were there"),
    (r"Total[_ ]votes:", "of those that are there"),
    (r"Node votes:", "this host's own"),
    (r"Quorum device votes:", "of the quorum disk"),
    (r"Quorum: .*blocked", "NO QUORUM: LVM stands still"),
    (r"Quorum:", "votes needed; they are there"),
    (r"Active subsystems:", "cman can be stopped only when few are left"),
    (r"Flags:.*2node", "two nodes: one may go on alone"),
    (r"Flags:.*Disallowed", "some members must be restarted"),
    (r"Flags:", "Dirty and HaveState are normal"),
    (r"Ports Bound:.*\b11\b", "11: clvmd is connected"),
    (r"Ports Bound:", "11 is missing: clvmd is not connected"),
    (r"Node addresses: *127\.", "WRONG: the host's name leads to itself"),
    (r"Multicast addresses:", "switches must let it pass"),
)
NODES: Meanings = (
    (r" *\d+ .*\bM\b", "member"),
    (r" *\d+ .*\bX\b", "not there: down, or it left"),
    (r" *\d+ .*\bJ\b", "joining: wait"),
    (r" *\d+ .*\bd\b", "disallowed: restart cman there"),
)
SERVICES: Meanings = (
    (r"(?:Fence Domain:|fence\b).*\b(?:run|none)\b", "fencing is ready"),
    (r"(?:DLM Lock Space:|dlm\b).*\bclvmd\b.*\b(?:run|none)\b", "LVM's locks work"),
    (r"(?:DLM Lock Space:|dlm\b).*\b(?:run|none)\b", "these locks work"),
    (r".*\brecover\b|.*FAIL_|.*JOIN_", "WAITS for fencing or a member: LVM stands"),
    (r"\[[\d ]+\]", "node ids that take part"),
    (r"name +clvmd", "LVM's locks"),
    (r"wait state +none|change .*", "nothing is waited for"),
    (r"wait state +", "WAITS: LVM stands still"),
)


def explained(text: str, meanings: Meanings) -> str:
    """The tool's lines, each with its meaning behind it."""
    return "\n".join(_line(line.rstrip(), meanings) for line in text.splitlines())


def _line(line: str, meanings: Meanings) -> str:
    meaning = next((words for sign, words in meanings if re.match(sign, line)), "")
    if not meaning:
        return line
    beside = f"{line:<{COLUMN}}  {meaning}"
    return beside if len(beside) <= WIDTH else f"{line}\n{'':<{COLUMN}}  {meaning}"


def _reader(word: str, meanings: Meanings) -> Callable[[Host], str]:
    def read(host: Host) -> str:
        said = host.run("cman_tool", word, within=DEADLINE)
        return explained(said.out, meanings) if said.ok() else "\n".join(said.said or (said.verdict,))

    return read


def views() -> tuple[View, ...]:
    """The three panels."""
    known = (("status", STATUS), ("nodes", NODES), ("services", SERVICES))
    return tuple(View(f"cman_tool {word}", _reader(word, meanings)) for word, meanings in known)
