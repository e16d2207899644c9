"""GRUB 2 as Debian 6 has it (1.98): one file of settings for all kernels, and the hypervisor last in its menu.

Source: grub-mkconfig and 20_linux_xen of 1.98: dom0 gets GRUB_CMDLINE_LINUX as every kernel does, for there is no
setting of its own yet; the scripts in /etc/grub.d run in the order of their names. Debian's way to list the hypervisor
first is to divert its script to an earlier name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tui_installer.formats import grub_cfg, keyvalue
from tui_installer.formats.grub_cfg import BootEntry
from tui_installer.formats.menu_lst import with_words
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File, Host
from tui_installer.model import ends
from tui_installer.model.change import Change, Check, Edit, Run, WriteFiles
from tui_installer.steps.rhcs.release import Release

SETTINGS, CONFIG = "/etc/default/grub", "/boot/grub/grub.cfg"
LAST, FIRST = "/etc/grub.d/20_linux_xen", "/etc/grub.d/08_linux_xen"
UPDATE = Run("Make GRUB's menu anew", "here", ("update-grub",), within=ends.COMMAND, strand="menu")


@dataclass(frozen=True, slots=True)
class Grub2:
    """GRUB 2 on a host of that time."""

    settings: File
    """/etc/default/grub."""
    config: bytes
    """grub.cfg, as update-grub made it last."""
    last: bool
    """Whether the hypervisor's script has the name that puts it last."""

    @property
    def entries(self) -> tuple[BootEntry, ...]:
        """What the menu offers."""
        return grub_cfg.entries(self.config)

    @property
    def default(self) -> BootEntry | None:
        """What boots by itself; None: it cannot be told."""
        return grub_cfg.find(self.entries, grub_cfg.default(self.config) or "0") if self.entries else None


def probe(host: Host) -> Grub2 | None:
    """GRUB 2, if it is what makes this host's menu. Raises `HostError`."""
    settings, config = host.read(SETTINGS), host.read(CONFIG)
    return Grub2(settings, config.content, bool(host.list(LAST))) if settings and config else None


def words(release: Release, unit: str, speed: str) -> dict[str, tuple[str, ...]]:
    """The options by the setting that has them: a kernel without the hypervisor has no hvc0 and stays on tty0."""
    filled = {"unit": unit, "speed": speed, "com": str(int(unit) + 1)}
    return {
        "GRUB_CMDLINE_XEN": tuple(release.hypervisor_console.format(**filled).split()),
        "GRUB_CMDLINE_LINUX": ("console=tty0", *release.dom0_console.format(**filled).split()),
    }


def wanted(content: bytes, options: dict[str, tuple[str, ...]]) -> bytes:
    """/etc/default/grub with these options. Raises `FormatError`."""
    for key, those in options.items():
        before = keyvalue.get_shell(content, key) or ""
        if not set(those) <= set(before.split()):
            content = keyvalue.set_shell(content, key, with_words(before, *those))
    return content


def plan(grub: Grub2, options: dict[str, tuple[str, ...]]) -> Iterator[Change]:
    """The settings, the hypervisor first in the menu, and the menu. Raises `FormatError`."""
    content, xen = wanted(grub.settings.content, options), [each for each in grub.entries if each.hypervisor]
    default = grub.default
    if xen and grub.last and not (default and default.hypervisor):
        argv = ("dpkg-divert", "--divert", FIRST, "--rename", LAST)
        back = Run("List it last again", "here", ("dpkg-divert", "--rename", "--remove", LAST))
        yield Run("List the hypervisor first in GRUB's menu", "here", argv, undo=(back, UPDATE), strand="menu")
        if content == grub.settings.content:
            yield UPDATE
    if content != grub.settings.content:
        edit = Edit("here", SETTINGS, grub.settings, replace(grub.settings, content=content))
        check = Check("here", SETTINGS, ("sh", "-n", "@"))
        yield WriteFiles("Tell hypervisor and dom0 about the serial line", (edit,), (UPDATE,), (check,), strand="menu")
    elif not all(_says(each, options) for each in xen):
        yield UPDATE


def _says(entry: BootEntry, options: dict[str, tuple[str, ...]]) -> bool:
    """Whether an entry for the hypervisor has the options; one for a rescue has none of them but its own."""
    mine = {"GRUB_CMDLINE_XEN": entry.hypervisor_options, "GRUB_CMDLINE_LINUX": entry.options}
    return "single" in entry.options or all(set(those) <= set(mine[key]) for key, those in options.items())


def unreadable(grub: Grub2) -> str:
    """Why the settings cannot be edited; empty: they can."""
    try:
        wanted(grub.settings.content, {"GRUB_CMDLINE_XEN": ("x",), "GRUB_CMDLINE_LINUX": ("x",)})
    except FormatError as error:
        return str(error)
    return ""
