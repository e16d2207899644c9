"""Names: cman takes a host's own address from its name, so that must not lead to the loopback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tui_installer.change import Change, Edit, WriteFiles
from tui_installer.formats import lines
from tui_installer.formats.text import FormatError
from tui_installer.host import File
from tui_installer.steps.rhcs.cluster.facts import HOSTS, ClusterFacts, Member


def addresses(facts: ClusterFacts) -> dict[str, str]:
    """Where the members say that the nodes are."""
    found = [(name, where) for each in facts.members for name, where in each.resolves.items() if _outside(where)]
    return dict(reversed(found))


def _outside(address: str) -> bool:
    return not address.startswith("127.") and address != "::1"


def names(facts: ClusterFacts, name: str, address: str) -> Iterator[Change]:
    """Entries in /etc/hosts: this host's own name off the loopback, and names that lead nowhere."""
    known = {**addresses(facts), name: address}
    found = (_edit(facts.here, known, name), *(_edit(each, {name: address}, name) for each in facts.members))
    edits = tuple(edit for edit in found if edit is not None)
    if edits:
        yield WriteFiles("Let the hosts find each other by name", edits)


def _edit(member: Member, known: Mapping[str, str], own: str) -> Edit | None:
    before = member.hosts or File()
    if before.link is not None:
        return None
    try:
        content = _named(before.content, member.resolves, known, own)
    except FormatError:
        return None  # a file that is not understood is left alone; a problem tells of the name
    if content == before.content:
        return None
    return Edit(member.host, HOSTS, member.hosts, replace(before, content=content))


def _named(content: bytes, resolves: Mapping[str, str], known: Mapping[str, str], own: str) -> bytes:
    for name, address in known.items():
        if name == own and not _outside(resolves.get(name, address)):
            content = lines.off_loopback(content, name, address)
        if name not in resolves:
            content = lines.add_host(content, address, [name])
    return content
