"""GRUB 2 on a host: its settings, the entries that it has, and whether it can boot one of them once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tui_installer.formats import grub_cfg, grub_defaults
from tui_installer.formats.grub_cfg import BootEntry
from tui_installer.formats.grub_defaults import FOLDER, MAIN
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File, Host

CONFIG, ENVIRONMENT = "/boot/grub/grub.cfg", "/boot/grub/grubenv"
READ_ONLY = frozenset({"btrfs", "cpiofs", "iso9660", "newc", "odc", "romfs", "squash4", "tarfs", "zfs"})
"""File systems that GRUB cannot write a block list to (its manual: environment block)."""


@dataclass(frozen=True, slots=True)
class Grub:
    """GRUB as it is set up."""

    installed: bool = False
    """Whether update-grub, grub.cfg and the settings are there."""
    files: tuple[tuple[str, File], ...] = ()
    """/etc/default/grub and the files after it, in the order in which they are read."""
    entries: tuple[BootEntry, ...] = ()
    set_default: str = ""
    """See `grub_cfg.default`."""
    environment: dict[str, str] = field(default_factory=dict)
    """grubenv; GRUB writes it at the boot."""
    has_environment: bool = False
    abstraction: str = ""
    """What /boot/grub lies on: "lvm", "diskfilter"; empty: a plain partition."""
    file_system: str = ""

    @property
    def writes(self) -> bool:
        """Whether GRUB itself can write grubenv: only then does a one-shot entry end by itself."""
        return self.has_environment and not self.abstraction and self.file_system not in READ_ONLY

    @property
    def default(self) -> BootEntry | None:
        """What boots by itself, a one-shot entry apart; None: it cannot be told."""
        named = self.set_default or "0"
        if named == "${saved_entry}":
            named = self.environment.get("saved_entry", "0")
        return grub_cfg.find(self.entries, named)

    @property
    def next(self) -> BootEntry | None:
        """The one-shot entry; None: none is set."""
        named = self.environment.get("next_entry", "")
        return grub_cfg.find(self.entries, named) if named else None

    @property
    def xen(self) -> BootEntry | None:
        """The first entry for the hypervisor in the top menu, else the first of all."""
        found = [entry for entry in self.entries if entry.hypervisor]
        return next((entry for entry in found if not entry.menus), found[0] if found else None)

    def plain(self, release: str, root: str = "") -> BootEntry | None:
        """The entry of that kernel without the hypervisor: in the top menu if there is one."""
        found = [each for each in self.entries if not each.hypervisor and "single" not in each.options]
        found = [each for each in found if each.release == release and root in ("", each.root)]
        return next((each for each in found if not each.menus), found[0] if found else None)

    def without(self, path: str) -> Grub:
        """As it would be set up without one of the files."""
        return replace(self, files=tuple(each for each in self.files if each[0] != path))

    def settings(self) -> dict[str, str]:
        """What is in force. Raises `FormatError`."""
        return grub_defaults.effective(file.content for _, file in self.files)

    @property
    def unreadable(self) -> str:
        """Why the settings cannot be read; empty: they can."""
        try:
            self.settings()
        except FormatError as error:
            return str(error)
        return ""


def probe(host: Host) -> Grub:
    """How GRUB is set up here. Raises `HostError`."""
    main, config = host.read(MAIN), host.read(CONFIG)
    if main is None or config is None or not host.list("/usr/sbin/update-grub"):
        return Grub()
    paths = (MAIN, *host.list(f"{FOLDER}/*.cfg"))
    block = host.read(ENVIRONMENT)
    lies_on, kind = (host.run("grub-probe", "-t", what, "/boot/grub", within=60) for what in ("abstraction", "fs"))
    return Grub(
        installed=True,
        files=tuple((path, file) for path in paths if (file := host.read(path)) and file.link is None),
        entries=grub_cfg.entries(config.content),
        set_default=grub_cfg.default(config.content),
        environment=grub_cfg.environment(block.content) if block else {},
        has_environment=block is not None and block.link is None,
        abstraction=lies_on.answer().strip(),
        file_system=kind.answer(form=r"\w+\n\Z").strip(),
    )
