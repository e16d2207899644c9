"""apt-get and apt-cache of the time, in little steps with half-way states."""

from __future__ import annotations

import os
import textwrap

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import dpkg
from tui_installer.simulator.rhcs.archive import archive, closure, met, providers
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.tools import apt_faults
from tui_installer.simulator.world import World

FLAGS = {"-y", "--yes", "--assume-yes", "-q", "-qq", "-s", "--simulate", "--dry-run", "-f", "--fix-broken", "--purge",
         "-d", "--no-remove", "--reinstall"}  # fmt: skip
RETURNED = "E: Sub-process /usr/bin/dpkg returned an error code (1)\n"
LOCKED = (
    "E: Could not get lock /var/lib/dpkg/lock - open (11 Resource temporarily unavailable)\n"
    "E: Unable to lock the administration directory (/var/lib/dpkg/), is another process using it?\n"
)


def apt_get(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """apt-get update, install, remove, purge; `-s` only tells."""
    flags, words, wrong = _arguments(host, list(argv[1:]))
    if wrong:
        return 100, "", f"E: Command line option {wrong} is not understood\n"
    operation = words.pop(0) if words else ""
    purges = operation == "purge" and era(host).name != "etch"  # apt 0.6 knows `remove --purge` only
    if operation == "clean":
        return apt_faults.cleaned(host)
    if operation not in ("update", "check", "install", "remove") and not purges:
        return 100, "", f"E: Invalid operation {operation}\n"
    reading = "Reading package lists...\nBuilding dependency tree...\n"
    reading += "" if era(host).name == "etch" else "Reading state information...\n"
    words, said = _selected(host, words)
    if said.endswith("candidate\n"):
        return 100, reading + said.rpartition("E: ")[0], "E: " + said.rpartition("E: ")[2]
    reading += said
    unknown = [name for name in words if not _known(world, host, name)]
    if unknown:
        text = "Unable to locate package" if era(host).name == "squeeze" else "Couldn't find package"
        return 100, reading, "".join(f"E: {text} {name}\n" for name in unknown)
    simulated = bool({"-s", "--simulate", "--dry-run"} & flags)
    if not simulated and dpkg.lock_holder(world, host):
        return 100, "", LOCKED
    if operation == "check":
        return 0, reading, ""
    refused = None if simulated else apt_faults.refused(world, host, operation, words, flags, old=True)
    if refused or operation == "update":
        return refused or _update(world, host)
    if operation == "install":
        words = [*words, *(apt_faults.to_complete(host) if "-f" in flags else ())]
        again = [name for name in words if "--reinstall" in flags and name in host.data["packages"]]
        again = list(dict.fromkeys((*apt_faults.torn(host), *again)))
        return _install(world, host, words, again, simulated, reading, say)
    return _remove(world, host, words, purges or "--purge" in flags, simulated, reading, say)


def _selected(host: Machine, names: list[str]) -> tuple[list[str], str]:
    """Virtual names by the one package that provides each, and what apt says to that; it stops at one with several."""
    found, said = [], ""
    for name in names:
        those = [] if name in archive(host) else providers(host, name)
        if len(those) > 1:
            rows = "".join(f"  {each} {archive(host)[each].version}\n" for each in those)
            said = f"Package {name} is a virtual package provided by:\n{rows}"
            said += "You should explicitly select one to install.\n"
            return names, f"{said}E: Package {name} has no installation candidate\n"
        said += f"Note, selecting {those[0]} instead of {name}\n" if those else ""
        found.append(those[0] if those else name)
    return found, said


def _arguments(host: Machine, words: list[str]) -> tuple[set[str], list[str], str]:
    known = FLAGS if era(host).name == "etch" else FLAGS | {"--no-install-recommends"}
    flags: set[str] = set()
    rest: list[str] = []
    while words:
        word = words.pop(0)
        if word == "-o" and words:
            words.pop(0)
        elif word.startswith("-o"):
            continue
        elif not word.startswith("-"):
            rest.append(word)
        elif word in known:
            flags.add(word)
        else:
            return flags, rest, word
    return flags, rest, ""


def _known(world: World, host: Machine, name: str) -> bool:
    lost = apt_faults.unread(world, host)
    return not lost and name in archive(host) and name not in (world.fault("no-candidate") or ())


def _update(world: World, host: Machine) -> Answer:
    url = f"http://mirror.example {host.data['release']} Release"
    if world.fault("apt") == "offline":
        failed = f"W: Failed to fetch {url.replace(' ', '/')}.gpg  Could not resolve 'mirror.example'\n"
        failed += "E: Some index files failed to download, they have been ignored, or old ones used instead.\n"
        return 100, f"Err {url}.gpg\n  Could not resolve 'mirror.example'\nReading package lists...\n", failed
    return 0, f"Hit {url}.gpg\nHit {url}\nReading package lists...\n", ""


def _install(
    world: World, host: Machine, names: list[str], again: list[str], simulated: bool, reading: str, say: Say
) -> Answer:
    packages, have = archive(host), host.data["packages"]
    there = {name for name, state in have.items() if state != "rc"}
    half = [name for name in names if have.get(name) == "iU"]
    needed = [need.split(" | ")[0] for name in half for need in packages[name].needs if not met(need, there)]
    new = closure(packages, [*names, *needed], there)
    lost = [need for name in new for need in packages[name].needs if not any(
        _known(world, host, each) or each in there for each in need.split(" | "))]  # fmt: skip
    if lost:
        return 100, reading, f"E: Unable to correct problems: {lost[0]} is not installable\nE: Broken packages\n"
    waiting = [name for name, state in have.items() if state in ("iU", "iF")]
    kept = [name for name in names if name in there and name not in again]
    out = reading + "".join(f"{name} is already the newest version.\n" for name in kept) + _wanted(names, new)
    anew = f"{len(again)} reinstalled, " if again else ""
    out += f"0 upgraded, {len(new)} newly installed, {anew}0 to remove and 0 not upgraded.\n"
    out += f"{len(waiting)} not fully installed or removed.\n" if waiting else ""
    if simulated:
        return 0, out + "".join(_inst(host, verb, name) for verb, name in _steps([*again, *new], waiting)), ""
    for line in out.splitlines():
        say(line)
    if new and world.fault("apt") == "offline":
        failed = f"E: Failed to fetch http://mirror.example/debian/{new[0]}.deb  Could not resolve 'mirror.example'\n"
        advice = "E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?\n"
        return 100, "", failed + advice
    return _carry_out(world, host, [*again, *new], say)


def _carry_out(world: World, host: Machine, new: list[str], say: Say) -> Answer:
    host.data["history"]["apt_pid"] = os.getpid()
    try:
        for number, name in enumerate(new, 1):
            version = archive(host)[name].version
            say(f"Get:{number} http://mirror.example {host.data['release']}/main {name} {version} [42.0kB]")
        err = dpkg.unpack(world, host, new, say) or dpkg.configure(world, host, say)
    finally:
        host.data["history"]["apt_pid"] = 0
    failed = "Errors were encountered while processing" in err
    return (100, "", err + RETURNED) if failed else (0, "", err)


def _wanted(names: list[str], new: list[str]) -> str:
    extra = [name for name in sorted(new) if name not in names]
    text = "The following extra packages will be installed:\n" + _fold(extra) if extra else ""
    return text + ("The following NEW packages will be installed:\n" + _fold(sorted(new)) if new else "")


def _fold(names: list[str]) -> str:
    return textwrap.fill(
        " ".join(names), 79, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
    ) + "\n"  # fmt: skip


def _inst(host: Machine, verb: str, name: str) -> str:
    return f"{verb} {name} ({archive(host)[name].version} Debian:{era(host).version}/stable)\n"


def _remove(
    world: World, host: Machine, names: list[str], purge: bool, simulated: bool, reading: str, say: Say
) -> Answer:
    packages, have = archive(host), host.data["packages"]
    gone = [name for name in names if name in have and (purge or have[name] != "rc")]
    while True:  # what needs a removed package goes too
        left = {name for name, state in have.items() if state != "rc" and name not in gone}
        needing = [name for name in left if any(not set(need.split(" | ")) & left and set(need.split(" | ")) & set(gone)
                                                for need in packages[name].needs)]  # fmt: skip
        if not needing:
            break
        gone += needing
    out = reading + "".join(f"Package {name} is not installed, so not removed\n" for name in names if name not in gone)
    if gone:
        out += "The following packages will be REMOVED:\n" + _fold([name + "*" * purge for name in sorted(gone)])
    out += f"0 upgraded, 0 newly installed, {len(gone)} to remove and 0 not upgraded.\n"
    if simulated:
        verb = "Purg" if purge else "Remv"
        return 0, out + "".join(f"{verb} {name} [{packages[name].version}]\n" for name in gone), ""
    for line in out.splitlines():
        say(line)
    err = "".join(dpkg.remove(world, host, name, purge, say) for name in reversed([n for n in packages if n in gone]))
    return 0, "", err


def apt_cache(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """apt-cache policy NAME..., apt-cache show NAME, apt-cache showpkg NAME, apt-cache search WORD"""
    verb, names = "".join(argv[1:2]), argv[2:]
    known = [name for name in names if _known(world, host, name)]
    if verb == "policy":
        return 0, "".join(_policy(host, name) for name in known), ""
    if verb == "showpkg":
        return 0, "".join(_relations(world, host, name) for name in names), ""
    if verb == "show":
        lost = "".join(f"W: Unable to locate package {name}\n" for name in names if name not in known)
        out = "".join(
            f"Package: {name}\nVersion: {archive(host)[name].version}\nArchitecture: i386\n\n" for name in known
        )
        return (0 if known else 100), out, lost + ("" if known else "E: No packages found\n")
    if verb == "search":
        found = [name for name in archive(host) if all(word in name for word in names) and _known(world, host, name)]
        return 0, "".join(f"{name} - {name}\n" for name in sorted(found)), ""
    return 100, "", f"E: Invalid operation {verb}\n"


def _relations(world: World, host: Machine, name: str) -> str:
    """What `apt-cache showpkg` prints of one package, real or virtual."""
    own = f"{archive(host)[name].version} (/var/lib/apt/lists)\n" if _known(world, host, name) else ""
    those = [each for each in providers(host, name) if _known(world, host, each)]
    rows = "".join(f"{each} {archive(host)[each].version}\n" for each in those)
    return (
        f"Package: {name}\nVersions: \n{own}\nReverse Depends: \nDependencies: \nProvides: \nReverse Provides: \n{rows}"
    )


def _steps(new: list[str], waiting: list[str]) -> list[tuple[str, str]]:
    """What is done with each package: what waits for its configuration is no "Inst" any more."""
    return [*(("Inst", name) for name in new), *(("Conf", name) for name in dict.fromkeys((*waiting, *new)))]


def _policy(host: Machine, name: str) -> str:
    version, there = archive(host)[name].version, host.data["packages"].get(name, "rc") != "rc"
    newer = (host.world.fault("newer") or {}).get(name, version)
    return (
        f"{name}:\n  Installed: {version if there else '(none)'}\n  Candidate: {newer}\n  Version table:\n"
        f" {'***' if there else '   '} {version} 0\n"
        f"        500 http://mirror.example {host.data['release']}/main Packages\n"
        + ("        100 /var/lib/dpkg/status\n" if there else "")
    )
