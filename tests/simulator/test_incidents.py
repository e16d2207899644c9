"""Each incident is noted when it is provoked directly; nothing is noted of what harms nobody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.before import Before
from tests.simulator.worlds import IQN, fault, login, member, ok, run
from tests.world import copy
from tui_installer import simulator
from tui_installer.hosts.host import File
from tui_installer.probes.failures import parse_failures
from tui_installer.simulator import derived

RHCS_IQN = "iqn.1992-03.edu.tjhsst.csl:storage:alexandria"


@pytest.fixture
def joined(before: Before, tmp_path: Path) -> Path:
    return copy(before.world("corosync", "joined"), tmp_path / "world")


def noted(world: Path, *words: str) -> bool:
    return any(all(word in each for word in words) for each in simulator.incidents(world))


def test_a_session_before_the_filter(before: Before, tmp_path: Path) -> None:
    guarded, open_ = (copy(before.world("corosync", "iscsi"), tmp_path / name) for name in ("guarded", "open"))
    conf = "/etc/lvm/lvm.conf"
    file = simulator.here(open_).read(conf)
    assert file is not None
    simulator.here(open_).write(conf, File(file.content.replace(b"global_filter =", b"# global_filter =")))
    for world in (guarded, open_):
        login(world, simulator.here(world))
    assert not simulator.incidents(guarded)
    assert noted(open_, "fresh", "before LVM's filter")


@pytest.mark.parametrize("package", ["corosync", "dlm-controld", "lvm2-lockd"])
def test_a_package_purged_under_lockspaces(joined: Path, package: str) -> None:
    run(simulator.here(joined), f"apt-get -y purge {package}")
    assert noted(joined, "fresh", f"{package} was removed under lockspaces")


@pytest.mark.parametrize("release", ["etch", "lenny", "squeeze"])
def test_clvm_removed_under_its_lockspace(before: Before, tmp_path: Path, release: str) -> None:
    world = copy(before.world(release, "joined"), tmp_path / "world")
    run(simulator.here(world), "apt-get -y --purge remove clvm")
    assert noted(world, "bottom", "clvm was removed under lockspaces")


def test_corosync_stopped_under_lockspaces(joined: Path) -> None:
    run(simulator.here(joined), "systemctl stop corosync")
    assert noted(joined, "fresh", "stop", "active lockspaces")


def test_dlm_started_over_lockspaces_that_were_left(joined: Path) -> None:
    with simulator.opened(joined) as opened:
        opened.machine("fresh").data["units"]["dlm.service"] = "failed"
    assert not run(simulator.here(joined), "systemctl start dlm").ok()
    assert noted(joined, "fresh", "uncontrolled lockspaces")


def test_the_vote_of_a_running_node(joined: Path) -> None:
    path = "/etc/corosync/corosync.conf"
    for name in ("fresh", "node1", "node2"):
        host = member(joined, name)
        file = host.read(path)
        assert file is not None
        silent = file.content.replace(b"name: node2", b"name: node2\n\t\tquorum_votes: 0")
        host.write(path, File(silent.replace(b"config_version: 6", b"config_version: 7")))
    ok(simulator.here(joined), "corosync-cfgtool -R")
    assert noted(joined, "node2", "its vote was taken")
    assert not noted(joined, "node1")


def test_a_running_node_taken_out_of_cluster_conf(before: Before, tmp_path: Path) -> None:
    world, path = copy(before.world("lenny", "joined"), tmp_path / "world"), "/etc/cluster/cluster.conf"
    for name in ("bottom", "top", "left"):
        host = member(world, name)
        file = host.read(path)
        assert file is not None
        renamed = file.content.replace(b'name="left"', b'name="right"')
        host.write(path, File(re.sub(rb'config_version="\d+"', b'config_version="99"', renamed)))
    here = simulator.here(world)
    run(here, "ccs_tool update /etc/cluster/cluster.conf")
    run(here, "cman_tool version -r 99")
    assert noted(world, "left", "its vote was taken")


def active(world: Path) -> None:
    """A volume is active on the joined host."""
    ok(simulator.here(world), "lvchange -aey vg_cluster/vm02")


def test_the_last_path_that_lives_of_an_active_volume(joined: Path) -> None:
    active(joined)
    host = simulator.here(joined)
    ok(host, f"iscsiadm -m node -T {IQN} -p 10.16.0.2:3260 --logout")
    assert not simulator.incidents(joined)
    ok(host, f"iscsiadm -m node -T {IQN} -p 10.16.0.2:3260 --login")
    fault(joined, "portal-down", ["10.16.0.2"])
    ok(host, f"iscsiadm -m node -T {IQN} -p 10.16.0.1:3260 --logout")
    assert noted(joined, "fresh", "the last path of an active volume")


def test_the_storage_network_taken_down_under_an_active_volume(joined: Path) -> None:
    active(joined)
    run(simulator.here(joined), "ifdown eth1.16")
    assert noted(joined, "fresh", "the last path of an active volume")


@pytest.mark.parametrize("release", ["etch", "lenny", "squeeze"])
def test_the_last_path_on_old_releases(before: Before, tmp_path: Path, release: str) -> None:
    world = copy(before.world(release, "joined"), tmp_path / "world")
    here = simulator.here(world)
    run(here, f"iscsiadm -m node -T {RHCS_IQN} -p 172.16.1.3 --logout")
    assert not noted(world, "the last path of an active volume")
    run(here, f"iscsiadm -m node -T {RHCS_IQN} -p 172.16.1.2 --logout")
    assert noted(world, "bottom", "the last path of an active volume")


@pytest.mark.parametrize("release", ["etch", "lenny", "squeeze"])
def test_clvmd_ended_under_active_volumes(before: Before, tmp_path: Path, release: str) -> None:
    world = copy(before.world(release, "joined"), tmp_path / "world")
    run(simulator.here(world), "start-stop-daemon --stop --quiet --name clvmd")
    assert noted(world, "bottom", "stopped under active volumes")


def test_the_kernel_counts_what_fails_and_comes_back(joined: Path) -> None:
    host, status = simulator.here(joined), "dmsetup status --target multipath"
    assert parse_failures(ok(host, status)) == dict.fromkeys(("8:0", "8:16", "8:32", "8:48"), 0)
    for silent in (["10.16.0.2"], []) * 3:
        with simulator.opened(joined) as world:
            world.state["faults"]["portal-down"] = silent
            derived.refresh(world)
    assert parse_failures(ok(host, status)) == {"8:0": 0, "8:16": 0, "8:32": 3, "8:48": 3}
