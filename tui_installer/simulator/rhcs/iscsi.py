"""iscsid and iscsiadm of 2.0-730, 2.0-870 and 2.0-871: their words differ, their exit codes say little."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from tui_installer.simulator import harm, net, storage
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import daemons, iscsi_db, logs, maps, usage
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.rhcs.iscsi_db import Record, records
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.tools.discovery import secret
from tui_installer.simulator.tools.network import refusal
from tui_installer.simulator.tools.records import split
from tui_installer.simulator.world import World

Options = dict[str, str]
REASONS = {
    5: "encountered iSCSI login failure",
    8: "connection timed out",
    12: "iSCSI driver not found. Please make sure it is loaded, and retry the operation",
    15: "already exists",
    19: "encountered non-retryable iSCSI login failure",
    20: "could not connect to iscsid",
}
"""err_msgs of usr/util.c: the table ends at 20; 24 came with 2.0-873."""
FAILED = 255
"""Up to 2.0-871 iscsiadm ends with -1, whatever it was."""
ERRNO = {"Connection refused": 111, "No route to host": 113, "Network is unreachable": 101}


def iscsid(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """iscsid: it wants an initiator name."""
    if not iscsi_db.initiator(host):
        return 1, "", "can't open InitiatorName configuration file /etc/iscsi/initiatorname.iscsi\n"
    daemons.begin(host, "iscsid")
    return 0, "", ""


def iscsi_iname(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """iscsi-iname"""
    return 0, "iqn.2005-03.org.open-iscsi:7f3a9c41e2b0\n", ""


def iscsiadm(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """iscsiadm -m discovery|node|session ..."""
    known = usage.parsed(usage.of(host, argv), argv[1:])
    options = {name: known.values.get(name, "yes") for name in known.given}
    modes = {"discovery": _discovery, "node": _node, "session": _session}
    mode = modes.get(options.get("-m", ""))
    if mode is None:
        return 255, "", "iscsiadm: This type of mode is not supported. Try --help.\n"
    return mode(world, host, options)


# --- discovery


def _discovery(world: World, host: Machine, options: Options) -> Answer:
    if options.get("-o") == "delete" and "-p" in options:
        address, port, _ = split(options["-p"])
        path = iscsi_db.noted(host).get(f"{address}:{port}")
        if path is None:
            return FAILED, "", "iscsiadm: no records found!\n"
        iscsi_db.remove(host, path)
        return 0, "", ""
    if "-t" not in options:
        return 0, "".join(f"{portal} via sendtargets\n" for portal in iscsi_db.noted(host)), ""
    if options["-t"] not in ("sendtargets", "st") or "-p" not in options:
        return 255, "", "iscsiadm: you must specify sendtargets and a portal\n"
    address, port, _ = split(options["-p"])
    return _discover(world, host, address, port)


def _discover(world: World, host: Machine, address: str, port: int) -> Answer:
    if not net.is_address(address):
        return FAILED, "", f"iscsiadm: cannot resolve host name {address}\n"
    reason = refusal(world, host, address, port)
    if reason:
        said = f"iscsiadm: cannot make connection to {address}:{port} ({ERRNO[reason]})\n" * 6
        return FAILED, "", said + "iscsiadm: connection login retries (reopen_max) 5 exceeded\n"
    if world.state["san"]["discovery_chap"] and not _chap(world, iscsi_db.settings(host), "discovery.sendtargets.auth"):
        said = f"iscsiadm: discovery login to {address} rejected: initiator error (02/01), non-retryable, giving up\n"
        return FAILED, "", "iscsiadm: Login failed to authenticate with target \n" + said
    targets = world.state["san"]["targets"]
    name = iscsi_db.initiator(host)
    found = [iqn for iqn, target in targets.items() if not target["acl"] or name in target["acl"]]
    lines = []
    for iqn in found:
        iscsi_db.create(host, iqn, address, port, 1)
        lines.append(f"{address}:{port},1 {iqn}\n")
    iscsi_db.note(host, address, port, lines)
    return 0, "".join(lines), ""


def _chap(world: World, settings: dict[str, str], prefix: str) -> bool:
    """Credentials that are there are offered, whatever authmethod says."""
    return [settings.get(f"{prefix}.username"), settings.get(f"{prefix}.password")] == secret(world)


# --- sessions


def _session(world: World, host: Machine, options: Options) -> Answer:
    sessions = host.data["sessions"]
    if not sessions:
        first = era(host).name == "etch"
        return 0, "no active sessions\n" if first else "", "" if first else "iscsiadm: No active sessions.\n"
    if "-R" in options:
        storage.rescan(world, host)
        maps.hotplug(world, host)
        form = "Rescanning session [sid: {sid}, target: {iqn}, portal: {address},{port}]\n"
        return 0, "".join(form.format(**each) for each in sessions), ""
    if "-P" in options:
        return 0, "".join(_detailed(world, host, each, int(options["-P"])) for each in sessions), ""
    return 0, "".join(f"tcp: [{each['sid']}] {each['address']}:{each['port']},{each['tpgt']} {each['iqn']}\n"
                      for each in sessions), ""  # fmt: skip


def _detailed(world: World, host: Machine, each: dict[str, Any], level: int) -> str:
    alive = storage.alive(world, host, each)
    portal = f"{each['address']}:{each['port']},{each['tpgt']}"
    text = f"Target: {each['iqn']}\n\tCurrent Portal: {portal}\n\tPersistent Portal: {portal}\n\t\tSID: {each['sid']}\n"
    text += f"\t\tiSCSI Connection State: {'LOGGED IN' if alive else 'TRANSPORT WAIT'}\n"
    text += f"\t\tiSCSI Session State: {'LOGGED_IN' if alive else 'FAILED'}\n"
    if level > 2:
        text += f"\t\tHost Number: {each['number']}\tState: running\n"
        text += "".join(f"\t\t\tAttached scsi disk {name}\t\tState: running\n" for name in each["disks"].values())
    return text


# --- nodes


def _node(world: World, host: Machine, options: Options) -> Answer:
    if "-L" in options:
        wanted = options["-L"]
        found = [each for each in records(host) if wanted in ("all", each.settings.get("node.startup"))]
        return _login(world, host, found) if found else (0, "", "")
    if "-U" in options:
        return _logout(world, host, list(host.data["sessions"]))
    if options.get("-o") == "new":
        return _new(host, options)
    if "-u" in options:
        return _logout(world, host, [each for each in host.data["sessions"] if _meant(each, options)])
    found = [record for record in records(host) if record.meant(options)]
    if not found:
        return FAILED, "", "iscsiadm: no records found!\n"
    if "-l" in options:
        return _login(world, host, found)
    return _operate(host, found, options)


def _meant(each: dict[str, Any], options: Options) -> bool:
    if options.get("-T", each["iqn"]) != each["iqn"]:
        return False
    return "-p" not in options or split(options["-p"])[:2] == (each["address"], each["port"])


def _new(host: Machine, options: Options) -> Answer:
    if "-T" not in options or "-p" not in options:
        return 255, "", "iscsiadm: Error while adding record: invalid parameter\n"
    iscsi_db.create(host, options["-T"], *split(options["-p"]))
    return 0, f"new iSCSI node record added: [{options['-p']}] {options['-T']}\n", ""


def _operate(host: Machine, found: list[Record], options: Options) -> Answer:
    operation = options.get("-o", "show" if "-T" in options else "")
    if operation == "delete":
        for record in found:
            if any((each["iqn"], each["address"]) == (record.iqn, record.address) for each in host.data["sessions"]):
                return FAILED, "", "iscsiadm: This command will remove the record, but a session is using it.\n"
            iscsi_db.remove(host, record.path)
        return 0, "", ""
    if operation == "update" and {"-n", "-v"} <= options.keys():
        for record in found:
            iscsi_db.change(host, record, options["-n"], options["-v"])
        return 0, "", ""
    if operation == "show":
        return 0, "".join(record.text for record in found), ""
    return (0, "".join(record.line for record in found), "") if not operation else (255, "", "iscsiadm: bad op\n")


def _login(world: World, host: Machine, found: list[Record]) -> Answer:
    out = err = ""
    last = 0
    for record in found:
        where = f"[iface: default, target: {record.iqn}, portal: {record.address},{record.port}]"
        failed = _login_one(world, host, record)
        if era(host).name != "etch":
            out += f"Logging in to {where}\n" + ("" if failed else f"Login to {where}: successful\n")
            err += f"iscsiadm: Could not login to {where}: \n" if failed else ""
        if failed:
            err += f"iscsiadm: initiator reported error ({failed} - {REASONS[failed]})\n"
        last = failed or last
    maps.hotplug(world, host)
    if last and era(host).name == "squeeze":
        err += f"iscsiadm: Could not log into all portals. Err {last}.\n"
    return FAILED if last else 0, out, err


def _login_one(world: World, host: Machine, record: Record) -> int:
    """Make one session; returns the error's number, 0 if it went well."""
    if not daemons.runs(host, "iscsid"):
        return 20
    if "iscsi_tcp" not in host.data["modules"]:
        return 12
    if any((each["iqn"], each["address"]) == (record.iqn, record.address) for each in host.data["sessions"]):
        return 15
    if refusal(world, host, record.address, record.port):
        return 8
    target = world.state["san"]["targets"].get(record.iqn)
    if target is None:
        return 19
    denied = world.fault("acl") and host.name == world.state["here"]
    if denied or (target["chap"] and not _chap(world, record.settings, "node.session.auth")):
        return 19 if era(host).name == "squeeze" else 5
    _attach(world, host, record, target["luns"])
    return 0


def _attach(world: World, host: Machine, record: Record, luns: dict[str, str]) -> None:
    name = iscsi_db.initiator(host)
    for other in world.machines():
        if other.name != host.name and other.data["sessions"] and iscsi_db.initiator(other) == name:
            world.incidents.append(f"{host.name} and {other.name} have the same initiator name: sessions flap")
            logs.kernel(host, "connection1:0: iscsi: detected conn error (1011)")
    if record.iqn not in world.state["san"]["ours"]:
        world.incidents.append(f"{host.name}: logged in to the foreign target {record.iqn}")
    sid = host.data["history"]["next_sid"]
    host.data["history"]["next_sid"] += 1
    host.data["sessions"].append({
        "sid": sid, "iqn": record.iqn, "address": record.address, "port": record.port, "tpgt": record.tpgt,
        "iface": "default", "link": "", "number": storage.new_session(host), "initiator": name,
        "disks": dict(zip(luns, storage.new_names(host, len(luns)), strict=True)),
    })  # fmt: skip


def _logout(world: World, host: Machine, found: list[dict[str, Any]]) -> Answer:
    if not found:
        return FAILED, "", "iscsiadm: no records found!\n"
    out = ""
    for each in found:
        where = f"[sid: {each['sid']}, target: {each['iqn']}, portal: {each['address']},{each['port']}]"
        out += "" if era(host).name == "etch" else f"Logging out of session {where}\nLogout of {where}: successful\n"
    with nullcontext() if host.data["away"] else harm.paths_may_go(world, host):
        host.data["sessions"] = [each for each in host.data["sessions"] if each not in found]
    maps.unplug(world, host)
    return 0, out, ""
