"""iscsiadm: node records as files, logins with CHAP; and iscsid's and open-iscsi's units."""

from __future__ import annotations

from tui_installer.simulator import harm, mapping, net, storage
from tui_installer.simulator.conf import keyvalue
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.tools import discovery, network, records
from tui_installer.simulator.tools.lvm_devices import accepted, setting
from tui_installer.simulator.tools.sessions import shown
from tui_installer.simulator.world import World

NONE = "iscsiadm: No active sessions.\n"
NO_RECORDS = "iscsiadm: No records found\n"
FAILED = (
    "iscsiadm: Could not login to [iface: {iface}, target: {iqn}, portal: {address},{port}].\n"
    "iscsiadm: initiator reported error ({code} - {reason})\n"
)
REASONS = {
    8: "connection timed out",
    24: "iSCSI login failed due to authorization failure",
    19: "encountered non-retryable iSCSI login failure",
}
Options = dict[str, str]


def start(world: World, host: Machine) -> str:
    """open-iscsi.service starts: logs in to all records with startup automatic."""
    for record in records.all_records(host):
        if record.settings.get("node.startup") in ("automatic", "onboot"):
            _login_one(world, host, record)
    mapping.sweep(world, host)
    return ""


def stop(world: World, host: Machine) -> str:
    """open-iscsi.service stops: logs out of everything."""
    if host.data["lv_dms"]:
        world.incidents.append(f"{host.name}: iSCSI stopped while volumes are active")
    host.data["sessions"].clear()
    mapping.sweep(world, host)
    return ""


def start_daemon(world: World, host: Machine) -> str:
    """iscsid starts: it needs an initiator name."""
    if not discovery.initiator(host):
        return "iscsid: can't read initiator name from /etc/iscsi/initiatorname.iscsi"
    network.load(host, "iscsi_tcp")
    return ""


def iscsiadm(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """iscsiadm -m session|node|discovery|discoverydb|iface ..."""
    options, wrong = _options(list(argv[1:]))
    if wrong:
        return 7, "", f"iscsiadm: unrecognized option '{wrong}'\nTry `iscsiadm --help' for more information.\n"
    modes = {"session": _session, "node": _node, "discovery": discovery.discovery, "iface": _iface}
    mode = modes.get(options.get("-m", ""))
    if mode is None:
        return 7, "", "iscsiadm: Invalid info type: " + options.get("-m", "") + "\n"
    return mode(world, host, options)


LONG = {"--login": "-l", "--logout": "-u", "--mode": "-m", "--op": "-o", "--portal": "-p", "--targetname": "-T"}
LONG |= {"--interface": "-I", "--name": "-n", "--value": "-v", "--print": "-P", "--type": "-t"}


def _options(words: list[str]) -> tuple[Options, str]:
    options: Options = {}
    while words:
        word = words.pop(0)
        word = LONG.get(word, word)
        if word in ("-l", "-u", "-R"):
            options[word] = "yes"
        elif word in ("-m", "-o", "-p", "-T", "-I", "-n", "-v", "-P", "-t") and words:
            options[word] = words.pop(0)
        else:
            return options, word
    return options, ""


# --- sessions and records


def _session(world: World, host: Machine, options: Options) -> Answer:
    if set(options) - {"-m", "-P", "-R"}:
        return 7, "", "iscsiadm: session mode: option is not allowed or supported\n"
    if not host.data["sessions"]:
        return 21, "", NONE
    if "-R" in options:
        storage.rescan(world, host)
        mapping.sweep(world, host)
        return 0, "".join(f"Rescanning session [sid: {each['sid']}, target: {each['iqn']}, portal: "
                          f"{each['address']},{each['port']}]\n" for each in host.data["sessions"]), ""  # fmt: skip
    return 0, shown(world, host, int(options.get("-P", "0"))), ""


def _iface(world: World, host: Machine, options: Options) -> Answer:
    name, operation = options.get("-I", ""), options.get("-o", "show")
    path = f"{records.database(host)}/ifaces/{name}"
    if operation == "new" and name:
        host.put(path, records.iface_text(name), 0o600)
        return 0, f"New interface {name} added\n", ""
    text = host.text(path)
    if text is None:
        return 21, "", f"iscsiadm: Could not read iface {name}: 21\n"
    if operation == "delete":
        host.remove(path)
        return 0, f"{name} unbound and deleted.\n", ""
    if operation == "update" and options.get("-n") in ("iface.net_ifacename", "iface.ipaddress", "iface.hwaddress"):
        host.put(path, records.replaced(text, options["-n"], options.get("-v", "")), 0o600)
        return 0, f"{name} updated.\n", ""
    if operation == "show":
        return 0, text, ""
    return 7, "", "iscsiadm: Invalid iface operation\n"


def _node(world: World, host: Machine, options: Options) -> Answer:
    if options.get("-o") == "new":
        return _new(host, options)
    found = [record for record in records.all_records(host) if record.matches(options)]
    if "-u" in options:
        return _logout(world, host, options)
    if not found:
        return 21, "", NO_RECORDS
    if "-l" in options:
        return _login(world, host, found)
    operation = options.get("-o", "")
    if operation == "delete":
        return _delete(host, found)
    if operation == "update" and "-n" in options:
        for record in found:
            host.put(record.path, records.replaced(record.text, options["-n"], options.get("-v", "")), 0o600)
        return 0, "", ""
    if operation == "show" or (not operation and "-T" in options):
        return 0, "".join(record.shown for record in found), ""
    if operation:
        return 7, "", "iscsiadm: Invalid node operation\n"
    return 0, "".join(f"{record.address}:{record.port},{record.tpgt} {record.iqn}\n" for record in found), ""


def _new(host: Machine, options: Options) -> Answer:
    if "-T" not in options or "-p" not in options:
        return 7, "", "iscsiadm: new node record needs a target name and a portal\n"
    address, port, tpgt = records.split(options["-p"])
    iface = options.get("-I", "default")
    if iface != "default" and host.text(f"{records.database(host)}/ifaces/{iface}") is None:
        return 21, "", f"iscsiadm: Could not read iface {iface}: 21\n"
    records.create(host, options["-T"], address, port, tpgt, iface)
    link = f"[hw=,ip=,net_if=,iscsi_if={iface}]"
    return 0, f"New iSCSI node [tcp:{link} {address},{port},{tpgt} {options['-T']}] added\n", ""


def _delete(host: Machine, found: list[records.Record]) -> Answer:
    for record in found:
        if _sessions(host, record):
            return (
                15,
                "",
                (
                    f"iscsiadm: This command will remove the record [iface: {record.iface}, target: {record.iqn}, "
                    f"portal: {record.address},{record.port}], but a session is using it. Logout session then rerun "
                    "command to remove record.\niscsiadm: Could not execute operation on all records: session exists\n"
                ),
            )
        host.remove(record.path)
        host.prune(record.path, f"{records.database(host)}/nodes")
    return 0, "", ""


def _sessions(host: Machine, record: records.Record) -> list[dict[str, object]]:
    key = (record.iqn, record.address, record.port, record.iface)
    return [
        each
        for each in host.data["sessions"]
        if (each["iqn"], each["address"], each["port"], each["iface"]) == key
    ]  # fmt: skip


def _login(world: World, host: Machine, found: list[records.Record]) -> Answer:
    if not host.active("iscsid.service"):
        if not host.active("iscsid.socket"):
            return (
                20,
                "",
                "iscsiadm: can not connect to iSCSI daemon (111)!\niscsiadm: Could not login to all portals\n",
            )
        if start_daemon(world, host):
            return (
                20,
                "",
                "iscsiadm: can not connect to iSCSI daemon (111)!\niscsiadm: Could not login to all portals\n",
            )
        host.data["units"]["iscsid.service"] = "active"
    out, done, err, code = "", "", "", 0
    for record in found:
        where = f"[iface: {record.iface}, target: {record.iqn}, portal: {record.address},{record.port}]"
        if _sessions(host, record):
            err, code = err + f"iscsiadm: {record.iface}: 1 session requested, but 1 already present.\n", 15
            continue
        out += f"Logging in to {where}\n"
        failed = _login_one(world, host, record)
        if failed:
            err += FAILED.format(code=failed, reason=REASONS[failed], **record.place)
            code = failed
        else:
            done += f"Login to {where} successful.\n"
    mapping.sweep(world, host)
    return code, out + done, err + ("iscsiadm: Could not log into all portals\n" if code else "")


def _login_one(world: World, host: Machine, record: records.Record) -> int:
    """Make one session; returns iscsiadm's error, 0 if it went well."""
    if _sessions(host, record):
        return 0
    link = keyvalue(host.text(f"{records.database(host)}/ifaces/{record.iface}") or "").get("iface.net_ifacename", "")
    target = world.state["san"]["targets"].get(record.iqn)
    if network.refusal(world, host, record.address, record.port):
        return 8
    if link and not net.reaches(world, host, record.address, link):
        return 8
    if target is None:
        return 19
    if target["chap"] and not discovery.chap(record.settings, "node.session.auth", discovery.secret(world)):
        return 24
    if world.fault("acl") and host.name == "fresh":
        return 24
    _attach(world, host, record, link, target["luns"])
    return 0


def _attach(world: World, host: Machine, record: records.Record, link: str, luns: dict[str, str]) -> None:
    name = discovery.initiator(host)
    network.load(host, "iscsi_tcp")  # open-iscsi's startup-checks.sh, before the logins of the boot, too
    shown = accepted(setting(host, "devices/global_filter"), harm.SINGLE_PATH)
    harm.logged_in(world, host, not (shown and host.installed("lvm2")))
    for other in world.machines():
        if other.name != host.name and other.data["sessions"] and name == discovery.initiator(other):
            world.incidents.append(
                f"{host.name} and {other.name} have the same initiator name: sessions kick each other"
            )
    if record.iqn not in world.state["san"]["ours"]:
        world.incidents.append(f"{host.name}: logged in to the foreign target {record.iqn}")
    sid = host.data["history"]["next_sid"]
    host.data["history"]["next_sid"] += 1
    host.data["sessions"].append({
        "sid": sid, "iqn": record.iqn, "address": record.address, "port": record.port, "tpgt": record.tpgt,
        "iface": record.iface, "link": link, "number": storage.new_session(host), "initiator": name,
        "chap": record.settings.get("node.session.auth.username", ""),
        "timeout": record.settings.get("node.session.timeo.replacement_timeout", "120"),
        "disks": dict(zip(luns, storage.new_names(host, len(luns)), strict=True)),
    })  # fmt: skip


def _logout(world: World, host: Machine, options: Options) -> Answer:
    found = [each for each in host.data["sessions"] if records.meant(each, options)]
    if not found:
        return 21, "", "iscsiadm: No matching sessions found\n"
    out = done = ""
    with harm.paths_may_go(world, host):
        for each in found:
            where = f"[sid: {each['sid']}, target: {each['iqn']}, portal: {each['address']},{each['port']}]"
            out += f"Logging out of session {where}\n"
            done += f"Logout of {where} successful.\n"
            host.data["sessions"].remove(each)
    mapping.sweep(world, host)
    return 0, out + done, ""
