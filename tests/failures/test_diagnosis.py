"""What failures mean, by the words of real tools."""

from __future__ import annotations

import re

import pytest

from tui_installer.model.step import Failure
from tui_installer.steps import COROSYNC, STACKS

LOGIN = ("iscsiadm", "-m", "node", "-T", "iqn.2024-01.lab.san:cluster", "-p", "10.16.0.1:3260", "--login")
INSTALL = ("apt-get", "-y", "install", "corosync")
QUORUM = ("corosync-quorumtool", "-s")
START = ("vgchange", "--lock-start", "vg_cluster")
WAIT = r"did not come true within 60 s: (?s)\A(?=.*^Quorate: +Yes)"
REFUSES = "its own check refuses the new file"


def _failure(
    title: str, command: tuple[str, ...], code: int | None, *evidence: str, verdict: str = "", host: str = "here"
) -> Failure:
    return Failure(title, host, command, verdict or f"exit code {code}", code, evidence)


CASES = [
    ("packages", "packages.locked", _failure("Install", INSTALL, 100,
        "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 2220 (apt-get)")),
    ("packages", "packages.locked", _failure("Finish", ("dpkg", "--configure", "-a"), 2,
        "dpkg: error: dpkg frontend lock was locked by /usr/bin/apt-get process with pid 2220")),
    ("packages", "packages.script-failed", _failure("Install", INSTALL, 100,
        " new corosync package pre-installation script subprocess returned error exit status 2")),
    ("packages", "packages.no-space", _failure("Install", INSTALL, 100,
        "dpkg: error: failed to write status database record: No space left on device")),
    ("packages", "packages.download", _failure("Install", INSTALL, 100,
        "E: Failed to fetch http://mirror.example/x.deb  Temporary failure resolving 'mirror.example'")),
    ("packages", "packages.interrupted", _failure("Install", INSTALL, 100,
        "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem.")),
    ("packages", "packages.failed", _failure("Install", INSTALL, 100, "something else")),
    ("storage-network", "storage-network.no-carrier", _failure("Wait for the cable of eth1.16",
        ("cat", "/sys/class/net/eth1.16/carrier"), 0, "0", verdict=WAIT)),
    ("storage-network", "storage-network.no-address", _failure("Wait for 10.16.1.13",
        ("ip", "-j", "-4", "addr", "show", "dev", "eth1.16"), 0, "[]", verdict=WAIT)),
    ("storage-network", "storage-network.ifup", _failure("Bring eth1.16 up", ("ifup", "eth1.16"), 1,
        "ifup: failed to bring up eth1.16")),
    ("storage-guard", "storage-guard.filter-hides", _failure("Try the filter: this host's own volumes stay visible",
        ("pvs",), 0, verdict=WAIT)),
    ("storage-guard", "storage-guard.initrd", _failure("Take the files into the initrds",
        ("update-initramfs", "-u", "-k", "all"), 1, "mkinitramfs: failure")),
    ("iscsi", "iscsi.login-refused", _failure("Log in", LOGIN, 24)),
    ("iscsi", "iscsi.login-timeout", _failure("Log in", LOGIN, 8)),
    ("iscsi", "iscsi.login-timeout", _failure("Log in", LOGIN, None, verdict="did not end in time")),
    ("iscsi", "iscsi.login-fatal", _failure("Log in", LOGIN, 19)),
    ("iscsi", "iscsi.no-record", _failure("Log in", LOGIN, 21)),
    ("iscsi", "iscsi.no-driver", _failure("Log in", LOGIN, 12)),
    ("iscsi", "iscsi.no-daemon", _failure("Log in", LOGIN, 20)),
    ("iscsi", "iscsi.failed", _failure("Log in", LOGIN, 9)),
    ("multipath", "multipath.no-map", _failure("Wait for vm0", ("multipathd", "show"), 0, verdict=WAIT)),
    ("multipath", "multipath.refused", _failure("Name", ("multipath", "-t"), 0, "invalid keyword", verdict=REFUSES)),
    ("multipath", "multipath.failed", _failure("Wait for the disks", ("udevadm", "settle"), 1)),
    ("cluster", "cluster.not-joined", _failure("Wait until this host is one of the members", QUORUM, 0, verdict=WAIT)),
    ("cluster", "cluster.not-joined", _failure("Wait until node1 sees this host", QUORUM, 0, verdict=WAIT)),
    ("cluster", "cluster.not-reloaded", _failure("Wait until node1 has version 5 in memory", ("corosync-cmapctl",), 0,
        verdict=WAIT, host="node1")),
    ("cluster", "cluster.not-reloaded", _failure("Wait until node1 expects 3 votes", QUORUM, 0, verdict=WAIT)),
    ("cluster", "cluster.inquorate", _failure("See that node1 is quorate", QUORUM, 2)),
    ("cluster", "cluster.dlm-not-joined", _failure("Wait until dlm has all members", ("dlm_tool", "status"), 0,
        verdict=WAIT)),
    ("cluster", "cluster.not-started", _failure("Start corosync, now and at boot", ("systemctl", "start"), 1)),
    ("cluster", "cluster.refused", _failure("List this host", ("corosync", "-t"), 8, verdict=REFUSES, host="node1")),
    ("lvm", "lvm.duplicate-pv", _failure("Activate vg_cluster/vm01", ("lvchange", "-aey", "vg_cluster/vm01"), 5,
        "  WARNING: Not using device /dev/sda4 for PV uecMW2-1Qgu-b367-WBKL-uM2h-BRDB-nYva0a.",
        "  Cannot activate LVs in VG vg0 while PVs appear on duplicate devices.")),
    ("lvm", "lvm.lockspace-hangs", _failure("Start the lockspace of vg_cluster", START, None,
        verdict="did not end in time")),
    ("lvm", "lvm.lockspace", _failure("Start the lockspace of vg_cluster", START, 5,
        "  VG vg_cluster start failed: lock manager dlm is not running")),
    ("lvm", "lvm.lockspace", _failure("Wait until vg_cluster has its locks", ("lvmlockctl", "-i"), 0, verdict=WAIT)),
    ("lvm", "lvm.inquorate", _failure("Wait until the cluster is quorate", QUORUM, 2)),
    ("lvm", "lvm.volume-held", _failure("Activate", ("lvchange", "-aey"), 5, "  LV locked by other host: vg/a")),
    ("lvm", "lvm.not-started", _failure("Start lvmlockd, now and at boot", ("systemctl", "start"), 1)),
]  # fmt: skip

UPDATE = ("ccs_tool", "update", "/etc/cluster/cluster.conf")
CMAN, STATUS = ("/etc/init.d/cman", "start"), ("cman_tool", "status")
FIND = "Wait until this host is one of the members"
RHCS = [
    ("packages", "packages.ccs-failed", _failure("Install ccs", INSTALL, 100,
        'invoke-rc.d: initscript ccs, action "start" failed.',
        "dpkg: error processing ccs (--configure):",
        " subprocess post-installation script returned error exit status 1",
        "dpkg: dependency problems prevent configuration of cman:")),
    ("packages", "packages.cman-failed", _failure("Finish", ("dpkg", "--configure", "-a"), 1,
        "FATAL: Module cman not found.", "Warning unable to load cman kernel module",
        "cman_tool: can't open /proc/cluster/status, cman not running",
        "cman_tool: cannot connect to ccs (name=none)")),
    ("packages", "packages.clvm-failed", _failure("Install clvm", INSTALL, 100,
        "clvmd could not connect to cluster manager", "Consult syslog for more information",
        " subprocess post-installation script returned error exit status 3")),
    ("packages", "packages.ccs-failed", _failure("Install ccs", INSTALL, 100,
        "Errors were encountered while processing:", " ccs", " cman", " clvm")),
    ("packages", "packages.locked", _failure("Install", INSTALL, 100,
        "E: Could not get lock /var/lib/dpkg/lock. It is held by process 2220 (apt-get)")),
    ("cluster", "cluster.lost-race", _failure("Distribute", UPDATE, 1,
        "Warning:: Simultaneous update requests detected.", "  You have lost the race.")),
    ("cluster", "cluster.lost-race", _failure("Distribute", UPDATE, 1,
        "Proposed updated config file does not have greater version number.", "  Current config_version :: 6")),
    ("cluster", "cluster.update-refused", _failure("Distribute", UPDATE, 1,
        "Unable to open connection to left: Connection refused", "Failed to update config file.")),
    ("cluster", "cluster.update-refused", _failure("Distribute", UPDATE, 1,
        "Failed to receive COMM_UPDATE_COMMIT_ACK from left.", "Hint: Check the log on left for reason.")),
    ("cluster", "cluster.ccsd-down", _failure("Distribute", UPDATE, 1,
        "Unable to connect to the CCS daemon: Connection refused")),
    ("cluster", "cluster.ccsd-down", _failure("Distribute", UPDATE, 1,
        "Unable to connect to cluster infrastructure.")),
    ("cluster", "cluster.inquorate", _failure("Distribute", UPDATE, 1,
        "Unable to honor update request.  Cluster is not quorate.")),
    ("cluster", "cluster.inquorate", _failure("See that top is quorate", STATUS, 0, verdict=WAIT, host="top")),
    ("cluster", "cluster.not-reloaded", _failure("Tell cman that version 6 counts", ("cman_tool", "version"), 1,
        "Not reloading, config version older or equal the running config", host="top")),
    ("cluster", "cluster.not-reloaded", _failure("Wait until cman on left has version 6", ("cman_tool", "version"), 0,
        "5.0.1 config 5", verdict=WAIT, host="left")),
    ("cluster", "cluster.not-listed", _failure("Start cman: it joins the cluster", CMAN, 1,
        'cman_tool: local node name "bottom" not found in cluster.conf')),
    ("cluster", "cluster.not-listed", _failure("Start cman: it joins the cluster", CMAN, 1,
        "CCS does not have a nodeid for this node, run 'ccs_tool addnodeids' to fix")),
    ("cluster", "cluster.name-unresolved", _failure("Start cman: it joins the cluster", CMAN, 1,
        "cman_tool: can't resolve node name bottom: Unknown host")),
    ("cluster", "cluster.name-unresolved", _failure("Start cman: it joins the cluster", CMAN, 1,
        "cman_tool: node name bottom is ambiguous")),
    ("cluster", "cluster.own-cluster", _failure(FIND, STATUS, 0, "Cluster Member: Yes", "Nodes: 1",
        "Quorum: 2  Activity blocked", verdict=WAIT)),
    ("cluster", "cluster.rejected", _failure(FIND, STATUS, 0, "Cluster Member: No",
        "Membership state: Rejected", verdict=WAIT)),
    ("cluster", "cluster.not-joined", _failure("Wait until top sees this host", ("cman_tool", "nodes"), 0,
        verdict=WAIT, host="top")),
    ("cluster", "cluster.not-started", _failure("Start cman: it joins the cluster", CMAN, 1, "something else")),
    ("cluster", "cluster.lockspaces", _failure("See that no lockspace is in use here", ("cman_tool", "services"), 0,
        'DLM Lock Space:  "clvmd"', verdict=WAIT)),
]  # fmt: skip
"""What ccs_tool, cman_tool and the packages' scripts print."""


@pytest.mark.parametrize(("step", "code", "failure"), RHCS, ids=lambda each: each if isinstance(each, str) else "")
def test_a_failure_of_the_rhcs_stack_is_known_by_its_words(step: str, code: str, failure: Failure) -> None:
    problem = STACKS["etch"].step(step).diagnose(failure)
    assert (problem.code, problem.level, problem.evidence) == (code, "stop", failure.evidence)
    assert problem.text.endswith(".") and problem.hint
    assert not re.search(r"\(\?|\\A|[{}]", problem.text + problem.hint)


@pytest.mark.parametrize(("step", "code", "failure"), CASES, ids=lambda each: each if isinstance(each, str) else "")
def test_a_failure_is_known_by_its_words(step: str, code: str, failure: Failure) -> None:
    problem = COROSYNC.step(step).diagnose(failure)
    assert (problem.code, problem.level, problem.evidence) == (code, "stop", failure.evidence)
    assert problem.text.endswith(".") and problem.hint
    assert not re.search(r"\(\?|\\A|[{}]", problem.text + problem.hint)


def test_a_file_that_was_changed_meanwhile_is_named() -> None:
    verdict = "changed since the plan was made; it was not overwritten"
    problem = COROSYNC.step("lvm").diagnose(
        _failure("Have LVM use lvmlockd", ("/etc/lvm/lvm.conf",), None, verdict=verdict)
    )
    assert (problem.code, problem.level) == ("lvm.failed", "stop")
    assert "/etc/lvm/lvm.conf is another than when the plan was made" in problem.text
