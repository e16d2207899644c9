"""dpkg and dpkg-query: the states of packages, their conffiles and units, and postinst scripts that may fail."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection

from tui_installer.simulator import mapping
from tui_installer.simulator.contents import CONFFILES, LEFT, UNITS
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.packages import PACKAGES
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.tools import grub, systemd
from tui_installer.simulator.world import World

POSTINST = """\
{name}: cannot talk to storage
dpkg: error processing package {name} (--configure):
 installed {name} package post-installation script subprocess returned error exit status 1
"""
PREINST = """\
{name}: refusing
dpkg: error processing archive /var/cache/apt/archives/{name}_{version}_amd64.deb (--unpack):
 new {name} package pre-installation script subprocess returned error exit status 2
Errors were encountered while processing:
 /var/cache/apt/archives/{name}_{version}_amd64.deb
"""
DEPENDS = """\
dpkg: dependency problems prevent configuration of {name}:
 {name} depends on {other}; however:
  Package {other} is not configured yet.

dpkg: error processing package {name} (--configure):
 dependency problems - leaving unconfigured
"""
MODULES = {
    "open-iscsi": ("iscsi_tcp",),
    "multipath-tools": ("dm_multipath",),
    "dlm-controld": ("dlm",),
}
"""Loaded by the package's daemons; kept simple here, they go with the package."""
UNPACKED = """\
The following packages have been unpacked but not yet configured.
They must be configured using dpkg --configure or the configure
menu option in dselect for them to work:
"""
MESS = """\
The following packages are in a mess due to serious problems during
installation.  They must be reinstalled for them (and any packages
that depend on them) to function properly:
"""
INCONSISTENT = """\
dpkg: error processing {package}{name} (--configure):
 {It} is in a very bad inconsistent state; you should
 reinstall it before attempting configuration
"""
HALF = """\
The following packages are only half configured, probably due to problems
configuring them the first time.  The configuration should be retried using
dpkg --configure <package> or the configure menu option in dselect:
"""
FORCED = ("--force-confdef", "--force-confold", "--force-confnew", "--force-confmiss")
"""They only answer questions about configuration files (dpkg(1), since 1.10)."""
LOCKED = """\
dpkg: error: dpkg frontend lock was locked by /usr/bin/apt-get process with pid {pid}
Note: removing the lock file is always wrong, can damage the locked area
and the entire system. See <https://wiki.debian.org/Teams/Dpkg/FAQ#db-lock>.
"""


def dpkg(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """dpkg --audit, dpkg [--force-conf...] --configure -a|NAME..., dpkg --set-selections."""
    argv = tuple(word for word in argv if word not in FORCED)
    if argv[1:] in (("--audit",), ("-C",)):
        return 0, _audit(host), ""
    if argv[1:] == ("--print-architecture",):
        return 0, "amd64\n", ""
    if argv[1:] == ("--set-selections",):
        return selected(host, stdin)
    if argv[1:2] != ("--configure",) or not argv[2:]:
        return 2, "", f"dpkg: error: unknown option {' '.join(argv[1:2])}\n"
    pid = lock_holder(world, host)
    if pid:
        return 2, "", LOCKED.format(pid=pid)
    err = configure(world, host, say, () if argv[2:] == ("-a",) else argv[2:])
    return (1 if "Errors were encountered" in err else 0), "", err


def lock_holder(world: World, host: Machine) -> int:
    """The process that holds dpkg's lock; 0 if nobody does."""
    if world.fault("apt") == "locked" and host.name == "fresh":
        return 2220
    pid = int(host.data["history"]["apt_pid"])
    try:
        if pid:
            os.kill(pid, 0)
    except ProcessLookupError:
        host.data["history"]["apt_pid"] = 0
        return 0
    return pid


def _audit(host: Machine) -> str:
    text = ""
    for state, title in (("iH", MESS), ("iU", UNPACKED), ("iF", HALF)):
        names = sorted(name for name, now in host.data["packages"].items() if now == state)
        if names:
            text += title + "".join(f" {name:<20} {PACKAGES[name].summary}\n" for name in names) + "\n"
    return text


def unpack(world: World, host: Machine, names: list[str], say: Say) -> str:
    """Unpack new packages; returns stderr."""
    for name in names:
        package = PACKAGES[name]
        say(f"Selecting previously unselected package {name}.")
        say(f"Preparing to unpack .../{name}_{package.version.split(':')[-1]}_amd64.deb ...")
        if world.fault("apt") == f"preinst:{name}":
            return PREINST.format(name=name, version=package.version)
        say(f"Unpacking {name} ({package.version}) ...")
        host.data["packages"][name] = "iU"
        for unit in UNITS.get(name, ()):
            host.put(f"/usr/lib/systemd/system/{unit.name}", unit.text)
    return ""


def selected(host: Machine, stdin: bytes) -> Answer:
    """dpkg --set-selections: "NAME hold" or "NAME install", a line each."""
    held: list[str] = host.data["history"].setdefault("held", [])
    for name, wanted in (line.split() for line in stdin.decode().splitlines()):
        held[:] = [each for each in held if each != name] + ([name] if wanted == "hold" else [])
    return 0, "", ""


def wanted(host: Machine, name: str) -> str:
    """Whether a package is on hold: "hold", else "install"."""
    return "hold" if name in host.data["history"].get("held", ()) else "install"


def torn(host: Machine, names: Collection[str]) -> list[str]:
    """Half-installed ones of those that are named: `-a` leaves them out (enqueue_pending in src/packages.c)."""
    return [name for name in names if host.data["packages"].get(name) == "iH"]


def configure(world: World, host: Machine, say: Say, only: Collection[str] = ()) -> str:
    """Configure what is unpacked, all of it or what is named; returns stderr."""
    failed = torn(host, only)
    err = "".join(INCONSISTENT.format(package="package ", name=name, It="package") for name in failed)
    for name in [name for name in only or PACKAGES if host.data["packages"].get(name) in ("iU", "iF")]:
        needs = [other for other in PACKAGES[name].needs if host.data["packages"].get(other) != "ii"]
        if needs:
            err += DEPENDS.format(name=name, other=needs[0])
            failed.append(name)
            continue
        say(f"Setting up {name} ({PACKAGES[name].version}) ...")
        if world.fault("apt") == f"postinst:{name}":
            host.data["packages"][name] = "iF"
            err += POSTINST.format(name=name)
            failed.append(name)
            continue
        err += _postinst(world, host, name)
    if failed:
        err += "Errors were encountered while processing:\n" + "".join(f" {name}\n" for name in failed)
    return err


def _postinst(world: World, host: Machine, name: str) -> str:
    """Debian starts daemons when they are installed, unless their units are masked."""
    for path, text, mode in CONFFILES.get(name, ()):
        if host.read(path) is None:
            host.put(path, text.replace("{id}", _id(host)), mode)
    if name == "multipath-tools":  # udev asks multipath about every disk, which makes the file
        host.put(mapping.WWIDS, mapping.HEADER, 0o600)
    host.data["packages"][name] = "ii"
    said = _grub(world, host, name)
    for unit in UNITS.get(name, ()):
        if unit.wanted_by and unit.name != "corosync-notifyd.service":
            path = f"/usr/lib/systemd/system/{unit.name}"
            link = f"/etc/systemd/system/{unit.wanted_by}.wants/{unit.name}"
            host.link(link, path)
            said += f"Created symlink '{link}' → '{path}'.\n"
        if unit.start and not host.masked(unit.name):
            systemd.start(world, host, unit.name)
    return said


def _grub(world: World, host: Machine, name: str) -> str:
    """The hypervisor's packages run update-grub as they come and go (captured: twice while they are installed)."""
    if not name.startswith("xen-hypervisor-"):
        return ""
    return grub.update_grub(world, host, ("update-grub",), b"", lambda line: None)[2]


def _id(host: Machine) -> str:
    return hashlib.sha256(host.name.encode()).hexdigest()[:12]


def remove(world: World, host: Machine, name: str) -> None:
    """Purge a package: units stopped and gone, conffiles and leftovers removed."""
    for unit in reversed(UNITS.get(name, ())):
        systemd.stop(world, host, unit.name)
        for link in host.glob(f"/etc/systemd/system/*.wants/{unit.name}"):
            host.remove(link)
        host.remove(f"/usr/lib/systemd/system/{unit.name}")
        host.data["units"].pop(unit.name, None)
    for path, _, _ in CONFFILES.get(name, ()):
        host.remove(path)
    for pattern in LEFT.get(name, ()):
        for path in host.glob(pattern):
            host.remove(path)
    gone = MODULES.get(name, ())
    host.data["modules"] = [each for each in host.data["modules"] if each not in gone]
    host.data["packages"].pop(name, None)
    _grub(world, host, name)


def dpkg_query(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """dpkg-query -W [-f FORMAT] [NAME...]."""
    words = list(argv[1:])
    if not words or words.pop(0) not in ("-W", "--show"):
        return 2, "", "dpkg-query: error: need an action option\n"
    form, names, wrong = asked(words)
    if wrong:
        return 2, "", f"dpkg-query: error: unknown option {wrong}\n"
    have = host.data["packages"]
    missing = [name for name in names if name not in have]
    out = "".join(_formatted(host, form, name, have[name]) for name in sorted(have) if not names or name in names)
    return (1 if missing else 0), out, "".join(f"dpkg-query: no packages found matching {name}\n" for name in missing)


def asked(words: list[str]) -> tuple[str, list[str], str]:
    """(format, names, the option that is unknown) of the arguments of `dpkg-query -W`."""
    form, rest = "${Package}\\t${Version}\\n", list(words)
    names: list[str] = []
    while rest:
        word = rest.pop(0)
        if word == "-f" and rest:
            form = rest.pop(0)
        elif word.startswith(("-f", "--showformat=")):
            form = word.split("=", 1)[-1].removeprefix("-f")
        elif word.startswith("-"):
            return form, names, word
        else:
            names.append(word)
    return form, names, ""


STATUS = {
    "ii": "ok installed",
    "rc": "ok config-files",
    "iU": "ok unpacked",
    "iF": "ok half-configured",
    "iH": "reinstreq half-installed",
}


def _formatted(host: Machine, form: str, name: str, state: str) -> str:
    desired = wanted(host, name)
    fields = {
        "${db:Status-Abbrev}": f"{desired[0] if state != 'rc' else 'r'}{state[1]}{'R' if state == 'iH' else ' '}",
        "${Package}": name,
        "${binary:Package}": name,
        "${Version}": PACKAGES[name].version,
        "${Architecture}": "all" if PACKAGES[name].all else "amd64",
        "${Status}": f"{desired} {STATUS.get(state, STATUS['iF'])}",
        "\\t": "\t",
        "\\n": "\n",
    }
    for key, value in fields.items():
        form = form.replace(key, value)
    return form
