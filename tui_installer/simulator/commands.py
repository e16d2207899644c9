"""Which command is which tool, which package brings it, and running one to its end."""

from __future__ import annotations

from collections.abc import Callable

from tui_installer.hosts.host import OnLine, Result
from tui_installer.simulator import derived, dmsetup
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.say import Answer, Say, Tool
from tui_installer.simulator.tools import (
    apt,
    corosync,
    dlm,
    dpkg,
    fence,
    files,
    grub,
    ip,
    iscsi,
    lvm,
    lvm_locks,
    misc,
    multipath,
    network,
    reboot,
    xl,
)
from tui_installer.simulator.tools import systemd as units
from tui_installer.simulator.tools.shell import shell
from tui_installer.simulator.world import Hang, World


def execute(world: World, host: Machine, argv: tuple[str, ...]) -> tuple[int, str]:
    """Run a tool for another one: (exit code, stdout). Raises `Hang`."""
    found = TOOLS.get(argv[0].rsplit("/", 1)[-1])
    if found is None or (found[1] and found[1] not in host.data["packages"]):
        return 127, ""
    code, out, _ = found[0](world, host, argv, b"", lambda line: None)
    derived.refresh(world)
    return code, out


def _systemctl(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    if argv[1:] != ("reboot",):
        return units.systemctl(world, host, argv, stdin, say)
    reboot.restart(world, host, execute)
    return 0, "", ""


TOOLS: dict[str, tuple[Tool, str]] = {
    "hostname": (misc.hostname, ""),
    "uname": (misc.uname, ""),
    "date": (misc.date, ""),
    "cat": (files.cat, ""),
    "rm": (files.rm, ""),
    "rmdir": (files.rmdir, ""),
    "mkdir": (files.mkdir, ""),
    "cp": (files.cp, ""),
    "mv": (files.mv, ""),
    "true": (misc.true, ""),
    "sync": (misc.true, ""),
    "unshare": (misc.unshare, ""),
    "udevadm": (misc.udevadm, ""),
    "scsi_id": (misc.scsi_id, ""),
    "lsblk": (misc.lsblk, ""),
    "update-initramfs": (misc.update_initramfs, "initramfs-tools"),
    "ssh-keyscan": (misc.ssh_keyscan, "openssh-client"),
    "systemctl": (_systemctl, ""),
    "df": (misc.df, ""),
    "ps": (misc.ps, ""),
    "stat": (misc.stat, ""),
    "who": (misc.who, ""),
    "update-grub": (grub.update_grub, "grub-pc"),
    "grub-set-default": (grub.set_default, "grub-common"),
    "grub-reboot": (grub.reboot_once, "grub-common"),
    "grub-editenv": (grub.editenv, "grub-common"),
    "grub-probe": (grub.probe, "grub-common"),
    "xl": (xl.xl, "xen-utils-common"),
    "ssh": (xl.ssh, "openssh-client"),
    "ssh-keygen": (xl.ssh_keygen, "openssh-client"),
    "apt-get": (apt.apt_get, ""),
    "apt-cache": (apt.apt_cache, ""),
    "dpkg": (dpkg.dpkg, ""),
    "dpkg-query": (dpkg.dpkg_query, ""),
    "ip": (ip.ip, "iproute2"),
    "ifup": (network.ifup, "ifupdown"),
    "ifdown": (network.ifdown, "ifupdown"),
    "ping": (network.ping, "iputils-ping"),
    "modprobe": (network.modprobe, "kmod"),
    "bash": (network.bash, ""),
    "iscsiadm": (iscsi.iscsiadm, "open-iscsi"),
    "multipath": (multipath.multipath_tool, "multipath-tools"),
    "multipathd": (multipath.multipathd, "multipath-tools"),
    "corosync": (corosync.corosync, "corosync"),
    "corosync-cmapctl": (corosync.cmapctl, "corosync"),
    "corosync-quorumtool": (corosync.quorumtool, "corosync"),
    "corosync-cfgtool": (corosync.cfgtool, "corosync"),
    "dlm_tool": (dlm.dlm_tool, "dlm-controld"),
    "fence_ipmilan": (fence.fence_ipmilan, ""),
    "lvmlockctl": (lvm_locks.lvmlockctl, "lvm2-lockd"),
    "dmsetup": (dmsetup.dmsetup, "dmsetup"),
    "vgs": (lvm.reporting, "lvm2"),
    "lvs": (lvm.reporting, "lvm2"),
    "pvs": (lvm.reporting, "lvm2"),
    "vgchange": (lvm.vgchange, "lvm2"),
    "lvchange": (lvm.lvchange, "lvm2"),
    "lvmconfig": (lvm.lvmconfig, "lvm2"),
}
TOOLS["sh"] = (shell(TOOLS), "")


def run(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, on_line: OnLine | None) -> Result:
    """Run a command on a simulated host to its end."""
    if host.rhcs:
        from tui_installer.simulator.rhcs import commands as rhcs  # as large as all of the rest

        result = rhcs.run(world, host, argv, stdin, on_line)
        _follow(world)
        return result
    found = TOOLS.get(argv[0].rsplit("/", 1)[-1])
    if found is None:
        return Result(argv, "absent", None, "", "")
    tool, package = found
    if package and package not in host.data["packages"]:
        return Result(argv, "absent", None, "", "")
    said: list[str] = []
    try:
        code, out, err = tool(world, host, argv, stdin, _speaker(world, said, on_line))
    except Hang as hang:
        _follow(world)
        return Result(argv, "timeout", None, "".join(said) + hang.out, hang.err)
    _follow(world)
    if on_line is not None:
        for line in out.splitlines():
            on_line(line)
    return Result(argv, "exited", code, "".join(said) + out, err)


def _follow(world: World) -> None:
    if world.touched:
        derived.refresh(world)


def _speaker(world: World, said: list[str], on_line: OnLine | None) -> Callable[[str], None]:
    def say(line: str) -> None:
        said.append(f"{line}\n")
        if on_line is not None:
            on_line(line)
        world.pause()

    return say
