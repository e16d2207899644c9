"""vgs, lvs, pvs, vgchange, lvchange, lvmconfig."""

from __future__ import annotations

import re

from tui_installer.simulator import storage
from tui_installer.simulator.conf import ConfError, lvm
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.tools import lvm_devices, lvm_locks, report
from tui_installer.simulator.world import Hang, World

NO_DAEMON = "  WARNING: lvmlockd process is not running.\n"
MISSING = '  Volume group "{name}" not found\n  Cannot process volume group {name}\n'
UNLOCKED = "  Reading VG {name} without a lock.\n"
REFUSED = "  LV locked by other host: {name}\n  Failed to lock logical volume {name}.\n"
NO_LOCKD = "  Cannot access VG {name} with lock type dlm that requires lvmlockd.\n"
PARTIAL = "  Refusing activation of partial LV {name}.  Use '--activationmode partial' to override.\n"
USAGE = "{tool}: unrecognized option '{word}'\n  Error during parsing of command line.\n"


def _broken(host: Machine) -> str:
    """What LVM says if it cannot read its configuration; empty: it can."""
    try:
        lvm_devices.config(host)
    except ConfError as error:
        return f"{error}\n  Failed to load config file /etc/lvm/lvm.conf\n"
    return ""


def _warnings(world: World, host: Machine, groups: list[str]) -> str:
    """What reading commands say on stderr about missing locks."""
    if lvm_devices.setting(host, "global/use_lvmlockd") != "1":
        return ""
    if not host.active("lvmlockd.service"):
        head = NO_DAEMON + ("  Reading without shared global lock.\n" if groups else "")
        return head + "".join(UNLOCKED.format(name=name) for name in groups)
    if host.data["stuck"]:
        return "  Skipping global lock: lockspace is starting\n" + "".join(UNLOCKED.format(name=n) for n in groups)
    return "".join(UNLOCKED.format(name=name) for name in groups if f"lvm_{name}" not in host.data["lockspaces"])


def _readable(world: World, host: Machine, override: str = "") -> list[lvm_devices.Pv]:
    """PVs of the groups that may be read: shared ones only with use_lvmlockd."""
    seen = lvm_devices.pvs(world, host, override)
    if lvm_devices.setting(host, "global/use_lvmlockd") == "1":
        return seen
    return [pv for pv in seen if not pv.facts["lock_type"]]


def reporting(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """vgs, lvs and pvs: [--reportformat json] [-o FIELDS] [--units m] [--config ...] [NAME]."""
    tool = argv[0].rsplit("/", 1)[-1]
    broken = _broken(host)
    if broken:
        return 5, "", broken
    options, names, wrong = _arguments(list(argv[1:]))
    if wrong:
        return 3, "", USAGE.format(tool=tool, word=wrong)
    try:
        override = _override(options.get("--config", ""))
    except ConfError as error:
        return (
            3,
            "",
            (
                f"  {error}\n  Failed to set overridden configuration entries.\n"
                f"  Run `{tool} --help' for more information.\n"
            ),
        )
    seen = lvm_devices.pvs(world, host, override) if "--shared" in options else _readable(world, host, override)
    groups = list(dict.fromkeys(pv.group for pv in seen))
    err = _warnings(world, host, groups) + lvm_devices.missing(seen)
    wanted = [name.split("/")[0] for name in names if tool != "pvs"]
    for name in wanted:
        if name not in groups:
            hidden = name in lvm_devices.groups(world, host)
            return 5, "", err + (NO_LOCKD if hidden else MISSING).format(name=name)
    rows = report.rows(world, host, tool, seen, options.get("-o", ""))
    rows = [row for row in rows if tool == "pvs" or not wanted or row["vg_name"] in wanted]
    fields = report.fields(tool, options.get("-o", ""))
    unknown = [field for field in fields if field not in report.FIELDS]
    if unknown:
        return 5, "", f"{err}  Unrecognised field: {unknown[0]}\n"
    if options.get("--reportformat") == "json":
        return 0, report.as_json(tool, fields, rows, options.get("--units", ""), host.trixie), err
    return 0, report.table(fields, rows, options), err


def _arguments(words: list[str]) -> tuple[dict[str, str], list[str], str]:
    options: dict[str, str] = {}
    names: list[str] = []
    while words:
        word = words.pop(0)
        key, equals, value = word.partition("=")
        if key in ("--reportformat", "-o", "--options", "--units", "--config", "-S"):
            options[{"--options": "-o"}.get(key, key)] = value if equals else (words.pop(0) if words else "")
        elif word in ("--noheadings", "--nosuffix", "--readonly", "--nolocking", "--shared"):
            options[word] = "yes"
        elif word.startswith("-"):
            return options, names, word
        else:
            names.append(word)
    return options, names, ""


def _override(text: str) -> str:
    """devices/global_filter out of --config; empty if it is not in there. Raises ConfError."""
    if not text:
        return ""
    try:
        found = lvm(re.sub(r"([\w]+)/([\w]+)\s*=", r"\1 { \2 =", text) + (" }" if "/" in text.split("=")[0] else ""))
    except ConfError as error:
        raise ConfError(str(error).replace("unexpected token", "expected a value")) from error
    return found.get("devices/global_filter", "")


def vgchange(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """vgchange --lock-start|--lock-stop [VG]."""
    words = [word.replace("--lockst", "--lock-st") for word in argv[1:]]
    flags = [word for word in words if word.startswith("-")]
    names = [word for word in words if not word.startswith("-")]
    if flags not in (["--lock-start"], ["--lock-stop"]):
        return 3, "", USAGE.format(tool="vgchange", word="".join(flags[:1]))
    broken = _broken(host)
    if broken:
        return 5, "", broken
    groups = lvm_devices.groups(world, host)
    if lvm_devices.setting(host, "global/use_lvmlockd") != "1":
        return 5, "", "".join(NO_LOCKD.format(name=name) for name in names or groups)
    for name in names:
        if name not in groups:
            return 5, "", MISSING.format(name=name)
    if not host.active("lvmlockd.service"):
        return 5, "", NO_DAEMON + "  Using lvmlockd failed: is lvmlockd running?\n"
    if flags == ["--lock-start"]:
        return _lock_start(world, host, names or groups)
    return _lock_stop(world, host, names or groups)


def _lock_start(world: World, host: Machine, groups: list[str]) -> Answer:
    out = err = ""
    for name in groups:
        if f"lvm_{name}" not in host.data["lockspaces"]:
            reason = lvm_locks.begin(world, host, name)
            err += reason
            out += "" if reason else f"  VG {name} starting dlm lockspace\n"
    out += "" if err else "  Starting locking.  Waiting until locks are ready...\n"
    return (5 if err else 0), out, err


def _lock_stop(world: World, host: Machine, groups: list[str]) -> Answer:
    for name in groups:
        active = [volume for volume in lvm_locks.held(world, host) if volume.startswith(f"{name}/")]
        if active:
            return 5, "", f"  VG {name} stop failed: LVs must first be deactivated\n"
        if f"lvm_{name}" in host.data["lockspaces"]:
            host.data["lockspaces"].remove(f"lvm_{name}")
    if host.data["lockspaces"] == ["lvm_global"]:
        host.data["lockspaces"].clear()
    return 0, "", ""


def lvchange(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """lvchange -aey|-asy|-ay|-an VG/LV."""
    flags = [word for word in argv[1:] if word.startswith("-")]
    names = [word.removeprefix("/dev/") for word in argv[1:] if not word.startswith("-")]
    modes = {"-aey": "ex", "-asy": "sh", "-ay": "ex", "-an": "", "-aen": "", "-asn": ""}
    if len(flags) != 1 or flags[0] not in modes or not names:
        return 3, "", USAGE.format(tool="lvchange", word="".join(flags[:1]))
    broken = _broken(host)
    if broken:
        return 5, "", broken
    for name in names:
        code, err = _activate(world, host, name, modes[flags[0]])
        if code:
            return code, "", err
    return 0, "", ""


def _activate(world: World, host: Machine, name: str, mode: str) -> tuple[int, str]:
    vg, _, lv = name.partition("/")
    if lvm_devices.setting(host, "global/use_lvmlockd") != "1":
        return 5, NO_LOCKD.format(name=vg)
    seen = [pv for pv in lvm_devices.pvs(world, host) if pv.group == vg]
    if not seen:
        return 5, MISSING.format(name=vg)
    if not host.active("lvmlockd.service"):
        return 5, f"{NO_DAEMON}  Cannot access VG {vg} due to failed lock.\n"
    if host.data["stuck"]:
        raise Hang
    if f"lvm_{vg}" not in host.data["lockspaces"]:
        return 5, f"  Cannot access VG {vg} due to failed lock.\n"
    if lv not in world.state["vgs"][vg]["lvs"]:
        return 5, f'  Failed to find logical volume "{name}"\n'
    there = {pv.wwid for pv in seen if pv.device != lvm_devices.UNKNOWN}
    if mode and storage.below(world, name) not in there:
        return 5, lvm_devices.missing(seen) + PARTIAL.format(name=name)
    return _lock(world, host, name, mode)


def _lock(world: World, host: Machine, name: str, mode: str) -> tuple[int, str]:
    modes = world.state["locks"].setdefault(name, {})
    if not mode:
        if world.state["vgs"][name.split("/")[0]]["lvs"][name.split("/")[1]].get("open") == host.name:
            return 5, f"  Logical volume {name} in use.\n"
        modes.pop(host.name, None)
        host.data["lv_dms"].pop(name, None)
        return 0, ""
    others = {other: held for other, held in modes.items() if other != host.name}
    if others and (mode == "ex" or "ex" in others.values()):
        return 5, REFUSED.format(name=name)
    modes[host.name] = mode
    host.data["lv_dms"].setdefault(name, storage.new_dms(host)[0])
    return 0, ""


def lvmconfig(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """lvmconfig [--type full] SECTION/KEY...; lvmconfig --validate."""
    words = list(argv[1:])
    broken = _broken(host)
    if broken:
        return 4, "", broken
    if words == ["--validate"]:
        return _validate(host)
    if words[:2] == ["--type", "full"]:
        words = words[2:]
    wrong = [word for word in words if word.startswith("-")]
    if wrong or not words:
        return 3, "", USAGE.format(tool="lvmconfig", word="".join(wrong[:1]))
    out = ""
    for word in words:
        value = lvm_devices.setting(host, word)
        if not value:
            return 5, out, f"  Configuration node {word} not found\n"
        out += f"{word.split('/')[1]}={re.sub(r', *', ',', value).replace('[ ', '[').replace(' ]', ']')}\n"
    return 0, out, ""


KNOWN = [
    "config/checks",
    "global/umask",
    "global/use_lvmlockd",
    "devices/use_devicesfile",
    "devices/global_filter",
    "devices/filter",
    "activation/auto_activation_volume_list",
    "devices/multipath_component_detection",
    "global/event_activation",
    "local/host_id",
    "global/lvmlockd_lock_retries",
    "activation/volume_list",
]


def _validate(host: Machine) -> Answer:
    unknown = [name for name in lvm_devices.config(host) if name not in KNOWN]
    if unknown:
        said = "".join(f'  Configuration setting "{name}" unknown.\n' for name in unknown)
        return 5, "", said + "  LVM configuration invalid.\n"
    return 0, "  LVM configuration valid.\n", ""
