"""The small commands: names, time, kernel modules, logs, grep and its like, and restarting the host."""

from __future__ import annotations

import re
import time

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import paths
from tui_installer.simulator.rhcs.archive import archive
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.world import World


def hostname(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """hostname [-s|-f|-i|-d]"""
    name = host.data["hostname"]
    if argv[1:] in ((), ("-s",)):
        return 0, f"{name}\n", ""
    found = lookup(host, name)
    if argv[1:] not in (("-f",), ("--fqdn",), ("-i",), ("-d",)):
        return 4, "", f"hostname: unrecognized option `{argv[1]}'\n"
    if not found:
        return 1, "", "hostname: Unknown host\n"
    full = found[0][1][0]
    return 0, {"-i": found[0][0], "-d": full.partition(".")[2]}.get(argv[1], full) + "\n", ""


def lookup(host: Machine, name: str) -> list[tuple[str, list[str]]]:
    """The lines of /etc/hosts that have a name: (address, all names); a name server knows none."""
    found = []
    for line in (paths.text(host, "/etc/hosts") or "").splitlines():
        words = line.split("#")[0].split()
        if len(words) > 1 and name in words[1:] and ":" not in words[0]:
            found.append((words[0], words[1:]))
    return found


def getent(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """getent hosts|ahosts NAME...: exit code 2 if one is not found."""
    if argv[1:2] not in (("hosts",), ("ahosts",)):
        return (1, "", f"Unknown database: {argv[1]}\n") if argv[1:] else (1, "", "getent: wrong number of arguments\n")
    out, code = "", 0
    for name in argv[2:]:
        found = lookup(host, name)[:1]
        out += "".join(f"{address:<15} {' '.join(names)}\n" for address, names in found)
        code = code if found else 2
    return code, out, ""


def uname(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """uname [-r|-m|-s|-n|-a]"""
    parts = {"-s": "Linux", "-n": host.data["hostname"], "-r": host.data["kernel"], "-m": "i686"}
    if argv[1:] == ("-a",):
        return 0, " ".join([*list(parts.values())[:3], "#1 SMP", "i686", "GNU/Linux"]) + "\n", ""
    if len(argv) > 2 or (argv[1:] and argv[1] not in parts):
        return 1, "", f"uname: extra operand `{argv[-1]}'\nTry `uname --help' for more information.\n"
    return 0, parts[argv[1] if argv[1:] else "-s"] + "\n", ""


def date(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """date [+FORMAT]"""
    ahead = host.data["history"].get("clock", 0)
    now = time.time() + ahead + float((world.fault("clock") or {}).get(host.name, 0))
    if len(argv) == 3 and argv[1] == "-s" and (later := re.fullmatch(r"(\d+) seconds", argv[2])):
        host.data["history"]["clock"] = ahead + int(later[1])
        return 0, time.strftime("%a %b %e %H:%M:%S UTC %Y\n", time.gmtime(now + int(later[1]))), ""
    if len(argv) > 2 or (argv[1:] and not argv[1].startswith("+")):
        return 1, "", f"date: invalid date `{' '.join(argv[1:])}'\n"
    form = argv[1][1:] if argv[1:] else "%a %b %e %H:%M:%S UTC %Y"
    return 0, time.strftime(form.replace("%s", str(int(now))).replace("%N", "123456789"), time.gmtime(now)) + "\n", ""


def quiet(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """sync, sleep, true, udevsettle, depmod: nothing is said."""
    return 0, "", ""


def false(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """false"""
    return 1, "", ""


def identity(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """id [-u]"""
    if argv[1:] == ("-u",):
        return 0, "0\n", ""
    return (0, "uid=0(root) gid=0(root) groups=0(root)\n", "") if not argv[1:] else (1, "", "id: invalid option\n")


def df(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """df -h FOLDER..."""
    if argv[1:2] != ("-h",):
        return 1, "", "df: invalid option\n"
    row = "/dev/sda1             6.9G  3.6G  3.0G  55% /\n"
    return 0, "Filesystem            Size  Used Avail Use% Mounted on\n" + row * len(argv[2:]), ""


def dmesg(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """dmesg"""
    if argv[1:]:
        return 1, "", "Usage: dmesg [-c] [-n level] [-s bufsize]\n"
    return 0, "".join(f"{line}\n" for line in host.data["log"].get("dmesg", [])), ""


# --- kernel modules

KERNEL = ("8021q", "dm_mod", "dm_multipath", "dm_round_robin", "iscsi_tcp", "libiscsi", "scsi_transport_iscsi", "loop",
          "configfs", "bonding", "bridge", "dm_snapshot", "dm_mirror")  # fmt: skip
NEEDS = {
    "iscsi_tcp": ("scsi_transport_iscsi", "libiscsi"),
    "dm_multipath": ("dm_mod",),
    "dm_round_robin": ("dm_multipath",),
}


def modules(world: World, host: Machine) -> dict[str, str]:
    """The modules that the running kernel has: name -> the package that brings it (empty: its own)."""
    own = {*KERNEL, *(("dlm",) if era(host).family != "1.x" else ())}
    if not host.glob(f"/lib/modules/{host.data['kernel']}/modules.dep"):
        return {}
    found = dict.fromkeys(own, "")
    for package in archive(host).values():
        there = host.data["packages"].get(package.name) in ("ii", "iU", "iF")
        if there and package.name.endswith("-modules-" + host.data["kernel"]):
            found |= {name: package.name for name in package.modules if name not in own}
    return {name: package for name, package in found.items() if name not in (world.fault("no-modules") or ())}


def load(world: World, host: Machine, name: str) -> bool:
    """Load a kernel module and what it needs; False: there is none."""
    name = name.replace("-", "_")
    if name not in modules(world, host):
        return False
    needs = {"dlm": ("cman",) if era(host).family == "1.x" else ("configfs",)} | NEEDS
    for each in needs.get(name, ()):
        load(world, host, each)
    if name not in host.data["modules"]:
        host.data["modules"].append(name)
    return True


def modprobe(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """modprobe [-q] [-n] [-r] MODULE [ARGUMENTS]: arguments are the module's own, as in "modprobe cman dlm"."""
    flags = [word for word in argv[1:] if word.startswith("-")]
    names = [word for word in argv[1:] if not word.startswith("-")]
    wrong = [word for word in flags if word not in ("-q", "-n", "-r", "-v", "--quiet", "--remove")]
    if wrong or not names:
        return (
            1,
            "",
            f"modprobe: invalid option -- {wrong[0].lstrip('-')[:1]}\n" if wrong else "Usage: modprobe MODULE\n",
        )
    hush = bool({"-q", "--quiet"} & set(flags))
    if {"-r", "--remove"} & set(flags):
        return _unload(host, names, "FATAL: Module {name} is in use.\n")
    if not (names[0].replace("-", "_") in modules(world, host) if "-n" in flags else load(world, host, names[0])):
        return 1, "", "" if hush else f"FATAL: Module {names[0].replace('-', '_')} not found.\n"
    return 0, "", ""


def rmmod(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """rmmod MODULE..."""
    absent = [name for name in argv[1:] if name not in host.data["modules"]]
    if absent:
        return 1, "", f"ERROR: Module {absent[0]} does not exist in /proc/modules\n"
    return _unload(host, list(argv[1:]), "ERROR: Module {name} is in use\n")


def _unload(host: Machine, names: list[str], refused: str) -> Answer:
    for name in (each.replace("-", "_") for each in names):
        if users(host, name):
            return 1, "", refused.format(name=name)
        host.data["modules"] = [each for each in host.data["modules"] if each != name]
    return 0, "", ""


def users(host: Machine, name: str) -> list[str]:
    """What a loaded module is used by."""
    data = host.data
    used = {
        "8021q": [link for link, each in data["links"].items() if each["vlan"]],
        "cman": ["cman"] if data["cman"] else [each for each in data["modules"] if each == "dlm"],
        "dlm": data["lockspaces"],
        "iscsi_tcp": [str(each["sid"]) for each in data["sessions"]],
        "dm_multipath": [each["name"] for each in data["maps"]],
        "dm_mod": ["local-swap"],
        "bridge": [link for link, each in data["links"].items() if each.get("ports")],
    }
    return list(used.get(name, []))


def lsmod(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """lsmod"""
    text = "Module                  Size  Used by\n"
    for name in reversed(host.data["modules"]):
        text += f"{name:<19} {40960:>8}  {len(users(host, name))}\n"
    return 0, text, ""


# --- text


def grep(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """grep [-q] [-c] [-i] [-v] [-E] [-F] [-s] [-l] [-n] PATTERN [FILE...]"""
    words, flags = list(argv[1:]), ""
    while words and words[0].startswith("-") and len(words[0]) > 1:
        word = words.pop(0)
        if word == "-e":
            break
        if set(word[1:]) - set("qcivEFslnwx"):
            return 2, "", f"grep: unrecognized option `{word}'\nUsage: grep [OPTION]... PATTERN [FILE]...\n"
        flags += word[1:]
    if not words:
        return 2, "", "Usage: grep [OPTION]... PATTERN [FILE]...\n"
    pattern = re.compile(_regex(words.pop(0), flags), re.IGNORECASE if "i" in flags else 0)
    err, out, names = "", "", words or ["-"]
    for name in names:
        text = stdin.decode("utf-8", "surrogateescape") if name == "-" else paths.text(host, name)
        if text is None:
            err += "" if "s" in flags else f"grep: {name}: No such file or directory\n"
            continue
        found = [line for line in text.splitlines() if bool(pattern.search(line)) != ("v" in flags)]
        head = f"{name}:" if len(names) > 1 else ""
        out += f"{head}{len(found)}\n" if "c" in flags else f"{name}\n" if "l" in flags and found else ""
        out += "" if set("cl") & set(flags) else "".join(f"{head}{line}\n" for line in found)
    hit = bool(out) and out.strip() != "0"
    return (2 if err and not hit else int(not hit)), "" if "q" in flags else out, err


def _regex(text: str, flags: str) -> str:
    if "F" in flags:
        found = re.escape(text)
    elif "E" in flags:
        found = text
    else:  # a basic expression: + ? | ( ) { } are letters unless there is a backslash before them
        found = re.sub(r"\\([+?|(){}])|([+?|(){}])", lambda m: m[1] or "\\" + m[2], text)
    found = re.sub(r"\[\[:space:\]\]", r"\\s", found)
    if "x" in flags:
        return f"^(?:{found})$"
    return rf"\b(?:{found})\b" if "w" in flags else found


def head_tail(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """head and tail [-n N|-N|-c N] [FILE]"""
    tool, count, names, words = argv[0].rsplit("/", 1)[-1], "10", [], list(argv[1:])
    letters = False
    while words:
        word = words.pop(0)
        if word in ("-n", "-c") and words:
            count, letters = words.pop(0), word == "-c"
        elif re.fullmatch(r"-n?\d+", word):
            count = word.lstrip("-n")
        elif word.startswith("-"):
            return 1, "", f"{tool}: invalid option -- {word[1:2]}\n"
        else:
            names.append(word)
    text = stdin.decode("utf-8", "surrogateescape") if not names else paths.text(host, names[0])
    if text is None:
        return 1, "", f"{tool}: cannot open `{names[0]}' for reading: No such file or directory\n"
    pieces = list(text) if letters else text.splitlines(keepends=True)
    if tool == "head":
        return 0, "".join(pieces[: int(count)]), ""
    start = int(count[1:]) - 1 if count.startswith("+") else max(0, len(pieces) - int(count.lstrip("-")))
    return 0, "".join(pieces[start:]), ""
