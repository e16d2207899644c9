"""Why a join does not come true."""

from __future__ import annotations

from tui_installer.model.diagnosis import Cause

_LOG = "journalctl -u corosync"

KEYS_DIFFER = Cause(
    "cluster.key-differs",
    r"has invalid digest|Digest does not match|HMAC does not match",
    "What the members send is not understood: this host's authkey is not theirs, or not the one in force.",
    "Compare sha256sum /etc/corosync/authkey here and on the members. A key that was changed counts only once corosync "
    "was restarted everywhere: do not do that with guests running. Then plan again.",
)
"""Words of totemcrypto.c (corosync 2, 3) and of totemnet.c before."""
CAUSES = (
    KEYS_DIFFER,
    Cause(
        "cluster.key-unreadable",
        r"Could only read \d+ bits of minimum \d+ bits from (?P<path>\S+?)\.?$|Could not open (?P<file>\S*authkey)",
        "corosync cannot use its key {path}{file}: it is too short, or not there.",
        "Take the step back and apply it again: the key is then copied from the member that was asked. The members are "
        "not touched by it.",
    ),
    Cause(
        "cluster.dlm-no-address",
        "no local IP address has been set",
        "dlm does not find this host's own address: corosync told it none.",
        "The ring0_addr of this host's node must be an address of one of its interfaces: corosync-cfgtool -s, ip addr. "
        "Mend that, then plan again.",
    ),
    Cause(
        "cluster.fence-status",
        "",
        "The fence device says that its power is off, but this host runs: it switches another machine.",
        "Correct this host's settings of the device (its port, its board's address). Nothing was written by that.",
        codes=(2,),
        run="cluster:fence-status",
    ),
    Cause(
        "cluster.fence-status",
        "",
        "{host} gets no answer from the fence device: from there nobody could fence this host.",
        "Its words say why: the network to it, the login, the settings. Or answer that it is to be left untried; "
        "that stays said.",
        run="cluster:fence-status",
    ),
    Cause(
        "cluster.not-joined",
        "",
        "corosync runs here, but this host and the members do not find each other.",
        f"{_LOG}, here and on a member: 'Digest does not match' is another authkey (or one that the members have not "
        "loaded yet); 'different than my config version' another corosync.conf; silence a firewall (UDP 5405) or a "
        "wrong address. This host has no vote yet: the members keep quorum. Mend it and plan again, or take it back.",
        run="cluster:(?:joined|seen)",
    ),
    Cause(
        "cluster.not-reloaded",
        "",
        "{host} still works with the configuration that it had before.",
        f"Compare its corosync.conf with the other members', and see {_LOG} there. Do not restart corosync on a "
        "member. The old files are back in place; plan again when the cause is mended.",
        run="cluster:(?:memory|votes)",
    ),
    Cause(
        "cluster.inquorate",
        "",
        "{host} has no quorum.",
        "Nothing more is changed. See corosync-quorumtool -s on every member; bring back who is missing first.",
        run="cluster:quorate",
    ),
    Cause(
        "cluster.dlm-not-joined",
        "",
        "dlm runs here, but it does not have all members.",
        "See dlm_tool status here and on a member. Where it waits for fencing, make sure that the named node is off "
        "before you acknowledge anything. Then plan again.",
        run="cluster:dlm",
    ),
    Cause(
        "cluster.not-started",
        r"^systemctl (?:start|enable)\b.* (?P<unit>corosync|dlm)(?:\.service)?$",
        "{unit} does not start here.",
        "journalctl -u {unit} says why. The members are not touched by it. Mend that, then plan again.",
    ),
    Cause(
        "cluster.refused",
        "",
        "corosync on {host} refuses the new corosync.conf: no file was written.",
        "Its words name the line. Mend it on all members alike, then plan again.",
        reasons=("refused",),
    ),
)
