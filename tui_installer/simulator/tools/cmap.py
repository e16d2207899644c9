"""The keys of corosync's map."""

from __future__ import annotations

from typing import Any

from tui_installer.simulator import cluster
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.world import World

Entry = tuple[str, str, Any]
SERVICES = ("cmap", "cfg", "cpg", "quorum", "pload", "votequorum", "mon", "wd")
NUMBERS = {"nodeid": "u32", "quorum_votes": "u32", "two_node": "u8", "wait_for_all": "u8", "expected_votes": "u32"}
TOTEM = {"version": "u32", "config_version": "u64", "token": "u32", "consensus": "u32"}
FIXED = """\
resources.system.load_15min.current (dbl) = 0.000000
resources.system.load_15min.state (str) = stopped
resources.system.memory_used.current (i32) = 0
resources.system.memory_used.state (str) = stopped
resources.watchdog_timeout (u32) = 6
runtime.blackbox.dump_flight_data (str) = no
runtime.blackbox.dump_state (str) = no
runtime.config.totem.block_unlisted_ips (u32) = 1
runtime.config.totem.consensus (u32) = 3600
runtime.config.totem.knet_compression_model (str) = none
runtime.config.totem.token (u32) = 3000
runtime.config.totem.window_size (u32) = 50
runtime.force_gather (str) = no
runtime.services.cmap.service_id (u16) = 0
"""


def entries(world: World, host: Machine) -> list[Entry]:
    """(key, type, value), sorted by key."""
    mem = cluster.running(host)
    assert mem is not None
    found = [_fixed(line) for line in FIXED.splitlines()]
    for number, name in enumerate(SERVICES):
        found.append((f"internal_configuration.service.{number}.name", "str", f"corosync_{name}"))
        found.append((f"internal_configuration.service.{number}.ver", "u32", 0))
    for section in ("logging", "quorum"):
        found += [(f"{section}.{key}", NUMBERS.get(key, "str"), value) for key, value in mem[section].items()]
    found += [(f"totem.{key}", TOTEM.get(key, "str"), value) for key, value in mem["totem"].items()]
    found += _nodes(host, mem) + _members(world, host, mem)
    if mem["device"]:
        found.append(("quorum.device.model", "str", "net"))
    if mem["history"]["reloaded"]:
        found += [("config.reload_in_progress", "u8", 0), ("config.reload_status", "i32", 1)]
    return sorted(found)


def _fixed(line: str) -> Entry:
    key, kind, value = line.split(" ", 2)
    return key, kind.strip("()"), value.removeprefix("= ")


def _nodes(host: Machine, mem: cluster.Memory) -> list[Entry]:
    own = cluster.local(host, mem) or {}
    found: list[Entry] = []
    for position, node in enumerate(mem["nodes"]):
        if node is own:
            found.append(("nodelist.local_node_pos", "u32", position))
        found += [(f"nodelist.node.{position}.{key}", NUMBERS.get(key, "str"), node[key]) for key in node]
    return [*found, ("totem.interface.0.bindnetaddr", "str", own.get("ring0_addr", ""))]


def _members(world: World, host: Machine, mem: cluster.Memory) -> list[Entry]:
    present = cluster.members(world, host)
    found: list[Entry] = []
    for each in present:
        theirs = cluster.running(each) or mem
        prefix, node = f"runtime.members.{cluster.nodeid(each)}", cluster.local(each, theirs) or {}
        found += [
            (f"{prefix}.config_version", "u64", cluster.version(theirs)),
            (f"{prefix}.ip", "str", f"r(0) ip({node.get('ring0_addr', '')}) "),
            (f"{prefix}.join_count", "u32", 1),
            (f"{prefix}.status", "str", "joined"),
        ]
    ids = [cluster.nodeid(each) for each in present]
    return [
        *found,
        ("runtime.votequorum.ev_barrier", "u32", cluster.quorum(world, host)["highest"]),
        ("runtime.votequorum.highest_node_id", "u32", max(ids)),
        ("runtime.votequorum.lowest_node_id", "u32", min(ids)),
        ("runtime.votequorum.this_node_id", "u32", cluster.nodeid(host)),
        ("runtime.votequorum.two_node", "u8", int(mem["quorum"].get("two_node") == "1")),
    ]
