"""How multipath and multipathd print their maps."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tui_installer.simulator import net, storage
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.mapping import Configuration
from tui_installer.simulator.storage import Disk
from tui_installer.simulator.world import World

Map = dict[str, Any]


def states(host: Machine, disk: Disk) -> tuple[str, str, str]:
    """(dm state, checker state, device state) of a path."""
    if disk.alive:
        return "active", "ready", "running"
    return "failed", "faulty", "offline" if host.trixie else "running"


class Shown:
    """What all maps of a host are shown from, looked up once."""

    def __init__(self, world: World, host: Machine) -> None:
        self.world, self.host = world, host
        self._conf, self._disks = Configuration(world, host), storage.by_wwid(world, host)

    def settings(self, each: Map) -> dict[str, str]:
        """What holds for a map."""
        return self._conf.of(each["wwid"])

    def groups(self, each: Map) -> list[list[Disk]]:
        """Its path groups: one with multibus, else one a path."""
        disks = self._disks.get(each["wwid"], [])
        if self.settings(each)["path_grouping_policy"] in ("multibus", "group_by_prio", "group_by_serial"):
            return [disks]
        return [[disk] for disk in disks]


def size(count: int) -> str:
    """Bytes as these tools print them."""
    for unit, letter in ((1 << 40, "T"), (1 << 30, "G"), (1 << 20, "M")):
        if count >= unit:
            number = count / unit
            return f"{number:.1f}{letter}" if number < 10 else f"{number:.0f}{letter}"
    return f"{count // 1024}K"


def _features(found: dict[str, str], some: bool) -> str:
    retry = found.get("no_path_retry", "fail")
    queues = retry == "queue" or (retry.isdigit() and some)
    return "1 queue_if_no_path" if queues else found.get("features", "0")


def topologies(world: World, host: Machine, maps: Iterable[Map]) -> str:
    """Maps as `multipath -ll` shows them."""
    shown = Shown(world, host)
    return "".join(_topology(shown, each) for each in maps)


def _topology(shown: Shown, each: Map) -> str:
    found, disk, parts = shown.settings(each), storage.lun(shown.world, each["wwid"]), shown.groups(each)
    some = any(path.alive for part in parts for path in part)
    alias = f" ({each['wwid']})" if each["name"] != each["wwid"] else ""
    text = f"{each['name']}{alias} dm-{each['dm']} {disk['vendor']},{disk['model']}\n"
    text += f"size={size(disk['size'])} features='{_features(found, some)}' hwhandler='0' wp=rw\n"
    return text + _tree(shown.host, parts, found["path_selector"])


def _tree(host: Machine, parts: list[list[Disk]], selector: str) -> str:
    rows = [[disk.hcil, disk.name, disk.dev_t, *states(host, disk)] for part in parts for disk in part]
    widths = [max((len(row[n]) for row in rows), default=0) for n in range(6)]
    lines = iter([" ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows])
    text = ""
    for number, part in enumerate(parts):
        last, up = number == len(parts) - 1, any(disk.alive for disk in part)
        status = "active" if number == 0 else "enabled"
        text += f"{'`' if last else '|'}-+- policy='{selector}' prio={int(up)} status={status}\n"
        for position in range(len(part)):
            mark = "`-" if position == len(part) - 1 else "|-"
            text += f"{' ' if last else '|'} {mark} {next(lines).rstrip()}\n"
    return text


def table(host: Machine) -> str:
    """multipathd show maps."""
    rows = [("name", "sysfs", "uuid")] + [
        (each["name"], f"dm-{each['dm']}", each["wwid"]) for each in host.data["maps"]
    ]
    if len(rows) == 1:
        return ""
    widths = [max(len(row[n]) for row in rows) for n in range(3)]
    return "".join(" ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + "\n" for row in rows)


def as_json(world: World, host: Machine) -> str:
    """multipathd show maps json, laid out as multipathd does it."""
    shown, maps = Shown(world, host), sorted(host.data["maps"], key=lambda each: int(each["dm"]))
    inner = ",".join(_map(shown, each) for each in maps)
    return f'{{\n   "major_version": 0,\n   "minor_version": 1,\n   "maps": [{inner}]\n}}\n'


def _map(shown: Shown, each: Map) -> str:
    host, found, parts = shown.host, shown.settings(each), shown.groups(each)
    disk = storage.lun(shown.world, each["wwid"])
    some = sum(path.alive for part in parts for path in part)
    faults = sum(not path.alive for part in parts for path in part)
    retry = found.get("no_path_retry", "")
    queueing = f"{retry} chk" if retry.isdigit() and some else "on" if retry == "queue" else "off"
    facts: Map = {
        "name": each["name"], "uuid": each["wwid"], "sysfs": f"dm-{each['dm']}", "failback": found["failback"],
        "queueing": queueing, "paths": some, "write_prot": "rw", "dm_st": "active",
        "features": _features(found, some > 0), "hwhandler": "0", "action": "" if host.trixie else "create",
        "path_faults": faults, "vend": disk["vendor"], "prod": disk["model"], "rev": "0001", "switch_grp": 0,
        "map_loads": 0 if host.trixie else 1, "total_q_time": 0, "q_timeouts": 0,
    }  # fmt: skip
    inner = ",".join(_group(host, part, number, found) for number, part in enumerate(parts, 1))
    return f'{{\n{_members(facts, 6)},\n      "path_groups": [{inner}]\n   }}'


def _group(host: Machine, part: list[Disk], number: int, found: dict[str, str]) -> str:
    up = any(disk.alive for disk in part)
    facts = {"selector": found["path_selector"], "pri": int(up), "dm_st": "active" if number == 1 else "enabled"}
    facts |= {"marginal_st": "normal", "group": number}
    inner = ",".join(f"{{\n{_members(_path(host, disk), 12)}\n         }}" for disk in part)
    return f'{{\n{_members(facts, 9)},\n         "paths": [{inner}]\n      }}'


def _path(host: Machine, disk: Disk) -> Map:
    dm, check, dev = states(host, disk)
    return {
        "dev": disk.name, "dev_t": disk.dev_t, "dm_st": dm, "dev_st": dev, "chk_st": check, "checker": "tur",
        "pri": 1, "host_wwnn": "[undef]", "target_wwnn": disk.iqn, "host_wwpn": "[undef]", "target_wwpn": "[undef]",
        "host_adapter": net.source(host, disk.portal) if disk.alive else "[undef]",
        "lun_hex": f"0x{disk.lun:04x}000000000000", "marginal_st": "normal",
    }  # fmt: skip


def _members(facts: Map, indent: int) -> str:
    return ",\n".join(f'{" " * indent}"{key}" : {json.dumps(value)}' for key, value in facts.items())
