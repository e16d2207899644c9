"""Making a rhcs world: the SAN, the members `top` and `left` that were set up by the guide, and `bottom`."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from tui_installer.simulator import derived
from tui_installer.simulator.growing import Size
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import commands, large, members, sysv
from tui_installer.simulator.rhcs.archive import ARCHIVES, archive
from tui_installer.simulator.rhcs.boot import gettys
from tui_installer.simulator.rhcs.cluster import CONF
from tui_installer.simulator.rhcs.dpkg import BINARY, FILES, enable, shipped
from tui_installer.simulator.rhcs.era import ERAS, era
from tui_installer.simulator.world import World, opened

IQN = "iqn.1992-03.edu.tjhsst.csl:storage:alexandria"
FOREIGN = "iqn.1992-03.edu.tjhsst.csl:storage:babylon"
LUNS = ("22266000155c3a7e1", "22266000155c3b90d", "22266000155d01f44")
HOSTS = {"bottom": 55, "top": 56, "left": 57}
FOLDERS = ("/tmp", "/root", "/etc/default", "/var/run", "/var/log/xen", "/var/lib", "/etc/rc1.d", "/usr/local/sbin")
LARGE = "large"
VARIANTS = ("", "two-node", "begun", LARGE)
"""Of each release: the members' cluster has two_node="1"; or somebody has tried the packages by hand, in vain; or
there are a thousand LUNs, and more members."""
GRUB2 = "squeeze-grub2"
"""Debian 6 as it is installed: booted by GRUB 2. The other squeeze hosts were upgraded, and have GRUB legacy."""
SCENARIOS = (*(f"{name}-{variant}".rstrip("-") for name in ERAS for variant in VARIANTS), GRUB2)


def create(folder: Path, scenario: str, pace: float = 0, size: Size | None = None) -> None:
    """Make a world of that scenario, one of `SCENARIOS`; `size`: of a large one."""
    name, _, variant = scenario.partition("-")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "state.json").write_text(json.dumps(_state()))
    with opened(folder) as world:
        for each, number in HOSTS.items():
            _machine(world, each, number, name)
        derived.refresh(world)
        members.set_up(world, variant)
        if scenario == GRUB2:
            _grub2(world, world.machine("bottom"))
        if variant == "begun":
            _tried(world, world.machine("bottom"))
        if variant == LARGE:
            large.grow(world, size or Size())
        world.state["pace"] = pace
        world.inquorate_moments.clear()
        world.incidents.clear()
        derived.refresh(world)


def _grub2(world: World, host: Machine) -> None:
    """What grub-pc brings instead of grub-legacy."""
    host.data["packages"].pop("grub-legacy")
    host.data["packages"]["grub-pc"] = "ii"
    host.remove("/boot/grub/menu.lst")
    host.put("/etc/default/grub", GRUB_DEFAULTS)
    for name in ("00_header", "05_debian_theme", "10_linux", "20_linux_xen", "30_os-prober", "40_custom"):
        host.put(f"/etc/grub.d/{name}", "#! /bin/sh\nset -e\n", 0o755)
    commands.run(world, host, ("update-grub",), b"", None)


GRUB_DEFAULTS = """\
# If you change this file, run 'update-grub' afterwards to update
# /boot/grub/grub.cfg.

GRUB_DEFAULT=0
GRUB_TIMEOUT=5
GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`
GRUB_CMDLINE_LINUX_DEFAULT="quiet"
GRUB_CMDLINE_LINUX=""
"""


def _tried(world: World, host: Machine) -> None:
    """What somebody did who had not read the guide to its end. On etch with a member's cluster.conf cman failed, for
    want of its modules; so that file went, and ccs was installed anew and failed without it."""
    if "ccs" not in archive(host):
        commands.run(world, host, ("apt-get", "-y", "install", "cman", "clvm"), b"", None)
        return
    host.put(CONF, world.machine("top").text(CONF) or "", 0o640)
    commands.run(world, host, ("apt-get", "-y", "install", "ccs", "cman", "clvm"), b"", None)
    host.remove(CONF)
    host.prune(CONF, "/etc")
    commands.run(world, host, ("apt-get", "-y", "--reinstall", "install", "ccs"), b"", None)


def _state() -> dict[str, Any]:
    sizes = (2 << 40, 200 << 30, 100 << 30)
    luns = {
        wwid: {"serial": wwid[-8:], "size": size, "vendor": "Promise", "model": "VTrak M310i"}
        for wwid, size in zip(LUNS, sizes, strict=True)
    }
    return {
        "made": time.time() - 3600, "pace": 0, "faults": {}, "members": ["top", "left"], "hosts": {}, "locks": {},
        "here": "bottom", "cluster": {"next_group": 1},
        "history": {"ring": 5, "inquorate_moments": [], "incidents": []},
        "vgs": {
            "san": members.group("xRTzQ8-0Ymb-W3Ka", LUNS[0], sizes[0], {"mail": 20 << 30, "web": 8 << 30}),
            "santest": members.group("pL2nVw-7Hsd-Q9Ce", LUNS[1], sizes[1], {"scratch": 4 << 30}),
        },
        "ssh": {"password": "cluster", "keys": []},
        "san": {
            "portals": ["172.16.1.2", "172.16.1.3"], "vlan": 16, "wire": "switch", "luns": luns, "ours": [IQN],
            "targets": {
                IQN: {"luns": {"0": LUNS[0], "1": LUNS[1]}, "chap": True, "acl": []},
                FOREIGN: {"luns": {"0": LUNS[2]}, "chap": False, "acl": []},
            },
            "chap": ["vmhosts", "tjstorage2008"], "discovery_chap": False,
        },
    }  # fmt: skip


def _machine(world: World, name: str, number: int, release: str) -> None:
    lo = {"index": 1, "mac": "00:00:00:00:00:00", "mtu": 16436, "up": True, "carrier": True, "wire": "lo",
          "parent": "", "vlan": 0, "addresses": ["127.0.0.1/8"], "gateway": ""}  # fmt: skip
    mac = f"00:17:a4:3b:{number}:"
    links = {
        "lo": lo,
        "eth0": lo | {"index": 2, "mac": mac + "01", "mtu": 1500, "wire": "switch", "gateway": "198.38.17.1",
                      "addresses": [f"198.38.17.{number}/24"]},
        "eth1": lo | {"index": 3, "mac": mac + "02", "mtu": 1500, "wire": "switch", "up": False, "addresses": [],
                      "access": 16},
    }  # fmt: skip
    kernel = ERAS[release].kernel
    world.state["hosts"][name] = {
        "hostname": name, "address": f"198.38.17.{number}", "release": release, "kernel": kernel, "meta": {},
        "packages": {each.name: "ii" for each in ARCHIVES[release].values() if each.base}, "units": {}, "links": links,
        "ifstate": ["lo", "eth0"], "modules": ["loop", "dm_mod"], "sessions": [], "maps": [],
        "lv_dms": {}, "lockspaces": [], "daemons": [], "pids": {}, "log": {}, "boot_number": 1, "away": 0,
        "ccsd": None, "cman": None, "cman_state": "Not-in-Cluster", "joined": [],
        "xend": None, "gettys": [], "cmdline": "root=/dev/cciss/c0d0p1 ro console=tty0",
        "history": {"next_sid": 1, "neighbours": {}, "apt_pid": 0},
        "ssh_key": f"AAAAB3NzaC1yc2EAAAABIwAAAQEAvTq7k0dGZ3dYw5pVnq{name:0<10}",
    }  # fmt: skip
    _base_files(world.machine(name), number)


def _base_files(host: Machine, number: int) -> None:
    release = host.data["release"]
    for path in sorted((FILES / release).rglob("*")):
        inside = f"/{path.relative_to(FILES / release)}"
        if path.is_file() and not inside.startswith(("/members/", "/etc/iscsi/", "/etc/xen/", "/etc/init.d/")):
            text = path.read_text().replace("198.38.17.55", f"198.38.17.{number}").replace("bottom", host.name)
            host.put(inside, text)
    for folder in FOLDERS:
        host.real(folder).mkdir(parents=True, exist_ok=True)
    host.put("/etc/debian_version", f"{era(host).version}\n")
    host.put("/etc/hostname", f"{host.name}\n")
    host.put("/etc/fstab", "/dev/cciss/c0d0p1 / ext3 errors=remount-ro 0 1\n/dev/mapper/local-swap none swap sw 0 0\n")
    plain = era(host).kernel.replace("-xen", "")
    for stem in ("vmlinuz", "initrd.img"):
        for kernel in (plain, era(host).kernel):
            host.put(f"/boot/{stem}-{kernel}", f"{stem}\n")
            host.put(f"/lib/modules/{kernel}/modules.dep", "")
    host.put(f"/boot/{era(host).hypervisor}", "xen\n")
    for package in ARCHIVES[release].values():
        if package.base:
            for program in package.programs:
                host.write(program, BINARY)
            for script in package.scripts:
                host.put(f"/etc/init.d/{script}", shipped(host, f"/etc/init.d/{script}"), 0o755)
                enable(host, script)
    if era(host).insserv:
        sysv.insserv_all(host)
    host.data["gettys"] = gettys(host)
