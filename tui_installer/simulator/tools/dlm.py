"""dlm_tool, and what dlm_controld does when it starts and stops."""

from __future__ import annotations

import zlib

from tui_installer.simulator import cluster
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.tools import dlm_fencing, network
from tui_installer.simulator.world import Hang, World

IDS = {"lvm_global": "0x12aabd2d", "lvm_vg_cluster": "0x20fc4ddf"}


def start(world: World, host: Machine) -> str:
    """dlm.service starts: it needs corosync, not quorum."""
    if cluster.running(host) is None:
        return "cannot connect to corosync"
    if host.data["lockspaces"]:
        world.incidents.append(f"{host.name}: dlm_controld found uncontrolled lockspaces: its node is put out")
        return "found uncontrolled lockspaces"
    network.load(host, "dlm")
    host.data["history"]["dlm_started"] = world.now
    dlm_fencing.started(world, host)
    return ""


def stop(world: World, host: Machine) -> str:
    """dlm_controld ignores a shutdown while lockspaces are active."""
    if host.data["lockspaces"]:
        world.incidents.append(f"{host.name}: dlm asked to stop with active lockspaces")
        raise Hang
    return ""


def dlm_tool(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """dlm_tool status | ls | dump_config."""
    if argv[1:] not in (("status",), ("ls",), ("dump_config",)):
        return 1, "", f"unknown command: {' '.join(argv[1:])}\n"
    if not host.active("dlm.service"):
        out = "cannot connect to dlm_controld\n" if argv[1] == "status" else ""
        return (0 if out else 1), out, ""
    if argv[1] == "status":
        return 0, _status(world, host), ""
    return 0, (_lockspaces(world, host) if argv[1] == "ls" else dlm_fencing.dumped(host)), ""


def _status(world: World, host: Machine) -> str:
    quorate = int(cluster.quorate(world, host))
    ring, own = world.state["history"]["ring"], cluster.nodeid(host)
    text = f"cluster nodeid {own} quorate {quorate} ring seq {ring} {ring}\n"
    text += f"daemon now {world.now} fence_pid 0 \n"
    for each in cluster.members(world, host):
        if each.active("dlm.service"):
            since = max(each.data["history"]["dlm_started"], host.data["history"]["dlm_started"])
            text += f"node {cluster.nodeid(each)} M add {since} rem 0 fail 0 fence 0 at 0 0\n"
    return text + "".join(
        f"node {each} X add 0 rem 0 fail 0 fence 0 at 0 0\n" for each in dlm_fencing.gone(world, host)
    )


def joined(world: World, host: Machine, name: str) -> list[int]:
    """The node ids that are in the lockspace with this host."""
    return [
        cluster.nodeid(each)
        for each in cluster.members(world, host)
        if name in each.data["lockspaces"]
    ]  # fmt: skip


def _lockspaces(world: World, host: Machine) -> str:
    text = "dlm lockspaces\n"
    for name in reversed(host.data["lockspaces"]):
        ids = joined(world, host, name)
        space = IDS.get(name) or f"0x{zlib.crc32(name.encode()):08x}"
        text += f"name          {name}\nid            {space}\nflags         0x00000000 \n"
        text += f"change        member {len(ids)} joined 1 remove 0 failed 0 seq 1,1\n"
        text += f"members       {''.join(f'{each} ' for each in ids)}\n\n"
    return text + _stuck(host)


def _stuck(host: Machine) -> str:
    return "".join(
        f"name          {name}\nid            {IDS.get(name, '0x00000000')}\n"
        "flags         0x00000015 need_plock,kern_stop,join\n"
        "change        member 0 joined 0 remove 0 failed 0 seq 0,0\nmembers       \n"
        "new change    member 1 joined 1 remove 0 failed 0 seq 1,1\n"
        f"new status    wait quorum\nnew members   {cluster.nodeid(host)} \n\n"
        for name in host.data["stuck"]
    )
