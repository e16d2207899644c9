"""Names: cman takes a host's own address from its name, so that must not lead to the loopback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tui_installer.formats import lines
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File
from tui_installer.model.change import Change, Edit, WriteFiles
from tui_installer.steps.cluster.rhcs.facts import HOSTS, ClusterFacts, Member


def addresses(facts: ClusterFacts) -> dict[str, str]:
    """Where the members say that the nodes are."""
    found = [(name, where) for each in facts.members for name, where in each.resolves.items() if _outside(where)]
    return dict(reversed(found))


def _outside(address: str) -> bool:
    return not address.startswith("127.") and address != "::1"


def names(facts: ClusterFacts, name: str, address: str, *, alone: bool = False) -> Iterator[Change]:
    """Entries in /etc/hosts: this host's own name off the loopback, and names that lead nowhere; `alone`: here only."""
    known = {**addresses(facts), name: address}
    alike = {node: names for member in facts.members for node, names in _aliases(member.hosts) if node != name}
    own = {node: names for node, names in _aliases(facts.here.hosts) if node == name}
    members = (_edit(each, {name: address}, name, own) for each in (() if alone else facts.members))
    found = (_edit(facts.here, known, name, alike), *members)
    edits = tuple(edit for edit in found if edit is not None)
    if edits:
        yield WriteFiles("Let the hosts find each other by name", edits, strand="names")


def _aliases(hosts: File | None) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(name, all names of its line), as a host has them."""
    try:
        entries = lines.hosts(hosts.content) if hosts else ()
    except FormatError:
        return
    yield from ((name, each.names) for each in entries for name in each.names)


Names = Mapping[str, tuple[str, ...]]


def _edit(member: Member, known: Mapping[str, str], own: str, alike: Names) -> Edit | None:
    before = member.hosts or File()
    if before.link is not None:
        return None
    content = before.content
    try:
        for name, address in known.items():
            content = _named(content, name, address, name == own, member.resolves.get(name), alike.get(name, (name,)))
    except FormatError:
        return None  # a file that is not understood is left alone; joining tells of the name
    if content == before.content:
        return None
    return Edit(member.host, HOSTS, member.hosts, replace(before, content=content))


def _named(content: bytes, name: str, address: str, own: bool, leads: str | None, alike: tuple[str, ...]) -> bytes:
    if own and leads is not None and not _outside(leads):
        return lines.off_loopback(content, name, address)
    return content if leads else lines.add_host(content, address, alike)
