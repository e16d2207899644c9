"""Node records of open-iscsi as files: nodes/IQN/ADDRESS,PORT,TPGT/IFACE (2.1.x) in its database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tui_installer.simulator.conf import keyvalue
from tui_installer.simulator.machine import Machine


def database(host: Machine) -> str:
    """Where this release keeps its records: Debian 13 moved them."""
    return "/var/lib/iscsi" if host.trixie else "/etc/iscsi"


TEMPLATE = """\
# BEGIN RECORD {release}
node.name = {iqn}
node.tpgt = {tpgt}
node.startup = manual
node.leading_login = No
iface.iscsi_ifacename = {iface}
iface.prefix_len = 0
iface.transport_name = tcp
iface.vlan_id = 0
iface.vlan_priority = 0
iface.iface_num = 0
iface.mtu = 0
iface.port = 0
iface.tos = 0
iface.ttl = 0
iface.tcp_wsf = 0
iface.tcp_timer_scale = 0
iface.def_task_mgmt_timeout = 0
iface.erl = 0
iface.max_receive_data_len = 0
iface.first_burst_len = 0
iface.max_outstanding_r2t = 0
iface.max_burst_len = 0
node.discovery_port = 0
node.discovery_type = static
node.session.initial_cmdsn = 0
node.session.initial_login_retry_max = 8
node.session.xmit_thread_priority = 0
node.session.cmds_max = 128
node.session.queue_depth = 32
node.session.nr_sessions = 1
node.session.auth.authmethod = None
node.session.auth.chap_algs = MD5
node.session.timeo.replacement_timeout = 120
node.session.err_timeo.abort_timeout = 15
node.session.err_timeo.lu_reset_timeout = 30
node.session.err_timeo.tgt_reset_timeout = 30
node.session.err_timeo.host_reset_timeout = 60
node.session.iscsi.FastAbort = Yes
node.session.iscsi.InitialR2T = No
node.session.iscsi.ImmediateData = Yes
node.session.iscsi.FirstBurstLength = 262144
node.session.iscsi.MaxBurstLength = 16776192
node.session.iscsi.DefaultTime2Retain = 0
node.session.iscsi.DefaultTime2Wait = 2
node.session.iscsi.MaxConnections = 1
node.session.iscsi.MaxOutstandingR2T = 1
node.session.iscsi.ERL = 0
node.session.scan = auto
node.session.reopen_max = 0
node.session.conn_reopen_log_freq = 1
node.conn[0].address = {address}
node.conn[0].port = {port}
node.conn[0].startup = manual
node.conn[0].tcp.window_size = 524288
node.conn[0].tcp.type_of_service = 0
node.conn[0].timeo.logout_timeout = 15
node.conn[0].timeo.login_timeout = 15
node.conn[0].timeo.auth_timeout = 45
node.conn[0].timeo.noop_out_interval = 5
node.conn[0].timeo.noop_out_timeout = 5
node.conn[0].iscsi.MaxXmitDataSegmentLength = 0
node.conn[0].iscsi.MaxRecvDataSegmentLength = 262144
node.conn[0].iscsi.HeaderDigest = None
node.conn[0].iscsi.DataDigest = None
node.conn[0].iscsi.IFMarker = No
node.conn[0].iscsi.OFMarker = No
# END RECORD
"""


@dataclass(frozen=True, slots=True)
class Record:
    """One target at one portal through one iface."""

    iqn: str
    address: str
    port: int
    tpgt: int
    iface: str
    path: str
    text: str

    @property
    def settings(self) -> dict[str, str]:
        """Its values by name."""
        return keyvalue(self.text)

    @property
    def place(self) -> dict[str, Any]:
        """The parts that messages name."""
        return {"iface": self.iface, "iqn": self.iqn, "address": self.address, "port": self.port}

    @property
    def shown(self) -> str:
        """As `-o show` prints it, with passwords masked."""
        return re.sub(r"(?m)^(\S*password\S* = ).+$", r"\1********", self.text)

    def matches(self, options: dict[str, str]) -> bool:
        """Whether -T, -p and -I mean it."""
        entry = {"iqn": self.iqn, "address": self.address, "port": self.port, "tpgt": self.tpgt, "iface": self.iface}
        return meant(entry, options)


def meant(entry: dict[str, Any], options: dict[str, str]) -> bool:
    """Whether -T, -p and -I mean a record or a session."""
    if options.get("-T", entry["iqn"]) != entry["iqn"] or options.get("-I", entry["iface"]) != entry["iface"]:
        return False
    if "-p" not in options:
        return True
    address, port, _ = split(options["-p"])
    return bool(address == entry["address"] and port == entry["port"])


def split(portal: str) -> tuple[str, int, int]:
    """ "ADDRESS[:PORT][,TPGT]" in its parts."""
    where, _, tpgt = portal.partition(",")
    address, _, port = where.partition(":")
    return address, int(port or 3260), int(tpgt or 1)


def all_records(host: Machine) -> list[Record]:
    """All node records, by target and portal."""
    found = []
    for path in host.glob(f"{database(host)}/nodes/*/*/*"):
        iqn, portal, iface = path.split("/")[-3:]
        address, port, tpgt = portal.split(",")
        found.append(Record(iqn, address, int(port), int(tpgt), iface, path, host.text(path) or ""))
    return found


def create(host: Machine, iqn: str, address: str, port: int, tpgt: int, iface: str) -> None:
    """A new record with the values that iscsid.conf has now; one that was there is overwritten."""
    release = "2.1.11" if host.trixie else "2.1.8"
    text = TEMPLATE.format(release=release, iqn=iqn, tpgt=tpgt, address=address, port=port, iface=iface)
    conf = keyvalue(host.text("/etc/iscsi/iscsid.conf") or "")
    for name, value in conf.items():
        if name.startswith("node."):
            text = replaced(text, name, value)
    net_if = keyvalue(host.text(f"{database(host)}/ifaces/{iface}") or "").get("iface.net_ifacename")
    if net_if:
        text = replaced(text, "iface.net_ifacename", net_if)
    host.put(f"{database(host)}/nodes/{iqn}/{address},{port},{tpgt}/{iface}", text, 0o600)


def replaced(text: str, name: str, value: str) -> str:
    """The record with a value changed, or added before its end."""
    line = f"{name} = {value}"
    pattern = re.compile(rf"(?m)^{re.escape(name)} = .*$")
    if pattern.search(text):
        return pattern.sub(lambda _: line, text)
    return text.replace("# END RECORD", f"{line}\n# END RECORD")


def iface_text(name: str) -> str:
    """A fresh iface record."""
    return f"# BEGIN RECORD 2.1.11\niface.iscsi_ifacename = {name}\niface.transport_name = tcp\n# END RECORD\n"
