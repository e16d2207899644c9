"""Membership, votes and versions behave as measured on real clusters."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulator.worlds import alike, capture, corosync_conf, fault, member, ok, run
from tui_installer import simulator
from tui_installer.hosts.host import File, Host

CONF, KEY = "/etc/corosync/corosync.conf", "/etc/corosync/authkey"
NO_VOTES = "\t\tquorum_votes: 0\n"


@pytest.fixture
def newcomer(stored: Path) -> Host:
    """The fresh host with the members' key, dlm.conf and lvm.conf."""
    host = simulator.here(stored)
    for path in (KEY, "/etc/dlm/dlm.conf", "/etc/lvm/lvm.conf"):
        host.write(path, member(stored).read(path))
    return host


def everywhere(world: Path, host: Host, version: int, votes: str = "") -> None:
    """The same file on all hosts, then a reload."""
    file = corosync_conf(world, version, votes)
    for each in (member(world), member(world, "node2"), host):
        each.write(CONF, file)
    ok(member(world), "corosync-cfgtool -R")


def test_a_whole_join_without_a_moment_without_quorum(stored: Path, newcomer: Host) -> None:
    everywhere(stored, newcomer, 5, NO_VOTES)
    ok(newcomer, "systemctl enable --now corosync")
    assert "Total votes:      2" in ok(newcomer, "corosync-quorumtool -s")
    everywhere(stored, newcomer, 6)
    assert "Total votes:      3" in ok(newcomer, "corosync-quorumtool -s")
    assert "totem.config_version (u64) = 6" in ok(member(stored, "node2"), "corosync-cmapctl")
    ok(newcomer, "systemctl enable --now dlm lvmlockd")
    started = capture("vgchange-lockstart-after-reboot").out.splitlines()[:2]
    assert ok(newcomer, "vgchange --lock-start vg_cluster").splitlines() == started
    assert "members       1 2 3" in ok(member(stored), "dlm_tool ls")
    assert run(newcomer, "lvchange -aey vg_cluster/vm01").code == 5
    ok(newcomer, "lvchange -aey vg_cluster/vm02")
    assert simulator.inquorate_moments(stored) == []
    told = ("cannot fence", "a session came before LVM's filter")  # nobody gave it a fence line, nor LVM a filter
    assert all(any(words in each for words in told) for each in simulator.incidents(stored))


def test_two_plain_additions_cost_quorum(stored: Path) -> None:
    file = corosync_conf(stored, 5)
    more = file.content.replace(
        b"10.0.1.13\n\t}\n", b"10.0.1.13\n\t}\n\tnode {\n nodeid: 4\n ring0_addr: 10.0.1.14\n}\n"
    )
    for each in (member(stored), member(stored, "node2")):
        each.write(CONF, File(more))
    ok(member(stored), "corosync-cfgtool -R")
    assert run(member(stored), "corosync-quorumtool -s").code == 2
    assert len(simulator.inquorate_moments(stored)) == 2


def test_a_wrong_key_makes_a_cluster_of_its_own(stored: Path, newcomer: Host) -> None:
    newcomer.write(KEY, File(b"x" * 256, 0o400))
    everywhere(stored, newcomer, 5)
    ok(newcomer, "systemctl start corosync")
    shown = run(newcomer, "corosync-quorumtool -s")
    wanted = capture("qemu-quorumtool-s")
    assert shown.code == wanted.code == 2
    assert "Activity blocked" in shown.out
    ok(newcomer, "systemctl start dlm lvmlockd")
    assert run(newcomer, "vgchange --lock-start vg_cluster").end == "timeout"
    assert "new status    wait quorum" in ok(newcomer, "dlm_tool ls")
    assert "OP lock pid" in ok(newcomer, "lvmlockctl -i")


def test_a_newer_newcomer_makes_members_with_an_older_version_exit(stored: Path, newcomer: Host) -> None:
    everywhere(stored, newcomer, 5, NO_VOTES)
    newcomer.write(CONF, corosync_conf(stored, 9, NO_VOTES))
    ok(newcomer, "systemctl start corosync")
    assert run(member(stored), "corosync-quorumtool -s").code == 1
    exits = "Received config version (9) is different than my config version (5)! Exiting"
    assert any(exits in each for each in simulator.incidents(stored))


def test_an_older_newcomer_exits_itself(stored: Path, newcomer: Host) -> None:
    everywhere(stored, newcomer, 5, NO_VOTES)
    newcomer.write(CONF, corosync_conf(stored, 4, NO_VOTES))
    ok(newcomer, "systemctl start corosync")
    assert run(newcomer, "corosync-quorumtool -s").code == 1
    assert run(member(stored), "corosync-quorumtool -s").code == 0


def test_a_reload_says_done_though_a_member_read_an_old_file(stored: Path) -> None:
    member(stored).write(CONF, corosync_conf(stored, 5, NO_VOTES))
    assert ok(member(stored), "corosync-cfgtool -R").endswith("Done\n")
    assert "totem.config_version (u64) = 4" in ok(member(stored, "node2"), "corosync-cmapctl")


def test_debian_starts_a_cluster_of_its_own_at_installation(world: Path) -> None:
    host = simulator.here(world)
    ok(host, "apt-get -y -q --no-install-recommends install corosync dlm-controld lvm2-lockd multipath-tools")
    wanted = capture("after-package-install-state").out.split("Quorum information\n")[1].split("totem {")[0]
    assert alike(ok(host, "corosync-quorumtool -s").split("Quorum information\n")[1]) == alike(wanted)
    assert ok(host, "systemctl is-active corosync dlm lvmlockd lvmlocks multipathd") == "active\n" * 5


def test_stopping_in_the_wrong_order_is_an_incident(world: Path) -> None:
    assert run(member(world), "systemctl stop corosync").end == "timeout"
    assert simulator.incidents(world)


def test_volumes_keep_their_lockspace(world: Path) -> None:
    refused = run(member(world), "vgchange --lock-stop vg_cluster")
    assert (refused.code, refused.err) == (5, "  VG vg_cluster stop failed: LVs must first be deactivated\n")
    ok(member(world), "lvchange -an vg_cluster/vm01")
    ok(member(world), "vgchange --lock-stop vg_cluster")
    assert (
        run(member(world), "lvchange -aey vg_cluster/vm01").err == "  Cannot access VG vg_cluster due to failed lock.\n"
    )


def test_shared_activation_on_two_hosts(world: Path) -> None:
    for name in ("node1", "node2"):
        ok(member(world, name), "lvchange -asy vg_cluster/vm02")
    assert run(member(world), "lvchange -aey vg_cluster/vm02").code == 5
    assert "LK LV sh" in ok(member(world, "node2"), "lvmlockctl -i")


def test_a_member_without_quorum(world: Path) -> None:
    fault(world, "member-inquorate", True)
    assert run(member(world), "corosync-quorumtool -s").code == 2
