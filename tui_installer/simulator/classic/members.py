"""The members: two hosts that an administrator set up by the guide, with the same simulated commands."""

from __future__ import annotations

from typing import Any

from tui_installer.simulator.classic import commands, derived
from tui_installer.simulator.classic.cluster import CONF
from tui_installer.simulator.classic.dpkg import FILES
from tui_installer.simulator.classic.era import era
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.world import World


def group(uuid: str, wwid: str, size: int, volumes: dict[str, int]) -> dict[str, Any]:
    """A clustered volume group on a LUN; sizes are in bytes."""
    tail = "-9Tfb-Kq2s-Mn5A-vYw0d1"
    lvs = {
        name: {"uuid": f"{name[:2]:x<2}Kd93-" + uuid[-9:] + "-1b2C-h7Rt-Zz40-Wm8Qe2", "size": each}
        for name, each in volumes.items()
    }
    return {"uuid": f"{uuid}{tail}", "pv_uuid": f"{uuid[::-1]}{tail}", "wwid": wwid, "size": size - (4 << 20),
            "clustered": True, "lvs": lvs}  # fmt: skip


def set_up(world: World, variant: str) -> None:
    """Install and join them."""
    hosts = [world.machine(name) for name in world.state["members"]]
    for host in hosts:
        _storage_network(world, host)
        _files(host, variant)
    for host in hosts:
        _run(world, host, "modprobe", "dm-multipath")
        _storage(world, host)
        _cluster(world, host)
    for host in hosts:
        _volumes(world, host)
        _xen(world, host)


def _run(world: World, host: Machine, *argv: str) -> str:
    result = commands.run(world, host, argv, b"", None)
    if not result.ok():
        raise RuntimeError(f"{host.name}: {' '.join(argv)}: {result.verdict}: {result.said}")
    derived.refresh(world, host)
    return result.out


def _install(world: World, host: Machine, *names: str) -> None:
    _run(world, host, "apt-get", "-y", "install", *names)


def _storage_network(world: World, host: Machine) -> None:
    """As in the guide: etch and lenny by VLAN tagging, squeeze by a card of its own."""
    number = host.data["address"].rsplit(".", 1)[1]
    settings = f"\taddress 172.16.17.{number}\n\tnetmask 255.255.0.0\n"
    text = host.text("/etc/network/interfaces") or ""
    if era(host).name == "squeeze":
        name, more = "eth1", f"\nallow-hotplug eth1\niface eth1 inet static\n{settings}"
        text = text.replace("allow-hotplug eth0\niface eth0", "auto xenbr0\niface xenbr0")
        text = text.rstrip("\n") + "\n\tbridge_ports eth0\n\tbridge_fd 0\n"
        _install(world, host, "bridge-utils")
    else:
        name, more = "vlan16", f"\nauto vlan16\niface vlan16 inet static\n{settings}\tvlan_raw_device eth0\n"
        _install(world, host, "vlan")
        host.put("/etc/modules", (host.text("/etc/modules") or "") + "8021q\n")
        _run(world, host, "modprobe", "8021q")
    _run(world, host, "ifdown", "eth0")
    host.put("/etc/network/interfaces", text + more)
    for each in ("eth0", "xenbr0", name):
        if f"iface {each} " in text + more:
            _run(world, host, "ifup", each)


def _files(host: Machine, variant: str) -> None:
    own = f"127.0.1.1\t{host.name}.tjhsst.edu\t{host.name}\n"
    all_ = "".join(f"198.38.17.{at}\t{name}.tjhsst.edu\t{name}\n" for name, at in (("top", 56), ("left", 57)))
    host.put("/etc/hosts", (host.text("/etc/hosts") or "").replace(own, all_))
    text = (FILES / era(host).name / "members" / CONF.lstrip("/")).read_text()
    if variant == "two-node":
        text = text.replace("<cman>", '<cman two_node="1" expected_votes="1">')
    host.put(CONF, text, 0o640)


def _storage(world: World, host: Machine) -> None:
    pass


def _cluster(world: World, host: Machine) -> None:
    if era(host).family == "1.x":
        _install(world, host, f"redhat-cluster-modules-{era(host).kernel}")
        _run(world, host, "modprobe", "cman")
        host.put("/etc/modules", (host.text("/etc/modules") or "") + "cman\ndlm\n")
    else:
        host.put("/etc/modules", (host.text("/etc/modules") or "") + "dlm\n")
    _install(world, host, *(("ccs", "cman", "fence") if era(host).family == "1.x" else ("cman",)))


def _volumes(world: World, host: Machine) -> None:
    _install(world, host, "clvm")


def _xen(world: World, host: Machine) -> None:
    pass
