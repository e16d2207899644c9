"""What GRUB 2 boots, and what becomes of an entry that does not come up.

Source: measured on a real disk (GRUB 2.12, Xen 4.20, Linux 6.12): a one-shot entry is cleared before anything is
loaded; Xen and a kernel with panic= reset by themselves; a file that is missing ends at the menu without a countdown,
but for `fallback`, which wants a number; on LVM a one-shot entry is never cleared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.tools.grub import CONFIG, abstraction, environment, save
from tui_installer.simulator.world import World


@dataclass(frozen=True, slots=True)
class Booted:
    """An entry that GRUB loads."""

    title: str
    hypervisor: str
    """Its options; empty without one."""
    kernel: str
    cmdline: str


def _entries(host: Machine) -> list[tuple[str, tuple[str, ...], str]]:
    """(title, names, body) of all entries."""
    found, menus = [], []
    body: list[str] = []
    title, name = "", ""
    for line in (host.text(CONFIG) or "").splitlines():
        match = re.match(r"\s*(menuentry|submenu) '([^']*)'.* '([^']*)' \{$", line)
        if match and match[1] == "submenu":
            menus.append(match[2])
        elif match:
            title, name, body = match[2], match[3], []
        elif line == "}" and title:
            names = ((name,) if not menus else ()) + (">".join((*menus, title)),)
            found.append((title, names, "\n".join(body)))
            title = ""
        elif line == "}":
            menus = menus[:-1]
        else:
            body.append(line)
    return found


def boot(world: World, host: Machine) -> Booted | None:
    """What comes up after a reset; resets on the way are gone through. None: it stays where nobody logs in."""
    for _ in range(4):
        wanted = _wanted(world, host)
        end, booted = _try(host, wanted)
        if end == "up":
            return booted
        if end == "stays":
            return None
        if end == "menu":  # GRUB cannot load it: the fallback, if it has one, else the menu without a countdown
            number = re.search(r"(?m)^set fallback=(\d+)$", host.text(CONFIG) or "")
            if number is None:
                return None
            end, booted = _try(host, number[1])
            return booted if end == "up" else None
    return None


def _wanted(world: World, host: Machine) -> str:
    """The name of the entry, a one-shot one first; GRUB clears that on disk, where it can."""
    found = environment(host)
    name = found.get("next_entry", "")
    if name and not abstraction(world, host):
        save(host, {**found, "next_entry": ""})
    if name:
        return name
    default = re.findall(r'(?m)^   set default="([^"]*)"$', host.text(CONFIG) or "")[-1:]
    named = default[0] if default else "0"
    return found.get("saved_entry", "0") if named == "${saved_entry}" else named


def _try(host: Machine, name: str) -> tuple[str, Booted | None]:
    """How loading it ends: "up", "reset" (Xen or Linux by itself), "stays" (nobody resets), "menu" (not loaded)."""
    entries = _entries(host)
    chosen = next((each for each in entries if name in each[1] or name == each[0]), None)
    if chosen is None:  # a number, or what is in no menu: GRUB takes the first
        top = [each for each in entries if each[0] in each[1]]
        chosen = top[int(name)] if name.isdigit() and int(name) < len(top) else entries[0] if entries else None
    if chosen is None:
        return "menu", None
    title, _, body = chosen
    xen = re.search(r"multiboot2\s+(\S+) placeholder (.*?)\s*\$\{xen_rm_opts\}", body)
    kernel = re.search(r"(?:linux|module2)\s+/boot/vmlinuz-(\S+) (.*)", body)
    files = re.findall(r"(/boot/(?:xen|vmlinuz|initrd)\S+)", body)
    if kernel is None or not all(host.read(path) for path in files):
        return "menu", None
    memory = re.search(r"dom0_mem=(\d+)M", xen[2]) if xen else None
    if memory and not 256 <= int(memory[1]) <= host.data["memory"]:
        return "reset", None
    options = kernel[2].replace("placeholder ", "").strip()
    if f"root=UUID={host.data['uuid']}" not in options.split():
        return ("reset" if re.search(r"(?:^| )panic=[1-9]", options) else "stays"), None
    line = f"placeholder {options}" if xen else f"BOOT_IMAGE=/boot/vmlinuz-{kernel[1]} {options}"
    return "up", Booted(title, f"placeholder {xen[2]}" if xen else "", kernel[1], " ".join(line.split()))
