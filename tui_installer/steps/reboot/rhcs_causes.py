"""Why a restart or a shutdown did not go on."""

from __future__ import annotations

from tui_installer.model.diagnosis import Cause

CAUSES = (
    Cause(
        "reboot.guest-stays",
        "",
        "A guest does not shut itself down.",
        "See xm list, and its own console (xm console NAME). Only you can tell whether to end it by force: xm destroy.",
        run="xen:guests",
    ),
    Cause(
        "reboot.map-held",
        "",
        "A map of the array is still held here.",
        "dmsetup ls --tree shows by what: end that use, then shut down again. tui-installer apply brings all back.",
        run="multipath:gone",
    ),
    Cause(
        "reboot.session-stays",
        "",
        "A session to the array could not be ended.",
        "See iscsiadm -m session and /var/log/syslog, then shut down again. tui-installer apply brings all back.",
        run="iscsi:none",
    ),
    Cause(
        "reboot.not-back",
        "",
        "The host did not come back.",
        "Look at its console (iLO): GRUB's menu offers the kernel without the hypervisor. Once it is up, plan again.",
        run="reboot:back",
    ),
    Cause(
        "reboot.not-settled",
        "",
        "The host is back, but {what} did not come in time.",
        "Plan again: it says what else is missing. The first of the chain that is missing is the one to look at.",
        run=r"reboot:settled (?P<what>.+)",
    ),
)
