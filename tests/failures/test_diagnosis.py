"""What failures mean, by the words of real tools."""

from __future__ import annotations

import re

import pytest

from tui_installer.step import Failure
from tui_installer.steps import COROSYNC

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
        "E: Failed to fetch http://deb.debian.org/x.deb  Temporary failure resolving 'deb.debian.org'")),
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
    ("lvm", "lvm.lockspace-hangs", _failure("Start the lockspace of vg_cluster", START, None,
        verdict="did not end in time")),
    ("lvm", "lvm.lockspace", _failure("Start the lockspace of vg_cluster", START, 5,
        "  VG vg_cluster start failed: lock manager dlm is not running")),
    ("lvm", "lvm.lockspace", _failure("Wait until vg_cluster has its locks", ("lvmlockctl", "-i"), 0, verdict=WAIT)),
    ("lvm", "lvm.inquorate", _failure("Wait until the cluster is quorate", QUORUM, 2)),
    ("lvm", "lvm.volume-held", _failure("Activate", ("lvchange", "-aey"), 5, "  LV locked by other host: vg/a")),
    ("lvm", "lvm.not-started", _failure("Start lvmlockd, now and at boot", ("systemctl", "start"), 1)),
]  # fmt: skip


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
