"""grub.cfg as grub-mkconfig of GRUB 2 makes it, and grubenv: what can be booted, and what will be.

Source: Debian's 00_header, 10_linux and 20_linux_xen (grub 1.98, 2.06, 2.12); the block of grub-editenv(1).
Identifiers of submenus are not used: 10_linux and 20_linux_xen give the same one to different menus; titles are unique.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

_QUOTED = r"'((?:[^']|'\\'')*)'"
_MENU = re.compile(rf"\s*(menuentry|submenu)\s+{_QUOTED}(?:.*?(?:\$menuentry_id_option|--id)\s+{_QUOTED})?.*\{{\s*$")
_LINE = re.compile(r"\s*(linux|multiboot2?|module2?|initrd)\s+(?:--nounzip\s+)?(\S+)(.*)$")
_DEFAULT = re.compile(rb'(?m)^[ \t]*set default="([^"\n]*)"')


@dataclass(frozen=True, slots=True)
class BootEntry:
    """One entry of the menu."""

    title: str
    id: str
    menus: tuple[str, ...] = ()
    """Titles of the submenus that it is in."""
    hypervisor: str = ""
    """The hypervisor's path as GRUB sees it; empty: plain Linux."""
    hypervisor_options: tuple[str, ...] = ()
    kernel: str = ""
    options: tuple[str, ...] = ()
    """Of the kernel, root= among them."""
    initrd: str = ""

    @property
    def name(self) -> str:
        """What grub-set-default and grub-reboot know it by."""
        return ">".join((*self.menus, self.title)) if self.menus or not self.id else self.id

    @property
    def names(self) -> tuple[str, ...]:
        """All that it is known by in grubenv."""
        return (self.name, ">".join((*self.menus, self.title)), *((self.id,) if self.id else ()))

    @property
    def root(self) -> str:
        """As in "UUID=..."."""
        return next((word.removeprefix("root=") for word in self.options if word.startswith("root=")), "")

    @property
    def release(self) -> str:
        """The kernel's release: "6.12.107+deb13-amd64"; empty if its file has another name."""
        return self.kernel.partition("/vmlinuz-")[2]


def entries(content: bytes) -> tuple[BootEntry, ...]:
    """All entries that boot a Linux, in the menu's order."""
    return tuple(entry for entry in _entries(content.decode("utf-8", "replace")) if entry.kernel)


def _entries(text: str) -> Iterator[BootEntry]:
    menus: list[str] = []
    entry: BootEntry | None = None
    function = False
    for line in text.splitlines():
        if match := _MENU.match(line):
            title, name = (part.replace("'\\''", "'") for part in match.groups(default="")[1:3])
            if match[1] == "menuentry":
                entry = BootEntry(title, name, tuple(menus))
            else:
                menus.append(title)
        elif line.startswith("function "):
            function = True
        elif line.strip() == "}":
            if entry is not None:
                yield entry
            elif not function:
                del menus[-1:]
            entry, function = None, False
        elif entry is not None and (found := _LINE.match(line)):
            entry = _with(entry, found[1], found[2], tuple(found[3].split()))


def _with(entry: BootEntry, what: str, path: str, words: tuple[str, ...]) -> BootEntry:
    """The entry with what one of its lines loads: of modules the first is the kernel, the second its initrd."""
    if what.startswith("multiboot"):
        own = tuple(word for word in words if word not in ("placeholder", "${xen_rm_opts}"))
        return replace(entry, hypervisor=path, hypervisor_options=own)
    if what == "linux" or (what.startswith("module") and not entry.kernel):
        return replace(entry, kernel=path, options=tuple(word for word in words if word != "placeholder"))
    return replace(entry, initrd=path)


def default(content: bytes) -> str:
    """What is booted where no one-shot entry is set: "0", "${saved_entry}", a title; empty: the file does not say."""
    found = [value.decode("utf-8", "replace") for value in _DEFAULT.findall(content)]
    return next((value for value in reversed(found) if value != "${next_entry}"), "")


def environment(content: bytes) -> dict[str, str]:
    """The variables of grubenv; empty values are as good as none."""
    lines = content.decode("utf-8", "replace").splitlines()
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {key: value for key, _, value in pairs if value}


def find(found: tuple[BootEntry, ...], named: str) -> BootEntry | None:
    """The entry that a name, an identifier or a number in the top menu stands for; None: there is none."""
    if named.isdigit():
        return next((entry for entry in found if number(found, entry) == int(named)), None)
    return next((entry for entry in found if named in entry.names), None)


def number(found: tuple[BootEntry, ...], entry: BootEntry) -> int:
    """The place in the top menu, from 0, of an entry or of the submenu that it is in."""
    return list(dict.fromkeys(_top(each) for each in found)).index(_top(entry))


def _top(entry: BootEntry) -> tuple[bool, str]:
    """Whether it is a submenu, and its title."""
    return bool(entry.menus), entry.menus[0] if entry.menus else entry.title
