"""Why a join does not come true."""

from __future__ import annotations

from tui_installer.model.diagnosis import Cause

_LOG = "journalctl -u corosync"

CAUSES = (
    Cause(
        "cluster.not-joined",
        r"^Wait until (?:this host is one of the members|\S+ sees this host)$",
        "corosync runs here, but this host and the members do not find each other.",
        f"{_LOG}, here and on a member: 'Digest does not match' is another authkey (or one that the members have not "
        "loaded yet); 'different than my config version' another corosync.conf; silence a firewall (UDP 5405) or a "
        "wrong address. This host has no vote yet: the members keep quorum. Mend it and plan again, or take it back.",
    ),
    Cause(
        "cluster.not-reloaded",
        r"^Wait until (?P<where>\S+) (?:has version \d+ in memory|expects \d+ votes)$",
        "{where} still works with the configuration that it had before.",
        f"Compare its corosync.conf with the other members', and see {_LOG} there. Do not restart corosync on a "
        "member. The old files are back in place; plan again when the cause is mended.",
    ),
    Cause(
        "cluster.inquorate",
        r"^See that (?P<where>.+) is quorate$",
        "{where} has no quorum.",
        "Nothing more is changed. See corosync-quorumtool -s on every member; bring back who is missing first.",
    ),
    Cause(
        "cluster.dlm-not-joined",
        "^Wait until dlm has all members$",
        "dlm runs here, but it does not have all members.",
        "See dlm_tool status here and on a member. Where it waits for fencing, make sure that the named node is off "
        "before you acknowledge anything. Then plan again.",
    ),
    Cause(
        "cluster.not-started",
        r"^Start (?P<unit>corosync|dlm), ",
        "{unit} does not start here.",
        "journalctl -u {unit} says why. The members are not touched by it. Mend that, then plan again.",
    ),
    Cause(
        "cluster.refused",
        "its own check refuses the new file",
        "corosync on {host} refuses the new corosync.conf: no file was written.",
        "Its words name the line. Mend it on all members alike, then plan again.",
    ),
)
