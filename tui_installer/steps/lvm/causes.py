"""Why lockspaces do not start, and volumes cannot be activated."""

from __future__ import annotations

from tui_installer.model.diagnosis import Cause

_START = r"^vgchange --lock-?start (?P<group>\S+)$"
_LOOK = "See corosync-quorumtool -s, dlm_tool ls and dlm_tool status, here and on a member."

CAUSES = (
    Cause(
        "lvm.lockspace-starting",
        r"lock start in progress|VG (?P<group>\S+) start failed: -115",
        "The lockspace {group} is still being started: nothing is wrong yet.",
        f"Plan again in a moment. If it stays so: {_LOOK}",
    ),
    Cause(
        "lvm.no-lockspace",
        r"lock failed: error -210|start failed: -210",
        "lvmlockd has no lockspace for that: it was not started, or has been stopped meanwhile.",
        f"Plan again: it is started first. {_LOOK}",
    ),
    Cause(
        "lvm.lockspace-hangs",
        _START,
        "Starting the lockspace of {group} does not end: it waits in the kernel for quorum or for fencing.",
        f"{_LOOK} It goes on by itself once that is mended. Never kill lvmlockd or the waiting command.",
        reasons=("timeout",),
    ),
    Cause(
        "lvm.lockspace",
        _START,
        "The lockspace of {group} does not start.",
        f"{_LOOK} dlm must run, and the group must belong to this cluster. Then plan again.",
    ),
    Cause(
        "lvm.lockspace",
        "",
        "The lockspace of {group} does not start.",
        f"{_LOOK} dlm must run, and the group must belong to this cluster. Then plan again.",
        run=r"lvm:locks (?P<group>\S+)",
    ),
    Cause(
        "lvm.inquorate",
        "",
        "The cluster is not quorate here: no lockspace was started, as that would hang in the kernel.",
        "Bring the missing members back, or apply the cluster step again; then plan again.",
        run="lvm:quorate",
    ),
    Cause(
        "lvm.duplicate-pv",
        r"PVs appear on duplicate devices|Found duplicate PV \S+ using (?P<old>\S+) not|"
        r"Not using device (?P<path>\S+) for PV",
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
        r"^systemctl (?:start|enable)\b.* lvmlockd(?:\.service)?$",
        "lvmlockd does not start here.",
        "journalctl -u lvmlockd says why; dlm must run first: systemctl status dlm corosync.",
    ),
)
