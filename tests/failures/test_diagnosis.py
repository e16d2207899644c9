"""What failures mean, by the words of real tools."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tui_installer.model.step import Failure, Reason
from tui_installer.steps import STACKS
from tui_installer.steps.stack_corosync import COROSYNC

LOGIN = ("iscsiadm", "-m", "node", "-T", "iqn.2024-01.lab.san:cluster", "-p", "10.16.0.1:3260", "--login")
INSTALL = ("apt-get", "-y", "install", "corosync")
QUORUM = ("corosync-quorumtool", "-s")
START = ("vgchange", "--lock-start", "vg_cluster")


def _failure(
    title: str,
    command: tuple[str, ...],
    code: int | None,
    *evidence: str,
    run: str = "",
    reason: Reason = "exit",
    host: str = "here",
) -> Failure:
    return Failure(title, host, command, f"exit code {code}", code, evidence, run, reason)


def _waited(run: str, command: tuple[str, ...], *evidence: str, host: str = "here") -> Failure:
    return _failure("Wait for it", command, 0, *evidence, run=run, reason="waited", host=host)


CASES = [
    ("packages", "packages.locked", _failure("Install", INSTALL, 100,
        "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 2220 (apt-get)")),
    ("packages", "packages.locked", _failure("Finish", ("dpkg", "--configure", "-a"), 2,
        "dpkg: error: dpkg frontend lock was locked by /usr/bin/apt-get process with pid 2220")),
    ("packages", "packages.script-failed", _failure("Install", INSTALL, 100,
        " new corosync package pre-installation script subprocess returned error exit status 2")),
    ("packages", "packages.no-space", _failure("Install", INSTALL, 100,
        "dpkg: error: failed to write status database record: No space left on device")),
    ("packages", "packages.no-dns", _failure("Install", INSTALL, 100,
        "E: Failed to fetch http://mirror.example/x.deb  Temporary failure resolving 'mirror.example'")),
    ("packages", "packages.interrupted", _failure("Install", INSTALL, 100,
        "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem.")),
    ("packages", "packages.failed", _failure("Install", INSTALL, 100, "something else")),
    ("storage-network", "storage-network.no-carrier", _waited("network:carrier",
        ("cat", "/sys/class/net/eth1.16/carrier"), "0")),
    ("storage-network", "storage-network.no-address", _waited("network:address 10.16.1.13",
        ("ip", "-j", "-4", "addr", "show", "dev", "eth1.16"), "[]")),
    ("storage-network", "storage-network.ifup", _failure("Bring eth1.16 up", ("ifup", "eth1.16"), 1,
        "ifup: failed to bring up eth1.16")),
    ("storage-guard", "storage-guard.filter-hides", _waited("guard:trial", ("pvs",))),
    ("storage-guard", "storage-guard.initrd", _failure("Take the files into the initrds",
        ("update-initramfs", "-u", "-k", "all"), 1, "mkinitramfs: failure")),
    ("iscsi", "iscsi.login-refused", _failure("Log in", LOGIN, 24)),
    ("iscsi", "iscsi.login-timeout", _failure("Log in", LOGIN, 8)),
    ("iscsi", "iscsi.login-timeout", _failure("Log in", LOGIN, None, reason="timeout")),
    ("iscsi", "iscsi.login-refused", _failure("Log in", LOGIN, 19)),
    ("iscsi", "iscsi.login-fatal", _failure("Log in", LOGIN, 5)),
    ("iscsi", "iscsi.no-record", _failure("Log in", LOGIN, 21)),
    ("iscsi", "iscsi.no-driver", _failure("Log in", LOGIN, 12)),
    ("iscsi", "iscsi.no-daemon", _failure("Log in", LOGIN, 20)),
    ("iscsi", "iscsi.failed", _failure("Log in", LOGIN, 9)),
    ("multipath", "multipath.no-map", _waited("multipath:map vm0", ("multipathd", "show"))),
    ("multipath", "multipath.refused", _failure("Name", ("multipath", "-t"), 0, "invalid keyword", reason="refused")),
    ("multipath", "multipath.failed", _failure("Wait for the disks", ("udevadm", "settle"), 1)),
    ("cluster", "cluster.not-joined", _waited("cluster:joined", QUORUM)),
    ("cluster", "cluster.not-joined", _waited("cluster:seen", QUORUM)),
    ("cluster", "cluster.not-reloaded", _waited("cluster:memory", ("corosync-cmapctl",), host="node1")),
    ("cluster", "cluster.not-reloaded", _waited("cluster:votes", QUORUM)),
    ("cluster", "cluster.inquorate", _failure("See that node1 is quorate", QUORUM, 2, run="cluster:quorate")),
    ("cluster", "cluster.dlm-not-joined", _waited("cluster:dlm", ("dlm_tool", "status"))),
    ("cluster", "cluster.not-started", _failure("Start corosync",
        ("systemctl", "enable", "--now", "corosync"), 1)),
    ("cluster", "cluster.refused", _failure("List this host", ("corosync", "-t"), 8, reason="refused", host="node1")),
    ("lvm", "lvm.duplicate-pv", _failure("Activate vg_cluster/vm01", ("lvchange", "-aey", "vg_cluster/vm01"), 5,
        "  WARNING: Not using device /dev/sda4 for PV uecMW2-1Qgu-b367-WBKL-uM2h-BRDB-nYva0a.",
        "  Cannot activate LVs in VG vg0 while PVs appear on duplicate devices.")),
    ("lvm", "lvm.lockspace-hangs", _failure("Start the lockspace of vg_cluster", START, None,
        reason="timeout")),
    ("lvm", "lvm.lockspace", _failure("Start the lockspace of vg_cluster", START, 5,
        "  VG vg_cluster start failed: lock manager dlm is not running")),
    ("lvm", "lvm.lockspace", _waited("lvm:locks vg_cluster", ("lvmlockctl", "-i"))),
    ("lvm", "lvm.inquorate", _failure("Wait until the cluster is quorate", QUORUM, 2, run="lvm:quorate")),
    ("lvm", "lvm.volume-held", _failure("Activate", ("lvchange", "-aey"), 5, "  LV locked by other host: vg/a")),
    ("lvm", "lvm.not-started", _failure("Start lvmlockd",
        ("systemctl", "enable", "--now", "lvmlockd"), 1)),
]  # fmt: skip

UPDATE = ("ccs_tool", "update", "/etc/cluster/cluster.conf")
CMAN, STATUS = ("/etc/init.d/cman", "start"), ("cman_tool", "status")
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
    ("cluster", "cluster.inquorate", _waited("cluster:quorate", STATUS, host="top")),
    ("cluster", "cluster.not-reloaded", _failure("Tell cman that version 6 counts", ("cman_tool", "version"), 1,
        "Not reloading, config version older or equal the running config", host="top")),
    ("cluster", "cluster.not-reloaded", _waited("cluster:memory", ("cman_tool", "version"),
        "5.0.1 config 5", host="left")),
    ("cluster", "cluster.not-listed", _failure("Start cman: it joins the cluster", CMAN, 1,
        'cman_tool: local node name "bottom" not found in cluster.conf')),
    ("cluster", "cluster.not-listed", _failure("Start cman: it joins the cluster", CMAN, 1,
        "CCS does not have a nodeid for this node, run 'ccs_tool addnodeids' to fix")),
    ("cluster", "cluster.name-unresolved", _failure("Start cman: it joins the cluster", CMAN, 1,
        "cman_tool: can't resolve node name bottom: Unknown host")),
    ("cluster", "cluster.name-unresolved", _failure("Start cman: it joins the cluster", CMAN, 1,
        "cman_tool: node name bottom is ambiguous")),
    ("cluster", "cluster.own-cluster", _waited("cluster:joined", STATUS, "Cluster Member: Yes", "Nodes: 1",
        "Quorum: 2  Activity blocked")),
    ("cluster", "cluster.rejected", _waited("cluster:joined", STATUS, "Cluster Member: No",
        "Membership state: Rejected")),
    ("cluster", "cluster.not-joined", _waited("cluster:seen", ("cman_tool", "nodes"), host="top")),
    ("cluster", "cluster.not-started", _failure("Start cman: it joins the cluster", CMAN, 1, "something else")),
    ("cluster", "cluster.lockspaces", _waited("cluster:unused", ("cman_tool", "services"),
        'DLM Lock Space:  "clvmd"')),
    ("multipath", "multipath.no-module", _failure("Load the module for multipath", ("modprobe", "dm_multipath"), 1,
        "FATAL: Module dm_multipath not found.")),
]  # fmt: skip
"""What modprobe, ccs_tool, cman_tool and the packages' scripts print."""


@pytest.mark.parametrize(("step", "code", "failure"), RHCS, ids=lambda each: each if isinstance(each, str) else "")
def test_a_failure_of_the_rhcs_stack_is_known_by_its_words(step: str, code: str, failure: Failure) -> None:
    problem = STACKS["etch"].step(step).diagnose(failure)
    assert (problem.code, problem.level, problem.evidence) == (code, "stop", failure.evidence)
    otherwise = replace(failure, title="Whatever it is called", verdict="it ended")
    assert STACKS["etch"].step(step).diagnose(otherwise).code == code, "it was known by a word of ours"
    assert problem.text.endswith(".") and problem.hint
    assert not re.search(r"\(\?|\\A|[{}]", problem.text + problem.hint)


@pytest.mark.parametrize(("step", "code", "failure"), CASES, ids=lambda each: each if isinstance(each, str) else "")
def test_a_failure_is_known_by_its_words(step: str, code: str, failure: Failure) -> None:
    problem = COROSYNC.step(step).diagnose(failure)
    assert (problem.code, problem.level, problem.evidence) == (code, "stop", failure.evidence)
    otherwise = replace(failure, title="Whatever it is called", verdict="it ended")
    assert COROSYNC.step(step).diagnose(otherwise).code == code, "it was known by a word of ours"
    assert problem.text.endswith(".") and problem.hint
    assert not re.search(r"\(\?|\\A|[{}]", problem.text + problem.hint)


def test_a_file_that_was_changed_meanwhile_is_named() -> None:
    problem = COROSYNC.step("lvm").diagnose(
        _failure("Have LVM use lvmlockd", ("/etc/lvm/lvm.conf",), None, reason="drift")
    )
    assert (problem.code, problem.level) == ("lvm.failed", "stop")
    assert "/etc/lvm/lvm.conf is another than when the plan was made" in problem.text
