"""/etc/default/grub and the files after it: the settings that grub-mkconfig ends up with.

Source: grub-mkconfig(8) reads /etc/default/grub, then each of /etc/default/grub.d/*.cfg in the shell's order, as one
shell script. What they compute otherwise than by naming an earlier setting is left as it is written.
"""

import re
from collections.abc import Iterable

from tui_installer.formats.shell import items_shell

MAIN, FOLDER = "/etc/default/grub", "/etc/default/grub.d"
_NAMED = re.compile(r"\$(?:\{(\w+)\}|(\w+))", re.ASCII)


def effective(contents: Iterable[bytes]) -> dict[str, str]:
    """The settings after the last of the files. Raises `FormatError` for one that a shell would refuse."""
    found: dict[str, str] = {}
    for content in contents:
        for key, value in items_shell(content):
            found[key] = _NAMED.sub(lambda match: found.get(match[1] or match[2], ""), value)
    return found


def linux_line(found: dict[str, str]) -> list[str]:
    """The options of a plain Linux entry, without its root (10_linux)."""
    return _words(found, "GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT")


def hypervisor_line(found: dict[str, str]) -> list[str]:
    """The hypervisor's own options (20_linux_xen)."""
    return _words(found, "GRUB_CMDLINE_XEN", "GRUB_CMDLINE_XEN_DEFAULT")


def dom0_line(found: dict[str, str]) -> list[str]:
    """The options of Xen's first domain (20_linux_xen): a replacement counts unless it is empty."""
    replaced = dict(found)
    for name in ("GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"):
        other = found.get(name.replace("GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_XEN_REPLACE"))
        replaced[name] = other or found.get(name, "")
    return linux_line(replaced)


def _words(found: dict[str, str], *names: str) -> list[str]:
    return [word for name in names for word in found.get(name, "").split()]
