"""Why a join does not come true, by what ccs_tool, cman_tool and their daemons say."""

from __future__ import annotations

from tui_installer.model.diagnosis import Cause
from tui_installer.steps.cluster.causes import KEYS_DIFFER

_KEPT = "The old cluster.conf is back in place there and no member has taken the new one."

CAUSES = (
    KEYS_DIFFER,
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
        r"Unable to honor update request",
        "The cluster has no quorum, says ccsd on {host}: nothing more is changed.",
        "Bring the missing members back, see cman_tool status on each; then plan again.",
    ),
    Cause(
        "cluster.inquorate",
        "",
        "{host} has no quorum: nothing more is changed.",
        "Bring the missing members back, see cman_tool status on each; then plan again.",
        run="cluster:quorate",
    ),
    Cause(
        "cluster.not-reloaded",
        r"Not reloading, |can't set version",
        "cman on {host} still works with another version of the configuration: it would not let this host in.",
        "Compare config_version in cluster.conf and in `cman_tool version` on all members, then plan again.",
    ),
    Cause(
        "cluster.not-reloaded",
        "",
        "cman on {host} still works with another version of the configuration: it would not let this host in.",
        "Compare config_version in cluster.conf and in `cman_tool version` on all members, then plan again.",
        run="cluster:memory",
    ),
    Cause(
        "cluster.not-listed",
        r"Cannot find node name in cluster\.conf|"
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
        r"Membership state: (?:Join\w*|Rejected|Starting)",
        "The members do not let this host in.",
        "Their syslog says why: `Join request from ... rejected`. Plan again: what they said is then shown here.",
    ),
    Cause(
        "cluster.rejected",
        "",
        "The members do not let this host in.",
        "Their syslog says why: `Join request from ... rejected`. Plan again: what they said is then shown here.",
        run="cluster:joined",
    ),
    Cause(
        "cluster.outside-fence-domain",
        "",
        "This host does not come into the members' fence domain: if it dies nobody fences it.",
        "cman_tool services and syslog (fenced), here and on a member. Do not start clvmd before that is mended.",
        run="cluster:fence-domain",
    ),
    Cause(
        "cluster.not-joined",
        "",
        "cman runs here, but this host and the members do not find each other.",
        "Compare `cman_tool nodes` and syslog, here and on a member. Mend it and plan again, or take it back.",
        run="cluster:seen",
    ),
    Cause(
        "cluster.daemon-not-started",
        r"(?P<daemon>aisexec|corosync) daemon didn't start",
        "cman's own daemon {daemon} does not start here.",
        "Its syslog says why; often another {daemon} runs already (ps ax), an address of cluster.conf is none of this "
        "host's, or /etc/{daemon} has a configuration of its own. The members are not touched by it.",
    ),
    Cause(
        "cluster.fence-not-joined",
        r"waiting for fenced to join the fence group|fenced not running, no lockfile",
        "This host is in the cluster, but not in its fence domain: it would never be fenced.",
        "Does fenced run (ps ax), and does `cman_tool services` on a member wait for fencing? See syslog of all. Mend "
        "that, then plan again; until then start nothing that uses shared volumes.",
    ),
    Cause(
        "cluster.quorum-timeout",
        r"Waiting for quorum\.\.\. *Timed-out|Timed-out waiting for cluster",
        "cman started here and waits for a quorum that does not come: it does not find the members.",
        "Compare `cman_tool status` here and on a member: same name, same Cluster Id, same multicast address; the "
        "switch must let multicast pass. Mend it and plan again, or take it back.",
    ),
    Cause(
        "cluster.not-started",
        r"^\S*/init\.d/(?:cman|ccs) (?:re)?start$|Cannot open connection to cman|cman not running",
        "cman or ccs does not start here.",
        "Its own words and syslog say why. The members are not touched by it. Mend that, then plan again.",
    ),
    Cause(
        "cluster.lockspaces",
        "",
        "A lockspace is still in use here: clvmd or a file system holds it.",
        "Take the steps above this one back first; see cman_tool services.",
        run="cluster:unused",
    ),
)
