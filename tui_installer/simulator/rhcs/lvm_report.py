"""vgs, lvs and pvs of LVM 2.02: their columns, units and exit codes."""

from __future__ import annotations

from typing import Any

from tui_installer.simulator import dmsetup, storage
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.rhcs.lvm_view import UNKNOWN, View, skipped
from tui_installer.simulator.say import Answer

Row = dict[str, str | int]
DEFAULTS = {
    "vgs": "vg_name,pv_count,lv_count,snap_count,vg_attr,vg_size,vg_free",
    "lvs": "lv_name,vg_name,lv_attr,lv_size",
    "pvs": "pv_name,vg_name,pv_fmt,pv_attr,pv_size,pv_free",
}
HEADS = {
    "vg_name": "VG", "pv_count": "#PV", "lv_count": "#LV", "snap_count": "#SN", "vg_attr": "Attr", "vg_size": "VSize",
    "vg_free": "VFree", "vg_uuid": "VG UUID", "pv_name": "PV", "pv_uuid": "PV UUID", "pv_fmt": "Fmt", "pv_attr": "Attr",
    "pv_size": "PSize", "pv_free": "PFree", "lv_name": "LV", "lv_uuid": "LV UUID", "lv_attr": "Attr",
    "lv_size": "LSize", "devices": "Devices", "vg_extent_size": "Ext",
}  # fmt: skip
UNITS = {"b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
LOCAL_SIZE, SWAP = 4096 << 20, 1024 << 20
LOCAL_PV = "Lc0d0p-2xxx-Yb1k-W8sq-Tt4r-Jm6v-QeZa03"


def report(tool: str, options: dict[str, str], names: list[str], view: View) -> Answer:
    """The table that a command prints."""
    wanted = options.get("-o", DEFAULTS[tool])
    columns = (DEFAULTS[tool] + "," + wanted[1:] if wanted.startswith("+") else wanted).split(",")
    unknown = [column for column in columns if column not in HEADS]
    if unknown:
        return 3, "", f"  Unrecognised field: {unknown[0]}\n"
    rows = [
        row for row in _rows(tool, columns, view) if not names or row["vg_name"] in names or row.get("pv_name") in names
    ]
    known = {row["vg_name"] for row in rows} | {row.get("pv_name") for row in rows}
    lost = [name for name in names if name not in known]
    lost = [name for name in lost if name not in view.skipped]
    err = view.err + skipped(view, names if tool != "pvs" else None)
    err += "".join(f'  Volume group "{name}" not found\n' for name in lost)
    body = [[_shown(row.get(column, ""), options, view) for column in columns] for row in rows]
    if "--noheadings" not in options:
        body.insert(0, [HEADS[column] for column in columns])
    return (5 if lost or (view.skipped and not names) else 0), _table(body, options), err


def _table(body: list[list[str]], options: dict[str, str]) -> str:
    if "--separator" in options and "--aligned" not in options:
        return "".join(f"  {options['--separator'].join(cells)}\n" for cells in body)
    widths = [max(len(cells[at]) for cells in body) for at in range(len(body[0]))] if body else []
    return "".join(
        "  " + " ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + "\n" for cells in body
    )  # fmt: skip


def _rows(tool: str, columns: list[str], view: View) -> list[Row]:
    found: list[Row] = []
    for name in view.groups():
        row = _group(name, view)
        if tool == "lvs":
            found += [row | _volume(name, each, view) for each in _volumes(name, view)]
        elif tool == "pvs" or any(column.startswith("pv_") and column != "pv_count" for column in columns):
            found += [row | _pv(name, wwid, view) for wwid in view.pvs[name]]
        else:
            found.append(row)
    return found


def _pv(group: str, wwid: str, view: View) -> Row:
    device = view.pvs[group][wwid]
    size, used = (LOCAL_SIZE, SWAP) if group == "local" else storage.pv_size(view.world, group, wwid)
    uuid = LOCAL_PV if group == "local" else view.world.state["vgs"][group]["pvs"][wwid]
    return {"pv_name": device, "pv_uuid": uuid, "pv_fmt": "lvm2", "pv_size": size, "pv_free": size - used,
            "pv_attr": "a-m" if device == UNKNOWN else "a-"}  # fmt: skip


def _volumes(name: str, view: View) -> dict[str, int]:
    if name == "local":
        return {"swap": SWAP}
    return {each: volume["size"] for each, volume in view.world.state["vgs"][name]["lvs"].items()}


def _group(name: str, view: View) -> Row:
    local = name == "local"
    group: dict[str, Any] = view.world.state["vgs"].get(name) or _local(view)
    used = sum(_volumes(name, view).values())
    part = "p" if UNKNOWN in view.pvs[name].values() else "-"
    return {
        "vg_name": name, "vg_uuid": group["uuid"], "vg_attr": f"wz-{part}n{'-' if local else 'c'}",
        "vg_size": group["size"], "vg_free": group["size"] - used, "pv_count": str(len(view.pvs[name])),
        "lv_count": str(len(_volumes(name, view))), "snap_count": "0", "vg_extent_size": 4 << 20,
    }  # fmt: skip


def _local(view: View) -> dict[str, Any]:
    uuid = "c8JyQw-kV1t-5Rzn-YbEu-2Hdf-oP0a-" + view.host.name.ljust(6, "0")
    return {"uuid": uuid, "size": LOCAL_SIZE}


def _volume(group: str, name: str, view: View) -> Row:
    size = _volumes(group, view)[name]
    active = group == "local" or f"{group}/{name}" in view.host.data["lv_dms"]
    uuid = "Sw4pUu" if group == "local" else view.world.state["vgs"][group]["lvs"][name]["uuid"]
    used = group == "local" or (active and dmsetup.held(view.world, view.host, f"{group}/{name}"))
    state = "-wi-ao" if used else "-wi-a-" if active else "-wi---"
    return {
        "lv_name": name,
        "lv_uuid": uuid,
        "lv_size": size,
        "lv_attr": state,
        "devices": f"{view.below(group, name)}(0)",
    }


def _shown(value: str | int, options: dict[str, str], view: View) -> str:
    if isinstance(value, str):
        return value
    unit = options.get("--units", "h").lower()
    if unit == "h":
        unit = next((each for each in "tgmk" if value >= UNITS[each]), "b")
    number = f"{value / UNITS[unit]:.2f}" if unit != "b" else str(value)
    letter = unit if era(view.host).name == "squeeze" else unit.upper()
    return number if "--nosuffix" in options else number + letter
