"""apt-get and apt-cache: installing, simulating and purging, in little steps with half-way states."""

from __future__ import annotations

import os
import textwrap

from tui_installer.simulator import harm
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.packages import PACKAGES, RECOMMENDS, SUGGESTS, closure
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.tools import apt_faults, dpkg
from tui_installer.simulator.world import World

READING = "Reading package lists...\nBuilding dependency tree...\nReading state information...\n"
FLAGS = ("-y", "-q", "-qq", "-s", "-f", "--no-install-recommends", "--assume-yes", "--simulate", "--purge",
         "--no-remove", "--reinstall")  # fmt: skip
LOCKED = (
    "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process {pid} (apt-get)\n"
    "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?\n"
)
RETURNED = "E: Sub-process /usr/bin/dpkg returned an error code (1)\n"


def apt_get(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """apt-get update, install, purge and autoremove; `-s` only tells."""
    flags, words, options, wrong = _arguments(argv[1:])
    if wrong:
        return 100, "", f"E: Command line option '{wrong}' is not understood in combination with the other options\n"
    if not words:
        return 100, "", "E: Invalid operation \n"
    operation, names = words[0], words[1:]
    if operation == "clean":
        return apt_faults.cleaned(host)
    if operation not in ("update", "install", "purge", "remove"):
        return 100, "", f"E: Invalid operation {operation}\n"
    lost = PACKAGES if apt_faults.unread(world, host) else world.fault("no-candidate") or ()
    unknown = [name for name in names if name not in PACKAGES or name in lost]
    if unknown:
        return 100, READING, "".join(f"E: Unable to locate package {name}\n" for name in unknown)
    simulated = bool({"-s", "--simulate"} & flags)
    pid = None if simulated else dpkg.lock_holder(world, host)
    if pid:
        return _locked(pid, options)
    refused = None if simulated else apt_faults.refused(world, host, operation, names, flags, old=False)
    if refused or operation == "update":
        return refused or _update(world)
    if operation == "install":
        names = [*names, *(apt_faults.to_complete(host) if "-f" in flags else ())]
        again = [name for name in names if "--reinstall" in flags and name in host.data["packages"]]
        again = list(dict.fromkeys((*apt_faults.torn(host), *again)))
        return _install(world, host, names, simulated, say, again)
    return _remove(world, host, names, operation == "purge" or "--purge" in flags, simulated, say)


def _arguments(words: tuple[str, ...]) -> tuple[set[str], list[str], list[str], str]:
    flags: set[str] = set()
    rest: list[str] = []
    options: list[str] = []
    pending = list(words)
    while pending:
        word = pending.pop(0)
        if word == "-o" and pending:
            options.append(pending.pop(0))
        elif word.startswith("-"):
            if word not in FLAGS:
                return flags, rest, options, word
            flags.add(word)
        else:
            rest.append(word)
    return flags, rest, options, ""


def _update(world: World) -> Answer:
    if world.fault("apt") == "offline":
        return (
            0,
            "Err:1 http://mirror.example/debian trixie InRelease\n" + READING.splitlines()[0] + "\n",
            (
                "W: Failed to fetch http://mirror.example/debian/dists/trixie/InRelease  "
                "Temporary failure resolving 'mirror.example'\n"
                "W: Some index files failed to download. They have been ignored, or old ones used instead.\n"
            ),
        )
    return 0, "Hit:1 http://mirror.example/debian trixie InRelease\nReading package lists...\n", ""


def _locked(pid: int, options: list[str]) -> Answer:
    line = (
        "Waiting for cache lock: Could not get lock /var/lib/dpkg/lock-frontend. "
        f"It is held by process {pid} (apt-get)...\n"
    )
    waits = any(option.lower().startswith("dpkg::lock::timeout=") for option in options)
    if not waits:
        return 100, "", LOCKED.format(pid=pid)
    return 100, line * 3, LOCKED.splitlines(keepends=True)[1]


def _install(world: World, host: Machine, names: list[str], simulated: bool, say: Say, again: list[str]) -> Answer:
    have = host.data["packages"]
    there = [name for name in names if have.get(name) == "ii"]
    new = [name for name in closure(names) if name not in have]
    waiting = [name for name in have if have[name] != "ii"]
    out = READING + "".join(f"{name} is already the newest version ({PACKAGES[name].version}).\n" for name in there)
    out += _wanted(names, new) + f"0 upgraded, {len(new)} newly installed, 0 to remove and 0 not upgraded.\n"
    if waiting:
        out += f"{len(waiting)} not fully installed or removed.\n"
    if simulated:
        return 0, out + "".join(_inst(verb, name) for verb, name in _steps(new, waiting)), ""
    for line in out.splitlines():
        say(line)
    if new and world.fault("apt") == "offline":
        url = "http://mirror.example/debian/pool/main/c/corosync/libcorosync-common4_3.1.9-2+deb13u1_amd64.deb"
        return (
            100,
            "",
            (
                f"E: Failed to fetch {url}  Temporary failure resolving 'mirror.example'\n"
                "E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?\n"
            ),
        )
    return _carry_out(world, host, [*again, *new], say)


def _carry_out(world: World, host: Machine, new: list[str], say: Say) -> Answer:
    host.data["history"]["apt_pid"] = os.getpid()
    try:
        for number, name in enumerate(new, 1):
            say(f"Get:{number} http://mirror.example/debian trixie/main amd64 {name} amd64 {PACKAGES[name].version}")
        err = dpkg.unpack(world, host, new, say) or dpkg.configure(world, host, say)
    finally:
        host.data["history"]["apt_pid"] = 0
    failed = "Errors were encountered while processing" in err
    return (100, "", err + RETURNED) if failed else (0, "", err)


def _wanted(names: list[str], new: list[str]) -> str:
    if not new:
        return ""
    extra = [name for name in sorted(new) if name not in names]
    text = ""
    if extra:
        text += "The following additional packages will be installed:\n" + _fold(extra)
    for title, table in (("Suggested packages:\n", SUGGESTS), ("Recommended packages:\n", RECOMMENDS)):
        found = [table[name] for name in sorted(new) if name in table]
        text += title + _fold(found) if found else ""
    return text + "The following NEW packages will be installed:\n" + _fold(sorted(new))


def _fold(names: list[str]) -> str:
    return textwrap.fill(
        " ".join(names), 79, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
    ) + "\n"  # fmt: skip


def _inst(verb: str, name: str) -> str:
    package = PACKAGES[name]
    return f"{verb} {name} ({package.version} Debian:13.2/stable [{'all' if package.all else 'amd64'}])\n"


def _remove(world: World, host: Machine, names: list[str], purge: bool, simulated: bool, say: Say) -> Answer:
    have = host.data["packages"]
    gone = [name for name in have if name in names]
    needing = [name for name in have if name not in gone and set(PACKAGES[name].needs) & set(gone)]
    while needing:  # what needs a removed package goes too
        gone += needing
        needing = [name for name in have if name not in gone and set(PACKAGES[name].needs) & set(gone)]
    out = READING + "".join(
        f"Package '{name}' is not installed, so not removed\n" for name in names if name not in have
    )
    star = "*" if purge else ""
    if gone:
        out += "The following packages will be REMOVED:\n" + _fold([name + star for name in sorted(gone)])
    out += f"0 upgraded, 0 newly installed, {len(gone)} to remove and 0 not upgraded.\n"
    if simulated:
        return 0, out + "".join(f"Purg {name} [{PACKAGES[name].version}]\n" for name in gone), ""
    for line in out.splitlines():
        say(line)
    for name in gone:
        harm.purged(world, host, name)
    host.data["history"]["apt_pid"] = os.getpid()
    try:
        for name in reversed([name for name in PACKAGES if name in gone]):
            say(f"Removing {name} ({PACKAGES[name].version}) ...")
            dpkg.remove(world, host, name)
        world.pause()
    finally:
        host.data["history"]["apt_pid"] = 0
    return 0, "", ""


def apt_cache(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """apt-cache policy NAME..."""
    if argv[1:2] != ("policy",):
        return 100, "", f"E: Invalid operation {' '.join(argv[1:2])}\n"
    missing = PACKAGES if apt_faults.unread(world, host) else world.fault("no-candidate") or ()
    return 0, "".join(_policy(host, name) for name in argv[2:] if name in PACKAGES and name not in missing), ""


def _steps(new: list[str], waiting: list[str]) -> list[tuple[str, str]]:
    """What is done with each package: what waits for its configuration is no "Inst" any more."""
    return [*(("Inst", name) for name in new), *(("Conf", name) for name in (*waiting, *new))]


def _policy(host: Machine, name: str) -> str:
    version, installed = PACKAGES[name].version, name in host.data["packages"]
    newer = (host.world.fault("newer") or {}).get(name, version)
    return (
        f"{name}:\n  Installed: {version if installed else '(none)'}\n  Candidate: {newer}\n  Version table:\n"
        f" {'***' if installed else '   '} {version} 500\n"
        "        500 http://mirror.example/debian trixie/main amd64 Packages\n"
        + ("        100 /var/lib/dpkg/status\n" if installed else "")
    )
