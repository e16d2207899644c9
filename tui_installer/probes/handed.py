"""Files that a member hands over. It may be anybody's by now: only what a folder of settings has is taken from it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tui_installer.hosts.host import File, Host, HostError

MOST = 200
"""Files that a folder of settings has at most: a member that tells of more is not believed at all."""
LARGEST = 1 << 20
"""Bytes of one of them."""
_NAME = re.compile(r"[A-Za-z0-9_@+][A-Za-z0-9_.@+~-]*")


@dataclass(frozen=True, slots=True)
class Handed:
    """What is taken of a folder."""

    files: tuple[tuple[str, File], ...]
    """By path, as root's own, without a right to write for others."""
    refused: tuple[str, ...]
    """What is not taken: its path, and why."""


def handed(host: Host, folder: str, without: tuple[str, ...] = ()) -> Handed:
    """The files of a folder, but those whose names end as in `without`. Raises `HostError`."""
    paths = [path for path in host.list(f"{folder}/*") if not path.endswith(without or ("\0",))]
    if len(paths) > MOST:
        return Handed((), (f"{folder}: it has {len(paths)} files",))
    files, refused = [], []
    for path in paths:
        file, why = _looked(host, folder, path)
        if file is not None and not why:
            files.append((path, plain(file)))
        elif why:
            refused.append(f"{path}: {why}")
    return Handed(tuple(files), tuple(refused))


def plain(file: File) -> File:
    """It as root's own, without special modes."""
    return replace(file, mode=file.mode & 0o755, owner="root:root")


def _looked(host: Host, folder: str, path: str) -> tuple[File | None, str]:
    """(the file, why it is not taken)."""
    if not _NAME.fullmatch(path.removeprefix(f"{folder}/")):
        return None, "such a name is not taken"
    try:
        file = host.read(path)
    except HostError as error:
        if not host.run("true").ok():
            raise
        return None, str(error)
    return file, _odd(file) if file else ""


def _odd(file: File) -> str:
    """Why it is not taken; empty: it is."""
    if file.link is not None:
        return "it is a link"
    if file.mode & 0o7000:
        return f"it has a special mode ({file.mode:04o})"
    if not file.owner.startswith("root:"):
        return f"it belongs to {file.owner.partition(':')[0]}"
    return "it is too large" if len(file.content) > LARGEST else ""
