"""lvmlockd: lockspaces over dlm, locks on volumes across hosts, and what hangs without quorum."""

from __future__ import annotations

from tui_installer.simulator import cluster
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.tools import lvm_devices
from tui_installer.simulator.world import Hang, World

DOWN = "/run/lvm/lvmlockd.socket: connect failed: No such file or directory\n"
GLOBAL = "VG vg_uuid= lock_type= \nLS  lvm_global\n"


def start_daemon(world: World, host: Machine) -> str:
    """lvmlockd starts; it waits for nothing."""
    return ""


def stop_daemon(world: World, host: Machine) -> str:
    """lvmlockd refuses to stop while it has lockspaces with locks held."""
    if any(held(world, host).values()):
        world.incidents.append(f"{host.name}: lvmlockd asked to stop with locks held")
        raise Hang
    host.data["lockspaces"].clear()
    return ""


def start_all(world: World, host: Machine) -> str:
    """lvmlocks.service starts: the lockspaces of all shared VGs that are seen now; success in any case."""
    if host.active("lvmlockd.service") and lvm_devices.setting(host, "global/use_lvmlockd") == "1":
        begin(world, host, *lvm_devices.groups(world, host))
    return ""


def stop_all(world: World, host: Machine) -> str:
    """lvmlocks.service stops: lockspaces without held locks are left."""
    for name in list(host.data["lockspaces"]):
        vg = name.removeprefix("lvm_")
        if vg == "global" or not any(volume.startswith(f"{vg}/") for volume in held(world, host)):
            host.data["lockspaces"].remove(name)
    return ""


def held(world: World, host: Machine) -> dict[str, str]:
    """The volumes that this host has locked: "vg/lv" -> "ex" or "sh"."""
    return {volume: modes[host.name] for volume, modes in world.state["locks"].items() if host.name in modes}


def begin(world: World, host: Machine, *groups: str) -> str:
    """Start the lockspaces of VGs; returns why not. Hangs in the kernel without quorum."""
    if not host.active("dlm.service"):
        return "".join(f"  VG {group} start failed: lock manager dlm is not running\n" for group in groups)
    if groups and not cluster.quorate(world, host):
        host.data["stuck"] = ["lvm_global"]
        raise Hang
    mem, refused, known = cluster.running(host), "", set(host.data["lockspaces"])
    for group in groups:
        args = world.state["vgs"][group]["lock_args"]
        if mem is None or args.rsplit(":", 1)[-1] != mem["totem"].get("cluster_name"):
            refused += f"  VG {group} start failed: cluster name mismatch\n"
            continue
        new = [name for name in ("lvm_global", f"lvm_{group}") if name not in known]
        host.data["lockspaces"] += new
        known.update(new)
        host.data["stuck"] = []
    return refused


def lvmlockctl(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """lvmlockctl -i."""
    if argv[1:] not in (("-i",), ("--info",)):
        return 1, "", f"lvmlockctl: unrecognized option '{''.join(argv[1:2])}'\n"
    if not host.active("lvmlockd.service"):
        return 255, "Cannot connect to lvmlockd.\n", DOWN
    if host.data["stuck"]:
        return 0, GLOBAL + "OP lock pid 5880 (vgchange)\nLK VG un ver 0\n", ""
    if not host.data["lockspaces"]:
        return 0, "", ""
    text = GLOBAL + "LK VG un ver 0\nLK GL un ver 2\n"
    for name in host.data["lockspaces"]:
        group = world.state["vgs"].get(name.removeprefix("lvm_"))
        if group is not None:
            text += f"\nVG {name.removeprefix('lvm_')} lock_type=dlm {group['uuid']}\nLS dlm {name}\nLK VG un ver 4\n"
            text += "".join(
                f"LK LV {mode} {group['lvs'][volume.split('/')[1]]['uuid']}\n"
                for volume, mode in held(world, host).items()
                if volume.startswith(name.removeprefix("lvm_") + "/")
            )
    return 0, text, ""
