"""multipath and multipathd: what they print in the three generations of the time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tui_installer.simulator import storage
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import daemons, maps
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.storage import Disk
from tui_installer.simulator.tools.maps import size
from tui_installer.simulator.world import World

Map = dict[str, Any]
NO_DRIVER = "DM multipath kernel driver not loaded\n"


def multipath(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """multipath [-v N] [-l|-ll|-d|-F|-f MAP] [MAP]"""
    words, mode, names = list(argv[1:]), "", []
    while words:
        word = words.pop(0)
        if word in ("-l", "-ll", "-d", "-F", "-f"):
            mode = word
        elif word == "-v" and words:
            words.pop(0)
        elif word.startswith("-") and not word.startswith("-v"):
            return 1, f"multipath: invalid option -- {word[1:2]}\n" + USAGE, ""
        elif not word.startswith("-"):
            names.append(word)
    if "dm_multipath" not in host.data["modules"]:
        return 1, *_noted(host, NO_DRIVER)
    out = err = ""
    if mode in ("-F", "-f"):
        return _flush(world, host, names, mode)
    if mode in ("-l", "-ll"):
        listed = [each for each in host.data["maps"] if not names or {each["name"], each["wwid"]} & set(names)]
        return 0, out + "".join(topologies(world, host, listed, mode == "-ll")), err
    conf = maps.Configuration(world, host)
    failed = [disk for disk in storage.disks(world, host) if disk.alive and not conf.works(disk)]
    for disk in failed:
        line = " ".join(conf.callout(disk.wwid)).replace("%n", disk.name)
        more = _noted(host, f"error calling out {line}\n")
        out, err = out + more[0], err + more[1]
    made = maps.make(world, host) if mode != "-d" else []
    return 0, out + "".join(f"create: {each}" for each in topologies(world, host, made, True)), err


USAGE = "Usage: multipath\t[-v level] [-d] [-h|-l|-ll|-f|-F|-r]\n"


def _noted(host: Machine, text: str) -> tuple[str, str]:
    """What is logged goes to stdout up to 0.4.8, then to stderr."""
    return ("", text) if era(host).maps == "D" else (text, "")


def _flush(world: World, host: Machine, names: list[str], mode: str) -> Answer:
    wanted = [each for each in host.data["maps"] if mode == "-F" or {each["name"], each["wwid"]} & set(names)]
    used = storage.on_it(world, host)
    busy = [each["name"] for each in wanted if each["wwid"] in used]
    host.data["maps"] = [each for each in host.data["maps"] if each not in wanted or each["name"] in busy]
    text = "".join(f"{name}: map in use\n" for name in busy)
    return int(bool(busy) or (mode == "-f" and not wanted)), *_noted(host, text)


def topologies(world: World, host: Machine, shown: Iterable[Map], checked: bool) -> Iterator[str]:
    """Maps, as `-ll` (`checked`) or `-l` shows them."""
    conf, paths = maps.Configuration(world, host), storage.by_wwid(world, host)
    for each in shown:
        lun, disks = storage.lun(world, each["wwid"]), paths.get(each["wwid"], [])
        yield _topology(host, each, conf.of(each["wwid"]), lun, disks, checked)


def _topology(
    host: Machine, each: Map, found: dict[str, str], lun: dict[str, Any], disks: list[Disk], checked: bool
) -> str:
    several = found["path_grouping_policy"] in ("multibus", "group_by_serial")
    groups = [disks] if several and disks else [[disk] for disk in disks]
    generation = era(host).maps
    head = f"{each['name']} ({each['wwid']})" if each["name"] != each["wwid"] else each["wwid"]
    if generation != "B":
        vendor = lun["vendor"].ljust(8) if generation == "C" else lun["vendor"]
        model = lun["model"].ljust(16) if generation == "C" else lun["model"]
        head += f" dm-{each['dm']} {vendor},{model}"
    queue = found["features"]
    if found.get("no_path_retry") in ("queue", "fail") or found.get("no_path_retry", "").isdigit():
        queue = "0" if found["no_path_retry"] == "fail" else "1 queue_if_no_path"
    if generation == "D":
        return f"{head}\nsize={size(lun['size'])} features='{queue}' hwhandler='0' wp=rw\n" + _tree(groups)
    amount = _words(lun["size"]) if generation == "B" else size(lun["size"])
    return f"{head}\n[size={amount}][features={queue}][hwhandler=0]\n" + "".join(
        _group(group, number, checked) for number, group in enumerate(groups)
    )  # fmt: skip


def _words(count: int) -> str:
    """Bytes as 0.4.7 prints them: whole units, a blank, "TB"."""
    for unit, word in ((1 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB")):
        if count >= unit:
            return f"{count // unit} {word}"
    return f"{count // 1024} kB"


def _group(group: list[Disk], number: int, checked: bool) -> str:
    state = "active" if not number and any(disk.alive for disk in group) else "enabled"
    prio = sum(disk.alive for disk in group)
    text = f"\\_ round-robin 0 [prio={prio}][{state}]\n"
    widths = max(len(disk.name) for disk in group), max(len(disk.dev_t) for disk in group)
    for disk in group:
        dm, checker = ("active", "ready") if disk.alive else ("failed", "faulty")
        where = f"{disk.name:<{widths[0]}} {disk.dev_t:<{widths[1]}}"
        text += f" \\_ {disk.hcil} {where} [{dm}][{checker if checked else 'undef'}]\n"
    return text


def _tree(groups: list[list[Disk]]) -> str:
    text = ""
    for number, group in enumerate(groups):
        last = number == len(groups) - 1
        alive = any(disk.alive for disk in group)
        state = "active" if alive and not number else "enabled"
        text += f"{'`' if last else '|'}-+- policy='round-robin 0' prio={int(alive)} status={state}\n"
        for at, disk in enumerate(group):
            mark = "`-" if at == len(group) - 1 else "|-"
            states = "active ready  running" if disk.alive else "failed faulty offline"
            states = states.replace("ready  ", "ready ") if alive and all(each.alive for each in group) else states
            text += f"{' ' if last else '|'} {mark} {disk.hcil} {disk.name} {disk.dev_t} {states}\n"
    return text


def multipathd(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """multipathd, or multipathd -k"COMMAND" """
    words = list(argv[1:])
    if words and words[0].startswith("-k"):
        return _asked(world, host, words[0][2:] or " ".join(words[1:]))
    if words:
        return 1, "", f"multipathd: invalid option -- {words[0][1:2]}\n"
    if "dm_multipath" not in host.data["modules"]:
        return 1, "", NO_DRIVER
    daemons.begin(host, "multipathd")
    maps.make(world, host)
    return 0, "", ""


def _asked(world: World, host: Machine, command: str) -> Answer:
    if not daemons.runs(host, "multipathd"):
        return 1, "", "error -1 receiving packet\n"
    match command.split():
        case ["reconfigure"]:
            maps.make(world, host)
            return 0, "ok\n", ""
        case ["show", "topology" | "maps", *_]:
            return 0, "".join(topologies(world, host, host.data["maps"], True)), ""
        case ["show", "paths", *_]:
            return 0, _paths(world, host), ""
    return 0, "fail\n", ""


def _paths(world: World, host: Machine) -> str:
    text = "hcil     dev dev_t pri dm_st   chk_st  next_check      \n"
    owned = {each["wwid"] for each in host.data["maps"]}
    for disk in storage.disks(world, host):
        dm = "undef" if disk.wwid not in owned else "active" if disk.alive else "failed"
        checker = "ready" if disk.alive else "faulty"
        text += f"{disk.hcil:<8} {disk.name} {disk.dev_t:<5} 1   [{dm}][{checker}] XXXXXXX... 15/20\n"
    return text


def _hup(world: World, host: Machine) -> None:
    maps.make(world, host)


daemons.HUPS["multipathd"] = _hup


def scsi_id(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """scsi_id"""
    return maps.scsi_id(world, host, argv)


def update_initramfs(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """update-initramfs -u [-k all|VERSION]"""
    if argv[1:2] != ("-u",):
        return 1, "", "Usage: update-initramfs [OPTION]...\n"
    for path in host.glob("/boot/initrd.img-*"):
        if path.endswith(argv[-1]) or argv[-1] in ("all", "-u"):
            say(f"update-initramfs: Generating {path}")
            host.put(path, "initrd.img\n" + (host.text("/etc/lvm/lvm.conf") or ""))
    return 0, "", ""
