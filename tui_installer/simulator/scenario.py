"""Making a world: the SAN, two members that were set up by hand, and a fresh host. Members run the same simulated
commands that an administrator would have run."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from tui_installer.hosts.host import File
from tui_installer.simulator import commands, derived, large, memberfiles
from tui_installer.simulator.contents import UNITS
from tui_installer.simulator.growing import Size
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.packages import BASE
from tui_installer.simulator.tools import grub_boot
from tui_installer.simulator.world import World, opened

KERNEL = "6.12.107+deb13-amd64"
IQN = "iqn.2024-01.lab.san:cluster"
LUNS = {
    "36000000000000000000000000ab0a001": ("LUN00001", 512 << 20),
    "36000000000000000000000000ab0a002": ("LUN00002", 512 << 20),
    "36000000000000000000000000ab0a009": ("LUN00009", 256 << 20),
}
VG = {
    "uuid": "wsga8p-TLHO-oQ33-sUBX-Mefr-7IeL-DRaFWe",
    "pvs": {"36000000000000000000000000ab0a001": "XccQod-UNsN-Ynaj-2T3m-nzKC-Z376-8SGWR2"},
    "lock_type": "dlm",
    "lock_args": "1.0.0:xencluster",
    "size": 508 << 20,
    "lvs": {
        "vm01": {"uuid": "Hf3jr3-CdwZ-JLxa-uBbx-1KMT-1oIN-MryFrW", "size": 100 << 20},
        "vm02": {"uuid": "lY6evd-m7eI-2kI1-M5jW-X5nE-IeBo-w3eLJg", "size": 64 << 20},
    },
}
LARGE = "large"
"""The members of "corosync" with a thousand LUNs, or as many as are asked for, and more members."""
SCENARIOS = ("corosync", "two-node", "no-lockd", LARGE)
PACKAGES = ("open-iscsi", "multipath-tools", "corosync", "dlm-controld", "lvm2", "lvm2-lockd", "vlan")
HYPERVISOR = "xen-system-amd64"


def create(folder: Path, scenario: str = "corosync", pace: float = 0, size: Size | None = None) -> None:
    """Make a world. Scenarios: "corosync"; "two-node" (the members have two_node: 1); "large"; those of `rhcs`.
    `size`: of the large ones.

    Raises ValueError.
    """
    from tui_installer.simulator.rhcs import scenario as rhcs  # for old hosts only

    if scenario in rhcs.SCENARIOS:
        return rhcs.create(folder, scenario, pace, size)
    if scenario not in SCENARIOS:
        raise ValueError(f"no such scenario: {scenario} (there are: {', '.join(SCENARIOS + rhcs.SCENARIOS)})")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "state.json").write_text(json.dumps(_state()))
    with opened(folder) as world:
        for number, name in enumerate(("fresh", "node1", "node2")):
            _machine(world, name, 13 if name == "fresh" else 10 + number)
        for name in ("node1", "node2"):
            _install(world, world.machine(name), scenario)
        for name in ("node1", "node2"):
            _join(world, world.machine(name))
        world.state["locks"] = {}
        _run(world, world.machine("node1"), "lvchange", "-aey", "vg_cluster/vm01")
        world.state["members"] = ["node1", "node2"]
        if scenario == LARGE:
            large.grow(world, size or Size())
        world.state["history"]["ring"] = 9
        world.state["pace"] = pace
        world.inquorate_moments.clear()
        world.incidents.clear()
        derived.refresh(world)


def _state() -> dict[str, Any]:
    luns = {
        wwid: {"serial": serial, "size": size, "vendor": "LABSAN", "model": "VIRTUAL-DISK"}
        for wwid, (serial, size) in LUNS.items()
    }
    first, second, foreign = LUNS
    targets = {
        IQN: {"luns": {"1": first, "2": second}, "chap": True, "acl": []},
        "iqn.2024-01.lab.san:backup": {"luns": {"1": foreign}, "chap": False, "acl": []},
    }
    return {
        "made": time.time() - 3600,
        "pace": 0,
        "faults": {},
        "members": [],
        "hosts": {},
        "locks": {},
        "history": {"ring": 5, "inquorate_moments": [], "incidents": []},
        "vgs": {"vg_cluster": VG},
        "ssh": {"password": "cluster", "keys": []},
        "san": {
            "portals": ["10.16.0.1", "10.16.0.2"],
            "vlan": 16,
            "targets": targets,
            "luns": luns,
            "ours": [IQN],
            "chap": ["chapuser", "chapsecret123"],
            "discovery_chap": False,
        },
    }


def _machine(world: World, name: str, number: int) -> None:
    lo = {"index": 1, "mac": "00:00:00:00:00:00", "mtu": 65536, "up": True, "carrier": True, "wire": "lo",
          "parent": "", "vlan": 0, "addresses": ["127.0.0.1/8"], "gateway": ""}  # fmt: skip
    links = {"lo": lo}
    for index, wire in enumerate(("lan", "storage")):
        links[f"eth{index}"] = lo | {
            "index": index + 2, "mac": f"52:54:00:00:{number}:0{index}", "mtu": 1500, "up": index == 0, "wire": wire,
            "addresses": [f"10.0.1.{number}/24"] if index == 0 else [], "gateway": "" if index else "10.0.1.1",
        }  # fmt: skip
    world.state["hosts"][name] = {
        "hostname": name, "address": f"10.0.1.{number}", "release": "trixie", "kernel": KERNEL, "meta": {},
        "packages": dict.fromkeys(sorted(BASE), "ii"), "units": {}, "links": links,
        "ifstate": ["lo", "eth0"], "modules": ["virtio_net", "ext4", "configfs"], "sessions": [], "maps": [],
        "corosync": None, "lockspaces": [], "stuck": [], "lv_dms": {},
        "history": {"reasons": {}, "next_sid": 1, "dlm_started": 0, "neighbours": {}, "apt_pid": 0},
        "uuid": f"0b1ae9c2-0000-4000-8000-0000000000{number}", "memory": 16384, "cpus": 8, "hypervisor": "",
        "cmdline": f"BOOT_IMAGE=/boot/vmlinuz-{KERNEL} root=UUID=0b1ae9c2-0000-4000-8000-0000000000{number} ro quiet",
        "consoles": ["tty0"], "boot_number": 1, "away": 0,
        "ssh_key": memberfiles.ssh_key(name),
    }  # fmt: skip
    _base_files(world.machine(name))


def _base_files(host: Machine) -> None:
    for path, text in memberfiles.base(host.name, host.data["address"]).items():
        host.put(path, text)
    host.link("/etc/os-release", "../usr/lib/os-release")
    host.put(f"/boot/vmlinuz-{KERNEL}", "a kernel\n")
    host.put(f"/boot/initrd.img-{KERNEL}", "initramfs as installed\n")
    host.put(f"/lib/modules/{KERNEL}/kernel/fs/dlm/dlm.ko.xz", "dlm\n")
    host.put("/usr/sbin/update-grub", "#!/bin/sh\nset -e\nexec grub-mkconfig -o /boot/grub/grub.cfg\n", 0o755)
    host.put("/etc/ssh/ssh_host_ed25519_key.pub", f"ssh-ed25519 {host.data['ssh_key']} root@{host.name}\n")
    host.put(f"/lib/modules/{KERNEL}/modules.dep", "kernel/fs/dlm/dlm.ko.xz:\n")
    for package in BASE:
        for unit in UNITS.get(package, ()):
            host.put(f"/usr/lib/systemd/system/{unit.name}", unit.text)
            if unit.name != "systemd-networkd.service":
                host.data["units"][unit.name] = "active"
                if unit.wanted_by:
                    link = f"/etc/systemd/system/{unit.wanted_by}.wants/{unit.name}"
                    host.link(link, f"/usr/lib/systemd/system/{unit.name}")
    derived.refresh(host.world)
    _run(host.world, host, "update-grub")


def _run(world: World, host: Machine, *argv: str) -> str:
    result = commands.run(world, host, argv, b"", None)
    if not result.ok():
        raise RuntimeError(f"{host.name}: {' '.join(argv)}: {result.verdict}: {result.said}")
    return result.out


def _install(world: World, host: Machine, scenario: str) -> None:
    masked = ("corosync.service", "dlm.service", "lvmlockd.service", "lvmlocks.service", "multipathd.service")
    for unit in masked:
        host.link(f"/etc/systemd/system/{unit}", "/dev/null")
    _run(world, host, "apt-get", "-y", "-q", "--no-install-recommends", "install", *PACKAGES)
    for unit in masked:
        host.remove(f"/etc/systemd/system/{unit}")
    for path, (content, mode) in memberfiles.member(host.name, host.data["address"], scenario).items():
        host.write(path, File(content, mode))
    _run(world, host, "apt-get", "-y", "-q", "--no-install-recommends", "install", HYPERVISOR)
    booted = grub_boot.boot(world, host)
    if booted is None or not booted.hypervisor:
        raise RuntimeError(f"{host.name}: it does not boot Xen")
    host.data.update(hypervisor=booted.hypervisor, cmdline=booted.cmdline)


def _join(world: World, host: Machine) -> None:
    _run(world, host, "ifup", "eth1.16")
    for portal in world.state["san"]["portals"]:
        _run(world, host, "iscsiadm", "-m", "node", "-o", "new", "-T", IQN, "-p", f"{portal}:3260,1")
    _run(world, host, "systemctl", "start", "iscsid")
    _run(world, host, "systemctl", "start", "open-iscsi")
    for disk in ("sda", "sdb"):
        _run(world, host, "multipath", "-a", f"/dev/{disk}")
    _run(world, host, "systemctl", "start", "multipathd")
    _run(world, host, "systemctl", "start", "corosync")
    _run(world, host, "systemctl", "enable", "cluster-volumes")
    if host.name == "node1":
        return
    for each in (world.machine("node1"), host):
        for unit in ("dlm", "lvmlockd", "lvmlocks", "cluster-volumes"):
            _run(world, each, "systemctl", "start", unit)
