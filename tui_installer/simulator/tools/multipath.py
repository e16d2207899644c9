"""multipath and multipathd: maps, topology, the effective configuration, registered WWIDs."""

from __future__ import annotations

import re

from tui_installer.simulator import mapping, storage
from tui_installer.simulator.conf import Tree, multipath
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.mapping import sweep
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.tools import maps, network
from tui_installer.simulator.world import World

USAGE = """\
multipath-tools v0.11.1 (01/24, 2025)
CLI commands reference:
 list|show paths
 list|show paths format $format
 list|show maps|multipaths
 list|show maps|multipaths topology
 list|show topology
 list|show maps|multipaths json
 reconfigure
"""
BUILT_IN = """\
defaults {{
	verbosity 2
	polling_interval {polling_interval}
	max_polling_interval 20
	reassign_maps "no"
	path_selector "{path_selector}"
	path_grouping_policy "{path_grouping_policy}"
	uid_attribute "ID_SERIAL"
	prio "const"
	prio_args ""
	features "0"
	path_checker "tur"
	alias_prefix "mpath"
	failback "{failback}"
	rr_min_io 1000
	rr_min_io_rq 1
	max_fds "max"
	rr_weight "uniform"
	queue_without_daemon "no"
	allow_usb_devices "no"
	flush_on_last_del "unused"
	user_friendly_names "{user_friendly_names}"
	fast_io_fail_tmo 5
	log_checker_err "always"
	find_multipaths "{find_multipaths}"
	skip_kpartx "{skip_kpartx}"
	enable_foreign "NONE"
}}
"""
DEFAULTS = {
    "polling_interval": "5", "path_selector": "service-time 0", "path_grouping_policy": "failover",
    "failback": "manual", "user_friendly_names": "no", "find_multipaths": "strict", "skip_kpartx": "no",
}  # fmt: skip
DEVICES = (
    'devices {\n\tdevice {\n\t\tvendor "NETAPP"\n\t\tproduct "LUN"\n\t\tpath_grouping_policy "group_by_prio"\n'
    '\t\tprio "ontap"\n\t\tfailback "immediate"\n\t\tno_path_retry "queue"\n\t}\n'
)


def start(world: World, host: Machine) -> str:
    """multipathd starts: loads its module, makes the maps."""
    network.load(host, "dm_multipath")
    host.data["units"]["multipathd.service"] = "active"
    sweep(world, host, again=True)
    return ""


def multipath_tool(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """multipath -ll | -l | -t | -a DEV | -w DEV | -r."""
    words = [word for word in argv[1:] if word not in ("-v0", "-v1", "-v2")]
    if words[:1] in (["-a"], ["-w"]) and len(words) == 2:
        return _registered(world, host, words[0], words[1])
    if words == ["-t"]:
        return configuration(host, host.text("/etc/multipath.conf"))
    if words[:1] in (["-ll"], ["-l"]) and len(words) < 3:
        shown = sorted(host.data["maps"], key=lambda each: str(each["name"]))
        shown = [each for each in shown if words[1:] in ([], [each["name"]])]
        return 0, maps.topologies(world, host, shown), ""
    if words[:1] == ["-f"] and len(words) == 2:
        return _flush(world, host, words[1])
    if words == ["-r"]:
        sweep(world, host, again=True)
        return 0, "", ""
    return 1, "multipath-tools v0.11.1 (01/24, 2025)\nUsage:\n  multipath [-v level] [-B|-d|-i|-q|-r] ...\n", ""


def _registered(world: World, host: Machine, flag: str, device: str) -> Answer:
    name = device.removeprefix("/dev/")
    disk = storage.disk(world, host, name)
    if disk is None:  # a by-id link fails without a word
        return 1, "", ""
    known = disk.wwid in mapping.wwids(host)
    if flag == "-a":
        mapping.register(host, disk.wwid)
        return 0, f"wwid '{disk.wwid}' added\n", ""
    mapping.unregister(host, disk.wwid)
    return 0, (f"wwid '{disk.wwid}' removed\n" if known else f"wwid '{disk.wwid}' not in wwids file\n"), ""


def _flush(world: World, host: Machine, name: str) -> Answer:
    found = [each for each in host.data["maps"] if name in (each["name"], each["wwid"])]
    if not found:
        return 1, "", ""
    if mapping.opened(world, host, found[0]["name"]):
        return 1, "", f"{name}: map in use\n"
    host.data["maps"].remove(found[0])
    return 0, "", ""


def configuration(host: Machine, text: str | None) -> Answer:
    """multipath -t with that content of /etc/multipath.conf: the code is 0 whatever it thinks of it."""
    tree, complaints = multipath(text or "")
    found = DEFAULTS | {key: value for key, value in mapping.defaults(tree).items() if key in DEFAULTS}
    out = BUILT_IN.format(**found)
    out += "".join(_section(tree, name) for name in ("blacklist", "blacklist_exceptions"))
    inside = "".join(_lines(part, 1) for key, part in tree if key == "devices" and isinstance(part, list))
    out += DEVICES + inside + "}\n" + "overrides {\n}\n" + _section(tree, "multipaths")
    return 0, out, "".join(f"739.983944 | {complaint}\n" for complaint in complaints)


def _section(tree: Tree, name: str) -> str:
    parts = [part for key, part in tree if key == name and isinstance(part, list)]
    return f"{name} {{\n" + "".join(_lines(part, 1) for part in parts) + "}\n"


def _lines(tree: Tree, depth: int) -> str:
    tabs, text = "\t" * depth, ""
    for key, value in tree:
        if isinstance(value, list):
            text += f"{tabs}{key} {{\n{_lines(value, depth + 1)}{tabs}}}\n"
        else:
            shown = value if re.fullmatch(r"-?\d+", value) and key != "wwid" else f'"{value}"'
            text += f"{tabs}{key} {shown}\n"
    return text


def multipathd(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """multipathd show maps json | show topology | show maps | show paths | reconfigure."""
    words = " ".join(argv[1:]).split()
    if not host.active("multipathd.service"):
        return 1, "error -111 connecting to multipathd\n" if not host.trixie else "", (
            "error connecting to multipathd: Connection refused\n" if host.trixie else ""
        )  # fmt: skip
    if words in (["reconfigure"], ["reconfigure", "all"]):
        sweep(world, host, again=True)
        return 0, "ok\n", ""
    if words in (["show", "maps", "json"], ["list", "maps", "json"]):
        return 0, maps.as_json(world, host), ""
    if words in (["show", "topology"], ["show", "maps", "topology"]):
        shown = sorted(host.data["maps"], key=lambda each: int(each["dm"]))
        return 0, maps.topologies(world, host, shown), ""
    if words == ["show", "maps"]:
        return 0, maps.table(host), ""
    if words == ["show", "paths"]:
        return 0, _paths(world, host), ""
    if words[:2] == ["show", "config"]:
        return configuration(host, host.text("/etc/multipath.conf"))
    return (1 if host.trixie else 0), f"{' '.join(words)} \n: Missing argument\n{USAGE}", ""


def _paths(world: World, host: Machine) -> str:
    text = "hcil    dev dev_t pri dm_st  chk_st dev_st  next_check    \n"
    known = storage.mapped(host)
    for disk in storage.disks(world, host):
        if disk.wwid in known:
            dm, check, dev = maps.states(host, disk)
            text += f"{disk.hcil} {disk.name} {disk.dev_t:<5} 1   {dm} {check:<6} {dev:<7} X......... 1/8\n"
    return text
