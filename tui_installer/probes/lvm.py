"""LVM: volume groups with their lock types, logical volumes, lockspaces, and the settings that guard them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from tui_installer.hosts.host import File, Host, Result
from tui_installer.probes.boot_order import Texts, activated_at_boot, lock_units, locks_at_boot, stops_in_order
from tui_installer.probes.units import Unit

CONF = "/etc/lvm/lvm.conf"
DEADLINE = 30.0
"""Seconds for an LVM command: one whose lock manager hangs never ends by itself."""


@dataclass(frozen=True, slots=True)
class Group:
    """A volume group."""

    name: str
    uuid: str
    lock_type: str
    """"dlm", "sanlock", "none"; empty: a plain local one."""
    lock_args: str
    """As in "1.0.0:xencluster": its last part is the cluster that it belongs to."""
    clustered: bool
    """The flag of clvm: such a group needs migrating first."""
    size: str
    free: str
    pvs: tuple[str, ...]
    """Its physical volumes, "/dev/mapper/vm0"."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A logical volume."""

    name: str
    group: str
    uuid: str
    size: str
    active: bool
    """Here."""
    open: bool
    """Held open by somebody here."""
    lock: str
    """The lock that this host holds on it: "ex", "sh"; empty: none."""


@dataclass(frozen=True, slots=True)
class Lockspace:
    """A lockspace of lvmlockd."""

    name: str
    """The group's name; "" for the global one."""
    kind: str
    """"dlm"."""


@dataclass(frozen=True)
class FilterView:
    """What LVM sees on a host, and what it is told not to see."""

    installed: bool
    conf: File | None
    """/etc/lvm/lvm.conf."""
    use_lvmlockd: bool
    use_devicesfile: bool
    filter: str
    """devices/global_filter in force, as lvmconfig writes it; empty: none."""
    groups: tuple[Group, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Group]:
        """The groups, by their names."""
        return {each.name: each for each in reversed(self.groups)}


@dataclass(frozen=True)
class Lvm(FilterView):
    """A host's LVM."""

    volumes: tuple[Volume, ...]
    lockd: bool
    """Whether lvmlockd runs."""
    lockd_at_boot: bool
    locks_at_boot: tuple[str, ...]
    """Groups whose lockspaces are started at boot after their maps exist."""
    stops_in_order: bool
    """Whether LVs and lockspaces are stopped before lvmlockd, dlm and corosync (rule 19)."""
    lockspaces: tuple[Lockspace, ...]
    activated_at_boot: tuple[tuple[str, str], ...]
    """(group/volume, mode "ey" or "sy") activated at boot."""
    failure: tuple[str, ...] = ()
    """What LVM said when it could not answer; empty: it could."""

    @cached_property
    def by_path(self) -> Mapping[str, Volume]:
        """The volumes, by "group/name"."""
        return {f"{each.group}/{each.name}": each for each in reversed(self.volumes)}


# --- what the tools say

Row = dict[str, str]


def parse_report(text: str) -> tuple[Row, ...]:
    """The rows of an LVM report (`--reportformat json`), whatever their object is called; empty if it is not one."""
    try:
        data = json.loads(text)
        lists = [rows for report in data["report"] for rows in report.values()]
        rows = [row for rows in lists for row in rows]
        return tuple({key: value for key, value in row.items() if isinstance(value, str)} for row in rows)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ()


def is_report(text: str) -> bool:
    """Whether it is a whole LVM report, though it may have no rows."""
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def parse_groups(text: str, complaints: str = "") -> tuple[Group, ...]:
    """Groups from `vgs` (one row a physical volume); from stderr those that LVM sees but refuses to read."""
    rows: dict[str, list[Row]] = {}
    for row in parse_report(text):
        if row.get("vg_name"):
            rows.setdefault(row["vg_name"], []).append(row)
    shut = re.findall(r"Cannot access VG (\S+) with lock type (\w+) that requires lvmlockd", complaints)
    unread = tuple(
        Group(name, "", kind, "", False, "", "", ()) for name, kind in dict(shut).items() if name not in rows
    )
    return tuple(_group(found) for found in rows.values()) + tuple(unread)


def _group(rows: list[Row]) -> Group:
    row = rows[0]
    return Group(
        name=row["vg_name"],
        uuid=row.get("vg_uuid", ""),
        lock_type=row.get("vg_lock_type", ""),
        lock_args=row.get("vg_lock_args", ""),
        clustered=row.get("vg_attr", "")[5:6] == "c",
        size=row.get("vg_size", ""),
        free=row.get("vg_free", ""),
        pvs=tuple(dict.fromkeys(each["pv_name"] for each in rows if each.get("pv_name"))),
    )


def parse_volumes(text: str, locks: dict[str, str]) -> tuple[Volume, ...]:
    """Volumes from `lvs`; `locks` is what `parse_locks` found."""
    return tuple(_volume(row, locks) for row in parse_report(text) if row.get("lv_name") and row.get("vg_name"))


def _volume(row: Row, locks: dict[str, str]) -> Volume:
    return Volume(
        name=row["lv_name"],
        group=row["vg_name"],
        uuid=row.get("lv_uuid", ""),
        size=row.get("lv_size", ""),
        active=row.get("lv_active") == "active",
        open=row.get("lv_device_open") == "open",
        lock=locks.get(row.get("lv_uuid", ""), ""),
    )


def parse_lockspaces(text: str) -> tuple[Lockspace, ...]:
    """Lockspaces from `lvmlockctl -i`: lines as in "LS dlm lvm_vg0", the global one without its kind."""
    found = re.findall(r"(?m)^LS +(?:(\w+) +)?lvm_(\S+) *$", text)
    return tuple(Lockspace("" if name == "global" else name, kind) for kind, name in found)


def parse_locks(text: str) -> dict[str, str]:
    """Locks that this host holds on volumes, by the volume's UUID, from `lvmlockctl -i`."""
    return {uuid: mode for mode, uuid in re.findall(r"(?m)^LK LV (ex|sh) (\S+)", text)}


def parse_settings(text: str) -> dict[str, str]:
    """Settings as `lvmconfig --type full` prints them, by their name without the section."""
    return dict(re.findall(r"(?m)^[ \t]*(?:\w+/)?(\w+) ?= ?(.*?)[ \t]*$", text))


def group_of(device: str) -> str:
    """The group of a volume's device: "/dev/mapper/my--vg-root" and "/dev/my-vg/root" are of "my-vg"; else empty."""
    mapped = re.fullmatch(r"/dev/mapper/((?:[^-]|--)+)-(?:[^-]|--)+", device)
    if mapped:
        return mapped[1].replace("--", "-")
    plain = re.fullmatch(r"/dev/([^/]+)/[^/]+", device)
    return plain[1] if plain and plain[1] != "mapper" else ""


# --- looking


def probe_filter(host: Host) -> FilterView:
    """Look at what LVM sees alone. Raises `HostError`."""
    listed = _groups(host)
    listed.answer(0, 5, absent=True)  # 5: also where a group is seen and not read (Cannot access VG ...)
    return _sight(host, listed)


def _groups(host: Host) -> Result:
    return _report(host, "vgs", "vg_name,vg_uuid,vg_attr,vg_lock_type,vg_lock_args,vg_size,vg_free,pv_name")


def _sight(host: Host, listed: Result) -> FilterView:
    settings = parse_settings(_settings(host).answer(0, 5, form=_SETTINGS, absent=listed.end == "absent"))
    filtered = settings.get("global_filter", "")
    return FilterView(
        installed=listed.end != "absent",
        conf=host.read(CONF),
        use_lvmlockd=settings.get("use_lvmlockd") == "1",
        use_devicesfile=settings.get("use_devicesfile") == "1",
        filter="" if filtered.replace(" ", "") in ("", '["a|.*|"]', '"a|.*|"') else filtered,
        groups=parse_groups(listed.out, listed.err),
    )


def probe(host: Host, arranged: tuple[Mapping[str, Unit], Texts] | None = None) -> Lvm:
    """Look at a host; whoever knows its `lock_units` already gives them. Raises `HostError`."""
    listed = _groups(host)
    seen = _sight(host, listed)
    known, texts = arranged or lock_units(host)
    lockd = "lvmlockd.service" in known and known["lvmlockd.service"].active
    info = host.run("lvmlockctl", "-i", within=DEADLINE).answer(form=r"\Z|VG |LS ") if lockd else ""
    readable = any(each.uuid for each in seen.groups)
    lvs = (
        _report(host, "lvs", "lv_name,vg_name,lv_uuid,lv_size,lv_active,lv_device_open,lv_attr") if readable else listed
    )
    volumes = parse_volumes(lvs.out, parse_locks(info))
    shared = tuple((each.name, each.pvs) for each in seen.groups if each.lock_type == "dlm")
    return Lvm(
        installed=seen.installed,
        conf=seen.conf,
        use_lvmlockd=seen.use_lvmlockd,
        use_devicesfile=seen.use_devicesfile,
        filter=seen.filter,
        groups=seen.groups,
        volumes=volumes,
        lockd=lockd,
        lockd_at_boot="lvmlockd.service" in known and known["lvmlockd.service"].enabled,
        locks_at_boot=locks_at_boot(known, texts, shared),
        stops_in_order=stops_in_order(known, texts),
        lockspaces=parse_lockspaces(info),
        activated_at_boot=activated_at_boot(known, texts, tuple(f"{each.group}/{each.name}" for each in volumes)),
        failure=_failure(listed, lvs),
    )


def _report(host: Host, tool: str, fields: str) -> Result:
    """`--shared`: also what LVM would pass over in silence as long as it does not use lvmlockd."""
    return host.run(tool, "--shared", "--reportformat", "json", "-o", fields, "--units", "m", within=DEADLINE)


_SETTINGS = r"(?:[ \t]*(?:\w+/)?\w+ ?= ?.*\n|[ \t#].*\n|\n)*\Z"
"""Assignments, as lvmconfig prints them."""


def _settings(host: Host) -> Result:
    names = ("global/use_lvmlockd", "devices/use_devicesfile", "devices/global_filter")
    return host.run("lvmconfig", "--type", "full", *names, within=DEADLINE)


def _failure(*results: Result) -> tuple[str, ...]:
    """The words of the first that refused to answer. Raises `HostError` for one that did not come to its end."""
    for each in results:
        if each.end not in ("exited", "absent"):
            each.answer()
    bad = next((each for each in results if not each.ok() and each.end != "absent"), None)
    return () if bad is None else (f"{bad.argv[0]}: {bad.verdict}", *bad.said[:8])
