"""What dlm_controld reads of dlm.conf, and when: its settings when it starts, a node's fencing when it first meets it.

Rules of dlm_controld/fence_config.c, config.c and daemon_cpg.c (`add_node_daemon`) of 4.x; options and their defaults
as `dlm_controld -h` of 4.2.0 prints them.
"""

from __future__ import annotations

from tui_installer.simulator import cluster
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.world import World

CONF = "/etc/dlm/dlm.conf"
OPTIONS = {
    "daemon_debug": "0", "foreground": "1", "log_debug": "0", "protocol": "detect", "port": "21064",
    "debug_logfile": "0", "mark": "0", "enable_plock": "1", "plock_debug": "0", "plock_rate_limit": "0",
    "plock_ownership": "0", "drop_resources_time": "10000", "drop_resources_count": "10", "drop_resources_age": "10000",
    "post_join_delay": "30", "enable_fencing": "1", "enable_concurrent_fencing": "0", "enable_startup_fencing": "1",
    "repeat_failed_fencing": "1", "enable_quorum_fencing": "1", "enable_quorum_lockspace": "1", "enable_helper": "1",
}  # fmt: skip
NONE, REFUSED = "", "refused"
"""What fences a node that the file does not name (dlm's own default, which needs Pacemaker); a file that is invalid."""


def settings(text: str) -> dict[str, str]:
    """The options that a file sets: "name=value", from the first column on."""
    found = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and name.rstrip() in OPTIONS and not line.startswith((" ", "\t", "#")):
            found[name.rstrip()] = value.split()[0] if value.split() else ""
    return found


def way(text: str, nodeid: int) -> str:
    """What fences a node by a file: the agents with their parameters, as a text that tells one machine from another."""
    lines = text.splitlines()
    ways: list[str] = []
    while lines:
        line = lines.pop(0)
        if line.startswith("fence_all"):
            return line if not ways else REFUSED
        if not line.startswith("device"):
            continue
        if len(words := line.split(None, 3)) < 3:
            return REFUSED
        found = _section(lines, words[1], nodeid)
        if found == REFUSED:
            return REFUSED
        if found is not None:
            ways.append(" ".join((*words[2:], found)))
    return " then ".join(ways)


def _section(lines: list[str], name: str, nodeid: int) -> str | None:
    """What a section has for the node; None: nothing. Takes its lines away."""
    found = None
    while lines:
        line = lines.pop(0)
        if line == "" or line.startswith(" "):
            return found
        words = line.split()
        if line.startswith("#") or (line.startswith("unfence") and name in line):
            continue
        given = [word for word in words[2:] if word.startswith("node=")]
        if not line.startswith("connect") or words[1:2] != [name] or not given:
            return REFUSED
        if found is None and given[0] == f"node={nodeid}":
            found = " ".join(word for word in words[2:] if word not in given)
    return found


def started(world: World, host: Machine) -> None:
    """dlm_controld begins anew: it reads its settings, meets whom it finds, and is met."""
    host.data["history"]["dlm_settings"] = settings(host.text(CONF) or "")
    host.data["history"]["met"] = {}
    present = [each for each in cluster.members(world, host) if each.active("dlm.service") or each.name == host.name]
    for each in present:
        for other in present:
            if host.name in (each.name, other.name):
                _meet(world, each, other)
    for each in present:
        _judge(world, each)


def _meet(world: World, host: Machine, other: Machine) -> None:
    met = host.data["history"].setdefault("met", {})
    nodeid = cluster.nodeid(other)
    met.setdefault(str(nodeid), way(host.text(CONF) or "", nodeid))


def _judge(world: World, host: Machine) -> None:
    """Who would be fenced by what belongs to another one, or not at all though the others are."""
    if host.data["history"]["dlm_settings"].get("enable_fencing") == "0":
        return
    met = {nodeid: found for nodeid, found in host.data["history"]["met"].items() if found != REFUSED}
    ways = list(met.values())
    for nodeid, found in met.items():
        said = ""
        if found and ways.count(found) > 1 and not found.startswith("fence_all"):
            said = f"{host.name}: would fence another node by what fences node {nodeid}: {found}"
        elif not found and any(ways):
            said = f"{host.name}: cannot fence node {nodeid}, though it fences others"
        if said and said not in world.incidents:
            world.incidents.append(said)


def gone(world: World, host: Machine) -> list[int]:
    """The node ids that dlm_controld of a host has met and that are not there now."""
    there = {cluster.nodeid(each) for each in cluster.members(world, host) if each.active("dlm.service")}
    return sorted(int(nodeid) for nodeid in host.data["history"].get("met", {}) if int(nodeid) not in there)


def dumped(host: Machine) -> str:
    """`dlm_tool dump_config`: an option that the file has set says so behind its value (dlm_tool(8))."""
    ours = host.data["history"].get("dlm_settings", {})
    return "".join(
        f"{name}={ours[name]} (dlm.conf)\n" if name in ours else f"{name}={value}\n" for name, value in OPTIONS.items()
    )
