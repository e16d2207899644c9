"""LVM 2.02's commands, and clvmd."""

from __future__ import annotations

from tui_installer.simulator import dmsetup, harm
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import cluster, daemons, logs, lvm_report, lvm_view, maps, paths, usage
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.rhcs.lvm_conf import LvmError, locks, settings
from tui_installer.simulator.rhcs.lvm_parser import dumped, find
from tui_installer.simulator.rhcs.lvm_view import View
from tui_installer.simulator.say import Answer, Say, Tool
from tui_installer.simulator.world import Hang, World


def clvmd(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """clvmd [-T SECONDS] [-d]"""
    if daemons.runs(host, "clvmd"):
        return 2, "", "clvmd could not create local socket\nAnother clvmd is probably already running\n"
    refused = "clvmd could not connect to cluster manager\nConsult syslog for more information\n"
    if cluster.cman(host) is None:
        logs.syslog(host, "clvmd", "Can't open cluster manager socket: No such file or directory")
        return 3, "", refused
    if "dlm" not in host.data["modules"]:
        logs.syslog(host, "clvmd", "Unable to create lockspace for CLVM: No such file or directory")
        return 3, "", refused
    if not cluster.quorate(world, host):
        if not any(word.startswith("-T") for word in argv[1:]):
            raise Hang
        return 5, "", "clvmd startup timed out\n"
    daemons.begin(host, "clvmd")
    others = [each for each in cluster.members(world, host) if "fence" in each.data["joined"]]
    if others and "fence" not in host.data["joined"]:  # fenced's victims are former members of its domain
        world.incidents.append(f"{host.name}: takes locks outside the fence domain: nobody fences it")
    host.data["lockspaces"] = [*host.data["lockspaces"], "clvmd"]
    logs.syslog(host, "clvmd", "Cluster LVM daemon started - connected to CMAN")
    return 0, "", ""


def _stopped(world: World, host: Machine) -> None:
    if host.data["lv_dms"] and not host.data["away"]:
        harm.noted(world, host, "the lockspace of clvmd was stopped under active volumes")
    host.data["lockspaces"] = [name for name in host.data["lockspaces"] if name != "clvmd"]


daemons.STOPS["clvmd"] = _stopped


def guarded(tool: Tool) -> Tool:
    """A command whose `LvmError` is its answer."""

    def run(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
        try:
            return tool(world, host, argv, stdin, say)
        except LvmError as error:
            return error.code, "", error.err

    return run


def _opened(world: World, host: Machine, argv: tuple[str, ...]) -> tuple[dict[str, str], list[str], View]:
    """(options by their first spelling, operands, what is seen): what the tool does not know was refused before."""
    known = usage.parsed(usage.of(host, argv), argv[1:])
    options = {name: known.values.get(name, "yes") for name in known.given}
    found = settings(host, options.get("--config", ""))
    how = locks(world, host, found, "--ignorelockingfailure" in options)
    return options, list(known.operands), View(world, host, found, how)


def reporting(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """vgs, lvs, pvs [--noheadings] [--separator S] [-o FIELDS] [--units U] [NAME...]"""
    options, names, view = _opened(world, host, argv)
    return lvm_report.report(argv[0].rsplit("/", 1)[-1], options, names, view)


def scan(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """vgscan, pvscan"""
    _, _, view = _opened(world, host, argv)
    if view.shared and (absent := _without_clvmd(world, host)):  # the global lock is asked of every node
        raise LvmError(5, f"{view.err}{_elsewhere(absent)}  Unable to obtain global lock.\n")
    seen = [(device, name) for name, pvs in view.pvs.items() for device in pvs.values()]
    listed = "".join(f'\t\t"{device}",\n' for device, _ in seen if device != lvm_view.UNKNOWN)
    head = "# This file is automatically maintained by lvm.\n\npersistent_filter_cache {\n\tvalid_devices=[\n"
    host.put(era(host).cache, f"{head}{listed[:-2]}\n\t]\n}}\n", 0o600)
    if argv[0].endswith("pvscan"):
        rows = [f"  PV {device}   VG {name}   lvm2\n" for device, name in seen]
        return 0, "".join(rows), view.err
    out = "  Reading all physical volumes.  This may take a while...\n"
    out += "".join(f'  Found volume group "{name}" using metadata type lvm2\n' for name in view.groups())
    return 0, out, view.err + lvm_view.skipped(view)


def vgchange(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """vgchange -a[l]y|-a[l]n [VG...]"""
    options, names, view = _opened(world, host, argv)
    wanted = options.get("-a", "").replace("l", "").replace("e", "")
    if wanted not in ("y", "n"):
        return (
            3,
            "",
            "  One of --alloc, --available or --uuid required\n  Run `vgchange --help' for more information.\n",
        )
    err, out, code = view.err + lvm_view.skipped(view, names), "", 0
    for name in names or view.groups():
        if name not in view.groups():
            known = name in view.skipped
            err, code = err + ("" if known else f'  Volume group "{name}" not found\n'), 5
            continue
        local = "l" in options["-a"] or name == "local" or not view.shared
        absent = [] if local else _without_clvmd(world, host)
        if absent:
            err, code = err + _elsewhere(absent), 5
            continue
        used = [each for each in _own(host, name) if dmsetup.held(world, host, each)]
        if wanted == "n" and used:
            err += f'  Can\'t deactivate volume group "{name}" with {len(used)} open logical volume(s)\n'
            code = 5
            continue
        count = activate(view, name, wanted == "y")
        err += "".join(map(PARTIAL.format, _partial(view, name))) if wanted == "y" else ""
        out += f'  {count} logical volume(s) in volume group "{name}" now active\n'
    return (5 if view.skipped and not names else code), out, err


def _own(host: Machine, group: str) -> list[str]:
    return [volume for volume in host.data["lv_dms"] if volume.startswith(f"{group}/")]


def _elsewhere(names: list[str]) -> str:
    return "".join(f"  clvmd not running on node {name}\n  Error locking on node {name}: \n" for name in names)


def _without_clvmd(world: World, host: Machine) -> list[str]:
    return [each.name for each in cluster.members(world, host) if not daemons.runs(each, "clvmd")]


def activate(view: View, name: str, on: bool) -> int:
    """Activate or deactivate all volumes of a group; returns how many are active then."""
    if name == "local":
        return 1
    host, group = view.host, view.world.state["vgs"][name]
    volumes = host.data["lv_dms"]
    lost = _partial(view, name)
    if on and not all(device.startswith(("/dev/mapper/", lvm_view.UNKNOWN)) for device in view.pvs[name].values()):
        view.world.incidents.append(f"{host.name}: volumes of {name} were activated on a single path")
    for each in group["lvs"]:
        key = f"{name}/{each}"
        if on and key not in volumes and each not in lost:
            volumes[key] = maps.free_dm(host)
        elif not on:
            volumes.pop(key, None)
    return len(group["lvs"]) - len(lost) if on else 0


PARTIAL = "  Refusing activation of partial LV {}. Use --partial to override.\n"
"""_lv_activate of lib/activate/activate.c, 2.02.66."""


def _partial(view: View, name: str) -> list[str]:
    """The volumes of a group that lie on a device which is not there."""
    volumes = view.world.state["vgs"].get(name, {"lvs": ()})["lvs"]
    return [each for each in volumes if view.below(name, each) == lvm_view.UNKNOWN]


def lvchange(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """lvchange -a[l]y|-a[l]n VG/LV..."""
    options, names, view = _opened(world, host, argv)
    wanted = options.get("-a", "").replace("l", "").replace("e", "")
    if wanted not in ("y", "n") or not names:
        return 3, "", "  Need 1 or more of -a, -C, -j, -m, -M, -p, -r, --resync, --refresh, --alloc\n"
    for name in names:
        key = name.removeprefix("/dev/")
        group, _, volume = key.partition("/")
        if group not in view.groups():
            return 5, "", view.err + lvm_view.skipped(view) + f'  Volume group "{group}" not found\n'
        if volume not in world.state["vgs"].get(group, {"lvs": ()})["lvs"]:
            return 5, "", view.err + "  One or more specified logical volume(s) not found.\n"
        if wanted == "y" and volume in _partial(view, group):
            return 5, "", view.err + PARTIAL.format(volume)
        if wanted == "y":
            host.data["lv_dms"].setdefault(key, maps.free_dm(host))
        else:
            host.data["lv_dms"].pop(key, None)
    return 0, "", view.err


def lvm(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """lvm dumpconfig ..., lvm COMMAND ..."""
    if argv[1] != "dumpconfig":
        return usage.refusal(host, argv[1:]) or TOOLS[argv[1]](world, host, argv[1:], stdin, say)
    tree, release = settings(host).trees[-1], era(host).name
    if release == "etch":
        return _dumped(host, "".join(dumped(node, release) for node in tree), argv[2:])
    nodes = [find(tree, name) for name in argv[2:]] or list(tree)
    rows = [f"  {line}\n" for node in nodes if node for line in dumped(node, release).splitlines()]
    lost = [name for name in argv[2:] if not find(tree, name)]
    return 5 * bool(lost), "".join(rows), "".join(f"  Configuration node {name} not found\n" for name in lost)


def _dumped(host: Machine, text: str, names: tuple[str, ...]) -> Answer:
    """2.02.06: the argument is the file to write (tools/dumpconfig.c); keys came with 2.02.18."""
    if len(names) > 1:
        return 3, "", "  Please specify one file for output\n"
    if not names:
        return 0, text, ""
    path = f"/{names[0].lstrip('/')}"
    if not paths.is_folder(host, path.rsplit("/", 1)[0] or "/"):
        return 5, "", f"  {names[0]}: open failed: No such file or directory\n"
    host.put(path, text)
    return 0, "", ""


TOOLS: dict[str, Tool] = {
    "lvm": guarded(lvm),
    **dict.fromkeys(("vgs", "lvs", "pvs"), guarded(reporting)), **dict.fromkeys(("vgscan", "pvscan"), guarded(scan)),
    "vgchange": guarded(vgchange), "lvchange": guarded(lvchange), "clvmd": clvmd, "dmsetup": dmsetup.dmsetup,
}  # fmt: skip
