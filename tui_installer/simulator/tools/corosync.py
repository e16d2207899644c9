"""corosync -t, corosync-cmapctl, corosync-quorumtool, corosync-cfgtool."""

from __future__ import annotations

import time

from tui_installer.simulator import cluster
from tui_installer.simulator.conf import ConfError
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.tools.cmap import entries
from tui_installer.simulator.world import World

DOWN = "Could not initialize corosync configuration API error 2\n"
STATUS = """\
Quorum information
------------------
Date:             {date}
Quorum provider:  corosync_votequorum
Nodes:            {nodes}
Node ID:          {nodeid}
Ring ID:          {ring}
Quorate:          {quorate}

Votequorum information
----------------------
Expected votes:   {expected}
Highest expected: {highest}
Total votes:      {total}
Quorum:           {needed} {blocked}
Flags:            {flags}
"""
MEMBERS = """
Membership information
----------------------
    Nodeid      Votes Name
"""


def start(world: World, host: Machine) -> str:
    """corosync.service starts."""
    return cluster.start(world, host)


def stop(world: World, host: Machine) -> str:
    """corosync.service stops."""
    return cluster.stop(world, host)


def corosync(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """corosync -t [-f] [-c FILE]: test a configuration."""
    words, path, test = list(argv[1:]), cluster.CONF, False
    while words:
        word = words.pop(0)
        if word == "-c" and words:
            path = words.pop(0)
        elif word == "-t":
            test = True
        elif word != "-f":
            return 1, "", f"corosync: invalid option -- '{word.lstrip('-')[:1]}'\n"
    if not test:
        return 1, "", "The simulated corosync only tests a file (-t): start it by systemctl.\n"
    stamp = time.strftime("%b %d %H:%M:%S", time.gmtime())
    try:
        text = host.text(path)
        if text is None:
            raise ConfError(f"Can't read file {path}: No such file or directory")
        cluster.memory(host, text)
    except ConfError as error:
        return (
            8,
            "",
            (
                f"{stamp} error   [MAIN  ] {error}\n"
                f"{stamp} error   [MAIN  ] Corosync Cluster Engine exiting with status 8 at main.c:1428.\n"
            ),
        )
    return 0, "", f"{stamp} notice  [MAIN  ] Corosync Cluster Engine exiting normally\n"


def cmapctl(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """corosync-cmapctl: all keys."""
    if len(argv) > 1:
        return 1, "", f"corosync-cmapctl: invalid option -- '{argv[1].lstrip('-')[:1]}'\n"
    if cluster.running(host) is None:
        return 1, "", "Failed to initialize the cmap API. Error CS_ERR_LIBRARY\n"
    return 0, "".join(f"{key} ({kind}) = {value}\n" for key, kind, value in entries(world, host)), ""


def quorumtool(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """corosync-quorumtool -s | -l."""
    if argv[1:] not in (("-s",), ("-l",), ()):
        return 1, "", f"corosync-quorumtool: invalid option -- '{argv[1].lstrip('-')[:1]}'\n"
    if cluster.running(host) is None:
        return 1, "", "Cannot initialize CMAP service\n"
    facts = cluster.quorum(world, host)
    table = MEMBERS + "".join(_member(each, host) for each in facts["members"])
    code = 0 if facts["quorate"] else 2
    if argv[1:] == ("-l",):
        return code, table, ""
    ring = f"{cluster.nodeid(facts['members'][0])}.{world.state['history']['ring']:x}"
    return code, STATUS.format(
        date=time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime()),
        nodes=len(facts["members"]), nodeid=cluster.nodeid(host), ring=ring,
        quorate="Yes" if facts["quorate"] else "No", expected=facts["expected"], highest=facts["highest"],
        total=facts["total"], needed=facts["needed"], blocked=" " if facts["quorate"] else "Activity blocked",
        flags="".join(f"{flag} " for flag in facts["flags"]),
    ) + table, ""  # fmt: skip


def _member(each: Machine, host: Machine) -> str:
    mem = cluster.running(each)
    node = cluster.local(each, mem) if mem else None
    name = (node or {}).get("name") or (node or {}).get("ring0_addr", "")
    here = " (local)" if each.name == host.name else ""
    return f"{cluster.nodeid(each):>10} {cluster.votes(each):>10} {name}{here}\n"


def cfgtool(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """corosync-cfgtool -s | -n | -R."""
    if argv[1:] not in (("-s",), ("-n",), ("-R",)):
        return 1, "", f"corosync-cfgtool: invalid option -- '{''.join(argv[1:2]).lstrip('-')[:1]}'\n"
    mem = cluster.running(host)
    if mem is None:
        return 1, "", DOWN
    if argv[1] == "-R":
        reason = cluster.reload(world, host)
        if reason:
            return 1, "Reloading corosync.conf...\n", f"Could not reload configuration. Error 2\n{reason}\n"
        return 0, "Reloading corosync.conf...\nDone\n", ""
    own, present = cluster.nodeid(host), [cluster.nodeid(each) for each in cluster.members(world, host)]
    head = f"Local node ID {own}, transport {mem['totem'].get('transport', 'knet')}\n"
    return 0, head + (_links(host, mem, own, present) if argv[1] == "-s" else _nodes(mem, own, present)), ""


def _links(host: Machine, mem: cluster.Memory, own: int, present: list[int]) -> str:
    node = cluster.local(host, mem) or {}
    text = ""
    for number in range(8):
        if f"ring{number}_addr" not in node:
            break
        text += f"LINK ID {number} udp\n\taddr\t= {node[f'ring{number}_addr']}\n\tstatus:\n"
        for each in sorted(mem["nodes"], key=lambda entry: int(entry["nodeid"])):
            other = int(each["nodeid"])
            state = "localhost" if other == own else "connected" if other in present else "disconnected"
            text += f"\t\tnodeid: {other:>10}:\t{state}\n"
    return text


def _nodes(mem: cluster.Memory, own: int, present: list[int]) -> str:
    by_id = {int(node["nodeid"]): node for node in mem["nodes"]}
    text = ""
    for other in sorted(set(by_id) - {own}):
        reachable = "reachable" if other in present else "unreachable"
        state = "enabled connected mtu: 1397" if other in present else "enabled disconnected mtu: 0"
        pair = f"({by_id[own]['ring0_addr']}->{by_id[other]['ring0_addr']})"
        text += f"nodeid: {other} {reachable}\n   LINK: 0 udp {pair} {state}\n\n"
    return text
