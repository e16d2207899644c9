"""menu.lst as Debian's update-grub makes it and GRUB legacy boots it.

Source: update-grub of grub 0.97 (Debian): ExtractMenuOpt() takes `# KEY=VALUE` between the lines of the markers, which
have nothing else on them, and between those of the default options; echo makes one blank of several; an option that is
not there has its default. get_kernel_opt(): the longest kopt_VERSION that fits goes before kopt. GRUB itself, by
stage2/cmdline.c: blanks and `=` lie between a command and its arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.say import Answer

MENU = "/boot/grub/menu.lst"
BEGIN, END = "### BEGIN AUTOMAGIC KERNELS LIST", "### END DEBIAN AUTOMAGIC KERNELS LIST"
OPTIONS, OPTIONS_END = "## ## Start Default Options ##", "## ## End Default Options ##"
DEFAULTS = {"kopt": "root=/dev/cciss/c0d0p1 ro", "xenkopt": "console=tty0", "groot": "(hd0,0)", "alternative": "true"}
"""What update-grub goes by where the menu has no such line."""


def _between(lines: list[str], first: str, last: str) -> Iterator[str]:
    """The lines of sed's range /^first$/,/^last$/: it may begin anew, and without its last line ends with the file."""
    inside = False
    for line in lines:
        if inside or line == first:
            yield line
        inside = line != last if inside else line == first


def settings(text: str) -> dict[str, str]:
    """The options of a menu, those that are missing at their defaults."""
    found: dict[str, str] = {}
    for line in _between(list(_between(text.split("\n"), BEGIN, END)), OPTIONS, OPTIONS_END):
        if match := re.match(r"# (\w+)=(.*)$", line):
            value = " ".join(match[2].split())
            found[match[1]] = f"{found[match[1]]} {value}" if match[1] in found else value
    return DEFAULTS | found


def kernel_options(found: dict[str, str], version: str) -> str:
    """The options of a kernel."""
    parts = re.sub(r"[-+.]", "_", version).split("_")
    names = ["kopt_" + "_".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return next((found[name] for name in names if found.get(name)), found["kopt"])


def update(host: Machine) -> Answer:
    """Make the entries anew, from the settings and from /boot."""
    text = host.text(MENU)
    if text is None or f"\n{BEGIN}" not in f"\n{text}":
        return 1, "", f"Could not find {MENU} file. Would you like {MENU} generated for you?\n"
    found = settings(text)
    kernels = sorted((path.removeprefix("/boot/vmlinuz-") for path in host.glob("/boot/vmlinuz-*")), reverse=True)
    out = "Searching for GRUB installation directory ... found: /boot/grub\n"
    out += f"Testing for an existing GRUB menu.lst file ... found: {MENU}\n"
    entries = ""
    for hypervisor in host.glob("/boot/xen-*.gz"):
        those = [each for each in kernels if each.endswith("-xen-686")]
        entries += "".join(_xen_entry(hypervisor, each, found) for each in those)
        version = xen_version(hypervisor)
        out += "".join(f"Found Xen hypervisor {version},  kernel: /boot/vmlinuz-{each}\n" for each in those)
    entries += "".join(_entry(each, found) for each in kernels if "-xen-" not in each)
    out += "".join(f"Found kernel: /boot/vmlinuz-{each}\n" for each in kernels) + f"Updating {MENU} ... done\n\n"
    host.put(MENU, _with(text, entries))
    return 0, out, ""


def _with(text: str, entries: str) -> str:
    """The menu with other entries: all that lies between the options and the last marker is lost."""
    head, end, rest = text.partition(f"{OPTIONS_END}\n")
    _, marker, tail = rest.partition(END)
    return f"{head}{end}\n{entries}{marker or END}{tail or chr(10)}"


def xen_version(hypervisor: str) -> str:
    """As in "3.2-1-i386"."""
    return hypervisor.removeprefix("/boot/xen-").removesuffix(".gz")


def _line(key: str, *words: str) -> str:
    return f"{key}\t\t{' '.join(word for word in words if word)}\n"


def _xen_entry(hypervisor: str, kernel: str, found: dict[str, str]) -> str:
    options = kernel_options(found, kernel)
    return (
        _line("title", f"Xen {xen_version(hypervisor)} / Debian GNU/Linux, kernel {kernel}")
        + _line("root", found["groot"]) + _line("kernel", hypervisor, found.get("xenhopt", ""))
        + _line("module", f"/boot/vmlinuz-{kernel}", options, found["xenkopt"])
        + _line("module", f"/boot/initrd.img-{kernel}") + "\n"
    )  # fmt: skip


def _entry(kernel: str, found: dict[str, str]) -> str:
    text, options = "", kernel_options(found, kernel)
    for suffix, option in (("", found.get("defoptions", "")), (" (single-user mode)", "single")):
        if suffix and found["alternative"] != "true":
            continue
        text += (
            _line("title", f"Debian GNU/Linux, kernel {kernel}{suffix}") + _line("root", found["groot"])
            + _line("kernel", f"/boot/vmlinuz-{kernel}", options, option)
            + _line("initrd", f"/boot/initrd.img-{kernel}") + "\n"
        )  # fmt: skip
    return text


@dataclass
class Entry:
    """What a title of the menu boots."""

    kernel: str = ""
    """The version of the kernel, be it loaded as one or as a module of the hypervisor."""
    options: str = ""


def commands(text: str) -> Iterator[tuple[str, str]]:
    """(command, its arguments) of each line that is no comment."""
    for line in text.splitlines():
        bare = line.lstrip()
        if bare and not bare.startswith("#"):
            name, _, rest = re.sub(r"^([^\s=]+)[\s=]*", r"\1 ", bare).partition(" ")
            yield name, rest.rstrip()


def booted(text: str) -> Entry | None:
    """What boots by itself; None: no entry has that number."""
    number = 0
    entries: list[Entry] = []
    for name, rest in commands(text):
        if name == "title":
            entries.append(Entry())
        elif not entries and name == "default" and rest.isdigit():
            number = int(rest)
        elif entries and name in ("kernel", "module") and (match := re.match(r"/boot/vmlinuz-(\S+) ?(.*)$", rest)):
            entries[-1] = Entry(match[1], match[2])
    return entries[number] if number < len(entries) and entries[number].kernel else None
