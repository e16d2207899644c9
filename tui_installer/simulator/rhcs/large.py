"""The worlds of Debian 4 to 6 grow: see `growing`."""

from __future__ import annotations

import re

from tui_installer.simulator import derived, growing, storage
from tui_installer.simulator.growing import Size
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import cluster, iscsi, iscsi_db, maps, members
from tui_installer.simulator.rhcs.cluster import CONF
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.world import World

FIRST = 58
"""The end of the address of the third member, 198.38.17.58."""


def grow(world: World, size: Size) -> None:
    """top and left get all of the storage, and the others join them. Raises ValueError."""
    wwids = growing.san(world, size)
    volumes = growing.groups(world, size, wwids, "san")
    for number, name in enumerate(("top", "left")):
        host = world.machine(name)
        _log_in(world, host, wwids)
        new = growing.share(volumes, size, number)
        host.data["lv_dms"] |= dict(zip(new, storage.new_dms(host, len(new), taken=(0,)), strict=True))
    _members(world, [f"m{number:03}" for number in range(3, size.members + 1)])
    derived.refresh(world)


def _log_in(world: World, host: Machine, wwids: list[str]) -> None:
    text = host.text("/etc/multipath.conf") or ""
    named = "".join(f"\tmultipath {{\n\t\twwid {wwid}\n\t\talias vm{number}\n\t}}\n"
                    for number, wwid in enumerate(wwids, 2))  # fmt: skip
    host.put("/etc/multipath.conf", f"{text.rstrip().removesuffix('}')}{named}}}\n")
    for portal in world.state["san"]["portals"]:
        for iqn in world.state["san"]["ours"]:
            iscsi_db.create(host, iqn, portal, 3260, 1)
    storage.rescan(world, host)
    iscsi.iscsiadm(world, host, ("iscsiadm", "-m", "node", "-L", "automatic"), b"", lambda line: None)
    maps.make(world, host)


def _members(world: World, names: list[str]) -> None:
    """All run with the new cluster.conf; the others are like left, but for the storage."""
    like = world.machine("left")
    text = _listed(like.text(CONF) or "", names, era(like).family != "1.x")
    known = cluster.conf(text)
    own = {"expected": known.votes, "seen": {str(number): each.name for number, each in enumerate(known.nodes, 1)}}
    ends = {"top": 56, "left": 57} | {name: FIRST + number for number, name in enumerate(names)}
    hosts = "".join(f"198.38.17.{at}\t{name}.tjhsst.edu\t{name}\n" for name, at in ends.items())
    hosts = re.sub(r"(?m)(^198\.38\.17\.5[67]\t.*\n)+", hosts, like.text("/etc/hosts") or "")
    for number, (name, at) in enumerate(ends.items(), 1):
        if number > 2:
            _clone(world, like, name, at)
            world.state["members"].append(name)
        host = world.machine(name)
        host.put("/etc/hosts", hosts)
        host.put(CONF, text, 0o640)
        if host.data["ccsd"]:
            host.data["ccsd"] |= {"text": text}
        host.data["cman"] |= own | {"nodeid": number, "node": name, "at": f"198.38.17.{at}"}


def _listed(text: str, names: list[str], numbered: bool) -> str:
    nodes = ""
    for number, name in enumerate(names):
        own = f' nodeid="{number + 3}"' if numbered else ""
        nodes += f'    <clusternode name="{name}" votes="1"{own}>\n      <fence>\n        <method name="single">\n'
        nodes += f'          <device name="manual" ipaddr="198.38.17.{FIRST + number}"/>\n        </method>\n'
        nodes += "      </fence>\n    </clusternode>\n"
    return text.replace("  </clusternodes>", f"{nodes}  </clusternodes>")


def _clone(world: World, like: Machine, name: str, at: int) -> None:
    words = {'"left"': f'"{name}"', "198.38.17.57": f"198.38.17.{at}", "172.16.17.57": f"172.16.17.{at}",
             "00:17:a4:3b:57": f"00:17:a4:3b:{at % 100:02}", "left000000": f"{name:0<10}"}  # fmt: skip
    interfaces = (like.text("/etc/network/interfaces") or "").replace("17.57", f"17.{at}")
    real = "/etc/initiatorname.iscsi" if era(like).name == "etch" else "/etc/iscsi/initiatorname.iscsi"
    initiator = members.INITIATOR.format(name=name)
    files = {"/etc/hostname": (f"{name}\n", 0o644), "/etc/network/interfaces": (interfaces, 0o644),
             real: (initiator, 0o600)}  # fmt: skip
    growing.clone(world, like, name, words, {path: (text.encode(), mode) for path, (text, mode) in files.items()})
