"""What systemd does with shared volume groups at boot and at shutdown, judged from its units.

Debian starts lockspaces before the multipath maps exist, and stops them while volumes are active; neither makes a
unit fail. So the order itself is looked at: units start after those in `After`, and stop before them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tui_installer.hosts.host import Host
from tui_installer.probes.units import Unit, after, unit_of_path, units

STACK = (
    "lvmlocks.service",
    "lvmlockd.service",
    "dlm.service",
    "corosync.service",
    "multipathd.service",
    "open-iscsi.service",
    "blk-availability.service",
)
STORAGE = ("multipathd.service", "open-iscsi.service")
_LOCK_START = re.compile(r"\bvgchange\b.*?--lock-?start\b(.*)")
_LOCK_STOP = re.compile(r"--lock-?stop\b|lvmlockctl\b.*(--stop-lockspaces|-S\b)")
_DEACTIVATE = re.compile(
    r"\bblkdeactivate\b|\b(?:lv|vg)change\b.*(?:-an\b|-a n\b|--activate[ =]n\b)|\bsan-volumes-stop\b"
)
_ACTIVATE = re.compile(r"\b(lv|vg)change\b.*?(?:-a ?|--activate[ =])(ey|sy|y)\b(.*)")
_DEBIAN = {
    "lvmlocks.service": "ExecStart=vgchange --lock-start --lock-opt auto\nExecStop=lvmlockctl --stop-lockspaces",
    "blk-availability.service": "ExecStop=blkdeactivate -u -l wholevg",
}
"""What these do where their file could not be read."""

Texts = Mapping[str, str]
"""By unit: its file and drop-ins, one after the other."""


def lock_units(host: Host) -> tuple[dict[str, Unit], dict[str, str]]:
    """The units of the stack and the operator's own ones that deal with lockspaces or volumes. Raises `HostError`."""
    own = {path.rsplit("/", 1)[1]: path for path in host.list("/etc/systemd/system/*.service")}
    written = {name: _text(host, path) for name, path in own.items()}
    dealing = [name for name, text in written.items() if _LOCK_START.search(text) or _ACTIVATE.search(text)
               or _DEACTIVATE.search(text)]  # fmt: skip
    known = units(host, *dict.fromkeys((*STACK, *dealing)))
    texts = {name: "\n".join(_text(host, path) for path in unit.files) for name, unit in known.items()}
    return known, {name: text if text.strip() else _DEBIAN.get(name, "") for name, text in texts.items()}


def _text(host: Host, path: str) -> str:
    file = host.read(path)
    return file.content.decode("utf-8", "replace").replace("\\\n", " ") if file else ""


def commands(text: str, key: str) -> tuple[str, ...]:
    """The command lines of `key` ("ExecStart") that count: an empty assignment drops those before it."""
    found: list[str] = []
    for name, value in re.findall(r"(?m)^[ \t]*(\w+)[ \t]*=[ \t]*(.*?)[ \t]*$", text):
        if name == key and value:
            found.append(value)
        elif name == key:
            found.clear()
    return tuple(found)


def locks_at_boot(
    known: Mapping[str, Unit], texts: Texts, groups: tuple[tuple[str, tuple[str, ...]], ...]
) -> tuple[str, ...]:
    """Those of the groups (name, physical volumes) whose lockspace is started at boot once their maps exist."""
    texts_of = {name: _starts(texts.get(name, "")) for name, unit in known.items() if unit.enabled}
    starters = [(_waiting(known, name), _named(starts)) for name, starts in texts_of.items() if starts]
    return tuple(
        group
        for group, pvs in groups
        if pvs and any(_devices(pvs) <= ahead and (not names or group in names) for ahead, names in starters)
    )


def _starts(text: str) -> tuple[str, ...]:
    """Arguments of the commands that start lockspaces."""
    found = (_LOCK_START.search(line) for line in commands(text, "ExecStart"))
    return tuple(match[1] for match in found if match)


def _named(starts: tuple[str, ...]) -> frozenset[str]:
    """The groups that a unit starts by name; none: it starts all."""
    found: set[str] = set()
    for arguments in starts:
        words = {word for word in re.sub(r"--lock-?opt[ =]\S+", "", arguments).split() if not word.startswith("-")}
        if not words:
            return frozenset()
        found |= words
    return frozenset(found)


def _waiting(known: Mapping[str, Unit], name: str) -> frozenset[str]:
    """What a unit waits for if it waits for storage at all: ordering alone does nothing for a device that nobody
    wants."""
    ahead = after(known, name)
    return ahead & known[name].wants if ahead.issuperset(STORAGE) else frozenset()


def _devices(pvs: tuple[str, ...]) -> set[str]:
    return {unit_of_path(path) for path in pvs}


def activated_at_boot(known: Mapping[str, Unit], texts: Texts, volumes: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """(group/volume, mode) that enabled units activate; a whole group stands for those of its volumes."""
    found: dict[str, str] = {}
    of_group: dict[str, list[str]] = {}
    for volume in volumes:
        of_group.setdefault(volume.split("/")[0], []).append(volume)
    for name, unit in known.items():
        if unit.enabled:
            found.update(_activations(texts.get(name, ""), of_group))
    return tuple(sorted(found.items()))


def _activations(text: str, of_group: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    for line in commands(text, "ExecStart"):
        match = _ACTIVATE.search(line)
        for word in match[3].split() if match else ():
            mode = "sy" if match and match[2] == "sy" else "ey"
            path = word.removeprefix("/dev/")
            if re.fullmatch(r"[\w.+][\w.+-]*/[\w.+][\w.+-]*", path):
                yield path, mode
            yield from ((volume, mode) for volume in of_group.get(path, ()))


def stops_in_order(known: Mapping[str, Unit], texts: Texts) -> bool:
    """Whether a shutdown goes: volumes, lockspaces, lvmlockd, dlm, corosync, multipath and iSCSI."""
    order = {name: after(known, name) for name in known}
    running = [name for name, unit in known.items() if unit.enabled or unit.active]
    lockers = [name for name in running if any(_LOCK_STOP.search(line) for line in commands(texts[name], "ExecStop"))]
    closers = [name for name in running if any(_DEACTIVATE.search(line) for line in commands(texts[name], "ExecStop"))]
    return (
        bool(lockers)
        and any(all(each == name or each in order[name] for each in lockers) for name in closers)
        and all("lvmlockd.service" in order[name] for name in lockers)
        and "dlm.service" in order.get("lvmlockd.service", ())
        and "corosync.service" in order.get("dlm.service", ())
        and all(unit in order.get("corosync.service", ()) for unit in STORAGE if unit in known)
    )
