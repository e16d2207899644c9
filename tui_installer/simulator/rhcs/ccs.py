"""ccsd, ccs_tool and ccs_test: cluster.conf, how a new node gets it, and how members agree on another one."""

from __future__ import annotations

import re

from tui_installer.hosts.host import File
from tui_installer.simulator.conf import ConfError
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import cluster, daemons, logs, paths
from tui_installer.simulator.rhcs.cluster import CONF, Conf, conf
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.world import World

UNPARSED = """\
{reason}
Unable to parse {path}.
You should either:
 1. Correct the XML mistakes, or
 2. (Re)move the file and attempt to grab a valid copy from the network.
"""
MISSING = 'I/O warning : failed to load external entity "{path}"\n'
"""libxml2's own line, whoever reads the file."""
FAILED = "\nFailed to update config file.\n"


def ccsd(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """ccsd [-4] [-X]: without a file it starts all the same, and waits for one from the network."""
    text = paths.text(host, CONF)
    if text is None and "-X" in argv:
        name = "cluster.conf" if era(host).family == "1.x" else "config file"
        return 1, "", f"No local {name} found: {CONF}\n"
    if daemons.runs(host, "ccsd"):
        return 1, "", "Failed to create lockfile.\nHint: ccsd is already running.\n"
    try:
        known = conf(text) if text is not None else None
    except ConfError as error:
        return 1, "", UNPARSED.format(reason=error, path=CONF)
    daemons.begin(host, "ccsd")
    logs.syslog(host, "ccsd", f"Starting ccsd {era(host).family}:")
    host.data["ccsd"] = {"text": text or "", "version": known.number if known else 0}
    if cluster.cman(host) is None:
        logs.syslog(host, "ccsd", "Unable to connect to cluster infrastructure after 30 seconds.")
    return 0, "", ""


def _stopped(world: World, host: Machine) -> None:
    host.data["ccsd"] = None
    if cluster.cman(host):
        logs.syslog(host, "ccsd", "Stopping ccsd, SIGTERM received.")


def _hup(world: World, host: Machine) -> None:
    logs.syslog(host, "ccsd", "SIGHUP received.", "Use ccs_tool for updates.")


daemons.STOPS["ccsd"] = _stopped
daemons.HUPS["ccsd"] = _hup


def connect(world: World, host: Machine) -> Conf | None:
    """What ccsd answers a client that forces its way in; while it is not quorate it looks around first."""
    if host.data["ccsd"] is None:
        return None
    if not cluster.quorate(world, host):
        _fetch(world, host)
    text = host.data["ccsd"]["text"]
    return conf(text) if text else None


def _fetch(world: World, host: Machine) -> None:
    """Take over the copy of a quorate peer, or a newer one of another."""
    own = host.data["ccsd"]
    name = conf(own["text"]).name if own["text"] else ""
    if host.name in (world.fault("ccs-filtered") or ()):
        return
    for other in world.machines():
        theirs = other.data["ccsd"]
        if other.name == host.name or not theirs or not theirs["text"] or not cluster.hears(world, host, other):
            continue
        known, quorate = conf(theirs["text"]), cluster.quorate(world, other)
        if name not in ("", known.name) or theirs["text"] == own["text"]:
            continue
        if quorate or known.number > own["version"]:
            _take(host, known.number, theirs["text"], quorate, own["version"] if name else None)
            return


def _take(host: Machine, version: int, text: str, quorate: bool, old: int | None) -> None:
    what = "copy of cluster.conf" if era(host).family == "1.x" else "configuration copy"
    why = "is from quorate node." if quorate else "is newer than local copy."
    if old is None:
        logs.syslog(host, "ccsd", f"Remote {what} (version = {version}) found.")
    else:
        logs.syslog(host, "ccsd", f"Remote {what} {why}", f" Local version # : {old}", f" Remote version #: {version}",
                    "Switching to remote copy.")  # fmt: skip
    host.data["ccsd"] = {"text": text, "version": version}
    host.write(CONF, File(text.encode("utf-8", "surrogateescape"), 0o640))


# --- ccs_test


def ccs_test(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """ccs_test connect [force]"""
    if argv[1:2] != ("connect",):
        return 1, "", "Usage: ccs_test [options] <command>\n"
    forced = argv[2:3] == ("force",)
    head = "Force is set.\n" if forced else ""
    if host.data["ccsd"] is None or not (forced or cluster.quorate(world, host)):
        return 1, head, "ccs_connect failed: Connection refused\n"
    connect(world, host)
    return 0, f"{head}Connect successful.\n Connection descriptor = {31 if forced else 0}\n", ""


# --- ccs_tool


def ccs_tool(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """ccs_tool update FILE, lsnode, lsfence"""
    verb, rest = "".join(argv[1:2]), list(argv[2:])
    if verb == "update":
        return _update(world, host, rest)
    if verb in ("lsnode", "lsfence"):
        return _listed(host, verb, rest)
    if verb in ("help", "-h"):
        return 0, "Usage::\n  ccs_tool [options] <command>\n", ""
    return 1, "", f"Unknown command, {verb}.\nTry 'ccs_tool help' for help.\n"


def _listed(host: Machine, verb: str, rest: list[str]) -> Answer:
    path = rest[rest.index("-c") + 1] if "-c" in rest[:-1] else CONF
    if paths.text(host, path) is None:
        return 1, "", f"{MISSING.format(path=path)}ccs_tool: Error: unable to parse requested configuration file\n\n"
    try:
        found = conf(paths.text(host, path) or "", path)
    except ConfError as error:
        return 1, "", f"{error}\nccs_tool: Error: unable to parse requested configuration file\n\n"
    success = 1 if era(host).family == "1.x" else 0  # until 2007 these exit with 1 when they succeed
    if verb == "lsfence":
        return success, "Name             Agent\n" + "".join(f"{a:<16} {b}\n" for a, b in found.devices), ""
    if era(host).family == "1.x" and any(not node.nodeid for node in found.nodes):
        return 139, "", "Segmentation fault\n"
    text = f"\nCluster name: {found.name}, config_version: {found.version}\n\n"
    text += "Nodename                        Votes Nodeid Fencetype\n"
    for node in found.nodes:
        fence = dict(node.fence)
        text += f"{node.name:<32} {node.votes:>3} {node.nodeid:>4}    {fence.get('name', '')}\n"
        if "-v" in rest:
            others = " ".join(f"{key}={value}" for key, value in fence.items() if key != "name")
            text += f"  Fence properties:  {others}\n"
    return success, text, ""


def _update(world: World, host: Machine, rest: list[str]) -> Answer:
    if not rest:
        return 1, "", "Too few arguments.\nTry 'ccs_tool help' for help.\n" + FAILED
    reason = _refused(world, host, rest[0])
    if reason:
        return 1, "", reason + FAILED
    text = paths.text(host, rest[0]) or ""
    old, new = conf(host.data["ccsd"]["text"]), conf(text, rest[0])
    reason = _agreed(world, host, old, new)
    if reason:
        return 1, "", reason + FAILED
    for each in cluster.members(world, host):
        host_text = dumped(text)
        each.write(CONF, File(host_text.encode("utf-8", "surrogateescape"), 0o640))
        each.data["ccsd"] = {"text": host_text, "version": new.number}
        logs.syslog(each, "ccsd", f"Update of cluster.conf complete (version {old.number} -> {new.number}).")
    if era(host).family == "2.x":
        cluster.tell(world, host, new.number)
    return 0, f"Config file updated from version {old.number} to {new.number}\n\nUpdate complete.\n", ""


def _refused(world: World, host: Machine, path: str) -> str:
    """Why the update is not even proposed."""
    if host.data["ccsd"] is None or (not cluster.quorate(world, host) and cluster.cman(host) is None):
        return "Unable to connect to the CCS daemon: Connection refused\n"
    text = paths.text(host, path)
    if text is None:
        return f"{MISSING.format(path=path)}Unable to parse {path}\n"
    try:
        new = conf(text, path)
    except ConfError as error:
        return f"{error}\nUnable to parse {path}\n"
    if not new.version:
        return f"Error while retrieving config_version.\nUnable to get the config_version from {path}\n"
    if not new.version.isdigit():
        return f"config_version is not a valid integer.\nUnable to get the config_version from {path}\n"
    current = host.data["ccsd"]["version"]
    if new.number <= current:
        proposed = f"  Current config_version :: {current}\n  Proposed config_version:: {new.number}\n"
        return f"Proposed updated config file does not have greater version number.\n{proposed}"
    if not cluster.quorate(world, host):
        blank = " " if era(host).family == "2.x" else "  "
        return f"Unable to honor update request.{blank}Cluster is not quorate.\n"
    return ""


def _agreed(world: World, host: Machine, old: Conf, new: Conf) -> str:
    """Why a member does not take part; the update is in two phases over all of them."""
    for other in cluster.members(world, host):
        down = other.data["ccsd"] is None or other.name in (world.fault("ccsd-down") or ())
        if down:
            return f"Unable to open connection to {other.name}: Connection refused\n"
        if other.name in (world.fault("no-ack") or ()) or old.name != new.name:
            logs.syslog(other, "ccsd", "Cluster names for current and update configs do not match.")
            return (
                f"Failed to receive COMM_UPDATE_NOTICE_ACK from {other.name}.\n"
                f"Hint: Check the log on {other.name} for reason.\n"
            )  # fmt: skip
    return _raced(world, host, old, new) if world.state["faults"].pop("update-race", None) else ""


def _raced(world: World, host: Machine, old: Conf, new: Conf) -> str:
    """Somebody else's update of the same moment wins: it only raises the version."""
    for each in cluster.members(world, host):
        text = re.sub(r'config_version="\d+"', f'config_version="{new.number}"', each.data["ccsd"]["text"], count=1)
        each.write(CONF, File(text.encode("utf-8", "surrogateescape"), 0o640))
        each.data["ccsd"] = {"text": text, "version": new.number}
        each.data["cman"]["version"] = new.number
    return (
        "Warning:: Simultaneous update requests detected.\n  You have lost the race.\n"
        f"  Old config version :: {old.number}\n  Proposed config version :: {new.number}\n"
        "  Winning config version  ::\n\n"
        f"Check {CONF} to ensure it contains the desired contents.\n"
    )


def dumped(text: str) -> str:
    """What xmlDocDump makes of a file: comments stay, line breaks between attributes do not."""
    pieces = re.split(r"(<!--.*?-->)", text.replace("\r\n", "\n"), flags=re.DOTALL)
    body = "".join(piece if piece.startswith("<!--") else _tags(piece) for piece in pieces)
    if not body.startswith("<?xml"):
        body = f'<?xml version="1.0"?>\n{body.lstrip()}'
    return body.rstrip() + "\n"


def _tags(text: str) -> str:
    return re.sub(r"<[^!?>][^>]*>", lambda m: re.sub(r"\s+(?=[\w:.-]+\s*=)", " ", m[0]).replace("\n", " "), text)
