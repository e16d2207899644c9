"""dm-multipath of 0.4.7 to 0.4.9: maps as `multipath -ll` prints them, in its four generations.

Up to 0.4.6 fields are quoted and states may lack the checker; 0.4.7 tells neither dm-N nor the vendor; 0.4.8 does;
from 0.4.9 on it is a tree. Vendors hold commas and blanks, WWIDs blanks; log lines stand in between.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise, takewhile

from tui_installer.hosts.host import Host, HostError
from tui_installer.probes import scsi_id
from tui_installer.probes.iscsi import Session
from tui_installer.probes.multipath import CONF, Disk, Map, Multipath, Path, bindings, size
from tui_installer.probes.rhcs.iscsi_text import device_links, lines
from tui_installer.probes.rhcs.iscsi_text import sessions as iscsi_sessions
from tui_installer.probes.rhcs.sysv import probe as sysv
from tui_installer.probes.rhcs.sysv import running

LONGEST = 500
"""Characters of a header: a WWID has up to 128, a vendor and product 24."""
SECTOR = 512
"""Bytes: the unit of /sys/block/DISK/size."""

_BOLD = re.compile(r"\x1b\[\d*m")
_PREFIX = re.compile(r"^\s*(?:(?:create|reload|switchpg|rename|reject|resize|undef): )?")
_NAMED = re.compile(r"(?P<name>\S+) \((?P<wwid>[^()]+)\)(?: *(?P<dm>dm-\d+))?(?P<rest>(?:\s.*)?)$", re.ASCII)
_PLAIN = re.compile(r"(?P<wwid>[0-9A-Za-z][\w .:-]*?)\s*(?P<dm>dm-\d+)(?P<rest>\s+\S.*,.*)$", re.ASCII)
_BARE = re.compile(r"(?P<wwid>[0-9A-Za-z][\w .:-]*)$", re.ASCII)
_SIZE = re.compile(r"^\s*\[?size=(?P<size>\d[\d.]*) ?(?P<unit>[kKMGTP]?B?)[\] ](?P<rest>.*)$")
_FEATURES = re.compile(r"""features=(?:"([^"]*)"|'([^']*)'|([^\]]*))""")
_GROUP = re.compile(r"^[\s|`\\_+-]*(?:policy='|(?:round-robin|service-time|queue-length) \d)")
_PATH = re.compile(
    r"^[\s|`\\_+-]*(?P<hcil>\d+:\d+:\d+:\d+|#:#:#:#)\s+(?P<device>\S+)\s+(?P<numbers>\d+:\d+|#:#)\s*(?P<states>.*)$",
    re.ASCII,
)
_CHECKERS = ("i/o pending", "i/o timeout")
"""States of two words."""


def parse_maps(text: str, portals: Mapping[str, str]) -> tuple[Map, ...]:
    """The maps in `multipath -ll`, `-l`, `-d` or `multipathd show topology`; `portals` are those of disks."""
    return tuple(_map(block, portals) for block in _blocks(_BOLD.sub("", text).splitlines()))


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Each map's lines: its header, the line with its size, and what follows up to the next header."""
    found: list[tuple[int, int]] = []
    head = -1
    for number, row in enumerate(lines):
        if _SIZE.match(row):
            head = number - 1 if head < 0 and number and _header(lines[number - 1], _BARE) else head
            found += [(head, number)] if head >= 0 else []
            head = -1
        elif _header(row):
            head = number
    for (start, told), (end, _) in pairwise([*found, (len(lines), 0)]):
        yield [lines[start], *takewhile(lambda row: not row.startswith("====="), lines[told:end])]


def _header(row: str, *more: re.Pattern[str]) -> re.Match[str] | None:
    head = _PREFIX.sub("", row.rstrip()[:LONGEST], count=1)
    return next((found for pattern in (_NAMED, _PLAIN, *more) if (found := pattern.match(head))), None)


def _map(block: list[str], portals: Mapping[str, str]) -> Map:
    head, told = _header(block[0], _BARE), _SIZE.match(block[1])
    assert head is not None and told is not None
    known = head.groupdict()
    features = _FEATURES.search(told["rest"])
    vendor, comma, product = (known.get("rest") or "").partition(",")
    groups = tuple(_groups(block[2:], portals))
    return Map(
        name=known.get("name") or known["wwid"],
        wwid=known["wwid"],
        dm=known.get("dm") or "",
        size=told["size"] + told["unit"].removesuffix("B"),
        vendor=vendor.strip() if comma else "",
        product=product.strip(),
        paths=tuple(path for group in groups for path in group),
        groups=tuple(tuple(path.device for path in group) for group in groups),
        features=next((each.strip() for each in features.groups() if each is not None), "") if features else "",
    )


def _groups(rows: list[str], portals: Mapping[str, str]) -> Iterator[tuple[Path, ...]]:
    """The paths of each group, in order."""
    group: list[Path] = []
    begun = False
    for row in rows:
        if found := _PATH.match(row):
            group.append(_path(found, portals))
        elif _GROUP.match(row):
            if begun:
                yield tuple(group)
            group, begun = [], True
    if begun or group:
        yield tuple(group)


def _path(found: re.Match[str], portals: Mapping[str, str]) -> Path:
    """States in brackets are the map's and the checker's; later ones have the device's too."""
    states = found["states"]
    if "[" in states:
        dm, checker, device = [*re.findall(r"\[([^\]]*)\]", states), "", "", ""][:3]
    else:
        dm, _, rest = states.partition(" ")
        checker = next((word for word in _CHECKERS if rest.startswith(word)), rest.split(" ")[0])
        device = rest.removeprefix(checker).strip()
    name = "" if found["device"] == "-" else found["device"]
    return Path(name, dm.strip(), device, checker.strip(), portals.get(name, ""))


# --- looking


def probe(host: Host, callout: tuple[str, ...], sessions: tuple[Session, ...] | None = None) -> Multipath:
    """Look at a host's multipath. `callout` tells a disk's WWID, `%n` being its name. Raises `HostError`."""
    known = iscsi_sessions(host) if sessions is None else sessions
    portals = {disk: session.portal for session in known for disk in session.disks}
    shown = host.run("multipath", "-ll", within=60)
    maps = parse_maps(shown.answer(0, 1, absent=True), portals)
    if shown.end != "absent" and not maps and not shown.ok() and not shown.said:
        raise HostError(f"multipath: {shown.verdict}, without a word")
    if shown.ok() and shown.out.strip() and not maps:
        raise HostError(f"multipath: it shows no map, but: {shown.out.strip().splitlines()[0][:60]}")
    scripts = sysv(host)
    return Multipath(
        installed=shown.end != "absent",
        running="multipathd" in running(host, "multipathd"),
        at_boot=scripts.starts("multipath-tools"),
        conf=host.read(CONF),
        maps=maps,
        disks=tuple(_disks(host, callout, maps, portals)),
        wwids=(),
        bindings=bindings(host),
    )


def _disks(host: Host, callout: tuple[str, ...], maps: tuple[Map, ...], portals: Mapping[str, str]) -> Iterator[Disk]:
    """The SCSI disks; WWIDs of those in maps from their maps, the others are asked."""
    mapped = {path.device: found.wwid for found in maps for path in found.paths}
    told = lines(host, *(f"/sys/block/sd*/{name}" for name in ("size", "device/vendor", "device/model")))
    disks = sorted(device_links(host), key=lambda disk: (len(disk), disk))
    asked = scsi_id.ask(host, callout, [name for name in disks if not mapped.get(name)], absent=True)
    for name in disks:
        folder = f"/sys/block/{name}"
        blocks = told.get(f"{folder}/size", "")
        yield Disk(
            name=name,
            wwid=mapped.get(name) or asked[name],
            transport="iscsi" if name in portals else "",
            size=size(str(int(blocks) * SECTOR)) if blocks.isdecimal() and len(blocks) < 20 else "",
            vendor=told.get(f"{folder}/device/vendor", ""),
            model=told.get(f"{folder}/device/model", ""),
        )
