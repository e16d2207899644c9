"""What each host is told of the others: their keys, where they are, and what they may do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assets import template
from tui_installer.formats import ssh_files
from tui_installer.hosts.host import File
from tui_installer.model.change import Edit
from tui_installer.probes.xen import KEY
from tui_installer.steps.migration.facts import AUTHORIZED, CONFIG, KNOWN, PREFIX, RECEIVER, MigrationFacts, Side


def edits(facts: MigrationFacts) -> Iterator[Edit]:
    """Each member and this host told of one another. Raises `FormatError`."""
    yield from told(facts.here, facts.others)
    for other in facts.others:
        yield from told(other, (facts.here,))


def told(side: Side, others: Sequence[Side]) -> Iterator[Edit]:
    """The files of a host that lets the others move guests to it, and can move some to them. Raises `FormatError`."""
    content = {path: side.content(path) for path in (AUTHORIZED, KNOWN, CONFIG)}
    for other in others:
        comment = f"guests of {other.name}"
        content[AUTHORIZED] = ssh_files.authorize(content[AUTHORIZED], other.key, other.sources, RECEIVER, comment)
        content[KNOWN] = ssh_files.know(content[KNOWN], other.name, other.host_key)
        content[CONFIG] = ssh_files.with_host(content[CONFIG], f"{PREFIX}{other.name}", _options(other))
    modes = {AUTHORIZED: 0o600, KNOWN: 0o644, CONFIG: 0o644}
    wanted: dict[str, File | None] = {path: _as(side, path, data, modes[path]) for path, data in content.items()}
    wanted[RECEIVER] = File(template("corosync/migrate-receive").encode(), 0o755)
    yield from _differing(side, wanted)


def forgotten(side: Side, others: Sequence[Side]) -> Iterator[Edit]:
    """The files of a host that knows nothing of the others any more; files of ours with nothing left in them go."""
    content = {path: side.content(path) for path in (AUTHORIZED, KNOWN, CONFIG)}
    for other in others:
        if other.key:
            content[AUTHORIZED] = ssh_files.refuse(content[AUTHORIZED], other.key)
        content[KNOWN] = ssh_files.know(content[KNOWN], other.name, "")
        content[CONFIG] = ssh_files.with_host(content[CONFIG], f"{PREFIX}{other.name}", ())
    wanted = {path: _as(side, path, data, 0o644) if data.strip() else None for path, data in content.items()}
    if wanted[KNOWN] is None:
        wanted[RECEIVER] = None
    yield from _differing(side, wanted)


def _options(other: Side) -> tuple[tuple[str, str], ...]:
    """How it is reached: with this key, and by no other means."""
    return (
        ("HostName", other.address),
        ("HostKeyAlias", other.name),
        ("User", "root"),
        ("IdentityFile", KEY),
        ("IdentitiesOnly", "yes"),
        ("BatchMode", "yes"),
        ("UserKnownHostsFile", KNOWN),
        ("StrictHostKeyChecking", "yes"),
    )


def _as(side: Side, path: str, content: bytes, mode: int) -> File:
    old = side.files.get(path)
    return File(content, old.mode, old.owner) if old and old.link is None else File(content, mode)


def _differing(side: Side, wanted: dict[str, File | None]) -> Iterator[Edit]:
    for path, file in wanted.items():
        if side.files.get(path) != file:
            yield Edit(side.host, path, side.files.get(path), file)
