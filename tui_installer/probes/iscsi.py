"""The iSCSI initiator: its name, node records and sessions."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from tui_installer.hosts.host import File, Host, HostError, Result
from tui_installer.probes.units import units

FOLDER = "/etc/iscsi"
"""iscsid.conf and initiatorname.iscsi; on Debian 12 (open-iscsi 2.1.8) the database too."""
DATABASE = "/var/lib/iscsi"
"""The database of Debian 13 (open-iscsi 2.1.11); it need not exist before the first discovery."""
_SHOWN = r"\Z|iSCSI Transport Class "
"""How `iscsiadm -m session -P 3` begins."""
SESSIONS = (0, 21)
"""Exit codes with which iscsiadm has told its sessions; 21: there are none (iscsiadm(8))."""


@dataclass(frozen=True, slots=True)
class Record:
    """A node record of open-iscsi: one target at one portal."""

    iqn: str
    portal: str
    """Address and port, "10.16.0.1:3260"."""
    tpgt: int
    """Target portal group tag."""
    iface: str
    """The iface record that it is bound to; "default" if none."""
    startup: str
    """node.startup: "automatic", "manual" or "onboot"."""
    path: str
    """The record's file."""
    file: File | None
    """Its content (it may hold CHAP secrets: shown masked); None if the file could not be read."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session that the kernel has."""

    sid: int
    iqn: str
    portal: str
    iface: str
    address: str
    """The local address it goes out from; empty while it is not connected."""
    state: str
    """iSCSI session state: "LOGGED_IN", "FREE", "FAILED"."""
    disks: tuple[str, ...]
    """Kernel names of its disks, "sda"."""
    initiator: str = ""
    """The initiator name that it logged in with; empty: it does not say."""

    @property
    def up(self) -> bool:
        """Whether it is logged in now."""
        return self.state == "LOGGED_IN"


@dataclass(frozen=True)
class Iscsi:
    """A host's initiator."""

    installed: bool
    name: str
    """InitiatorName; empty if there is none."""
    alias: str
    name_file: File | None
    conf: File | None
    """/etc/iscsi/iscsid.conf; it may hold CHAP secrets."""
    records: tuple[Record, ...]
    sessions: tuple[Session, ...]
    login_at_boot: bool
    """Whether open-iscsi.service is enabled."""
    iscsid: bool
    """Whether iscsid or its socket is active."""
    daemon: bool = False
    """Whether iscsid itself runs: it keeps the name that it started with."""
    ifaces: tuple[str, ...] = ()
    """Names of iface records, other than the built-in ones."""
    name_path: str = f"{FOLDER}/initiatorname.iscsi"
    """Where the name really lies: the guide puts a link here, to a file in /etc."""
    conf_path: str = f"{FOLDER}/iscsid.conf"

    @cached_property
    def recorded(self) -> Mapping[tuple[str, str, str], Record]:
        """The records by IQN, portal and iface."""
        return {(each.iqn, each.portal, each.iface): each for each in reversed(self.records)}

    @cached_property
    def connected(self) -> frozenset[tuple[str, str, str]]:
        """IQN, portal and iface of each session, up or down."""
        return frozenset((each.iqn, each.portal, each.iface) for each in self.sessions)


# --- parsers


def values(file: File | None) -> dict[str, str]:
    """The assignments of a `key = value` file as iscsid reads it; "<empty>" stands for nothing in records."""
    text = file.content.decode("utf-8", "replace") if file else ""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.lstrip().startswith("#"))
    return {key.strip(): "" if value.strip() == "<empty>" else value.strip() for key, value in pairs}


def parse_record(path: str, file: File | None) -> Record | None:
    """The node record in nodes/IQN/ADDRESS,PORT,TPGT/IFACE; None for a path of another form."""
    found = re.search(r"/nodes/([^/]+)/([^/]+),(\d{1,5}),(-?\d{1,9})/([^/]+)\Z", path)
    if found is None:
        return None
    iqn, address, port, tpgt, iface = found.groups()
    startup = values(file).get("node.startup", "")
    return Record(iqn, endpoint(address, port), int(tpgt), iface, startup, path, file)


def endpoint(address: str, port: str = "3260") -> str:
    """A portal as it is written: IPv6 addresses in brackets."""
    return f"[{address}]:{port}" if ":" in address and not address.startswith("[") else f"{address}:{port}"


def portal(text: str) -> str:
    """What was typed as a portal, with its port: 3260 where none was given."""
    found = re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]+)(?::(\d{1,5}))?", text.strip())
    return endpoint(found[1], found[2] or "3260") if found else endpoint(text.strip())


def parse_sessions(text: str) -> tuple[Session, ...]:
    """The sessions that `iscsiadm -m session -P 3` prints; none from any other text."""
    return tuple(
        session
        for target in re.split(r"(?m)^Target: ", text)[1:]
        for iqn in target.split(maxsplit=1)[:1]
        for block in re.split(r"(?m)^\s+Current Portal: ", target)[1:]
        if (session := _session(iqn, block))
    )


_SAID = {
    name: re.compile(pattern, re.M)
    for name, pattern in {
        "sid": r"^\s*SID: (\d{1,9})\s*$",
        "address": r"^\s*Iface IPaddress: (\S+)",
        "portal": r"^\s*Persistent Portal: (\S+?),-?\d+\s*$",
        "iface": r"^\s*Iface Name: (\S+)",
        "state": r"^\s*iSCSI Session State: (\S+)",
        "initiator": r"^\s*Iface Initiatorname: (\S+)",
    }.items()
}


def _session(iqn: str, block: str) -> Session | None:
    said = {name: found[1] if (found := pattern.search(block)) else "" for name, pattern in _SAID.items()}
    if not said["sid"]:
        return None
    return Session(
        sid=int(said["sid"]),
        iqn=iqn,
        portal=said["portal"] or block.split(",")[0].strip(),
        iface=said["iface"] or "default",
        address="" if said["address"] in ("[default]", "<empty>", "default") else said["address"],
        state=said["state"],
        disks=tuple(re.findall(r"(?m)^\s*Attached scsi disk (\S+)", block)),
        initiator=said["initiator"],
    )


# --- probes


def sessions(host: Host) -> tuple[Session, ...]:
    """The sessions that a host has. Raises `HostError`."""
    return _told(host, host.run("iscsiadm", "-m", "session", "-P", "3", within=30))


def _told(host: Host, said: Result) -> tuple[Session, ...]:
    """Raises `HostError` also where the kernel has a session that was not told."""
    found = parse_sessions(said.answer(*SESSIONS, form=_SHOWN, absent=True))
    known = {path.rpartition("/session")[2] for path in host.list("/sys/class/iscsi_session/session*")}
    if untold := known - {str(session.sid) for session in found}:
        raise HostError(f"iscsiadm: it told nothing of session {min(untold)}, which the kernel has")
    return found


def probe(host: Host) -> Iscsi:
    """Look at a host's initiator. Raises `HostError`."""
    name_path, conf_path = (_real(host, name) for name in ("initiatorname.iscsi", "iscsid.conf"))
    name_file, conf = host.read(name_path), host.read(conf_path)
    result = host.run("iscsiadm", "-m", "session", "-P", "3", within=30)
    named, seen = values(name_file), units(host, "open-iscsi.service", "iscsid.service", "iscsid.socket")
    active = {name for name, unit in seen.items() if unit.active}
    return Iscsi(
        installed=result.end != "absent",
        name=named.get("InitiatorName", ""),
        alias=named.get("InitiatorAlias", ""),
        name_file=name_file,
        conf=conf,
        records=tuple(_records(host)),
        sessions=_told(host, result),
        login_at_boot=any(unit.enabled for name, unit in seen.items() if name == "open-iscsi.service"),
        iscsid=bool(active & {"iscsid.service", "iscsid.socket"}),
        daemon="iscsid.service" in active,
        ifaces=tuple(os.path.basename(path) for path in _database(host, "ifaces/*")),
        name_path=name_path,
        conf_path=conf_path,
    )


def initiator(host: Host) -> str:
    """The initiator's name alone; empty if there is none. Raises `HostError`."""
    return values(host.read(_real(host, "initiatorname.iscsi"))).get("InitiatorName", "")


def _real(host: Host, name: str) -> str:
    """The path of a configuration file, behind the guide's link if there is one."""
    file = host.read(f"{FOLDER}/{name}")
    return os.path.normpath(os.path.join(FOLDER, file.link if file and file.link else name))


def _database(host: Host, pattern: str) -> tuple[str, ...]:
    return host.list(f"{FOLDER}/{pattern}") + host.list(f"{DATABASE}/{pattern}")


def _records(host: Host) -> Iterator[Record]:
    for path, file in host.read_all(f"{FOLDER}/nodes/*/*/*", f"{DATABASE}/nodes/*/*/*").items():
        if record := parse_record(path, file):
            yield record


def recorded(host: Host) -> frozenset[str]:
    """The portals that some record of this host names, whichever release it is. Raises `HostError`."""
    found = (re.search(r"/nodes/[^/]+/([^/,]+),(\d{1,5})(?:,|\Z)", path) for path in _database(host, "nodes/*/*"))
    return frozenset(endpoint(match[1], match[2]) for match in found if match)
