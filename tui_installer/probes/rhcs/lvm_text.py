"""LVM 2.02.06 to 2.02.66: reports with separators, clvm's locking as lvm.conf has it, and what LVM complains of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tui_installer.formats import blocks
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File, Host, HostError, Result
from tui_installer.probes.lvm import CONF, DEADLINE, Group, Volume, group_of
from tui_installer.probes.own_volumes import parse_mounts
from tui_installer.probes.rhcs.sysv import running

SEPARATOR = "|"
_GROUPS = ("vg_name", "vg_uuid", "vg_attr", "vg_size", "vg_free", "pv_name")
_VOLUMES = ("lv_name", "vg_name", "lv_uuid", "lv_size", "lv_attr")
_PVS = ("pv_name", "vg_name")

_COMPLAINTS = (
    ("conf-error", r"^Parse error at |Failed to load config file"),
    ("locking-failed", r"Locking type -?\d+ initiali[sz]ation failed"),
    ("local-locking", r"Falling back to local file-based locking|is deprecated, using file locking"),
    ("clvmd-down", r"connect\(\) failed on local socket|Unable to connect to clvmd"),
    ("clvmd-missing", r"clvmd not running on node|Error locking on node"),
    ("duplicate-pv", r"Found duplicate PV |found duplicate PVID|PVs appear on duplicate devices"),
    ("skipped", r"Skipping (?:clustered )?volume group"),
)
"""(code, sign) of what LVM says on stderr."""


@dataclass(frozen=True, slots=True)
class Locking:
    """How lvm.conf has LVM lock, as far as it is written there."""

    type: int | None = None
    """global/locking_type: 1 local files, 2 `library`, 3 clvmd without a library; None: not written (1)."""
    library: str = ""
    """global/locking_library."""
    library_dir: str = ""
    """global/library_dir."""
    fallback_to_local: bool | None = None
    """global/fallback_to_local_locking; None: not written."""

    @property
    def clustered(self) -> bool:
        """Whether locks go through clvmd."""
        return self.type in (2, 3)


@dataclass(frozen=True)
class RhcsLvm:
    """A host's LVM."""

    installed: bool
    conf: File | None
    """/etc/lvm/lvm.conf."""
    refusal: str
    """Why that file is refused, as every LVM command would refuse it; empty: it is not."""
    locking: Locking
    filter: str
    """devices/filter as written; empty: none."""
    groups: tuple[Group, ...]
    volumes: tuple[Volume, ...]
    own_pvs: tuple[str, ...]
    """Physical volumes under /, /boot and swap: those that must stay visible whatever happens."""
    clvmd: bool
    """Whether clvmd runs."""
    complaints: tuple[str, ...] = ()
    """Codes of what LVM complained of: "duplicate-pv", "local-locking", ..."""
    said: tuple[str, ...] = ()
    """The lines in which it complained."""
    failure: tuple[str, ...] = ()
    """What LVM said when it could not answer; empty: it could."""

    @cached_property
    def by_group(self) -> Mapping[str, Sequence[Volume]]:
        """The volumes of each group that is seen, by its name."""
        found: dict[str, list[Volume]] = {group.name: [] for group in self.groups}
        for each in self.volumes:
            if each.group in found:
                found[each.group].append(each)
        return found


# --- what the tools say

Row = dict[str, str]


def parse_rows(text: str, fields: tuple[str, ...]) -> tuple[Row, ...]:
    """The rows of a report made with `--noheadings --separator |`."""
    rows = (line.strip().split(SEPARATOR) for line in text.splitlines())
    return tuple(dict(zip(fields, map(str.strip, row), strict=True)) for row in rows if len(row) == len(fields))


def parse_groups(text: str) -> tuple[Group, ...]:
    """Groups from `vgs`, one row a physical volume; the sixth attribute tells clustered ones."""
    rows: dict[str, list[Row]] = {}
    for row in parse_rows(text, _GROUPS):
        if row["vg_name"]:
            rows.setdefault(row["vg_name"], []).append(row)
    return tuple(_group(found) for found in rows.values())


def _group(rows: list[Row]) -> Group:
    row = rows[0]
    return Group(
        name=row["vg_name"],
        uuid=row["vg_uuid"],
        lock_type="",
        lock_args="",
        clustered=row["vg_attr"][5:6] == "c",
        size=row["vg_size"],
        free=row["vg_free"],
        pvs=tuple(dict.fromkeys(each["pv_name"] for each in rows if each["pv_name"])),
    )


def parse_volumes(text: str) -> tuple[Volume, ...]:
    """Volumes from `lvs`; of their attributes the fifth tells active ones, the sixth open ones."""
    rows = (row for row in parse_rows(text, _VOLUMES) if row["lv_name"])
    return tuple(
        Volume(
            name=row["lv_name"].strip("[]"),
            group=row["vg_name"],
            uuid=row["lv_uuid"],
            size=row["lv_size"],
            active=row["lv_attr"][4:5] == "a",
            open=row["lv_attr"][5:6] == "o",
            lock="",
        )
        for row in rows
    )


def parse_pvs(text: str) -> tuple[tuple[str, str], ...]:
    """(physical volume, its group or "") from `pvs`."""
    return tuple((row["pv_name"], row["vg_name"]) for row in parse_rows(text, _PVS))


def parse_complaints(text: str) -> tuple[str, ...]:
    """Codes of what LVM complains of in its standard error."""
    return tuple(code for code, sign in _COMPLAINTS if re.search(sign, text, re.M))


def complaining(text: str) -> tuple[str, ...]:
    """The lines of LVM's standard error that are complaints, each once."""
    lines = dict.fromkeys(text.splitlines())
    return tuple(dict.fromkeys(line.strip() for line in lines if parse_complaints(line)))


def parse_locking(content: bytes) -> Locking:
    """What lvm.conf says of locking. Raises `FormatError`."""
    written = blocks.values(blocks.parse(content, blocks.LVM_202), blocks.LVM_202)
    number, library, folder, local = (
        written.get(("global", key), "")
        for key in ("locking_type", "locking_library", "library_dir", "fallback_to_local_locking")
    )
    return Locking(
        type=int(number) if re.fullmatch(r"\d{1,4}", number, re.ASCII) else None,
        library=_string(library),
        library_dir=_string(folder),
        fallback_to_local=local != "0" if local else None,
    )


def _string(literal: str) -> str:
    return next(iter(blocks.strings(literal)), "") if literal else ""


def parse_filter(content: bytes) -> str:
    """devices/filter as written, on one line; empty: none, or one that accepts everything. Raises `FormatError`."""
    written = blocks.get(content, blocks.LVM_202, ("devices",), "filter") or ""
    patterns = blocks.strings(written) if written else ()
    return "" if all(re.fullmatch(r"a(.)(?:\.\*|\^\.\*)\1", pattern) for pattern in patterns) else written


def parse_swaps(text: str) -> tuple[str, ...]:
    """Swap devices, from /proc/swaps."""
    return tuple(line.split()[0] for line in text.splitlines()[1:] if line.startswith("/dev/"))


# --- looking


def _report(host: Host, tool: str, fields: tuple[str, ...], *more: str) -> Result:
    options = ("--noheadings", "--separator", SEPARATOR, "-o", ",".join(fields))
    return host.run(tool, *options, *more, within=DEADLINE)


def _text(host: Host, path: str) -> str:
    file = host.read(path)
    return file.content.decode("utf-8", "replace") if file and file.link is None else ""


def own_groups(host: Host) -> frozenset[str]:
    """The groups of /, /boot and swap. Raises `HostError`."""
    mounts = _text(host, "/etc/mtab") or _text(host, "/proc/mounts")
    devices = (*parse_mounts(mounts), *parse_swaps(_text(host, "/proc/swaps")))
    return frozenset(map(group_of, devices)) - {""}


def _pvs(host: Host, own: frozenset[str], groups: tuple[Group, ...]) -> tuple[tuple[str, str], ...]:
    """Physical volumes with their groups; those of this host's own groups are among them. Raises `HostError`."""
    found = parse_pvs(_report(host, "pvs", _PVS).answer(0, 5))
    if missing := own & {group.name for group in groups} - {group for _, group in found}:
        raise HostError(f"pvs: it told nothing of {min(missing)}, which this host runs from")
    return found


def _settings(file: File | None) -> tuple[Locking, str, str]:
    """(locking, filter, refusal) of lvm.conf."""
    try:
        return (parse_locking(file.content), parse_filter(file.content), "") if file else (Locking(), "", "")
    except FormatError as error:
        return Locking(), "", str(error)


def probe(host: Host) -> RhcsLvm:
    """Look at a host. Raises `HostError`."""
    conf = host.read(CONF)
    locking, filtered, refusal = _settings(conf)
    listed = _report(host, "vgs", _GROUPS, "--units", "m")
    answers = listed.end == "exited"
    lvs = _report(host, "lvs", _VOLUMES, "--units", "m") if answers else listed
    own = own_groups(host) if listed.ok(0, 5) else frozenset[str]()
    pvs = _pvs(host, own, parse_groups(listed.out)) if own else ()
    return RhcsLvm(
        installed=listed.end != "absent",
        conf=conf,
        refusal=refusal,
        locking=locking,
        filter=filtered,
        groups=parse_groups(listed.out),
        volumes=parse_volumes(lvs.out) if answers else (),
        own_pvs=tuple(pv for pv, group in pvs if group in own),
        clvmd="clvmd" in running(host, "clvmd"),
        complaints=parse_complaints(listed.err + lvs.err),
        said=complaining(listed.err + lvs.err),
        failure=tuple(_failure(listed, lvs)),
    )


def _failure(*results: Result) -> Iterator[str]:
    """The words of the first command that could not answer."""
    bad = next((each for each in results if not each.ok() and each.end != "absent"), None)
    if bad is not None:
        yield f"{bad.argv[0]}: {bad.verdict}"
        yield from bad.said[:8]
