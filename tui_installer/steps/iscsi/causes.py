"""Why a login fails, by the exit codes of iscsiadm(8)."""

from __future__ import annotations

from tui_installer.model.diagnosis import Cause

_LOGIN = r"-T (?P<iqn>\S+) -p (?P<portal>\S+) .*--login"

CAUSES = (
    Cause(
        "iscsi.session-exists",
        rf"{_LOGIN}(?:.*\n)*?.*\(15 - ",
        "There is a session to {iqn} at {portal} already, or one that is being made.",
        "Plan again: one that works counts. One that hangs ends by itself: iscsiadm -m session -P 1.",
    ),
    Cause(
        "iscsi.login-refused",
        _LOGIN,
        "The array refuses this host at {portal}: CHAP user, password or initiator name are not as it has them.",
        "Compare all three with the array's entry for this host, and the mutual user and password if there are any. "
        "Correct the answer, then apply again.",
        (24,),
        field="chap_password",
    ),
    Cause(
        "iscsi.login-timeout",
        _LOGIN,
        "{portal} did not answer the login in time.",
        "Is the portal up, and the storage network as before: ping it. Frames too large for a switch look the same: "
        "compare the MTU. Then apply again.",
        (4, 8, 11, None),
    ),
    Cause(
        "iscsi.login-refused",
        _LOGIN,
        "{portal} ended the login to {iqn} for good: a wrong CHAP password, or a wrong mutual one.",
        "Compare CHAP and mutual user and password with the array's entry for this host; if they are right, it knows "
        "no such target for this initiator name. Its log tells. Correct the answer, then apply again.",
        (19,),
        field="chap_password",
    ),
    Cause(
        "iscsi.login-fatal",
        _LOGIN,
        "{portal} ended the login to {iqn} for good: it knows no such target, or not for this host.",
        "Ask the storage team what the array's log says of this initiator name; then plan again.",
        (5,),
    ),
    Cause(
        "iscsi.no-record",
        _LOGIN,
        "open-iscsi has no record of {iqn} at {portal} any more.",
        "Somebody removed it meanwhile. Plan again: it is made anew.",
        (21,),
    ),
    Cause(
        "iscsi.no-driver",
        "iscsiadm",
        "The running kernel has no iSCSI driver (iscsi_tcp).",
        "After an upgrade of the kernel, reboot into the new one; then apply again.",
        (12,),
    ),
    Cause(
        "iscsi.no-daemon",
        "iscsiadm",
        "iscsid does not answer.",
        "See systemctl status iscsid.socket iscsid, and journalctl -u iscsid; then apply again.",
        (18, 20),
    ),
)
