"""The iSCSI initiator of open-iscsi 2.0-730 to 2.0-871: its texts, its database, and sessions from /proc and /sys.

What iscsiadm prints at a login differs from version to version and proves nothing: the session list does.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping

from tui_installer.formats.keyvalue import counting
from tui_installer.hosts.host import File, Host, HostError, Result
from tui_installer.probes.iscsi import FOLDER, Iscsi, Record, Session, endpoint, values
from tui_installer.probes.rhcs.sysv import probe as sysv
from tui_installer.probes.rhcs.sysv import running

DATABASE = f"{FOLDER}/nodes"
LIST = ("iscsiadm", "-m", "session")
ESTABLISHED = "01"

# --- what iscsiadm prints


def parse_sessions(text: str) -> tuple[tuple[int, str, int, str], ...]:
    """(sid, portal, tpgt, IQN) from `iscsiadm -m session`: `tcp: [1] 172.16.1.2:3260,1 iqn.1992-03.edu:storage`.

    The oldest ones print neither "tcp: " nor a plain number: `[02:00a9d4] ...`.
    """
    rows = re.findall(r"(?m)^(?:\w+: )?\[(\d{1,9})(?::[0-9a-f]+)?\] (\S+):(\d{1,5}),(-?\d{1,9}) (\S+)", text, re.ASCII)
    return tuple((int(sid), endpoint(address, port), int(tpgt), iqn) for sid, address, port, tpgt, iqn in rows)


# --- the database


def parse_record(path: str, file: File | None) -> Record | None:
    """The node record in nodes/IQN/ADDRESS,PORT (2.0-746) or nodes/IQN/ADDRESS,PORT,TPGT/IFACE (2.0-870)."""
    found = re.search(r"/nodes/([^/]+)/([^/]+),(\d{1,5})(?:,(-?\d{1,9})(?:/([^/]+))?)?\Z", path, re.ASCII)
    if found is None:
        return None
    iqn, address, port, tpgt, iface = found.groups()
    known = values(file)
    tag = tpgt or known.get("node.tpgt", "")
    number = int(tag) if re.fullmatch(r"-?\d{1,9}", tag, re.ASCII) else 1
    return Record(iqn, endpoint(address, port), number, iface or "default", known.get("node.startup", ""), path, file)


def _records(host: Host) -> Iterator[Record]:
    found = host.read_all(f"{DATABASE}/*/*/*", f"{DATABASE}/*/*")
    folders = {path.rsplit("/", 1)[0] for path in found}
    for path, file in sorted(found.items()):
        if path not in folders and (record := parse_record(path, file)):
            yield record


# --- what the kernel has


def parse_tcp(text: str) -> dict[str, str]:
    """Our address by portal, of the connections in /proc/net/tcp: words of four bytes, least significant first."""
    rows = re.findall(r"(?m)^ *\d+: ([0-9A-F]{8}):[0-9A-F]{4} ([0-9A-F]{8}):([0-9A-F]{4}) (\w\w) ", text)
    return {
        endpoint(_ipv4(there), str(int(port, 16))): _ipv4(here)
        for here, there, port, state in rows
        if state == ESTABLISHED
    }


def _ipv4(word: str) -> str:
    return str(ipaddress.IPv4Address(bytes.fromhex(word)[::-1]))


def disks_by_session(links: Mapping[str, str]) -> dict[int, tuple[str, ...]]:
    """Disks by session, from the targets of /sys/block/DISK/device: `.../host3/session1/target3:0:0/3:0:0:0`."""
    found: dict[int, list[str]] = {}
    for disk, target in sorted(links.items(), key=lambda pair: (len(pair[0]), pair[0])):
        if session := re.search(r"/session(\d{1,9})/", target, re.ASCII):
            found.setdefault(int(session[1]), []).append(disk)
    return {sid: tuple(disks) for sid, disks in found.items()}


def device_links(host: Host) -> dict[str, str]:
    """Where /sys/block/DISK/device leads, by disk. Raises `HostError`."""
    files = host.read_all("/sys/block/sd*/device")
    return {path.split("/")[3]: file.link for path, file in files.items() if file.link}


def lines(host: Host, *patterns: str) -> dict[str, str]:
    """The first lines of all files of /sys that match, by path. Raises `HostError`."""
    return {path: _first(file) for path, file in host.read_all(*patterns).items()}


def line(host: Host, path: str) -> str:
    """The first line of a file of /sys or /proc; empty if it is not there. Raises `HostError`."""
    file = host.read(path)
    return _first(file) if file else ""


def _first(file: File) -> str:
    return (file.content.decode("utf-8", "replace").splitlines() or [""])[0].strip()


def sessions(host: Host) -> tuple[Session, ...]:
    """The sessions that a host has. Raises `HostError`."""
    return _sessions(host, told(host.run(*LIST, within=30)))


def told(said: Result) -> str:
    """The list of sessions, if that is what it is. Raises `HostError`.

    Without any, iscsiadm says so on stdout (2.0-730) or stderr, with a code that differs from version to version.
    """
    if said.end == "absent" or (said.end == "exited" and re.search("(?i)no active sessions", said.out + said.err)):
        return ""
    return said.answer(form=r"(?:(?:\w+: )?\[[0-9a-f:]+\] \S+ \S+.*\n)+\Z")


def _sessions(host: Host, text: str) -> tuple[Session, ...]:
    listed = parse_sessions(text)
    disks = disks_by_session(device_links(host))
    if untold := set(disks) - {sid for sid, _, _, _ in listed}:
        raise HostError(f"iscsiadm: it told nothing of session {min(untold)}, which the kernel has")
    if not listed:
        return ()
    connections = host.read("/proc/net/tcp")
    named = next(iter(lines(host, "/sys/class/iscsi_host/*/initiatorname").values()), "")  # since 2.6.23
    states = _states(host, disks)
    local = parse_tcp(connections.content.decode("ascii", "replace") if connections else "")
    return tuple(
        Session(sid, iqn, portal, "default", local.get(portal, ""), states.get(sid, "LOGGED_IN"),
                disks.get(sid, ()), named)
        for sid, portal, _, iqn in listed
    )  # fmt: skip


def _states(host: Host, disks: Mapping[int, tuple[str, ...]]) -> dict[int, str]:
    """The sessions' states; 2.6.18 has none, but blocks or takes offline the disks of a session that is lost."""
    own = lines(host, "/sys/class/iscsi_session/session*/state")
    told = {int(path.split("/")[4].removeprefix("session")): state for path, state in own.items() if state}
    if set(disks) <= set(told):
        return told
    of_disks = lines(host, "/sys/block/sd*/device/state")
    down = {path.split("/")[3] for path, state in of_disks.items() if state not in ("running", "")}
    return {sid: "LOGGED_IN" if down.isdisjoint(names) else "FAILED" for sid, names in disks.items()} | told


# --- the initiator


def places(host: Host, name: str) -> tuple[tuple[str, File | None], ...]:
    """A configuration file at both its places, /etc/NAME and /etc/iscsi/NAME; one is to be a link to the other."""
    return tuple((path, host.read(path)) for path in (f"/etc/{name}", f"{FOLDER}/{name}"))


def _real(found: tuple[tuple[str, File | None], ...]) -> tuple[str, File | None]:
    """The place that is a file itself; /etc/iscsi, where iscsid looks, if both are, or none is."""
    real = [(path, file) for path, file in found if file is not None and file.link is None]
    return real[-1] if real else (found[-1][0], None)


def initiator(host: Host) -> str:
    """The initiator's name alone; empty if there is none. Raises `HostError`."""
    _, file = _real(places(host, "initiatorname.iscsi"))
    return counting(file.content, "=").get("InitiatorName", "") if file else ""


def probe(host: Host) -> Iscsi:
    """Look at a host's initiator. Raises `HostError`."""
    name_path, name_file = _real(places(host, "initiatorname.iscsi"))
    conf_path, conf = _real(places(host, "iscsid.conf"))
    daemon = "iscsid" in running(host, "iscsid")
    named, said = counting(name_file.content, "=") if name_file else {}, host.run(*LIST, within=30)
    return Iscsi(
        installed=said.end != "absent",
        name=named.get("InitiatorName", ""),
        alias=named.get("InitiatorAlias", ""),
        name_file=name_file,
        conf=conf,
        records=tuple(_records(host)),
        sessions=_sessions(host, told(said)),
        login_at_boot=sysv(host).starts("open-iscsi"),
        iscsid=daemon,
        daemon=daemon,
        name_path=name_path,
        conf_path=conf_path,
    )
