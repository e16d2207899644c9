"""open-iscsi's database of the time: nodes/IQN/IP,PORT (2.0-730) or nodes/IQN/IP,PORT,TPGT/default (2.0-870)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tui_installer.simulator.conf import keyvalue
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import paths
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.tools.records import replaced, split

ROOT = "/etc/iscsi"
DEFAULTS = {
    "node.startup": "manual", "node.session.initial_cmdsn": "0", "node.session.auth.authmethod": "None",
    "node.session.timeo.replacement_timeout": "120", "node.session.err_timeo.abort_timeout": "10",
    "node.session.iscsi.InitialR2T": "No", "node.session.iscsi.ImmediateData": "Yes",
    "node.session.iscsi.FirstBurstLength": "262144", "node.session.iscsi.MaxBurstLength": "16776192",
    "node.session.iscsi.DefaultTime2Wait": "0", "node.session.iscsi.DefaultTime2Retain": "0",
    "node.session.iscsi.MaxConnections": "1", "node.conn[0].startup": "manual",
    "node.conn[0].timeo.login_timeout": "15", "node.conn[0].timeo.logout_timeout": "15",
    "node.conn[0].timeo.noop_out_interval": "10", "node.conn[0].timeo.noop_out_timeout": "15",
    "node.conn[0].iscsi.MaxRecvDataSegmentLength": "131072", "node.conn[0].iscsi.HeaderDigest": "None,CRC32C",
    "node.conn[0].iscsi.DataDigest": "None",
}  # fmt: skip
OLD = {"node.session.err_timeo.reset_timeout": "30"}
"""Known up to 2.0-746."""
NEW = {"node.session.err_timeo.lu_reset_timeout": "20", "node.session.initial_login_retry_max": "4",
       "node.session.cmds_max": "128", "node.session.queue_depth": "32",
       "node.session.iscsi.FastAbort": "Yes"}  # fmt: skip
"""Known since 2.0-870."""
CHAP = ("username", "password", "username_in", "password_in")


@dataclass(frozen=True, slots=True)
class Record:
    """One target at one portal."""

    iqn: str
    address: str
    port: int
    tpgt: int
    path: str
    text: str

    @property
    def settings(self) -> dict[str, str]:
        """Its values by name."""
        return keyvalue(self.text)

    @property
    def line(self) -> str:
        """As `-m node` lists it."""
        return f"{self.address}:{self.port},{self.tpgt} {self.iqn}\n"

    def meant(self, options: dict[str, str]) -> bool:
        """Whether -T and -p mean it."""
        if options.get("-T", self.iqn) != self.iqn:
            return False
        return "-p" not in options or split(options["-p"])[:2] == (self.address, self.port)


def settings(host: Machine) -> dict[str, str]:
    """iscsid.conf as idbm_recinfo_config takes it: a line without its end is dropped ("too long"), and so is one
    without a blank before its "=" ("has not '=' sepa"), for the reader has stepped over that mark already."""
    text = paths.text(host, f"{ROOT}/iscsid.conf") or ""
    rows = (line.strip() for line in text[: text.rfind("\n") + 1].split("\n"))
    found = (re.match(r"([^\s=#][^\s=]*)\s+=\s*(\S.*)", row) for row in rows)
    return {row[1]: row[2] for row in found if row}


def initiator(host: Machine) -> str:
    """The initiator's name as get_global_string_param finds it, the last one that begins a line; empty: none."""
    rows = (paths.text(host, f"{ROOT}/initiatorname.iscsi") or "").splitlines()
    names = [row.strip().removeprefix("InitiatorName=") for row in rows if row.strip().startswith("InitiatorName=")]
    return next((name for name in reversed(names) if name), "")


def known(host: Machine) -> dict[str, str]:
    """The settings that this version knows, with their defaults; others are ignored without a word."""
    found = DEFAULTS | (OLD if era(host).name == "etch" else NEW)
    return found | {f"node.session.auth.{name}": "" for name in CHAP}


def create(host: Machine, iqn: str, address: str, port: int, tpgt: int) -> str:
    """A record with what iscsid.conf says now, over one that was there; returns its path."""
    conf = settings(host)
    values = {"node.name": iqn, "node.tpgt": str(tpgt)} | known(host)
    values |= {name: conf[name] for name in values if name in conf}
    values |= {"node.conn[0].address": address, "node.conn[0].port": str(port)}
    if era(host).name != "etch":
        values |= {"iface.iscsi_ifacename": "default", "iface.transport_name": "tcp"}
    body = "".join(f"{name} = {value}\n" for name, value in values.items() if value)
    flat = era(host).name == "etch"
    path = f"{ROOT}/nodes/{iqn}/{address},{port}" + ("" if flat else f",{tpgt}/default")
    host.put(path, body if flat else f"# BEGIN RECORD {era(host).iscsi}\n{body}# END RECORD\n", 0o600)
    return path


def records(host: Machine) -> list[Record]:
    """All node records."""
    found = []
    depth = f"{ROOT}/nodes/*/*" if era(host).name == "etch" else f"{ROOT}/nodes/*/*/*"
    for path in host.glob(depth):
        words = path.split("/")
        portal = words[5].split(",")
        text = host.text(path) or ""
        tpgt = int(keyvalue(text).get("node.tpgt", "1"))
        found.append(Record(words[4], portal[0], int(portal[1]), tpgt, path, text))
    return found


def change(host: Machine, record: Record, name: str, value: str) -> None:
    """Change a value of a record."""
    text = replaced(record.text, name, value)
    host.put(record.path, text if f"{name} = " in text else f"{text}{name} = {value}\n", 0o600)


def remove(host: Machine, path: str) -> None:
    """Remove a record and the folders that are empty then."""
    host.remove(path)
    host.prune(path, f"{ROOT}/nodes" if "/nodes/" in path else f"{ROOT}/send_targets")


def note(host: Machine, address: str, port: int, lines: list[str]) -> None:
    """Remember a discovery."""
    host.put(f"{ROOT}/send_targets/{address},{port}/st_config", "".join(lines), 0o600)


def noted(host: Machine) -> dict[str, str]:
    """Discoveries: "ADDRESS:PORT" -> the path of their file."""
    found = host.glob(f"{ROOT}/send_targets/*/st_config")
    return {path.split("/")[4].replace(",", ":"): path for path in found}
