"""SendTargets discovery with its CHAP check, and the initiator's name."""

from __future__ import annotations

from tui_installer.simulator import net
from tui_installer.simulator.conf import keyvalue
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.say import Answer
from tui_installer.simulator.tools import network, records
from tui_installer.simulator.world import World

RETRIES = (
    "iscsiadm: connection login retries (reopen_max) 5 exceeded\n"
    "iscsiadm: Could not perform SendTargets discovery: iSCSI PDU timed out\n"
)
RESOLVE = (
    "iscsiadm: Cannot resolve host {host}. getaddrinfo error: [Temporary failure in name resolution]\n"
    "iscsiadm: cannot resolve host name {host}\n"
    "iscsiadm: cannot resolve host name {host}\n"
    "iscsiadm: Could not perform SendTargets discovery: encountered connection failure\n"
)
REJECTED = (
    "iscsiadm: Login failed to authenticate with target \n"
    "iscsiadm: discovery login to {host} rejected: initiator failed authorization\n"
    "iscsiadm: Could not perform SendTargets discovery: iSCSI login failed due to authorization failure\n"
)


def initiator(host: Machine, path: str = "/etc/iscsi/initiatorname.iscsi") -> str:
    """The initiator name in that file; empty if there is none."""
    return keyvalue(host.text(path) or "").get("InitiatorName", "")


def discovery(world: World, host: Machine, options: dict[str, str]) -> Answer:
    """iscsiadm -m discovery -t sendtargets -p PORTAL."""
    if options.get("-t") not in ("sendtargets", "st") or "-p" not in options:
        return 7, "", "iscsiadm: Discovery mode: option '-t sendtargets -p PORTAL' is needed\n"
    code, out, err = discover(world, host, options["-p"], "/etc/iscsi")
    for line in out.splitlines():  # it is not read-only: records are reset to the defaults of iscsid.conf
        portal, iqn = line.split(" ")
        records.create(host, iqn, *records.split(portal), "default")
    return code, out, err


def discover(world: World, host: Machine, portal: str, folder: str) -> Answer:
    """SendTargets at a portal with the settings of a configuration folder."""
    address, port, _ = records.split(portal)
    if not net.is_address(address):
        return 4, "", RESOLVE.format(host=address)
    reason = network.refusal(world, host, address, port)
    if reason:
        return 11, "", f"iscsiadm: cannot make connection to {address}: {reason}\n" * 6 + RETRIES
    conf = keyvalue(host.text(f"{folder}/iscsid.conf") or "")
    san = world.state["san"]
    if san["discovery_chap"] and not chap(conf, "discovery.sendtargets.auth", secret(world)):
        return 24, "", REJECTED.format(host=address)
    name = initiator(host, f"{folder}/initiatorname.iscsi")
    found = [iqn for iqn, target in san["targets"].items() if not target["acl"] or name in target["acl"]]
    if not found or (world.fault("acl") and host.name == "fresh"):
        return 21, "", "iscsiadm: No portals found\n"
    return 0, "".join(f"{address}:{port},1 {iqn}\n" for iqn in found), ""


def secret(world: World) -> list[str]:
    """The user and secret that the array wants."""
    user, word = world.state["san"]["chap"]
    return [user, "another-secret-1"] if world.fault("chap") == "wrong" else [user, word]


def chap(conf: dict[str, str], prefix: str, wanted: list[str]) -> bool:
    """Whether settings carry the CHAP user and secret that are wanted."""
    given = [conf.get(f"{prefix}.username"), conf.get(f"{prefix}.password")]
    return conf.get(f"{prefix}.authmethod") == "CHAP" and given == wanted
