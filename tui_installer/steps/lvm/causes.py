"""Why lockspaces do not start, and volumes cannot be activated."""

from __future__ import annotations

from tui_installer.model.diagnosis import Cause

_LOOK = "See corosync-quorumtool -s, dlm_tool ls and dlm_tool status, here and on a member."

CAUSES = (
    Cause(
        "lvm.lockspace-hangs",
        r"^Start the lockspace of (?P<group>\S+)\n(?:.*\n)*did not end in time",
        "Starting the lockspace of {group} does not end: it waits in the kernel for quorum or for fencing.",
        f"{_LOOK} It goes on by itself once that is mended. Never kill lvmlockd or the waiting command.",
        (None,),
    ),
    Cause(
        "lvm.lockspace",
        r"^(?:Start the lockspace of (?P<group>\S+)|Wait until (?P<one>\S+) has its locks)$",
        "The lockspace of {group}{one} does not start.",
        f"{_LOOK} dlm must run, and the group must belong to this cluster. Then plan again.",
    ),
    Cause(
        "lvm.inquorate",
        "^Wait until the cluster is quorate$",
        "The cluster is not quorate here: no lockspace was started, as that would hang in the kernel.",
        "Bring the missing members back, or apply the cluster step again; then plan again.",
    ),
    Cause(
        "lvm.duplicate-pv",
        r"PVs appear on duplicate devices|Not using device (?P<path>\S+) for PV",
        "LVM sees a LUN more than once, as single paths.",
        "The filter must hide /dev/sd*, and the maps must be there first: apply storage-guard and multipath again.",
    ),
    Cause(
        "lvm.volume-held",
        r"LV locked by other host: (?P<path>\S+)",
        "{path} is active on another host, which holds its lock.",
        "Choose another volume, or have it deactivated there first: lvchange -an {path}.",
    ),
    Cause(
        "lvm.not-started",
        "^Start lvmlockd, ",
        "lvmlockd does not start here.",
        "journalctl -u lvmlockd says why; dlm must run first: systemctl status dlm corosync.",
    ),
)
