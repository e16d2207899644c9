"""Restarting a host of today: down in the units' order, through GRUB, and up again by links, files and units."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.tools import grub_boot, systemd
from tui_installer.simulator.world import Hang, World

SILENT = 3
"""The attempt to reach a host that finds it restarted."""
RUN = "/run/"
Execute = Callable[[World, Machine, tuple[str, ...]], tuple[int, str]]
"""Runs a tool: (exit code, stdout)."""


def restart(world: World, host: Machine, execute: Execute) -> None:
    """Go down: units stop in the reverse of their order; then nothing runs, and what lay in /run is gone."""
    for unit in reversed(_ordered(host, [name for name in host.data["units"] if host.active(name)])):
        for line in _lines(host, unit, "ExecStop"):
            _quietly(world, host, line, execute)
        try:
            systemd.stop(world, host, unit)
        except Hang:
            host.data["history"]["hung"] = unit
    if host.data["corosync"] is not None or host.data["lockspaces"]:
        world.incidents.append(f"{host.name}: went down as a member, the others must fence it")
    host.data.update(
        units={}, sessions=[], maps=[], lockspaces=[], stuck=[], lv_dms={}, corosync=None, ifstate=[], away=SILENT,
        modules=["virtio_net", "ext4", "configfs"], hypervisor="", consoles=["tty0"],
        boot_number=host.data["boot_number"] + 1,
    )  # fmt: skip
    for volume in list(world.state["locks"]):
        world.state["locks"][volume].pop(host.name, None)
    for path in (each for each in host.glob(f"{RUN}**/*") if host.real(each).is_file()):
        host.remove(path)
    links = host.data["links"]
    for name in [name for name, link in links.items() if link["parent"]]:
        del links[name]
    for name, link in links.items():
        link.update(up=name == "lo", addresses=link["addresses"] if name == "lo" else [], gateway="")


def answers(world: World, host: Machine, execute: Execute) -> bool:
    """Whether a host that is restarting can be reached: after some attempts it comes up, if anything boots."""
    if host.data["away"] > 1:
        host.data["away"] -= 1
        return False
    booted = grub_boot.boot(world, host)
    if booted is None:  # it sits at GRUB's menu, or in the initramfs
        return False
    host.data.update(away=0, kernel=booted.kernel, cmdline=booted.cmdline, hypervisor=booted.hypervisor)
    asked = re.findall(r"console=(tty\w+|hvc0)", booted.cmdline)
    host.data["consoles"] = ["tty0", *(name for name in dict.fromkeys(asked) if name != "tty0")]
    _come_up(world, host, execute)
    return True


def _come_up(world: World, host: Machine, execute: Execute) -> None:
    """As systemd does: the network, then what is enabled, each after what it is ordered after."""
    text = "\n".join(
        host.text(path) or "" for path in ("/etc/network/interfaces", *host.glob("/etc/network/interfaces.d/*"))
    )
    names = [name for line in re.findall(r"(?m)^(?:auto|allow-hotplug)\s+(.*)$", text) for name in line.split()]
    for unit in systemd.names(host, "systemd-udevd.service", "systemd-timesyncd.service", "ssh.service"):
        host.data["units"][unit] = "active"
    for name in names:
        execute(world, host, ("ifup", name))
    if host.read("/etc/modules-load.d/tui-installer.conf") or "8021q" in (host.text("/etc/modules") or ""):
        execute(world, host, ("modprobe", "8021q"))
    for name in host.data["consoles"]:
        if name != "tty0":
            host.data["units"][f"serial-getty@{name}.service"] = "active"
    for unit in _ordered(host, systemd.enabled(host)):
        if unit == "boot-check.service":
            continue
        _start(world, host, unit, execute)
    if "boot-check.service" in systemd.enabled(host):
        host.data["units"]["boot-check.service"] = "active"
        _boot_check(world, host, execute)


def _start(world: World, host: Machine, unit: str, execute: Execute) -> None:
    try:
        code, _ = systemd.change(world, host, "start", unit)
    except Hang:
        code = 1
    if code == 0:
        for line in _lines(host, unit, "ExecStart"):
            _quietly(world, host, line, execute)


def _lines(host: Machine, unit: str, key: str) -> list[str]:
    """Command lines of a unit of the administrator's own; those of packages are simulated as what they mean."""
    if host.read(f"/etc/systemd/system/{unit}") is None:
        return []
    return re.findall(rf"(?m)^{key}=-?(.+)$", host.text(f"/etc/systemd/system/{unit}") or "")


def _quietly(world: World, host: Machine, line: str, execute: Execute) -> None:
    words = tuple(shlex.split(line))
    if words[0].endswith("san-volumes-stop"):
        words = ("vgchange", "-an", *words[1:])
    try:
        execute(world, host, words)
    except Hang:
        host.data["history"]["hung"] = line


def _ordered(host: Machine, names: list[str]) -> list[str]:
    """Each after those that it names in After=, of these."""
    done: list[str] = []
    left = sorted(names)
    while left:
        ready = [each for each in left if not set(systemd.directive(host, each, "After")) & set(left) - {each}]
        done += ready or left
        left = [each for each in left if each not in done]
    return done


# --- the boot check, as the script does it


def _boot_check(world: World, host: Machine, execute: Execute) -> None:
    boot, trial = boot_id(host), host.text("/etc/boot-check/trial") or ""
    entry = re.search(r"(?m)^entry=(.+)$", trial)
    if entry and f"boot={boot}\n" in trial:
        entry = None
    if entry and not host.data["hypervisor"]:
        host.put("/etc/boot-check/trial.failed", trial)
        host.remove("/etc/boot-check/trial")
        said = "Xen was tried, and did not come through: see its console. This is the entry from before."
        return _told(host, boot, "fell-back", said, ["Xen"])
    rows = [
        line.split("\t") for line in (host.text("/etc/boot-check/expected") or "").splitlines() if line[:1].isdigit()
    ]
    lost = [what for _, what, command in rows if not _holds(world, host, command, execute)]
    if lost:
        said = f"not all came back: {'; '.join(lost)}"
        said = f"Xen runs on trial, but {said}. The next boot is the old entry." if entry else said
        return _told(host, boot, "missing", said, lost)
    if entry:
        execute(world, host, ("grub-set-default", entry[1]))
        host.remove("/etc/boot-check/trial")
    tail = "; Xen is what boots from now on." if entry else ""
    return _told(host, boot, "back", f"all {len(rows)} came back{tail}", [])


def _told(host: Machine, boot: str, verdict: str, said: str, missing: list[str]) -> None:
    list_ = "".join(f"missing={each}\n" for each in missing) or "\n"
    host.put("/var/lib/boot-check/result", f"boot={boot}\nverdict={verdict}\nsaid={said}\n{list_}")
    host.put("/run/motd.d/boot-check", f"boot check: {said}\n")


def _holds(world: World, host: Machine, command: str, execute: Execute) -> bool:
    """A command, or one with greps after it."""
    first, *greps = (shlex.split(part) for part in command.split(" | "))
    if first[:2] == ["test", "-e"]:
        return bool(host.glob(first[2])) or host.real(first[2]).is_symlink()
    try:
        code, out = execute(world, host, tuple(first))
    except Hang:
        return False
    if not greps:
        return code == 0
    lines = out.splitlines()
    for words in greps:
        fixed, pattern = "F" in words[1], words[2]
        lines = [line for line in lines if (pattern in line if fixed else re.search(pattern, line))]
    return bool(lines)


def boot_id(host: Machine) -> str:
    """Of this boot alone."""
    return f"{host.data['boot_number']:08x}-0000-4000-8000-{sum(host.name.encode()):012x}"
