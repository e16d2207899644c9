"""Why a join does not come true, by what ccs_tool, cman_tool and their daemons say."""

from __future__ import annotations

from tui_installer.model.diagnosis import Cause

_KEPT = "The old cluster.conf is back in place there and no member has taken the new one."

CAUSES = (
    Cause(
        "cluster.lost-race",
        r"Simultaneous update requests detected|You have lost the race",
        "Somebody else changed the cluster's configuration at the same moment, and was first.",
        "Plan again: this host is then added to what they wrote.",
    ),
    Cause(
        "cluster.lost-race",
        r"does not have greater version number",
        "The members have another cluster.conf by now: somebody changed it since the plan was made.",
        "Plan again: this host is then added to what they wrote.",
    ),
    Cause(
        "cluster.update-refused",
        r"Unable to open connection to (?P<node>\S+?):|Failed to receive COMM_UPDATE_\w+ from (?P<silent>\S+?)\.?$|"
        r"Unable to send msg to (?P<deaf>\S+?):",
        "ccsd on {node}{silent}{deaf} does not take the new configuration: then no member may.",
        f"Start ccs there, or see its syslog; then plan again. {_KEPT}",
    ),
    Cause(
        "cluster.ccsd-down",
        r"Unable to connect to the CCS daemon|cannot connect to ccs|Unable to connect to cluster infrastructure",
        "ccsd does not answer on {host}: it does not run, or the cluster has no quorum.",
        "See its syslog and `cman_tool status` there. Mend that, then plan again.",
    ),
    Cause(
        "cluster.inquorate",
        r"^See that (?P<where>.+) is quorate$|Unable to honor update request",
        "{where} has no quorum: nothing more is changed.",
        "Bring the missing members back, see cman_tool status on each; then plan again.",
    ),
    Cause(
        "cluster.not-reloaded",
        r"^Wait until cman on (?P<where>\S+) has version (?P<version>\d+)$|Not reloading, |can't set version",
        "cman on {where} still works with another version of the configuration: it would not let this host in.",
        "Compare config_version in cluster.conf and in `cman_tool version` on all members, then plan again.",
    ),
    Cause(
        "cluster.not-listed",
        r'local node name "(?P<name>[^"]*)" not found in cluster\.conf|CCS does not have a nodeid',
        "cman does not find this host in its cluster.conf.",
        "Its name must be `uname -n`, short or full; and ccsd must have the new file: see its syslog.",
    ),
    Cause(
        "cluster.name-unresolved",
        r"can't resolve node name (?P<name>[^\s:]+)|node name (?P<twice>\S+) is ambiguous",
        "The name {name}{twice} leads nowhere, or to several addresses.",
        "Mend /etc/hosts here and on the members, or the name server; then plan again.",
    ),
    Cause(
        "cluster.own-cluster",
        r"Activity blocked",
        "cman runs here, but alone: it found no member and formed a cluster of its own, without quorum.",
        "A firewall, another VLAN, another cluster name, or a name that leads to 127.0.1.1. It does no harm to the "
        "members. Mend it and plan again: that cluster of one is left first.",
    ),
    Cause(
        "cluster.rejected",
        r"Membership state: (?:Join\w*|Rejected|Starting)|^Wait until this host is one of the members$",
        "The members do not let this host in.",
        "Their syslog says why: `Join request from ... rejected`. Plan again: what they said is then shown here.",
    ),
    Cause(
        "cluster.not-joined",
        r"^Wait until \S+ sees this host$|Timed-out waiting for cluster",
        "cman runs here, but this host and the members do not find each other.",
        "Compare `cman_tool nodes` and syslog, here and on a member. Mend it and plan again, or take it back.",
    ),
    Cause(
        "cluster.not-started",
        r"^(?:Start cman|Restart ccs)|Cannot open connection to cman|cman not running",
        "cman or ccs does not start here.",
        "Its own words and syslog say why. The members are not touched by it. Mend that, then plan again.",
    ),
    Cause(
        "cluster.lockspaces",
        r"^See that no lockspace is in use here$",
        "A lockspace is still in use here: clvmd or a file system holds it.",
        "Take the steps above this one back first; see cman_tool services.",
    ),
)
