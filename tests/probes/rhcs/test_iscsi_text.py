"""open-iscsi of Debian 4 to 6: texts, both forms of the database, and sessions put together from /proc and /sys."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probes.made_up import made_up
from tests.probes.recorded import Recorded
from tui_installer.hosts.host import File
from tui_installer.probes.iscsi import Record, Session
from tui_installer.probes.rhcs import iscsi_text
from tui_installer.probes.rhcs.iscsi_text import parse_record, parse_sessions, parse_tcp

IQN = "iqn.1992-03.edu.tjhsst.csl:storage:alexandria"
LISTED = f"tcp: [1] 172.16.1.2:3260,1 {IQN}\ntcp: [2] 172.16.1.3:3260,1 {IQN}\n"
TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3542 1 dff2a0c0
   1: 371110AC:8C1A 020110AC:0CBC 01 00000000:00000000 00:00000000 00000000     0        0 4711 1 dff2a0c0
   2: 371110AC:8C1B 030110AC:0CBC 06 00000000:00000000 00:00000000 00000000     0        0 4712 1 dff2a0c0
"""
TARGET = "host{0}/session{1}/target{0}:0:0/{0}:0:0:{2}"


def test_sessions() -> None:
    assert parse_sessions(LISTED) == ((1, "172.16.1.2:3260", 1, IQN), (2, "172.16.1.3:3260", 1, IQN))
    assert parse_sessions(f"[02:00a9d4] 172.16.1.2:3260,-1 {IQN}\n") == ((2, "172.16.1.2:3260", -1, IQN),)
    assert parse_sessions(f"tcp: [12] [fe80::1]:3260,1 {IQN} (non-flash)\n") == ((12, "[fe80::1]:3260", 1, IQN),)
    assert parse_sessions("iscsiadm: No active sessions.\n") == ()


def test_records() -> None:
    file = File(b"node.startup = automatic\nnode.tpgt = 2\n")
    old, new = f"/etc/iscsi/nodes/{IQN}/172.16.1.2,3260", f"/etc/iscsi/nodes/{IQN}/172.16.1.2,3260,1/default"
    assert parse_record(old, file) == Record(IQN, "172.16.1.2:3260", 2, "default", "automatic", old, file)
    assert parse_record(new, file) == Record(IQN, "172.16.1.2:3260", 1, "default", "automatic", new, file)
    assert parse_record(old, None) == Record(IQN, "172.16.1.2:3260", 1, "default", "", old, None)
    assert parse_record("/etc/iscsi/nodes/x", file) is None


def test_connections() -> None:
    assert parse_tcp(TCP) == {"172.16.1.2:3260": "172.16.17.55"}


ADDRESSES = st.ip_addresses(v=4).map(str)
PORTS = st.integers(1, 65535)
IQNS = st.from_regex(r"iqn\.\d{4}-\d\d\.[a-z.]{1,10}(:[a-z0-9.-]{1,9})?", fullmatch=True)


@given(st.lists(st.tuples(st.integers(1, 10**6), ADDRESSES, PORTS, st.integers(-1, 99), IQNS)))
def test_any_sessions(rows: list[tuple[int, str, int, int, str]]) -> None:
    text = "".join(f"tcp: [{sid}] {address}:{port},{tpgt} {iqn}\n" for sid, address, port, tpgt, iqn in rows)
    assert parse_sessions(text) == tuple(
        (sid, f"{address}:{port}", tpgt, iqn) for sid, address, port, tpgt, iqn in rows
    )


def word(address: str) -> str:
    return ipaddress.IPv4Address(address).packed[::-1].hex().upper()


@given(st.dictionaries(st.tuples(ADDRESSES, PORTS), ADDRESSES))
def test_any_connections(local: dict[tuple[str, int], str]) -> None:
    rows = [
        f"{n:4}: {word(here)}:8C1A {word(there)}:{port:04X} 01 0"
        for n, ((there, port), here) in enumerate(local.items())
    ]
    assert parse_tcp("\n".join(rows)) == {f"{there}:{port}": here for (there, port), here in local.items()}


@given(IQNS, ADDRESSES, PORTS, st.integers(-1, 99), st.sampled_from(["automatic", "manual", "onboot"]))
def test_any_record(iqn: str, address: str, port: int, tag: int, startup: str) -> None:
    old, new = (f"/etc/iscsi/nodes/{iqn}/{address},{port}{more}" for more in ("", f",{tag}/eth1"))
    file = File(f"node.startup = {startup}\nnode.tpgt = {tag}\n".encode())
    assert parse_record(old, file) == Record(iqn, f"{address}:{port}", tag, "default", startup, old, file)
    assert parse_record(new, file) == Record(iqn, f"{address}:{port}", tag, "eth1", startup, new, file)


@given(st.text() | st.lists(st.sampled_from((LISTED + TCP).splitlines())).map("\n".join))
def test_nothing_is_made_up(text: str) -> None:
    assert not made_up(parse_sessions(text), text)
    assert parse_tcp(text) in ({}, parse_tcp(TCP))


@given(st.dictionaries(st.from_regex(r"sd[a-z]{1,2}", fullmatch=True), st.integers(0, 9)))
def test_every_disk_is_under_its_session(known: dict[str, int]) -> None:
    links = {disk: "../" + TARGET.format(3, number, 0) for disk, number in known.items()} | {"sr0": "../ata1/host0"}
    found = iscsi_text.disks_by_session(links)
    assert {disk: number for number, disks in found.items() for disk in disks} == known


# --- a host


def disk(name: str, host: int, session: int) -> dict[str, File]:
    link = f"../../devices/platform/{TARGET.format(host, session, 0)}"
    return {f"/sys/block/{name}": File(), f"/sys/block/{name}/device": File(link=link)}


FILES = {
    "/proc/net/tcp": File(TCP.encode()),
    **disk("sda", 3, 1),
    **disk("sdaa", 3, 1),
    **disk("sdb", 4, 2),
    "/sys/block/sdb/device/state": File(b"offline\n"),
    "/etc/initiatorname.iscsi": File(
        b"## no\nInitiatorName=iqn.1992-03.edu.tjhsst:initiator:bottom.0\nInitiatorAlias=bottom\n"
    ),
    "/etc/iscsi/initiatorname.iscsi": File(link="/etc/initiatorname.iscsi"),
    "/etc/iscsi/iscsid.conf": File(b"node.startup = automatic\n", 0o600),
    "/etc/init.d/open-iscsi": File(b"#!/bin/sh\n", 0o755),
    "/etc/rc2.d/S20open-iscsi": File(link="../init.d/open-iscsi"),
    f"/etc/iscsi/nodes/{IQN}/172.16.1.2,3260": File(b"node.startup = automatic\n"),
    f"/etc/iscsi/nodes/{IQN}/172.16.1.3,3260,1": File(),  # a folder
    f"/etc/iscsi/nodes/{IQN}/172.16.1.3,3260,1/default": File(b"node.startup = manual\n"),
}


def test_a_host() -> None:
    found = iscsi_text.probe(Recorded({"iscsiadm -m session": (0, LISTED), "pidof iscsid": (0, "2\n")}, FILES))
    assert (found.installed, found.login_at_boot, found.iscsid, found.daemon) == (True, True, True, True)
    assert (found.name, found.alias) == ("iqn.1992-03.edu.tjhsst:initiator:bottom.0", "bottom")
    assert (found.name_path, found.conf_path) == ("/etc/initiatorname.iscsi", "/etc/iscsi/iscsid.conf")
    assert sorted((record.portal, record.startup) for record in found.records) == [
        ("172.16.1.2:3260", "automatic"),
        ("172.16.1.3:3260", "manual"),
    ]
    assert found.sessions == (
        Session(1, IQN, "172.16.1.2:3260", "default", "172.16.17.55", "LOGGED_IN", ("sda", "sdaa")),
        Session(2, IQN, "172.16.1.3:3260", "default", "", "FAILED", ("sdb",)),
    )


def test_a_kernel_that_tells_the_state() -> None:
    files = FILES | {"/sys/class/iscsi_session/session1/state": File(b"FREE\n")}
    first, _ = iscsi_text.sessions(Recorded({"iscsiadm": (0, LISTED)}, files))
    assert (first.state, first.up) == ("FREE", False)


def test_a_host_without_open_iscsi() -> None:
    found = iscsi_text.probe(Recorded())
    assert (found.installed, found.login_at_boot, found.daemon, found.sessions, found.records) == (False,) * 3 + (
        (),
    ) * 2
    assert (found.name_path, found.name_file) == ("/etc/iscsi/initiatorname.iscsi", None)


@pytest.mark.parametrize("code", [0, 21, 255])
def test_no_sessions(code: int) -> None:
    assert iscsi_text.sessions(Recorded({"iscsiadm": (code, "", "iscsiadm: No active sessions.\n")})) == ()
