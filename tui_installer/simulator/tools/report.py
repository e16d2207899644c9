"""Reports of vgs, lvs and pvs: rows of fields, as JSON or as a table."""

from __future__ import annotations

from typing import Any

from tui_installer.simulator import storage
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.tools.lvm_devices import UNKNOWN, Pv
from tui_installer.simulator.world import World

Row = dict[str, Any]
DEFAULT = {
    "vgs": "vg_name,pv_count,lv_count,snap_count,vg_attr,vg_size,vg_free",
    "lvs": "lv_name,vg_name,lv_attr,lv_size,pool_lv,origin,data_percent,metadata_percent,move_pv,mirror_log,"
    "copy_percent,convert_lv",
    "pvs": "pv_name,vg_name,pv_fmt,pv_attr,pv_size,pv_free",
}
HEADS = {
    "vg_name": "VG", "pv_count": "#PV", "lv_count": "#LV", "snap_count": "#SN", "vg_attr": "Attr", "vg_size": "VSize",
    "vg_free": "VFree", "lv_name": "LV", "lv_attr": "Attr", "lv_size": "LSize", "pool_lv": "Pool", "origin": "Origin",
    "data_percent": "Data%", "metadata_percent": "Meta%", "move_pv": "Move", "mirror_log": "Log",
    "copy_percent": "Cpy%Sync", "convert_lv": "Convert", "pv_name": "PV", "pv_fmt": "Fmt", "pv_attr": "Attr",
    "pv_size": "PSize", "pv_free": "PFree", "vg_uuid": "VG UUID", "lv_uuid": "LV UUID", "pv_uuid": "PV UUID",
    "vg_lock_type": "LockType", "vg_lock_args": "VLockArgs", "vg_shared": "Shared", "lv_active": "Active",
    "lv_device_open": "DevOpen", "vg_clustered": "Clustered", "vg_systemid": "System ID", "lv_active_exclusively":
    "ActExcl", "lv_path": "Path", "lv_full_name": "LV", "vg_tags": "VG Tags",
}  # fmt: skip
WIDTHS = {"data_percent": 6, "metadata_percent": 6}
FIELDS = tuple(HEADS)
SIZES = ("vg_size", "vg_free", "lv_size", "pv_size", "pv_free")
RIGHT = ("pv_count", "lv_count", "snap_count", *SIZES)


def fields(tool: str, options: str) -> list[str]:
    """The fields that -o names ("+" adds to the default ones)."""
    if options.startswith("+"):
        return [*DEFAULT[tool].split(","), *options[1:].split(",")]
    return (options or DEFAULT[tool]).split(",")


def rows(world: World, host: Machine, tool: str, seen: list[Pv], options: str) -> list[Row]:
    """The rows of a report, values as bytes or texts: one a physical volume where the report tells of them."""
    each_pv = tool == "pvs" or any(name.startswith("pv_") and name != "pv_count" for name in fields(tool, options))
    groups: dict[str, list[Pv]] = {}
    for pv in seen:
        groups.setdefault(pv.group, []).append(pv)
    found = []
    for name, pvs in sorted(groups.items()):
        group = pvs[0].facts
        base = _group(name, pvs)
        if tool == "lvs":
            found += [base | _volume(world, host, name, lv, group["lvs"][lv]) for lv in sorted(group["lvs"])]
        else:
            found += [base | _pv(world, pv) for pv in (pvs if each_pv else pvs[:1])]
    return found


def _group(name: str, pvs: list[Pv]) -> Row:
    group = pvs[0].facts
    used = sum(lv["size"] for lv in group["lvs"].values())
    shared = group["lock_type"] in ("dlm", "sanlock")
    part = "p" if any(pv.device == UNKNOWN for pv in pvs) else "-"
    return {
        "vg_name": name, "pv_count": len(pvs), "lv_count": len(group["lvs"]), "snap_count": 0,
        "vg_attr": f"wz-{part}n{'s' if shared else '-'}", "vg_size": group["size"], "vg_free": group["size"] - used,
        "vg_uuid": group["uuid"], "vg_lock_type": group["lock_type"], "vg_lock_args": group["lock_args"],
        "vg_shared": "shared" if shared else "", "vg_clustered": "", "vg_systemid": "", "vg_tags": "",
    }  # fmt: skip


def _pv(world: World, pv: Pv) -> Row:
    size, used = storage.pv_size(world, pv.group, pv.wwid)
    return {
        "pv_name": pv.device, "pv_fmt": "lvm2", "pv_attr": "a-m" if pv.device == UNKNOWN else "a--", "pv_size": size,
        "pv_free": size - used, "pv_uuid": pv.facts["pvs"][pv.wwid],
    }  # fmt: skip


def _volume(world: World, host: Machine, group: str, name: str, lv: Row) -> Row:
    mode = world.state["locks"].get(f"{group}/{name}", {}).get(host.name, "")
    opened = lv.get("open") == host.name
    return {key: "" for key in DEFAULT["lvs"].split(",")} | {
        "lv_name": name, "vg_name": group, "lv_uuid": lv["uuid"], "lv_size": lv["size"],
        "lv_attr": f"-wi-{'a' if mode else '-'}{'o' if opened else '-'}----", "lv_active": "active" if mode else "",
        "lv_active_exclusively": "active exclusively" if mode == "ex" else "",
        "lv_device_open": "open" if opened else "" if mode else "unknown",
        "lv_path": f"/dev/{group}/{name}", "lv_full_name": f"{group}/{name}",
    }  # fmt: skip


def size(count: int, units: str) -> str:
    """Bytes as LVM prints them; "<" says that it was rounded up."""
    if units in ("b", "B"):
        return f"{count}B"
    scale = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
    unit = units.lower() or next(letter for letter in "tgmk" if count >= scale[letter] or letter == "k")
    number = count / scale[unit]
    mark = "<" if float(f"{number:.2f}") > number and not units else ""
    return f"{mark}{number:.2f}{unit}"


def _text(field: str, row: Row, units: str, nosuffix: bool = False) -> str:
    value = row.get(field, "")
    text = size(value, units) if field in SIZES else str(value)
    return text[:-1] if nosuffix and field in SIZES else text


def as_json(tool: str, names: list[str], found: list[Row], units: str, log: bool) -> str:
    """The report as JSON, laid out as LVM does it."""
    lines = []
    for row in found:
        pairs = ", ".join(f'"{name}":"{_text(name, row, units)}"' for name in names)
        lines.append(f"                  {{{pairs}}}")
    inner = ",\n".join(lines) + ("\n" if lines else "")
    text = '  {\n      "report": [\n          {\n'
    text += f'              "{tool[:2]}": [\n{inner}              ]\n          }}\n      ]\n'
    return text + ('      ,\n      "log": [\n      ]\n' if log else "") + "  }\n"


def table(names: list[str], found: list[Row], options: dict[str, str]) -> str:
    """The report for human eyes."""
    if not found:
        return ""
    units, bare = options.get("--units", ""), "--nosuffix" in options
    cells = [[_text(name, row, units, bare) for name in names] for row in found]
    if "--noheadings" not in options:
        cells.insert(0, [HEADS[name] for name in names])
    widths = [max(WIDTHS.get(name, 0), *(len(row[n]) for row in cells)) for n, name in enumerate(names)]
    text = ""
    for row in cells:
        words = [
            cell.rjust(width) if name in RIGHT and not (row is cells[0] and name in SIZES) else cell.ljust(width)
            for name, cell, width in zip(names, row, widths, strict=True)
        ]
        text += f"  {' '.join(words)}\n"
    return text
