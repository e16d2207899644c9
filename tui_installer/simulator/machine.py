"""One simulated host inside the world: its files (real ones, under a root of its own) and its state."""

from __future__ import annotations

import glob
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui_installer.hosts.host import File

if TYPE_CHECKING:
    from tui_installer.simulator.world import World


class Disk:
    """The files of a host. It holds nothing: they are looked up each time."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name

    @property
    def data(self) -> dict[str, Any]:
        """This host's part of the state."""
        data: dict[str, Any] = self.world.state["hosts"][self.name]
        return data

    @property
    def root(self) -> Path:
        """The folder that is / on this host."""
        return self.world.folder / self.name / "root"

    def real(self, path: str) -> Path:
        """Where a path of this host lies."""
        return Path(self.where(path))

    def where(self, path: str) -> str:
        """The same as a text, which takes a tenth of the time."""
        return f"{self.world.folder}/{self.name}/root{os.path.normpath(f'/{path}').replace('//', '/')}"

    def read(self, path: str) -> File | None:
        """The file, or the link itself; None if there is nothing."""
        if path in self.data.get("log", ()):
            return File("".join(f"{line}\n" for line in self.data["log"][path]).encode(), 0o640, "root:adm")
        mode, owner = self.data["meta"].get(os.path.normpath(path), (0o644, "root:root"))
        real = self.where(path)
        try:
            kind = os.lstat(real).st_mode
        except (FileNotFoundError, NotADirectoryError):
            return None
        if stat.S_ISLNK(kind):
            return File(b"", 0o777, owner, os.readlink(real))
        if not stat.S_ISREG(kind):
            return None
        with open(real, "rb") as file:
            return File(file.read(), mode, owner)

    def write(self, path: str, file: File | None) -> None:
        """Put a file there; None removes it."""
        real, path = self.real(path), os.path.normpath(path)
        if file is None:
            real.unlink(missing_ok=True)
            self.data["meta"].pop(path, None)
            return
        real.parent.mkdir(parents=True, exist_ok=True)
        beside = real.with_name(f".{real.name}.new-{os.getpid()}")
        beside.unlink(missing_ok=True)
        if file.link is not None:
            beside.symlink_to(file.link)
        else:
            beside.write_bytes(file.content)
        os.replace(beside, real)
        self.data["meta"][path] = [file.mode, file.owner]
        if (file.mode, file.owner) == (0o644, "root:root"):
            del self.data["meta"][path]

    def glob(self, pattern: str) -> tuple[str, ...]:
        """The paths that match, sorted."""
        root = len(self.where("/").rstrip("/"))
        return tuple(sorted(path[root:] for path in glob.glob(self.where(pattern))))

    def text(self, path: str) -> str | None:
        """The content of a file as text; None if there is none."""
        file = self.read(path)
        return None if file is None or file.link is not None else file.content.decode("utf-8", "surrogateescape")

    def put(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a text file."""
        self.write(path, File(text.encode("utf-8", "surrogateescape"), mode))

    def prune(self, path: str, top: str) -> None:
        """Remove the empty folders above a path, up to and without `top`."""
        for folder in self.real(path).parents:
            if folder == self.real(top) or not folder.is_dir() or any(folder.iterdir()):
                return
            folder.rmdir()

    def link(self, path: str, target: str) -> None:
        """Make a symbolic link."""
        self.write(path, File(link=target))

    def remove(self, path: str) -> None:
        """Remove a file."""
        self.write(path, None)


class Machine(Disk):
    """A host by its name: its files, its release, its packages and units."""

    @property
    def trixie(self) -> bool:
        """Debian 13; else it is Debian 12."""
        return bool(self.data["release"] == "trixie")

    @property
    def rhcs(self) -> bool:
        """Of the time before systemd: etch, lenny or squeeze."""
        return self.data["release"] in ("etch", "lenny", "squeeze")

    def masked(self, unit: str) -> bool:
        """Whether the unit's name is a link to /dev/null."""
        file = self.read(f"/etc/systemd/system/{unit}")
        return file is not None and file.link == "/dev/null"

    def installed(self, package: str) -> bool:
        """Whether the package is there and configured."""
        return bool(self.data["packages"].get(package) == "ii")

    def active(self, unit: str) -> bool:
        """Whether the unit is active."""
        return bool(self.data["units"].get(unit, "inactive") == "active")
