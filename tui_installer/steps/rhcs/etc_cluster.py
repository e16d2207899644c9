"""/etc/cluster: what a member hands over to this host."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tui_installer.hosts.host import File, Host
from tui_installer.model.change import Edit
from tui_installer.probes.handed import handed
from tui_installer.probes.rhcs.cluster import CONF, FOLDER

LEFTOVERS = (".old", "-update", ".before-joining", "~")
"""Ends of names that are the tools' own leavings."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The files of a host's /etc/cluster, by path; links and the tools' leavings left out."""

    host: str
    """Its name in the context."""
    files: tuple[tuple[str, File], ...] = ()
    refused: tuple[str, ...] = ()
    """What is not taken from it: its path, and why."""

    @property
    def conf(self) -> File | None:
        """Its cluster.conf; None: there is none."""
        return dict(self.files).get(CONF)


def probe(name: str, host: Host) -> Folder:
    """Look at a host. Raises `HostError`."""
    found = handed(host, FOLDER, LEFTOVERS)
    return Folder(name, found.files, found.refused)


def copied(mine: Folder, theirs: Folder, without: Iterable[str] = ()) -> Iterator[Edit]:
    """The member's files that this host lacks. What is here already stays as it is. Fence agents' passwords may be in
    them, so only cluster.conf is shown."""
    own = dict(mine.files)
    for path, file in theirs.files:
        if path not in own and path not in without:
            yield edit("here", None, file) if path == CONF else Edit("here", path, None, file, mask="all")


def edit(host: str, before: File | None, after: File | None) -> Edit:
    """An edit of cluster.conf, whose fence devices have passwords."""
    return Edit(host, CONF, before, after, mask="passwords")
