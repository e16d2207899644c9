"""What `iscsiadm -m session -P 0..3` prints."""

from __future__ import annotations

from typing import Any

from tui_installer.simulator import net, storage
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.world import World

PORTAL = """\
	Current Portal: {address}:{port},{tpgt}
	Persistent Portal: {address}:{port},{tpgt}
		**********
		Interface:
		**********
		Iface Name: {iface}
		Iface Transport: tcp
		Iface Initiatorname: {initiator}
		Iface IPaddress: {own}
		Iface HWaddress: default
		Iface Netdev: {netdev}
		SID: {sid}
		iSCSI Connection State: {connection}
		iSCSI Session State: {state}
		Internal iscsid Session State: {internal}
"""
DETAILS = """\
		*********
		Timeouts:
		*********
		Recovery Timeout: {timeout}
		Target Reset Timeout: 30
		LUN Reset Timeout: 30
		Abort Timeout: 15
		*****
		CHAP:
		*****
		username: {user}
		password: ********
		username_in: <empty>
		password_in: ********
		************************
		Negotiated iSCSI params:
		************************
		HeaderDigest: None
		DataDigest: None
		MaxRecvDataSegmentLength: 262144
		MaxXmitDataSegmentLength: 8192
		FirstBurstLength: 65536
		MaxBurstLength: 262144
		ImmediateData: Yes
		InitialR2T: Yes
		MaxOutstandingR2T: 1
"""
DEVICES = """\
		************************
		Attached SCSI devices:
		************************
		Host Number: {number}	State: running
		scsi{number} Channel 00 Id 0 Lun: 0
"""
DISK = """\
		scsi{number} Channel 00 Id 0 Lun: {lun}
			Attached scsi disk {name}		State: {state}
"""


def shown(world: World, host: Machine, level: int) -> str:
    """All sessions at a print level, 0 to 3."""
    sessions = host.data["sessions"]
    if level == 0:
        return "".join(
            f"tcp: [{each['sid']}] {each['address']}:{each['port']},{each['tpgt']} {each['iqn']} (non-flash)\n"
            for each in sessions
        )
    release = "2.1.11" if host.trixie else "2.1.8"
    text = f"iSCSI Transport Class version 2.0-870\nversion {release}\n" if level == 3 else ""
    for iqn in dict.fromkeys(each["iqn"] for each in sessions):
        text += f"Target: {iqn} (non-flash)\n"
        text += "".join(_one(world, host, each, level) for each in sessions if each["iqn"] == iqn)
    return text


def _one(world: World, host: Machine, each: dict[str, Any], level: int) -> str:
    alive = storage.alive(world, host, each)
    text = PORTAL.format(
        **each,
        own=net.source(host, each["address"]) if alive else "[default]",
        netdev=each["link"] or "default",
        connection="LOGGED IN" if alive else "TRANSPORT WAIT",
        state="LOGGED_IN" if alive else "FREE",
        internal="NO CHANGE" if alive else "REOPEN",
    )
    if level > 1:
        text += DETAILS.format(timeout=each["timeout"], user=each["chap"] or "<empty>")
    if level == 3:
        text += DEVICES.format(number=each["number"])
        for lun, name in each["disks"].items():
            state = "running" if alive else "transport-offline"
            text += DISK.format(number=each["number"], lun=lun, name=name, state=state)
    return text
