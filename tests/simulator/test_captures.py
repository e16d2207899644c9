"""What simulated tools print is what the real ones printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulator.worlds import INSTALL, IQN, alike, capture, fault, install, made, member, ok, run, storage_network
from tui_installer import simulator
from tui_installer.hosts.host import File, Result


def same(result: Result, name: str) -> None:
    """The result is the capture's: stdout, stderr, code."""
    wanted = capture(name)
    assert alike(result.out) == alike(wanted.out)
    assert alike(result.err) == alike(wanted.err)
    assert result.code == wanted.code


@pytest.fixture(scope="module")
def two_node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = made(tmp_path_factory.mktemp("two") / "world", "two-node")
    ok(member(world), "lvchange -aey vg_cluster/vm02")
    return world


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("corosync-quorumtool -s", "corosync-quorumtool-s-peer"),
        ("corosync-cfgtool -s", "corosync-cfgtool-s-peer"),
        ("corosync-cfgtool -n", "corosync-cfgtool-n-peer"),
        ("lvmlockctl -i", "lvmlockctl-i-peer"),
        ("iscsiadm -m session -P 3", "iscsi-session-P3"),
        ("iscsiadm -m session", "iscsi-session"),
        ("iscsiadm -m node", "iscsi-node"),
        (f"iscsiadm -m node -T {IQN} --login", "iscsi-login-already"),
        ("multipath -ll", "multipath-ll-healthy"),
        ("multipathd show maps json", "multipathd-show-maps-json"),
        (
            "vgs -o vg_name,vg_attr,vg_lock_type,vg_lock_args,vg_shared --reportformat json",
            "vgs-shared.json",
        ),
        ("vgs", "vgs-plain"),
    ],
)
def test_a_member_of_two(two_node: Path, command: str, name: str) -> None:
    same(run(member(two_node), command), name)


def test_dlm_of_a_member(two_node: Path) -> None:
    out = ok(member(two_node), "dlm_tool status") + ok(member(two_node), "dlm_tool ls")
    assert alike(out) == alike(capture("dlm_tool-peer").out)


def test_volumes_held_elsewhere(two_node: Path) -> None:
    same(run(member(two_node, "node2"), "lvchange -aey vg_cluster/vm01"), "lv-activate-refused-held-by-peer")
    same(run(member(two_node, "node2"), "lvs"), "lvs-plain")


def test_a_reload(world: Path) -> None:
    same(run(member(world), "corosync-cfgtool -R"), "qemu-peer-reload")


def test_one_path_failed(world: Path) -> None:
    simulator.pull(world, "10.16.0.2")
    shown = ok(member(world), "multipath -ll")
    assert "failed faulty offline" in shown
    assert "active ready  running" in shown
    simulator.plug(world, "10.16.0.2")
    same(run(member(world), "multipath -ll"), "multipath-ll-healthy")


def test_session_and_daemon_absent(world: Path) -> None:
    host = simulator.here(world)
    install(host)
    same(run(host, "iscsiadm -m session"), "iscsi-session-none")
    same(run(host, "lvmlockctl -i"), "lvmlockctl-i-down")
    same(run(host, "dlm_tool status"), "qemu-dlm_tool-status")
    same(run(host, "dlm_tool ls"), "qemu-dlm_tool-ls")


@pytest.mark.parametrize(
    ("portal", "name"),
    [
        ("10.16.0.1", "iscsi-discovery-ok"),
        ("10.0.1.11", "iscsi-discovery-refused"),
        ("10.16.0.99", "iscsi-discovery-wrong-portal"),
        ("10.16.0.999", "qemu-discovery-bad-ip"),
    ],
)
def test_discovery(stored: Path, portal: str, name: str) -> None:
    with simulator.opened(stored) as world:
        del world.state["san"]["targets"]["iqn.2024-01.lab.san:backup"]
    result = run(simulator.here(stored), f"iscsiadm -m discovery -t sendtargets -p {portal}")
    wanted = capture(name)
    err = wanted.err.replace("10.0.1.1:", "10.0.1.11:")
    assert (alike(result.out), alike(result.err), result.code) == (alike(wanted.out), alike(err), wanted.code)


def test_discovery_refusals(stored: Path) -> None:
    host, ask = simulator.here(stored), "iscsiadm -m discovery -t sendtargets -p 10.16.0.1"
    fault(stored, "acl", True)
    same(run(host, ask), "iscsi-discovery-no-portals")
    fault(stored, "acl", None)
    with simulator.opened(stored) as world:
        world.state["san"]["discovery_chap"] = True
    same(run(host, ask), "iscsi-discovery-auth-failure")


def test_logins(stored: Path) -> None:
    host, node = simulator.here(stored), f"iscsiadm -m node -T {IQN}"
    ok(host, f"{node} --logout")
    fault(stored, "chap", "wrong")
    same(run(host, f"{node} -p 10.16.0.1:3260 --login"), "iscsi-login-chap-failure")
    fault(stored, "chap", None)
    same(run(host, f"{node} --login"), "iscsi-login-ok")
    same(run(host, "iscsiadm -m node -T iqn.none:x -p 10.16.0.11 -l"), "qemu-login-unknown-target")
    assert "Logout of [sid: " in ok(host, f"{node} --logout")
    assert run(host, f"{node} --logout").code == 21


def test_a_bad_multipath_conf(stored: Path) -> None:
    host = simulator.here(stored)
    host.write("/etc/multipath.conf", File(b"defaults {\n  find_multipaths strict\n  bogus_option 1\n"))
    result = run(host, "multipath -t")
    wanted = capture("qemu-multipath-bad-config").err.splitlines()
    assert [line.split(" | ")[1] for line in result.err.splitlines()] == [line.split(" | ")[1] for line in wanted]
    assert result.code == 0


def test_packages(world: Path) -> None:
    host = simulator.here(world)
    names = "open-iscsi multipath-tools corosync dlm-controld lvm2 lvm2-lockd vlan"
    shown = ok(host, f"apt-get -s --no-install-recommends install {names}")
    wanted = capture("qemu-apt-get-simulate").out
    first = [[" ".join(line.split(" (")[0].split()) for line in text.splitlines()] for text in (shown, wanted)]
    assert [line for line in first[0] if line[:5] in ("Inst ", "Conf ")] == [
        line for line in first[1] if line[:5] in ("Inst ", "Conf ")
    ]
    assert "44 newly installed" in shown
    same(run(host, "apt-get -y install no-such-package"), "qemu-apt-get-install-unknown-package")


def test_a_failing_package(world: Path) -> None:
    host = simulator.here(world)
    fault(world, "apt", "postinst:corosync")
    failed = host.run(*INSTALL, "dlm-controld")
    audit, again = run(host, "dpkg --audit"), run(host, "dpkg --configure -a")

    def renamed(text: str) -> str:
        text = text.replace("lab-needs-failing", "dlm-controld").replace("lab-failing", "corosync")
        for old, new in (("lab test package", ""), ("(1.0)", "")):
            text = text.replace(old, new)
        return text

    wanted = capture("qemu-dpkg-configure-a-failing")
    assert again.err == renamed(wanted.err)
    assert (failed.code, again.code) == (100, wanted.code)
    assert failed.err.endswith("E: Sub-process /usr/bin/dpkg returned an error code (1)\n")
    heads = [line for line in capture("qemu-dpkg-audit-after-failing-postinst").out.splitlines() if line[:1] != " "]
    assert [line for line in audit.out.splitlines() if line[:1] != " "] == heads
    fault(world, "apt", None)
    ok(host, "dpkg --configure -a")
    assert run(host, "dpkg --audit").out == ""


def test_locked(world: Path) -> None:
    host = simulator.here(world)
    fault(world, "apt", "locked")
    same(run(host, "apt-get -y install vlan"), "qemu-dpkg-lock-held-apt")
    same(run(host, "apt-get -y -o DPkg::Lock::Timeout=3 install vlan"), "qemu-dpkg-lock-held-timeout")
    same(run(host, "dpkg --configure -a"), "qemu-dpkg-lock-held-dpkg")


def test_network(world: Path) -> None:
    host = simulator.here(world)
    storage_network(host)
    same(run(host, "ifup ens9.16"), "qemu-ifup-unknown")
    assert run(host, "ifup eth1.16").err == capture("qemu-ifup-vlan-again").err.replace("ens6", "eth1")
    same(run(host, "ping -c2 -W2 10.16.0.99"), "qemu-ping-noportal")


def test_a_missing_key(stored: Path) -> None:
    host = simulator.here(stored)
    host.write("/etc/corosync/corosync.conf", member(stored).read("/etc/corosync/corosync.conf"))
    same(run(host, "corosync -t -f"), "qemu-corosync-t-check")
    same(run(host, "systemctl start corosync"), "qemu-start-fresh")
    same(run(host, "systemctl start dlm"), "qemu-start-dlm")


def test_volumes_without_locks(stored: Path) -> None:
    host = simulator.here(stored)
    ours = run(host, "vgs"), run(host, "lvs"), run(host, "lvchange -ay vg_cluster/vm01")
    wanted = capture("lvm-shared-vg-uselvmlockd0")
    assert ("".join(each.err for each in ours), ours[2].code) == (wanted.err, wanted.code)
    host.write("/etc/lvm/lvm.conf", member(stored).read("/etc/lvm/lvm.conf"))
    ours = run(host, "vgs"), run(host, "lvs"), run(host, "lvchange -ay vg_cluster/vm01")
    wanted = capture("lvm-no-lvmlockd-running")
    shown = f"{ours[0].out}rc=0\n{ours[1].out}rc=0\n"
    assert (shown, "".join(each.err for each in ours), ours[2].code) == (wanted.out, wanted.err, wanted.code)
