"""GRUB 2 of Debian 13: update-grub with its scripts, grubenv and the tools that write it, and what it boots.

Sources: grub 2.12-9+deb13u2's grub-mkconfig, 00_header, 10_linux, 20_linux_xen, grub-reboot, grub-set-default as
captured on a real disk (entries, variables, warnings); /etc/default/grub.d/xen.cfg of Xen 4.20.
"""

from __future__ import annotations

import re
import shlex

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.memberfiles import GRUBENV
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.world import World

MAIN, FOLDER = "/etc/default/grub", "/etc/default/grub.d"
CONFIG, BLOCK = "/boot/grub/grub.cfg", "/boot/grub/grubenv"
XEN_CFG = f"{FOLDER}/xen.cfg"
OVERRIDES = (
    "Warning: GRUB_DEFAULT changed to boot into Xen by default! "
    "Edit /etc/default/grub.d/xen.cfg to avoid this warning.\n"
)


def settings(host: Machine) -> tuple[dict[str, str], str]:
    """The settings after all files, and what reading them said. Raises ValueError for what a shell would refuse."""
    found: dict[str, str] = {}
    said = ""
    for path in (MAIN, *host.glob(f"{FOLDER}/*.cfg")):
        for line in (host.text(path) or "").splitlines():
            match = re.match(r"([A-Z_]+)=(.*)$", line)
            if match:
                found[match[1]] = _value(match[2], found)
        if path == XEN_CFG:
            said += "Including Xen overrides from /etc/default/grub.d/xen.cfg\n"
            if found.get("XEN_OVERRIDE_GRUB_DEFAULT", "") == "":
                said += OVERRIDES
                found["XEN_OVERRIDE_GRUB_DEFAULT"] = "1"
            if found["XEN_OVERRIDE_GRUB_DEFAULT"] == "1":
                found["GRUB_DEFAULT"] = "Debian GNU/Linux GNU/Linux, with Xen hypervisor"
    return found, said


def _value(text: str, found: dict[str, str]) -> str:
    words = shlex.split(text, comments=True)  # raises ValueError for an open quote
    value = words[0] if words else ""
    if text.startswith("'"):
        return value
    return re.sub(r"\$\{?(\w+)\}?", lambda match: found.get(match[1], ""), value)


def update_grub(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """update-grub: grub-mkconfig -o /boot/grub/grub.cfg."""
    if len(argv) > 1:
        return 1, "", f"Unrecognized option `{argv[1]}'\n"
    if world.fault("update-grub"):
        return (
            1,
            "",
            "Generating grub configuration file ...\n/usr/sbin/grub-probe: error: cannot find a device for /.\n",
        )
    err = ""
    try:
        found, err = settings(host)
    except ValueError as error:
        return 2, "", f"/usr/sbin/grub-mkconfig: 14: {MAIN}: Syntax error: {error}\n"
    kernels = sorted((path.removeprefix("/boot/vmlinuz-") for path in host.glob("/boot/vmlinuz-*")), reverse=True)
    hypervisors = [path for path in host.glob("/boot/xen-*.gz")]
    text = _header(found) + _linux(host, found, kernels) + _xen(host, found, kernels, hypervisors)
    text += "".join(_run_script(host, path) for path in host.glob("/etc/grub.d/*"))
    host.put(CONFIG, text, 0o600)
    images = "".join(
        f"Found linux image: /boot/vmlinuz-{each}\nFound initrd image: /boot/initrd.img-{each}\n" for each in kernels
    )
    err += "Generating grub configuration file ...\n" + images * (1 + len(hypervisors)) + "done\n"
    return 0, "", err


def _run_script(host: Machine, path: str) -> str:
    """What an administrator's script prints: lines of `echo '...'` alone are understood."""
    file = host.read(path)
    if file is None or not file.mode & 0o100:
        return ""
    return "".join(f"{line}\n" for line in re.findall(r"(?m)^echo '([^']*)'$", file.content.decode()))


def _header(found: dict[str, str]) -> str:
    default = found.get("GRUB_DEFAULT") or "0"
    default = "${saved_entry}" if default == "saved" else default
    terminal = found.get("GRUB_TERMINAL", "")
    lines = [
        'if [ "${next_entry}" ] ; then', '   set default="${next_entry}"', "   set next_entry=",
        "   save_env next_entry", "   set boot_once=true", "else", f'   set default="{default}"', "fi",
        "function savedefault {", "}",
    ]  # fmt: skip
    if "serial" in terminal.split():
        lines += [found.get("GRUB_SERIAL_COMMAND") or "serial"]
    if terminal:
        lines += [f"terminal_input {terminal}", f"terminal_output {terminal}"]
    return "\n".join(lines) + "\n"


def _menu(title: str, name: str, kind: str = "menuentry") -> str:
    return f"{kind} '{title}' --class gnu-linux $menuentry_id_option '{name}' {{\n"


def _linux(host: Machine, found: dict[str, str], kernels: list[str]) -> str:
    uuid = host.data["uuid"]
    words = f"root=UUID={uuid} ro {found.get('GRUB_CMDLINE_LINUX', '')} {found.get('GRUB_CMDLINE_LINUX_DEFAULT', '')}"
    text = ""
    for kernel in kernels:
        load = f"\tlinux\t/boot/vmlinuz-{kernel} {words}\n\tinitrd\t/boot/initrd.img-{kernel}\n}}\n"
        if not text:
            text += _menu("Debian GNU/Linux", f"gnulinux-simple-{uuid}") + load
            text += _menu("Advanced options for Debian GNU/Linux", f"gnulinux-advanced-{uuid}", "submenu")
        text += _menu(f"Debian GNU/Linux, with Linux {kernel}", f"gnulinux-{kernel}-advanced-{uuid}") + load
        text += _menu(f"Debian GNU/Linux, with Linux {kernel} (recovery mode)", f"gnulinux-{kernel}-recovery-{uuid}")
        text += load.replace(" ro ", " ro single ")
    return f"{text}}}\n" if text else ""


def _xen(host: Machine, found: dict[str, str], kernels: list[str], hypervisors: list[str]) -> str:
    uuid, name = host.data["uuid"], "Debian GNU/Linux GNU/Linux"
    line = found.get("GRUB_CMDLINE_LINUX_XEN_REPLACE") or found.get("GRUB_CMDLINE_LINUX", "")
    default = found.get("GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT") or found.get("GRUB_CMDLINE_LINUX_DEFAULT", "")
    own = f"{found.get('GRUB_CMDLINE_XEN', '')} {found.get('GRUB_CMDLINE_XEN_DEFAULT', '')}"
    text = ""
    for path in hypervisors:
        version = path.removeprefix("/boot/xen-").removesuffix(".gz")
        for kernel in kernels:
            load = f"\tmultiboot2\t{path} placeholder {own} ${{xen_rm_opts}}\n"
            load += f"\tmodule2\t/boot/vmlinuz-{kernel} placeholder root=UUID={uuid} ro {line} {default}\n"
            load += f"\tmodule2\t--nounzip   /boot/initrd.img-{kernel}\n}}\n"
            if not text:
                text += _menu(f"{name}, with Xen hypervisor", f"xen-gnulinux-simple-{uuid}") + load
                text += _menu(
                    f"Advanced options for {name} (with Xen hypervisor)", f"gnulinux-advanced-{uuid}", "submenu"
                )
            text += _menu(f"Xen hypervisor, version {version}", f"xen-hypervisor-{version}-{uuid}", "submenu")
            text += _menu(f"{name}, with Xen {version} and Linux {kernel}", f"xen-gnulinux-{kernel}-advanced-{uuid}")
            text += load + "}\n"
    return f"{text}}}\n" if text else ""


# --- grubenv


def environment(host: Machine) -> dict[str, str]:
    """The variables of grubenv."""
    lines = (host.text(BLOCK) or "").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def save(host: Machine, found: dict[str, str]) -> None:
    """Write grubenv: 1024 bytes, filled up with "#"."""
    text = GRUBENV + "".join(f"{key}={value}\n" for key, value in found.items())
    host.put(BLOCK, text.ljust(1024, "#"))


def set_default(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """grub-set-default ENTRY"""
    if len(argv) != 2 or argv[1].startswith("-"):
        return 1, "", "Saved default entry not specified.\n" if len(argv) < 2 else f"Unrecognized option `{argv[1]}'\n"
    found = environment(host)
    found.pop("prev_saved_entry", None)
    save(host, {**found, "saved_entry": argv[1]})
    return 0, "", ""


def reboot_once(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """grub-reboot ENTRY"""
    if len(argv) != 2 or argv[1].startswith("-"):
        return 1, "", "Menu entry not specified.\n"
    save(host, {**environment(host), "next_entry": argv[1]})
    on = abstraction(world, host)
    if on:
        return (
            0,
            "",
            (
                f"WARNING: Detected GRUB environment block on {on} device\n{argv[1]} will remain the default boot "
                "entry until manually cleared with:\n    grub-editenv /boot/grub/grubenv unset next_entry\n"
            ),
        )
    return 0, "", ""


def editenv(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """grub-editenv [FILE] list | set NAME=VALUE... | unset NAME..."""
    words = list(argv[1:])
    if words[:1] in (["-"], [BLOCK]):
        words.pop(0)
    found = environment(host)
    match words:
        case ["list"]:
            return 0, "".join(f"{key}={value}\n" for key, value in found.items()), ""
        case ["unset", *names] if names:
            save(host, {key: value for key, value in found.items() if key not in names})
            return 0, "", ""
        case ["set", *pairs] if pairs and all("=" in pair for pair in pairs):
            save(host, {**found, **dict(pair.split("=", 1) for pair in pairs)})
            return 0, "", ""
    return 1, "", f"grub-editenv: error: Unknown command `{' '.join(words[:1])}'.\n"


def probe(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """grub-probe -t abstraction|fs /boot/grub"""
    match argv[1:]:
        case ("-t", "abstraction", "/boot/grub"):
            return 0, f"{abstraction(world, host)}\n", ""
        case ("-t", "fs", "/boot/grub"):
            return 0, "ext2\n", ""
    return 1, "", "No path or device is specified.\nUsage: grub-probe [OPTION...] [OPTION]... [PATH|DEVICE]\n"


def abstraction(world: World, host: Machine) -> str:
    """What /boot/grub lies on: a fault of the fresh host."""
    return str(world.fault("boot-on") or "") if host.name == "fresh" else ""
