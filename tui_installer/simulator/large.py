"""The world of Debian 13 grows: see `growing`."""

from __future__ import annotations

from tui_installer.hosts.host import File
from tui_installer.simulator import cluster, derived, growing, mapping, memberfiles, storage
from tui_installer.simulator.growing import Size
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.tools import iscsi, lvm_locks, records
from tui_installer.simulator.world import World


def grow(world: World, size: Size) -> None:
    """node1 and node2 get all of the storage, and the others join them. Raises ValueError."""
    wwids = growing.san(world, size)
    volumes = growing.groups(world, size, wwids, "vg_cluster")
    known = memberfiles.Cluster()
    whole = memberfiles.Cluster(size.members, (*known.aliases, *wwids), (*known.used, *wwids), (*world.state["vgs"],))
    for number, name in enumerate(("node1", "node2")):
        host = world.machine(name)
        for path, (content, mode) in memberfiles.member(name, host.data["address"], "", whole).items():
            host.write(path, File(content, mode))
        _log_in(world, host, wwids)
        for volume in growing.share(volumes, size, number):
            world.state["locks"][volume] = {name: "ex"}
        own = [volume for volume, modes in world.state["locks"].items() if name in modes]
        new = [volume for volume in own if volume not in host.data["lv_dms"]]
        host.data["lv_dms"] |= dict(zip(new, storage.new_dms(host, len(new)), strict=True))
    _members(world, whole)
    for name in ("node1", "node2"):
        lvm_locks.start_all(world, world.machine(name))
    derived.refresh(world)


def _log_in(world: World, host: Machine, wwids: list[str]) -> None:
    for iqn in world.state["san"]["ours"]:
        for portal in world.state["san"]["portals"]:
            records.create(host, iqn, portal, 3260, 1, "default")
    storage.rescan(world, host)
    mapping.register(host, *wwids)
    iscsi.start(world, host)
    mapping.sweep(world, host, again=True)


def _members(world: World, whole: memberfiles.Cluster) -> None:
    """All run with the new nodelist; the others are like node2, but for the storage."""
    like = world.machine("node2")
    memory = cluster.memory(like, memberfiles.corosync(whole))
    for number in range(1, whole.members + 1):
        name, at = f"node{number}", memberfiles.end(number)
        if number > 2:
            words = {"10.0.1.12": f"10.0.1.{at}", "10.16.1.12": f"10.16.1.{at}", '"node2"': f'"{name}"',
                     "52:54:00:00:12:0": f"52:54:00:00:{at % 100:02}:{at // 100}",
                     "0000000012": f"{at:010}", memberfiles.ssh_key("node2"): memberfiles.ssh_key(name)}  # fmt: skip
            files = memberfiles.member(name, f"10.0.1.{at}", "", whole)
            growing.clone(world, like, name, words, _own_files(name, f"10.0.1.{at}") | files)
            world.state["members"].append(name)
        machine = world.machine(name)
        old = machine.data["corosync"]
        machine.data["corosync"] = memory | {"started": old["started"], "history": {"reloaded": False}}


def _own_files(name: str, address: str) -> dict[str, tuple[bytes, int]]:
    found = {path: (text.encode(), 0o644) for path, text in memberfiles.base(name, address).items()}
    key = f"ssh-ed25519 {memberfiles.ssh_key(name)} root@{name}\n"
    return found | {"/etc/ssh/ssh_host_ed25519_key.pub": (key.encode(), 0o644)}
