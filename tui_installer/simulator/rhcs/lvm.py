"""LVM 2.02's commands, and clvmd."""

from __future__ import annotations

from tui_installer.simulator import storage
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import cluster, daemons, logs, lvm_report, maps
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.rhcs.lvm_conf import LvmError, accepted, clustered, settings
from tui_installer.simulator.say import Answer, Say, Tool
from tui_installer.simulator.world import Hang, World

LOCAL = "/dev/cciss/c0d0p2"


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


VALUED = ("-o", "--options", "--separator", "--units", "--config", "-S", "-O", "--sort", "-a", "--available", "-c")


def _arguments(argv: tuple[str, ...]) -> tuple[dict[str, str], list[str], str]:
    options: dict[str, str] = {}
    names: list[str] = []
    words = list(argv[1:])
    report = argv[0].rsplit("/", 1)[-1] in ("vgs", "lvs", "pvs")
    while words:
        word = words.pop(0)
        key, equals, value = word.partition("=")
        if word.startswith("--") and equals:
            options[key] = value
        elif word in VALUED and not (report and word == "-a") and words:
            options[word] = words.pop(0)
        elif not report and word.startswith("-a") and not word.startswith("--"):
            options["-a"] = word[2:]
        elif word in FLAGS:
            options[word] = "yes"
        elif word.startswith("-"):
            return options, names, word
        else:
            names.append(word)
    if "--options" in options:
        options["-o"] = options.pop("--options")
    return options, names, ""


FLAGS = ("--noheadings", "--nosuffix", "--ignorelockingfailure", "--mknodes", "-v", "-a", "--all", "--aligned", "-P",
         "--partial", "-u", "--unbuffered", "--refresh", "-t", "--test")  # fmt: skip


def _opened(world: World, host: Machine, argv: tuple[str, ...]) -> tuple[dict[str, str], list[str], View]:
    tool = argv[0].rsplit("/", 1)[-1]
    options, names, wrong = _arguments(argv)
    if wrong:
        what = f"unrecognized option `{wrong}'" if wrong.startswith("--") else f"invalid option -- {wrong[1:2]}"
        raise LvmError(3, f"{tool}: {what}\n  Error during parsing of command line.\n")
    found = settings(host, options.get("--config", ""))
    shared, said = clustered(world, host, found, "--ignorelockingfailure" in options)
    return options, names, View(world, host, found, shared, said)


class View:
    """What LVM sees on a host: volume groups on devices that the filter lets through."""

    def __init__(self, world: World, host: Machine, found: dict[str, str], shared: bool, said: str) -> None:
        self.world = world
        self.host = host
        self.shared = shared
        self.err = said
        self.pvs: dict[str, str] = {"local": LOCAL} if accepted(found, [LOCAL]) else {}
        for name, group in world.state["vgs"].items():
            device = self._device(found, group)
            if device:
                self.pvs[name] = device
        self.skipped = [name for name in self.pvs if name != "local" and not shared]

    def _device(self, found: dict[str, str], group: dict[str, str]) -> str:
        disks = [each for each in storage.disks(self.world, self.host) if each.wwid == group["wwid"] and each.alive]
        if not disks:
            return ""
        for each in self.host.data["maps"]:
            if each["wwid"] == group["wwid"]:
                names = [f"/dev/mapper/{each['name']}", f"/dev/dm-{each['dm']}"]
                if accepted(found, names):
                    return names[0]
        single = [f"/dev/{disk.name}" for disk in disks if accepted(found, [f"/dev/{disk.name}"])]
        for one, other in zip(single[1:], single, strict=False):
            uuid = group["pv_uuid"].replace("-", "")
            self.err += f"  Found duplicate PV {uuid}: using {one} not {other}\n"
        return single[-1] if single else ""

    def groups(self) -> list[str]:
        """The names of the groups that may be used."""
        return [name for name in self.pvs if name not in self.skipped]


def reporting(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """vgs, lvs, pvs [--noheadings] [--separator S] [-o FIELDS] [--units U] [NAME...]"""
    options, names, view = _opened(world, host, argv)
    return lvm_report.report(argv[0].rsplit("/", 1)[-1], options, names, view)


def scan(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """vgscan, pvscan"""
    _, _, view = _opened(world, host, argv)
    if view.shared and (absent := _without_clvmd(world, host)):  # the global lock is asked of every node
        raise LvmError(5, f"{view.err}{_elsewhere(absent)}  Unable to obtain global lock.\n")
    listed = "".join(f'\t\t"{device}",\n' for device in view.pvs.values())
    head = "# This file is automatically maintained by lvm.\n\npersistent_filter_cache {\n\tvalid_devices=[\n"
    host.put(era(host).cache, f"{head}{listed[:-2]}\n\t]\n}}\n", 0o600)
    if argv[0].endswith("pvscan"):
        rows = [f"  PV {device}   VG {name}   lvm2\n" for name, device in view.pvs.items()]
        return 0, "".join(rows), view.err
    out = "  Reading all physical volumes.  This may take a while...\n"
    out += "".join(f'  Found volume group "{name}" using metadata type lvm2\n' for name in view.groups())
    return 0, out, view.err + lvm_report.skipped(view)


def vgchange(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """vgchange -a[l]y|-a[l]n [VG...]"""
    options, names, view = _opened(world, host, argv)
    wanted = (options.get("-a") or options.get("--available") or "").replace("l", "").replace("e", "")
    if wanted not in ("y", "n"):
        return (
            3,
            "",
            "  One of --alloc, --available or --uuid required\n  Run `vgchange --help' for more information.\n",
        )
    err, out, code = view.err + lvm_report.skipped(view, names), "", 0
    for name in names or view.groups():
        if name not in view.groups():
            known = name in view.skipped
            err, code = err + ("" if known else f'  Volume group "{name}" not found\n'), 5
            continue
        absent = [] if "l" in argv[1] or name == "local" else _without_clvmd(world, host)
        if absent:
            err, code = err + _elsewhere(absent), 5
            continue
        count = activate(view, name, wanted == "y")
        out += f'  {count} logical volume(s) in volume group "{name}" now active\n'
    return (5 if view.skipped and not names else code), out, err


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
    if on and not view.pvs[name].startswith("/dev/mapper/"):
        view.world.incidents.append(f"{host.name}: volumes of {name} were activated on a single path")
    for each in group["lvs"]:
        key = f"{name}/{each}"
        if on and key not in volumes:
            volumes[key] = maps.free_dm(host)
        elif not on:
            volumes.pop(key, None)
    return len(group["lvs"]) if on else 0


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
            return 5, "", view.err + lvm_report.skipped(view) + f'  Volume group "{group}" not found\n'
        if volume not in world.state["vgs"].get(group, {"lvs": ()})["lvs"]:
            return 5, "", view.err + "  One or more specified logical volume(s) not found.\n"
        if wanted == "y":
            host.data["lv_dms"].setdefault(key, maps.free_dm(host))
        else:
            host.data["lv_dms"].pop(key, None)
    return 0, "", view.err


def dmsetup(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """dmsetup ls [--target multipath], dmsetup info -c --noheadings -o name,major,minor, dmsetup table"""
    maps = {each["name"]: (each["dm"], "multipath") for each in host.data["maps"]}
    volumes = {key.replace("/", "-"): (number, "linear") for key, number in host.data["lv_dms"].items()}
    found = {"local-swap": (0, "linear")} | maps | volumes
    words = list(argv[1:])
    if "--target" in words:
        found = {name: each for name, each in found.items() if each[1] == words[words.index("--target") + 1]}
    match words[:1]:
        case ["ls"]:
            out = "".join(f"{name}\t(254, {number})\n" for name, (number, _) in sorted(found.items()))
            return 0, out or "No devices found\n", ""
        case ["info"] if "-c" in words:
            return 0, "".join(f"{name}:254:{number}\n" for name, (number, _) in sorted(found.items())), ""
        case ["table"] | ["status"]:
            return 0, "".join(f"{name}: 0 2097152 {kind}\n" for name, (_, kind) in sorted(found.items())), ""
        case ["remove"] if words[1:]:
            if words[-1] in maps and not storage.opened(world, host, words[-1]):
                host.data["maps"] = [each for each in host.data["maps"] if each["name"] != words[-1]]
                return 0, "", ""
            return 1, "", "device-mapper: remove ioctl failed: Device or resource busy\nCommand failed\n"
    return 1, "", "Unknown command\n"


def lvm(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """lvm dumpconfig [SECTION/KEY], lvm COMMAND ..."""
    if argv[1:2] != ("dumpconfig",):
        tool = TOOLS.get("".join(argv[1:2]))
        return tool(world, host, argv[1:], stdin, say) if tool else (3, "", "  No such command.  Try 'help'.\n")
    found = settings(host)
    if argv[2:]:
        if argv[2] not in found:
            return 5, "", f"  Configuration node {argv[2]} not found\n"
        return 0, f"  {argv[2].rsplit('/', 1)[-1]}={found[argv[2]]}\n", ""
    return 0, "".join(f"  {key}={value}\n" for key, value in found.items()), ""


TOOLS: dict[str, Tool] = {
    "lvm": guarded(lvm),
    **dict.fromkeys(("vgs", "lvs", "pvs"), guarded(reporting)), **dict.fromkeys(("vgscan", "pvscan"), guarded(scan)),
    "vgchange": guarded(vgchange), "lvchange": guarded(lvchange), "clvmd": clvmd, "dmsetup": dmsetup,
}  # fmt: skip
