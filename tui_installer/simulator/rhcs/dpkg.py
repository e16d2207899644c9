"""Packages with their states, files and init scripts, whose start may fail."""

from __future__ import annotations

import os
from pathlib import Path

from tui_installer.hosts.host import File
from tui_installer.simulator import harm
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import daemons, sysv
from tui_installer.simulator.rhcs.archive import archive, met
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.say import Say
from tui_installer.simulator.tools.dpkg import INCONSISTENT, torn
from tui_installer.simulator.world import World

FILES = Path(__file__).parent / "files"
"""Files that the releases and their packages bring: files/RELEASE/... and files/common/..."""
CONFFILES = {
    "open-iscsi": ("/etc/iscsi/iscsid.conf", "/etc/iscsi/initiatorname.iscsi"),
    "lvm2": ("/etc/lvm/lvm.conf",),
    "xen-utils-common": ("/etc/xen/xend-config.sxp",),
}
LEFT = {
    "open-iscsi": ("/etc/iscsi/nodes/*", "/etc/iscsi/send_targets/*"),
    "multipath-tools": ("/var/lib/multipath/bindings",),
}
"""What purging takes away beside conffiles."""
NOT_STARTED = {"clvm": ("lenny", "squeeze"), "open-iscsi": ("squeeze",), "cman": ("squeeze",)}
"""Packages whose init script is not started when they are installed: dh_installinit --no-start in debian/rules of
lvm2 2.02.39-5 and 2.02.66-4, of open-iscsi 2.0.871.3-2 and of redhat-cluster 3.0.12-2."""
BINARY = File(b"\x7fELF\n", 0o755)


def shipped(host: Machine, path: str) -> str:
    """The text of a file as the release has it. Raises FileNotFoundError."""
    own = FILES / host.data["release"] / path.lstrip("/")
    return (own if own.is_file() else FILES / "common" / path.lstrip("/")).read_text()


def lock_holder(world: World, host: Machine) -> int:
    """The process that holds dpkg's lock; 0 if nobody does."""
    if world.fault("apt") == "locked" and host.name == world.state["here"]:
        return 2220
    pid = int(host.data["history"]["apt_pid"])
    try:
        if pid:
            os.kill(pid, 0)
    except ProcessLookupError:
        host.data["history"]["apt_pid"] = pid = 0
    return pid


def unpack(world: World, host: Machine, names: list[str], say: Say) -> str:
    """Unpack packages, over themselves if they are there; returns stderr."""
    for name in names:
        package = archive(host)[name]
        short, file = package.version.split(":")[-1], f"{name}_{package.version.replace(':', '%3a')}_i386.deb"
        if host.data["packages"].get(name, "rc") == "rc":
            say(f"Selecting previously deselected package {name}.")
            say(f"Unpacking {name} (from .../{file}) ...")
        else:
            say(f"Preparing to replace {name} {package.version} (using .../{file}) ...")
            _stopped(world, host, name, say)
            say(f"Unpacking replacement {name} ...")
        if world.fault("apt") == f"preinst:{name}":
            return PREINST.format(name=name, version=short)
        host.data["packages"][name] = "iU"
        _put_files(host, name)
    return ""


def _put_files(host: Machine, name: str) -> None:
    package = archive(host)[name]
    for path in package.programs:
        host.write(path, BINARY)
    for script in package.scripts:
        host.put(f"/etc/init.d/{script}", shipped(host, f"/etc/init.d/{script}"), 0o755)
    if name == "clvm":
        host.write("/lib/lvm2/liblvm2clusterlock.so", File(b"\x7fELF\n"))
    if name.startswith("linux-image-"):
        for stem in ("vmlinuz", "initrd.img"):
            host.put(f"/boot/{stem}-{name.removeprefix('linux-image-')}", f"{stem}\n")
    if name.startswith("xen-hypervisor-"):
        host.put(f"/boot/{era(host).hypervisor}", "xen\n")


def configure(world: World, host: Machine, say: Say, only: list[str] | None = None) -> str:
    """Configure what is unpacked; returns stderr."""
    packages, states = archive(host), host.data["packages"]
    failed = torn(host, only or ())
    err = "".join(INCONSISTENT.format(package="", name=name, It="Package") for name in failed)
    for name in [name for name in packages if states.get(name) in ("iU", "iF") and (only is None or name in only)]:
        states = host.data["packages"]  # read anew: while something is said, the world may go on
        installed = {other for other, state in states.items() if state == "ii"}
        unmet = [need for need in packages[name].needs if not met(need, installed)]
        if unmet:
            err += _unmet(host, name, unmet)
            failed.append(name)
            continue
        say(f"Setting up {name} ({packages[name].version}) ...")
        code, said = _postinst(world, host, name, say)
        err += said
        host.data["packages"][name] = "iF" if code else "ii"
        if code:
            words = "installed post-installation script" if era(host).name == "squeeze" else "post-installation script"
            err += (
                f"dpkg: error processing {name} (--configure):\n subprocess {words} returned error exit status {code}\n"
            )
            failed.append(name)
    if failed:
        err += "Errors were encountered while processing:\n" + "".join(f" {name}\n" for name in failed)
    return err


def _unmet(host: Machine, name: str, needs: list[str]) -> str:
    text = f"dpkg: dependency problems prevent configuration of {name}:\n"
    for need in needs:
        text += f" {name} depends on {need}; however:\n"
        for other in need.split(" | "):
            there = host.data["packages"].get(other) in ("iU", "iF")
            text += f"  Package {other} is not {'configured yet' if there else 'installed'}.\n"
    return text + f"dpkg: error processing {name} (--configure):\n dependency problems - leaving unconfigured\n"


def _postinst(world: World, host: Machine, name: str, say: Say) -> tuple[int, str]:
    """Put the conffiles, make the links, start the daemon: (exit code, stderr)."""
    if world.fault("apt") == f"postinst:{name}":
        return 1, f"{name}: cannot talk to storage\n"
    for path in CONFFILES.get(name, ()):
        if host.read(path) is None:
            host.put(path, shipped(host, path), 0o600 if "/iscsi/" in path else 0o644)
    for script in archive(host)[name].scripts:
        enable(host, script)
        if era(host).name in NOT_STARTED.get(name, ()):
            continue
        code, out, err = sysv.invoke_rc_d(world, host, ("invoke-rc.d", script, "start"), b"", say)
        for line in out.splitlines():
            say(line)
        if code:
            return code, err
        if err:
            return 0, err
    return 0, ""


def enable(host: Machine, script: str) -> None:
    """Make the links of a package's init script, if it has none."""
    if sysv.links(host, script):
        return
    if era(host).insserv:
        host.link(f"/etc/rc2.d/S99{script}", f"../init.d/{script}")
        sysv.insserv_all(host)
        return
    for level, kind, number in sysv.wanted(sysv.arguments(host, script)) or []:
        host.link(f"/etc/rc{level}.d/{kind}{number:02}{script}", f"../init.d/{script}")


def remove(world: World, host: Machine, name: str, purge: bool, say: Say) -> str:
    """Remove a package, its daemon stopped first; returns stderr."""
    package, err = archive(host)[name], ""
    if host.data["packages"][name] != "rc":
        harm.purged(world, host, name)
        say(f"Removing {name} ...")
        err += _stopped(world, host, name, say)
        for path in package.programs:
            daemons.end(world, host, path.rsplit("/", 1)[-1])
            host.remove(path)
        host.data["packages"][name] = "rc"
    if purge:
        say(f"Purging configuration files for {name} ...")
        _purge(host, name)
    elif not package.scripts and not CONFFILES.get(name):
        host.data["packages"].pop(name)
    return err


def _stopped(world: World, host: Machine, name: str, say: Say) -> str:
    """Stop a package's daemons before it goes, or is replaced; returns stderr."""
    err = ""
    for script in archive(host)[name].scripts:
        _, out, said = sysv.invoke_rc_d(world, host, ("invoke-rc.d", script, "stop"), b"", say)
        err += said
        for line in out.splitlines():
            say(line)
    return err


def _purge(host: Machine, name: str) -> None:
    for script in archive(host)[name].scripts:
        for path in [*sysv.links(host, script), f"/etc/init.d/{script}"]:
            host.remove(path)
        if era(host).insserv:
            sysv.insserv_all(host)
    for path in CONFFILES.get(name, ()):
        host.remove(path)
        host.prune(path, "/etc")
    for pattern in LEFT.get(name, ()):
        for path in [*host.glob(f"{pattern}/*/*"), *host.glob(f"{pattern}/*"), *host.glob(pattern)]:
            if not host.real(path).is_dir():
                host.remove(path)
                host.prune(path, "/etc")
    if name == "clvm":
        host.remove("/lib/lvm2/liblvm2clusterlock.so")
        host.prune("/lib/lvm2/liblvm2clusterlock.so", "/lib")
    host.data["packages"].pop(name)


PREINST = """\
dpkg: error processing /var/cache/apt/archives/{name}_{version}_i386.deb (--unpack):
 subprocess pre-installation script returned error exit status 2
Errors were encountered while processing:
 /var/cache/apt/archives/{name}_{version}_i386.deb
"""
