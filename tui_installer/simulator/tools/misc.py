"""The small commands: names, clocks, disks, checks in private mount namespaces, keys of ssh."""

from __future__ import annotations

import json
import re
import time
from typing import Any

from tui_installer.simulator import net, storage
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.tools import discovery, dpkg, maps, multipath
from tui_installer.simulator.world import World


def hostname(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """hostname"""
    if len(argv) > 1:
        return 4, "", f"hostname: unrecognized option '{argv[1]}'\n"
    return 0, f"{host.data['hostname']}\n", ""


def uname(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """uname -n -r | -r | -m"""
    name, kernel = host.data["hostname"], host.data["kernel"]
    answers = {("-n", "-r"): f"{name} {kernel}", ("-r",): kernel, ("-m",): "x86_64", (): "Linux"}
    if argv[1:] not in answers:
        return 1, "", f"uname: extra operand '{' '.join(argv[1:])}'\n"
    return 0, f"{answers[argv[1:]]}\n", ""


def date(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """date +%s.%N"""
    ahead = host.data["history"].get("clock", 0)
    now = time.time() + ahead + float((world.fault("clock") or {}).get(host.name, 0))
    if len(argv) == 3 and argv[1] == "-s" and (later := re.fullmatch(r"(\d+) seconds", argv[2])):
        host.data["history"]["clock"] = ahead + int(later[1])
        return 0, time.strftime("%a %b %e %H:%M:%S UTC %Y\n", time.gmtime(now + int(later[1]))), ""
    if argv[1:] == ("+%s.%N",):
        return 0, f"{now:.9f}\n", ""
    if argv[1:] == ("+%s",):
        return 0, f"{int(now)}\n", ""
    return 1, "", f"date: invalid date '{' '.join(argv[1:])}'\n"


def unshare(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """The checks that run in a private mount namespace: `unshare -m sh -c SCRIPT ARGS...`."""
    if argv[1:4] != ("-m", "sh", "-c") or len(argv) < 6:
        return 1, "", "unshare: bad usage\nTry 'unshare --help' for more information.\n"
    script, words = argv[4], argv[5:]
    if "iscsiadm -m discovery -t sendtargets" in script and len(words) >= 2:
        if not host.installed("open-iscsi"):
            return 127, "", f"{words[0]}: 1: exec: iscsiadm: not found\n"
        return discovery.discover(world, host, words[-1], words[0])
    if "multipath -t" in script and "/etc/multipath.conf" in script:
        text = host.text(words[0])
        if text is None:
            return 32, "", f"mount: {words[0]}: special device {words[0]} does not exist.\n"
        if not host.installed("multipath-tools"):
            return 127, "", f"{words[0]}: 1: exec: multipath: not found\n"
        return multipath.configuration(host, text)
    return 127, "", "sh: the simulator knows no such script\n"


def udevadm(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """udevadm settle | trigger"""
    if argv[1:2] not in (("settle",), ("trigger",), ("control",)):
        return 1, "", f"Unknown command verb {' '.join(argv[1:2])}.\n"
    return 0, "", ""


def scsi_id(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """/lib/udev/scsi_id -g -u -d /dev/sdX"""
    if argv[1:4] != ("-g", "-u", "-d") or len(argv) != 5:
        return 1, "", "scsi_id: no device specified\n"
    disk = storage.disk(world, host, argv[4].removeprefix("/dev/"))
    return (
        (0, f"{disk.wwid}\n", "") if disk else (1, "", f"scsi_id: cannot open {argv[4]}: No such file or directory\n")
    )


def lsblk(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """lsblk -J [-b] -o COLUMNS"""
    words = [word for word in argv[1:] if word not in ("-J", "-b", "-p")]
    if "-J" not in argv or (words and words[0] != "-o") or len(words) not in (0, 2):
        return 1, "", f"lsblk: invalid option -- '{''.join(words[:1]).lstrip('-')[:1]}'\n"
    names = (words[1] if words else "NAME,MAJ:MIN,RM,SIZE,RO,TYPE,MOUNTPOINTS").lower().split(",")
    known, volumes = storage.mapped(host), storage.on_it(world, host)
    shown = {wwid: _map(world, host, each, names, volumes.get(wwid, []), "-b" in argv) for wwid, each in known.items()}
    trees = [_tree(world, disk, shown.get(disk.wwid), names, "-b" in argv) for disk in storage.disks(world, host)]
    trees.append(_local(names, "-b" in argv))
    return 0, json.dumps({"blockdevices": trees}, indent=3) + "\n", ""


def _tree(
    world: World, disk: storage.Disk, over: dict[str, Any] | None, names: list[str], exact: bool
) -> dict[str, Any]:
    lun = storage.lun(world, disk.wwid)
    facts = {
        "name": disk.name, "type": "disk", "maj:min": disk.dev_t, "size": _size(lun["size"], exact),
        "wwn": f"0x{disk.wwid[1:]}", "serial": lun["serial"], "tran": "iscsi", "vendor": lun["vendor"].ljust(8),
        "model": lun["model"],
    }  # fmt: skip
    entry = _columns(names, facts)
    if over is not None:
        entry["children"] = [over | ({"pkname": disk.name} if "pkname" in over else {})]
    return entry


def _map(
    world: World, host: Machine, each: dict[str, Any], names: list[str], volumes: list[str], exact: bool
) -> dict[str, Any]:
    lun = storage.lun(world, each["wwid"])
    facts = {"name": each["name"], "type": "mpath", "maj:min": f"254:{each['dm']}", "pkname": ""}
    entry = _columns(names, facts | {"size": _size(lun["size"], exact)})
    rows = []
    for volume in volumes:
        group, name = volume.split("/")
        facts = {
            "name": f"{group.replace('-', '--')}-{name.replace('-', '--')}",
            "type": "lvm",
            "maj:min": f"254:{host.data['lv_dms'][volume]}",
            "size": _size(world.state["vgs"][group]["lvs"][name]["size"], exact),
            "pkname": f"dm-{each['dm']}",
        }
        rows.append(_columns(names, facts))
    return entry | ({"children": rows} if rows else {})


def _local(names: list[str], exact: bool) -> dict[str, Any]:
    disk = {"name": "vda", "type": "disk", "maj:min": "253:0", "size": _size(8 << 30, exact), "tran": "virtio"}
    root = {"name": "vda1", "type": "part", "maj:min": "253:1", "size": _size(7 << 30, exact), "pkname": "vda"}
    swap = {"name": "vda2", "type": "part", "maj:min": "253:2", "size": _size(1 << 30, exact), "pkname": "vda"}
    children = [_columns(names, root, ["/"]), _columns(names, swap, ["[SWAP]"])]
    return _columns(names, disk) | {"children": children}


def _columns(names: list[str], facts: dict[str, Any], mounted: list[str] | None = None) -> dict[str, Any]:
    fixed: dict[str, Any] = {"rm": False, "ro": False, "mountpoints": mounted or []}
    return {name: fixed[name] if name in fixed else facts.get(name) for name in names}


def _size(count: int, exact: bool) -> int | str:
    return count if exact else maps.size(count).replace(".0", "")


def update_initramfs(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """update-initramfs -u -k all"""
    if argv[1:] not in (("-u", "-k", "all"), ("-u",)):
        return 1, "", "Usage: update-initramfs {-c|-d|-u} [-k version] [-v] [-b directory]\n"
    if world.fault("initramfs"):
        return 1, "", "E: /usr/share/initramfs-tools/hooks/lvm2 failed with return 1.\n"
    say(f"update-initramfs: Generating /boot/initrd.img-{host.data['kernel']}")
    stamp = "initramfs with this lvm.conf\n" + (host.text("/etc/lvm/lvm.conf") or "")
    host.put(f"/boot/initrd.img-{host.data['kernel']}", stamp)
    return 0, "", ""


def ssh_keyscan(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """ssh-keyscan -T 5 -t TYPES [-p PORT] ADDRESS"""
    address, port = argv[-1], argv[argv.index("-p") + 1] if "-p" in argv else "22"
    for other in world.machines():
        own = [each.split("/")[0] for link in other.data["links"].values() for each in link["addresses"]]
        if address in own and net.reaches(world, host, address) and port == "22":
            return (
                0,
                f"{address} ssh-ed25519 {other.data['ssh_key']}\n",
                (f"# {address}:22 SSH-2.0-OpenSSH_10.0p2 Debian-7+deb13u4\n"),
            )
    return 1, "", ""


def true(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """true"""
    return 0, "", ""


def df(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """df -P -k FOLDER, df -h FOLDER..."""
    if argv[1:2] == ("-h",):
        row = "/dev/vda1       6.9G  3.6G  3.0G  55% /\n"
        return 0, "Filesystem      Size  Used Avail Use% Mounted on\n" + row * len(argv[2:]), ""
    if argv[1:3] != ("-P", "-k") or len(argv) != 4:
        return 1, "", f"df: invalid option -- '{''.join(argv[1:2]).lstrip('-')[:1]}'\n"
    free = int(world.fault("boot-room") or 3_100_000) if host.name == "fresh" else 3_100_000
    head = "Filesystem     1024-blocks    Used Available Capacity Mounted on\n"
    return 0, f"{head}/dev/vda1          7159400 3675000 {free:>9}      55% /\n", ""


def ps(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """ps -o FORMAT -p PID, of who holds dpkg's lock"""
    if argv[1:2] != ("-o",) or argv[3:4] != ("-p",) or len(argv) != 5:
        return 1, "", "error: unsupported option (BSD syntax)\n"
    bare = argv[2].endswith("=")
    head = "" if bare else "    PID                  STARTED COMMAND\n"
    if str(dpkg.lock_holder(world, host)) != argv[4]:
        return 1, head, ""
    return 0, f"{head}{argv[4]:>7}" + ("\n" if bare else " Sun Nov 22 16:40:01 2026 apt-get upgrade\n"), ""


SIZES = {"vmlinuz": 12 << 20, "initrd": 48 << 20, "xen": 3 << 20}


def stat(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """stat -c '%s %Y %n' PATH...; kernels and initrds are told larger than they are here."""
    if argv[1:3] != ("-c", "%s %Y %n") or len(argv) < 4:
        return 1, "", "stat: missing operand\nTry 'stat --help' for more information.\n"
    out = err = ""
    for path in argv[3:]:
        real = host.real(path)
        if not real.is_file():
            err += f"stat: cannot statx '{path}': No such file or directory\n"
            continue
        size = next((size for name, size in SIZES.items() if path.startswith(f"/boot/{name}")), real.stat().st_size)
        out += f"{size} {int(real.stat().st_mtime)} {path}\n"
    return (1 if err else 0), out, err


def who(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """who: root sits at the serial line, under Xen at the hypervisor's."""
    if len(argv) > 1:
        return 1, "", f"who: extra operand '{argv[1]}'\nTry 'who --help' for more information.\n"
    line = "hvc0" if host.data["hypervisor"] else "ttyS0"
    return 0, f"root     {line:<12} 2026-11-22 16:40\n", ""
