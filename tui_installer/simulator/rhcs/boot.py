"""Restarting a host: what runs afterwards follows from its links, modules and files; and update-grub, init q."""

from __future__ import annotations

import re

from tui_installer.simulator.conf import ConfError
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import cluster, cman, derived, guests, interfaces, menu, programs
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.world import Hang, World

SILENT = 3
"""The attempt to reach a host that finds it restarted."""
OFF = -1
"""A host that stays away until somebody switches it on."""


def update_grub(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """update-grub: makes the entries between the markers anew, from the commented settings and from /boot."""
    if host.text(SETTINGS) is not None:
        return _grub2(world, host)
    return menu.update(host)


# --- GRUB 2 of squeeze (1.98+20100804)

SETTINGS, CONFIG = "/etc/default/grub", "/boot/grub/grub.cfg"


NAMES = tuple(
    f"GRUB_{name}"
    for name in ("DEFAULT", "CMDLINE_LINUX", "CMDLINE_LINUX_DEFAULT", "CMDLINE_XEN", "CMDLINE_XEN_DEFAULT")
)


def _sourced(world: World, host: Machine) -> tuple[dict[str, str], str]:
    """The settings as the shell has them, for grub-mkconfig sources their file; and why it cannot."""
    text = f". {SETTINGS}" + "".join(f'; printf "%s\\n" "${name}"' for name in NAMES)
    code, out, err = programs.script(world, host, text, "update-grub", [], b"", lambda line: None, True)
    return dict(zip(NAMES, out.split("\n"), strict=False)), err if code else ""


def _grub2(world: World, host: Machine) -> Answer:
    """grub-mkconfig: the scripts of /etc/grub.d in the order of their names; what it says goes to stderr."""
    found, wrong = _sourced(world, host)
    if wrong:
        return 2, "", wrong
    kernels = sorted((path.removeprefix("/boot/vmlinuz-") for path in host.glob("/boot/vmlinuz-*")), reverse=True)
    text, said = f'set default="{found["GRUB_DEFAULT"] or "0"}"\n', "Generating grub.cfg ...\n"
    for script in sorted(host.glob("/etc/grub.d/[0-9]*")):
        name = script.rsplit("/", 1)[1]
        those = kernels if name.endswith("_linux") else []
        if name.endswith("_linux_xen"):  # kernels that can be dom0, under every hypervisor
            those = [each for each in kernels if "-xen-" in each and host.glob("/boot/xen-*.gz")]
        said += "".join(f"Found linux image: /boot/vmlinuz-{each}\n" for each in those)
        text += "".join(_menuentries(host, each, found, name.endswith("_xen")) for each in those)
    host.put(CONFIG, text, 0o444)
    return 0, "", f"{said}done\n"


def _menuentries(host: Machine, kernel: str, found: dict[str, str], xen: bool) -> str:
    root = "root=/dev/cciss/c0d0p1 ro"
    linux, more = found.get("GRUB_CMDLINE_LINUX", ""), found.get("GRUB_CMDLINE_LINUX_DEFAULT", "")
    hypervisor = next(iter(host.glob("/boot/xen-*.gz")), "")
    text = ""
    for suffix, options, own in (("", f"{linux} {more}", f" {found.get('GRUB_CMDLINE_XEN_DEFAULT', '')}"),
                                 (" (recovery mode)", f"single {linux}", "")):  # fmt: skip
        title = (
            f"Debian GNU/Linux, with Linux {kernel}"
            + (f" and XEN {menu.xen_version(hypervisor)}" if xen else "")
            + suffix
        )
        text += f"menuentry '{title}' --class debian --class gnu-linux --class gnu --class os {{\n"
        if xen:
            text += f"\tmultiboot\t{hypervisor} placeholder {found.get('GRUB_CMDLINE_XEN', '')}{own}\n"
        load, place, image = ("module", " placeholder", "module") if xen else ("linux", "", "initrd")
        text += f"\t{load}\t/boot/vmlinuz-{kernel}{place} {root} {options}\n\t{image}\t/boot/initrd.img-{kernel}\n}}\n"
    return text


def _booted2(text: str) -> tuple[str, str, bool]:
    """(kernel, its options, whether under the hypervisor) of the default entry of a grub.cfg."""
    number = re.search(r'(?m)^set default="(\d+)"', text)
    entry = re.split(r"(?m)^menuentry ", text)[1:][int(number[1]) if number else 0]
    line = re.search(r"(?m)^\t(?:linux|module)\t/boot/vmlinuz-(\S+) (?:placeholder )?(.*)$", entry)
    assert line is not None
    return line[1], " ".join(line[2].split()), "multiboot" in entry


def _chosen(host: Machine) -> tuple[str, str]:
    """(kernel, its options) of the menu's default entry; today's if the menu cannot be read."""
    if (config := host.text(CONFIG)) is not None:
        kernel, options, under = _booted2(config)
        host.data["bare"] = not under
        return kernel, options
    entry = menu.booted(host.text(menu.MENU) or "")
    return (entry.kernel, entry.options) if entry else (host.data["kernel"], host.data["cmdline"])


# --- init


def gettys(host: Machine) -> list[str]:
    """What init respawns in runlevel 2, as inittab says: the processes."""
    rows = [line.split(":", 3) for line in (host.text("/etc/inittab") or "").splitlines() if line[:1] not in ("", "#")]
    return [row[3] for row in rows if len(row) == 4 and row[2] == "respawn" and "2" in row[1]]


def init(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """init q, telinit q, init 6"""
    match argv[1:]:
        case ("q",) | ("Q",):
            host.data["gettys"] = gettys(host)
            return 0, "", ""
        case ("6",):
            return restart(world, host)
    return 1, "", "Usage: init 0123456SsQqAaBbCcUu\n"


def shutdown(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """reboot, shutdown -r now, shutdown -h now"""
    words = argv[1:] if argv[0].endswith("shutdown") else ("-r", "now")
    if words not in (("-r", "now"), ("-h", "now")):
        return 1, "", "Usage: shutdown [-akrhHPfnc] [-t secs] time [warning message]\n"
    what = {"-r": "for reboot", "-h": "for system halt"}[words[0]]
    said = f"\nBroadcast message from root (Sat Mar 14 12:00:00 2009):\n\nThe system is going down {what} NOW!\n"
    if words[0] == "-r":
        restart(world, host)
    else:
        _go_down(world, host, "0", OFF)
    return 0, said, ""


def restart(world: World, host: Machine) -> Answer:
    """Go down in good order; the host is back after some attempts to reach it."""
    _go_down(world, host, "6", SILENT)
    return 0, "", ""


def switch_on(host: Machine) -> None:
    """Press the button of a host that is off."""
    if host.data["away"] == OFF:
        host.data["away"] = 1


def _go_down(world: World, host: Machine, level: str, away: int) -> None:
    """Runlevel 0 or 6, and what is gone with the machine; `away` as in its data."""
    host.data["away"] = away
    _level(world, host, level)
    guests.end(world, host)
    if cluster.cman(host):
        world.incidents.append(f"{host.name}: went down as a member, the others must fence it")
        cman.gone(world, host)
        cluster.changed(world, f"{host.name} is gone")
    kernel, cmdline = _chosen(host)
    host.data.update(
        kernel=kernel, cmdline=cmdline, modules=["dm_mod"], daemons=[], pids={}, sessions=[], maps=[], lv_dms={},
        lockspaces=[], joined=[], ccsd=None, cman=None, cman_state="Not-in-Cluster", xend=None, ifstate=[], gettys=[],
        boot_number=host.data["boot_number"] + 1, away=away,
    )  # fmt: skip
    host.data["history"]["neighbours"] = {}
    for path in host.glob("/var/run/*.pid") + host.glob("/run/tui-installer/*"):
        if host.real(path).is_file():
            host.remove(path)
    links = host.data["links"]
    for name in [name for name, link in links.items() if link["parent"] or link.get("ports")]:
        del links[name]
    for name, link in links.items():
        link.update(up=name == "lo", addresses=link["addresses"] if name == "lo" else [], gateway="")


def answers(world: World, host: Machine) -> bool:
    """Whether a host that is restarting can be reached: after some attempts it comes up."""
    if host.data["away"] == OFF:
        return False
    host.data["away"] -= 1
    if host.data["away"]:
        return False
    come_up(world, host)
    return True


def come_up(world: World, host: Machine) -> None:
    """Boot: rcS, then runlevel 2; allow-hotplug interfaces come by themselves."""
    derived.refresh(world, host)
    _level(world, host, "S")
    _hotplug(world, host)
    host.data["gettys"] = gettys(host)
    _level(world, host, "2")
    derived.refresh(world, host)


def _hotplug(world: World, host: Machine) -> None:
    try:
        names = interfaces.read(host, "/etc/network/interfaces").allowed.get("hotplug", [])
    except ConfError:
        return
    for name in names:
        programs.execute(world, host, ("ifup", name), b"", lambda line: None)


def _level(world: World, host: Machine, level: str) -> None:
    """Run a runlevel; udev has hotplugged the interfaces before networking's late users start."""
    for kind in "KS":
        for path in host.glob(f"/etc/rc{level}.d/{kind}[0-9][0-9]*"):
            if level == "S" and path.endswith("networking"):
                _hotplug(world, host)
            action = "start" if kind == "S" and level not in "06" else "stop"
            try:
                with programs.given(world, {"RUNLEVEL": level}):
                    programs.execute(world, host, (path, action), b"", lambda line: None)
            except Hang:
                host.data["history"]["hung"] = path
            derived.refresh(world, host)
