"""corosync's behaviour: what each host has in memory, who is a member with whom, and whether votes suffice."""

from __future__ import annotations

import hashlib
from typing import Any

from tui_installer.simulator import harm, net
from tui_installer.simulator.conf import ConfError, Tree, corosync, sections, values
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.world import World

CONF = "/etc/corosync/corosync.conf"
Memory = dict[str, Any]


def memory(host: Machine, text: str) -> Memory:
    """What corosync makes of a corosync.conf. Raises ConfError."""
    tree = corosync(text)
    totem = _merged(tree, "totem")
    quorum = _merged(tree, "quorum")
    nodes = [node for part in sections(tree, "nodelist") for node in sections(part, "node")]
    found: Memory = {
        "totem": totem,
        "quorum": quorum,
        "logging": {key: value for key, value in _merged(tree, "logging").items()},
        "nodes": [values(node) for node in nodes],
        "device": bool([device for part in sections(tree, "quorum") for device in sections(part, "device")]),
        "key": _key(host, totem),
    }
    _check(found)
    return found


def _merged(tree: Tree, name: str) -> dict[str, str]:
    merged: dict[str, str] = {}
    for section in sections(tree, name):
        merged |= values(section)
    return merged


def _check(found: Memory) -> None:
    if found["totem"].get("version") != "2":
        raise ConfError("No 'version' of the totem section, or it is not 2")
    ids = [node.get("nodeid", "") for node in found["nodes"]]
    if not all(each.isdigit() and int(each) > 0 for each in ids):
        raise ConfError("A node has no valid nodeid")
    if len(set(ids)) != len(ids):
        raise ConfError("Node ids are not unique")
    if any("ring0_addr" not in node for node in found["nodes"]):
        raise ConfError("A node has no ring0_addr")
    if not found["nodes"]:
        raise ConfError("No nodelist")


def encrypted(totem: dict[str, str]) -> bool:
    """Whether members must have the same authkey."""
    if totem.get("secauth") in ("on", "yes"):
        return True
    return totem.get("crypto_cipher", "none") != "none" or totem.get("crypto_hash", "none") != "none"


def _key(host: Machine, totem: dict[str, str]) -> str:
    """A digest of the authkey; empty without encryption. Raises ConfError if it is needed and missing."""
    if not encrypted(totem):
        return ""
    path = totem.get("keyfile", "/etc/corosync/authkey")
    file = host.read(path)
    if file is None:
        raise ConfError(f"Could not open {path}: No such file or directory")
    if not 128 <= len(file.content) <= 4096:
        raise ConfError(f"Could not read {len(file.content)} bytes from {path}")
    return hashlib.sha256(file.content).hexdigest()


def running(host: Machine) -> Memory | None:
    """What corosync has in memory here; None if it does not run."""
    found: Memory | None = host.data["corosync"]
    return found


def local(host: Machine, mem: Memory) -> dict[str, str] | None:
    """Our own entry of the nodelist: the one with one of our addresses."""
    own = ["127.0.0.1"] + [each.split("/")[0] for link in host.data["links"].values() for each in link["addresses"]]
    return next((node for node in mem["nodes"] if node["ring0_addr"] in own or _resolved(host, node) in own), None)


def _resolved(host: Machine, node: dict[str, str]) -> str:
    if net.is_address(node["ring0_addr"]):
        return ""
    for line in (host.text("/etc/hosts") or "").splitlines():
        words = line.split("#")[0].split()
        if node["ring0_addr"] in words[1:]:
            return words[0]
    return ""


def nodeid(host: Machine) -> int:
    """Our node id; 0 if corosync does not run."""
    mem = running(host)
    node = local(host, mem) if mem else None
    return int(node["nodeid"]) if node else 0


def version(mem: Memory) -> int:
    """config_version; 0 if it is not written."""
    return int(mem["totem"].get("config_version", "0"))


def linked(world: World, one: Machine, other: Machine) -> bool:
    """Whether two running hosts are members of the same membership."""
    a, b = running(one), running(other)
    if a is None or b is None or world.fault("member-inquorate"):
        return False
    if a["key"] != b["key"] or bool(encrypted(a["totem"])) != bool(encrypted(b["totem"])):
        return False
    return _lists(a, one, other, world) and _lists(b, other, one, world)


def _lists(mem: Memory, here: Machine, other: Machine, world: World) -> bool:
    theirs = running(other)
    node = local(other, theirs) if theirs else None
    if node is None or node["ring0_addr"].startswith("127."):
        return False
    known = [each for each in mem["nodes"] if each["nodeid"] == node["nodeid"]]
    return bool(known and known[0]["ring0_addr"] == node["ring0_addr"] and net.reaches(world, here, node["ring0_addr"]))


def members(world: World, host: Machine) -> list[Machine]:
    """The membership that a running host is in, itself included, by node id."""
    found = [other for other in world.machines() if other.name == host.name or linked(world, host, other)]
    return sorted(found, key=nodeid)


def votes(host: Machine) -> int:
    """The votes that a running host brings."""
    mem = running(host)
    return _votes_in(host, mem) if mem else 0


def _votes_in(host: Machine, mem: Memory) -> int:
    node = local(host, mem)
    return int(node.get("quorum_votes", "1")) if node else 0


def expected(mem: Memory) -> int:
    """expected_votes if it is written, else the sum of all nodes' votes."""
    written = mem["quorum"].get("expected_votes")
    return int(written) if written else sum(int(node.get("quorum_votes", "1")) for node in mem["nodes"])


def quorum(world: World, host: Machine) -> dict[str, Any]:
    """What votequorum says on a running host."""
    mem = running(host)
    assert mem is not None
    present = members(world, host)
    total = sum(votes(each) for each in present)
    highest = max(expected(each) for each in (running(machine) for machine in present) if each)
    two_node = mem["quorum"].get("two_node") == "1"
    needed = 1 if two_node else max((highest + 2) // 2, (total + 2) // 2)
    waits = mem["quorum"].get("wait_for_all", "1" if two_node else "0") == "1"
    return {
        "members": present,
        "expected": expected(mem),
        "highest": highest,
        "total": total,
        "needed": needed,
        "quorate": total >= needed,
        "flags": [
            name for name, on in (("2Node", two_node), ("Quorate", total >= needed), ("WaitForAll", waits)) if on
        ],
    }


def quorate(world: World, host: Machine) -> bool:
    """Whether a host runs corosync and has quorum."""
    return running(host) is not None and bool(quorum(world, host)["quorate"])


def changed(world: World, why: str) -> None:
    """The membership may have changed: count the ring, note every member that is without quorum now."""
    world.state["history"]["ring"] += 4
    for host in world.machines():
        if host.name in world.state["members"] and not quorate(world, host):
            world.inquorate_moments.append({"at": world.now, "host": host.name, "why": why})


def start(world: World, host: Machine) -> str:
    """corosync starts and reads its file: returns why it could not."""
    text = host.text(CONF)
    if text is None:
        return "Can't read file /etc/corosync/corosync.conf: No such file or directory"
    try:
        mem = memory(host, text)
    except ConfError as error:
        return str(error)
    if local(host, mem) is None:
        return "Can't find our own address in the nodelist"
    host.data["corosync"] = mem | {"started": world.now, "history": {"reloaded": False}}
    _meet(world, host)
    changed(world, f"corosync started on {host.name}")
    return ""


def _meet(world: World, newcomer: Machine) -> None:
    """Of two that meet with different versions, the one with the older one exits."""
    for other in members(world, newcomer):
        mine, theirs = running(newcomer), running(other)
        if mine is None or theirs is None or not version(mine) or not version(theirs):
            continue
        if version(theirs) < version(mine):
            _exit(world, other, version(mine))
        elif version(mine) < version(theirs):
            _exit(world, newcomer, version(theirs))


def _exit(world: World, host: Machine, received: int) -> None:
    mem = running(host)
    mine = version(mem) if mem else 0
    host.data["corosync"] = None
    host.data["units"]["corosync.service"] = "failed"
    world.incidents.append(
        f"{host.name}: Received config version ({received}) is different than my config version ({mine})! Exiting"
    )


def stop(world: World, host: Machine) -> str:
    """corosync leaves."""
    if host.data["lockspaces"]:
        world.incidents.append(f"{host.name}: corosync stopped with active lockspaces: peers wait for fencing")
    host.data["corosync"] = None
    changed(world, f"corosync stopped on {host.name}")
    return ""


def reload(world: World, host: Machine) -> str:
    """Every member re-reads its own file; returns why the asked one could not read its."""
    for each in members(world, host):
        try:
            mem = memory(each, each.text(CONF) or "")
        except ConfError as error:
            if each.name == host.name:
                return str(error)
            continue
        old = running(each)
        assert old is not None
        harm.votes(world, each, votes(each), _votes_in(each, mem))
        each.data["corosync"] = mem | {"started": old["started"], "history": {"reloaded": True}, "key": old["key"]}
    changed(world, f"reload on {host.name}")
    return ""
