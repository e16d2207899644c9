"""A world of two members and a few LUNs grows: more LUNs at more targets and portals, groups on them, more members.

What all releases share; who the hosts are and what they have in their files is told by each stack's scenario.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from tui_installer.hosts.host import File
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.world import World

STORAGE = ("disk", "mapper", "block", "devices", "iscsi_session", "iscsi_host")
"""Folders of /dev and /sys that tell of a host's storage."""
LUN, VOLUME = 10 << 30, 256 << 20
"""Bytes of what is added."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a world is; of what it has already so much is counted."""

    luns: int = 1000
    """Those of the cluster."""
    targets: int = 200
    """IQNs over which they are dealt out."""
    portals: int = 4
    """At which each target is: so many paths has a LUN."""
    members: int = 64
    """Of these the first two have the storage: the others run the cluster alone, and are logged in to nothing."""
    groups: int = 500
    """Over which the LUNs are dealt out as physical volumes."""
    volumes: int = 5000
    """Each of the first two members has its share of them active."""


def uuid(seed: str) -> str:
    """A UUID as LVM writes it."""
    text = hashlib.sha256(seed.encode()).hexdigest()[:32]
    ends = (6, 10, 14, 18, 22, 26, 32)
    return "-".join(text[start:end] for start, end in zip((0, *ends), ends, strict=False))


def san(world: World, size: Size) -> list[str]:
    """More portals, targets and LUNs; returns the WWIDs of the new LUNs."""
    array = world.state["san"]
    first, known = array["ours"][0], array["targets"][array["ours"][0]]["luns"]
    address = ipaddress.ip_address(array["portals"][0])
    array["portals"] = [str(address + number) for number in range(size.portals)]
    array["ours"] = [first, *(f"{first}-{number:03}" for number in range(2, size.targets + 1))]
    for iqn in array["ours"][1:]:
        array["targets"][iqn] = array["targets"][first] | {"luns": {}}
    like, start = next(iter(known)), next(iter(known.values()))
    new = [f"{start[0]}{int(start[1:], 16) + 0x10000 + number:0{len(start) - 1}x}"
           for number in range(size.luns - len(known))]  # fmt: skip
    for number, wwid in enumerate(new):
        luns = array["targets"][array["ours"][number % size.targets]]["luns"]
        luns[str(int(max(luns, key=int, default=int(like) - 1)) + 1)] = wwid
        array["luns"][wwid] = array["luns"][start] | {"serial": wwid[-8:], "size": LUN}
    return new


def groups(world: World, size: Size, wwids: list[str], like: str) -> list[str]:
    """Groups over those LUNs, otherwise as `like`; returns their new volumes, "GROUP/VOLUME". Raises ValueError."""
    vgs = world.state["vgs"]
    count, volumes = size.groups - len(vgs), size.volumes - sum(len(group["lvs"]) for group in vgs.values())
    if not 0 <= count <= len(wwids):
        raise ValueError(f"{count} groups cannot be made over {len(wwids)} LUNs")
    names = [f"vg{number:04}" for number in range(count)]
    for number, name in enumerate(names):
        pvs = {wwid: uuid(wwid) for wwid in wwids[number::count]}
        lvs = {f"lv{at:04}": {"uuid": uuid(f"{name} {at}"), "size": VOLUME} for at in range(number, volumes, count)}
        total = len(pvs) * (LUN - (4 << 20))
        vgs[name] = vgs[like] | {"uuid": uuid(name), "pvs": pvs, "size": total, "lvs": lvs}
    return [f"{name}/{volume}" for name in names for volume in vgs[name]["lvs"]]


def share(volumes: list[str], size: Size, member: int) -> list[str]:
    """Those that a member has active; the first is 0."""
    return volumes[member :: size.members]


def clone(
    world: World, like: Machine, name: str, words: Mapping[str, str], files: Mapping[str, tuple[bytes, int]]
) -> Machine:
    """A new host, as another one without its storage: `words` of its state are other ones, and these files."""
    meta = {path: known for path, known in like.data["meta"].items() if "/nodes/" not in path}
    text = json.dumps(like.data | {"meta": meta, "sessions": [], "maps": [], "lv_dms": {}, "lockspaces": []})
    for old, new in words.items():
        text = text.replace(old, new)
    world.state["hosts"][name] = json.loads(text)
    host, groups = world.machine(name), set(world.state["vgs"])

    def storage(folder: str, names: list[str]) -> set[str]:
        kernel = folder.startswith(tuple(str(like.real(each)) for each in ("/sys", "/dev")))
        return {each for each in names if each == "nodes" or (kernel and each in (*STORAGE, *groups))}

    shutil.copytree(like.root, host.root, symlinks=True, ignore=storage, copy_function=os.link)
    for path, (content, mode) in files.items():
        host.write(path, File(content, mode))
    return host
