"""What a portal offers, asked in a private database: a discovery resets the node records of what it finds."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Literal

from tui_installer.hosts.host import File, Host, Result, side_by_side
from tui_installer.probes.reach import CONNECT

RUN = "/run/tui-installer"
"""This program's own folder; scratch folders are made below it, for root alone."""
PATIENCE = 30.0
"""Seconds for a discovery: a portal without a route takes 19 to 26, one that drops everything 96."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What one portal answered to SendTargets."""

    portal: str
    targets: tuple[tuple[str, str, int], ...]
    """(IQN, portal, tpgt)."""
    failure: Literal["", "refused", "unreachable", "chap", "nothing", "name", "other"]
    evidence: tuple[str, ...] = ()


def parse_targets(text: str) -> tuple[tuple[str, str, int], ...]:
    """(IQN, portal, tpgt) from what a discovery prints: `10.16.0.1:3260,1 iqn.2024-01.lab.san:cluster`."""
    found = re.findall(r"(?m)^(\S+:\d{1,5}),(-?\d{1,9}) (\S+)[^\S\n]*$", text)
    return tuple(dict.fromkeys((iqn, where, int(tpgt)) for where, tpgt, iqn in found))


def discover_all(host: Host, portals: tuple[str, ...], name_file: File, conf: File) -> tuple[Discovery, ...]:
    """Ask all portals side by side (a dead one takes its time); in their order. Raises `HostError`."""
    return side_by_side(lambda portal: discover(host, portal, name_file, conf), portals)


def discover(host: Host, portal: str, name_file: File, conf: File) -> Discovery:
    """Ask a portal for its targets, with the discovery CHAP of `conf`. Raises `HostError`.

    It changes no record: the database is a scratch folder, bound over the real one for this command alone. A portal
    that cannot be reached is not asked: iscsiadm would start iscsid for that, too, and try six times. One that refuses
    is asked once more: iscsiadm has iscsid, which it may just have started, tell it where its configuration is, and
    goes on without any (and without CHAP) if that takes a second ("Could not get config file for sync config", seen
    with `iscsiadm -d 8` of open-iscsi 2.1.8 on a busy host).
    """
    address, _, port = portal.rpartition(":")
    tried = host.run(*CONNECT, address.strip("[]"), port, within=10)
    if tried.end == "timeout" or _UNREACHED.search(tried.err):
        refused = "Connection refused" in tried.err
        words = tried.said[:1] or (tried.verdict,)
        return Discovery(portal, (), "refused" if refused else "unreachable", words)
    scratch = f"{RUN}/discovery-{os.getpid()}-{re.sub('[^0-9A-Za-z]', '-', portal)}"
    try:
        host.run("mkdir", "-p", "-m", "0700", RUN, scratch, f"{scratch}/iscsi", within=20)
        host.write(f"{scratch}/initiatorname.iscsi", File(name_file.content, 0o600))
        host.write(f"{scratch}/iscsid.conf", File(conf.content, 0o600))
        ask = ("unshare", "-m", "sh", "-c", _PRIVATE, scratch, portal)
        found = judge(portal, host.run(*ask, within=PATIENCE))
        return found if found.failure != "chap" else judge(portal, host.run(*ask, within=PATIENCE))
    finally:
        host.run("rm", "-r", scratch, within=20)


_UNREACHED = re.compile("Connection refused|No route to host|Network is unreachable|Connection timed out")
"""bash's words for a portal that nothing can be asked of."""

_PRIVATE = (
    'mount --bind "$0" /etc/iscsi && mount --bind "$0" /var/lib && exec iscsiadm -m discovery -t sendtargets -p "$1"'
)
"""/var/lib as a whole is covered, because /var/lib/iscsi may not be there yet to be covered by itself."""


def judge(portal: str, result: Result) -> Discovery:
    """What a discovery's end means. Codes: 4 name, 11 no connection, 21 nothing, 24 CHAP (iscsiadm(8))."""
    found = parse_targets(result.out)
    if result.ok() and found:
        return Discovery(portal, found, "")
    words = tuple(dict.fromkeys(result.said)) or (result.verdict,)
    if result.end == "timeout" or result.code in (8, 11):
        refused = "Connection refused" in result.err
        return Discovery(portal, (), "refused" if refused else "unreachable", words)
    return Discovery(portal, (), _FAILURES.get(result.code, "other"), words)


_FAILURES: dict[int | None, Literal["chap", "nothing", "name"]] = {
    0: "nothing", 4: "name", 21: "nothing", 23: "name", 24: "chap",
}  # fmt: skip
