"""Which program is which tool, and running a command line, or a script, to its end."""

from __future__ import annotations

from tui_installer.hosts.host import OnLine, Result
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import (
    apt,
    boot,
    ccs,
    cman,
    coreutils,
    daemons,
    dpkg_query,
    ip,
    iscsi,
    lvm,
    multipath,
    network,
    paths,
    system,
    sysv,
    xen,
)
from tui_installer.simulator.rhcs.programs import PATH, TOOLS, execute, given, script
from tui_installer.simulator.rhcs.shell.parse import parse
from tui_installer.simulator.rhcs.shell.words import ShellSyntax
from tui_installer.simulator.say import Answer, Say, Tool
from tui_installer.simulator.world import Hang, World


def sh(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """sh [-e] -c SCRIPT [NAME ARGUMENTS...], sh FILE [ARGUMENTS...], sh -n FILE, or a script on standard input"""
    words = list(argv[1:])
    flags = ""
    while words and words[0].startswith("-"):
        flags += words.pop(0)[1:]
    if set(flags) - set("cenxs"):
        return 2, "", f"sh: -{flags[:1]}: invalid option\n"
    if "c" in flags:
        if not words:
            return 2, "", "sh: -c: option requires an argument\n"
        text, name, rest = words[0], words[1] if words[1:] else "sh", words[2:]
    elif words:
        found = paths.text(host, words[0])
        if found is None:
            return 127, "", f"sh: {words[0]}: No such file or directory\n"
        text, name, rest = found, words[0], words[1:]
    else:
        text, name, rest = stdin.decode("utf-8", "surrogateescape"), "sh", []
    if "n" in flags:
        return _checked(text, name)
    return script(world, host, text, name, rest, b"" if not words else stdin, say, "e" in flags)


def _checked(text: str, name: str) -> Answer:
    try:
        parse(text)
    except ShellSyntax as error:
        return 2, "", f"{name}: {error}\n"
    return 0, "", ""


def _builtin(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """echo, printf and test as programs."""
    return script(world, host, f'{argv[0].rsplit("/", 1)[-1]} "$@"', argv[0], list(argv[1:]), stdin, say)


def wrapped(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """env [NAME=VALUE]... COMMAND, nice COMMAND, nohup COMMAND, setsid COMMAND"""
    words = list(argv[1:])
    own: dict[str, str] = {}
    while words and ("=" in words[0] or words[0].startswith("-")):
        name, equals, value = words.pop(0).partition("=")
        own |= {name: value} if equals else {}
    with given(world, own):
        return execute(world, host, tuple(words), stdin, say) if words else (0, "", "")


OWN: dict[str, Tool] = {
    **coreutils.TOOLS,
    "sh": sh, "bash": sh, "dash": sh, "env": wrapped, "nice": wrapped, "nohup": wrapped, "setsid": wrapped,
    "echo": _builtin, "printf": _builtin, "test": _builtin, "[": _builtin,
    "hostname": system.hostname, "uname": system.uname, "date": system.date, "getent": system.getent,
    "id": system.identity, "true": system.quiet, "false": system.false, "sleep": system.quiet, "sync": system.quiet,
    "df": system.df, "dmesg": system.dmesg, "grep": system.grep, "head": system.head_tail, "tail": system.head_tail,
    "modprobe": system.modprobe, "rmmod": system.rmmod, "lsmod": system.lsmod, "depmod": system.quiet,
    "udevsettle": system.quiet, "update-initramfs": multipath.update_initramfs, "logger": system.quiet,
    "ps": daemons.ps, "pidof": daemons.pidof, "kill": daemons.kill,
    "init": boot.init, "telinit": boot.init, "reboot": boot.shutdown, "shutdown": boot.shutdown,
    "start-stop-daemon": daemons.start_stop_daemon,
    "apt-get": apt.apt_get, "apt-cache": apt.apt_cache, "dpkg": dpkg_query.dpkg, "dpkg-query": dpkg_query.dpkg_query,
    "dpkg-divert": dpkg_query.dpkg_divert,
    "update-rc.d": sysv.update_rc_d, "invoke-rc.d": sysv.invoke_rc_d,
    "ip": ip.ip, "ifup": network.ifup, "ifdown": network.ifdown, "ifconfig": network.ifconfig, "ping": network.ping,
}  # fmt: skip
"""Tools that every host has."""
BROUGHT: dict[str, Tool] = {
    "update-grub": boot.update_grub,
    **lvm.TOOLS,
    "iscsid": iscsi.iscsid, "iscsiadm": iscsi.iscsiadm, "iscsi-iname": iscsi.iscsi_iname,
    "multipath": multipath.multipath, "multipathd": multipath.multipathd, "kpartx": system.quiet,
    "scsi_id": multipath.scsi_id, "xend": xen.xend, "xm": xen.xm,
    "ccsd": ccs.ccsd, "ccs_tool": ccs.ccs_tool, "ccs_test": ccs.ccs_test, "cman_tool": cman.cman_tool,
    "fence_tool": cman.fence_tool, "group_tool": cman.group_tool, "fence_ack_manual": cman.fence_ack_manual,
    **dict.fromkeys(("groupd", "fenced", "dlm_controld", "gfs_controld"), cman.daemon),
    "insserv": sysv.insserv, "vconfig": network.vconfig, "arping": network.arping,
}  # fmt: skip
"""Tools of packages: there if their file is."""
TOOLS.update(OWN)
TOOLS.update(BROUGHT)


def run(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, on_line: OnLine | None) -> Result:
    """Run a command on a simulated host to its end. What the world is afterwards is the caller's to derive."""
    if paths.program(host, argv[0], PATH) is None:
        return Result(argv, "absent", None, "", "")
    said: list[str] = []

    def say(line: str) -> None:
        said.append(f"{line}\n")
        if on_line is not None:
            on_line(line)
        world.pause()

    try:
        code, out, err = execute(world, host, argv, stdin, say)
    except Hang as hang:
        return Result(argv, "timeout", None, "".join(said) + hang.out, hang.err)
    if on_line is not None:
        for line in out.splitlines():
            on_line(line)
    return Result(argv, "exited", code, "".join(said) + out, err)
