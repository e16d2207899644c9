"""Simulated hosts as hosts: files, ssh, unknown commands, wrong options, a process of their own."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulator.worlds import INSTALL, PACKAGES, fault, made, member, ok, run, storage_network
from tui_installer import simulator
from tui_installer.hosts.host import File, HostError, Login, LoginError


def test_files_keep_mode_owner_and_links(world: Path) -> None:
    host = simulator.here(world)
    host.write("/etc/x/key", File(b"secret", 0o400, "root:ssh"))
    host.write("/etc/x/link", File(link="/dev/null"))
    assert host.read("/etc/x/key") == File(b"secret", 0o400, "root:ssh")
    assert host.read("/etc/x/link") == File(b"", 0o777, "root:root", "/dev/null")
    assert host.list("/etc/x/*") == ("/etc/x/key", "/etc/x/link")
    host.write("/etc/x/key", None)
    assert host.read("/etc/x/key") is None


def test_unknown_commands_are_absent(world: Path) -> None:
    assert run(simulator.here(world), "corosync-cmapctl").end == "absent"
    assert run(simulator.here(world), "sl").end == "absent"


@pytest.mark.parametrize(
    "command",
    [
        "systemctl frobnicate x", "systemctl start --frob x", "systemctl start nope", "iscsiadm -m node --frob",
        "multipath --frob", "corosync-cfgtool -X", "corosync-quorumtool -X", "corosync-cmapctl -X", "dlm_tool frob",
        "lvmlockctl -X", "vgs --frob", "vgs -o frob", "lvchange --frob vg_cluster/vm01", "vgchange -ay vg_cluster",
        "lvmconfig --frob", "ip -j frob", "ip -j addr show dev eth9", "ifup --frob", "ping -Z 10.0.1.11",
        "modprobe frob",
        "apt-get --frob install vlan", "apt-get frob", "dpkg --frob", "dpkg-query -X", "lsblk --frob", "uname -Z",
        "date +%Q", "udevadm frob", "update-initramfs -x", "cat /nope", "rmdir /nope", "mv /nope /x", "cp /nope /x",
        "unshare -r sh", "bash -c true",
    ],
)  # fmt: skip
def test_wrong_options_are_errors(pristine: Path, command: str) -> None:
    result = run(member(pristine), command)
    assert result.end == "exited"
    assert result.code


def test_ssh(world: Path) -> None:
    dialer = simulator.dialer(world)
    keys = dialer.keys("10.0.1.11", 22)
    assert len(keys) == 1
    assert dialer.keys("10.0.1.77", 22) == ()
    assert dialer.connect(Login("10.0.1.11", password="cluster"), keys).name == "node1"
    for login_, trusted, kind in (
        (Login("10.0.1.11", password="wrong"), keys, "refused"),
        (Login("10.0.1.11"), keys, "refused"),
        (Login("10.0.1.11", password="cluster"), (), "host-key"),
        (Login("10.0.1.77", password="cluster"), keys, "unreachable"),
    ):
        with pytest.raises(LoginError) as refused:
            dialer.connect(login_, trusted)
        assert refused.value.kind == kind


def test_an_unreachable_member(world: Path) -> None:
    fault(world, "unreachable", ["node2"])
    with pytest.raises(HostError):
        run(member(world, "node2"), "hostname")


def test_a_wrong_vlan_reaches_no_portal(world: Path) -> None:
    host = simulator.here(world)
    storage_network(host, 17)
    assert run(host, "ping -c 1 -W 2 -I eth1.17 10.16.0.1").code == 1
    reached = run(host, "bash -c", 'exec 3<>/dev/tcp/"$0"/"$1"', "10.16.0.1", "3260")
    assert (reached.code, "No route to host" in reached.err) == (1, True)


def test_without_carrier(world: Path) -> None:
    with simulator.opened(world) as opened:
        opened.machine("fresh").data["links"]["eth1"]["carrier"] = False
    host = simulator.here(world)
    storage_network(host)
    assert ok(host, "cat /sys/class/net/eth1.16/carrier") == "0\n"
    assert "NO-CARRIER" in ok(host, "ip -j -d link")


def test_maps_need_registered_wwids_and_a_daemon(stored: Path) -> None:
    host = simulator.here(stored)
    assert host.list("/dev/mapper/*") == ("/dev/mapper/vm0", "/dev/mapper/vm1")
    ok(host, "multipath -f vm1")
    ok(host, "multipath -w /dev/sdb")
    ok(host, "multipathd reconfigure")
    assert host.list("/dev/mapper/*") == ("/dev/mapper/vm0",)
    assert run(host, "multipath -a /dev/disk/by-id/wwn-0x6000000000000000000000000ab0a001").code == 1


def test_purge_takes_all_back(world: Path) -> None:
    host = simulator.here(world)
    before = host.list("/etc/*/*"), ok(host, "dpkg-query -W"), host.list("/usr/lib/systemd/system/*")
    result = host.run(*INSTALL, *PACKAGES)
    lines = [line for line in result.out.splitlines() if line.startswith("Setting up ")]
    new = [line.removeprefix("Setting up ").split(" (")[0] for line in lines]
    ok(host, "systemctl stop corosync")
    ok(host, "apt-get -y -q -o Dpkg::Use-Pty=0 purge", *new)
    after = host.list("/etc/*/*"), ok(host, "dpkg-query -W"), host.list("/usr/lib/systemd/system/*")
    assert [path for path in after[0] if host.read(path)] == [path for path in before[0] if host.read(path)]
    assert after[1:] == before[1:]


def test_a_masked_unit_does_not_start(world: Path) -> None:
    host = simulator.here(world)
    host.write("/etc/systemd/system/corosync.service", File(link="/dev/null"))
    host.run(*INSTALL, "corosync")
    shown = ok(host, "systemctl show -p LoadState,ActiveState,UnitFileState corosync")
    assert shown == "LoadState=masked\nActiveState=inactive\nUnitFileState=masked\n"
    assert run(host, "systemctl start corosync").err == (
        "Failed to start corosync.service: Unit corosync.service is masked.\n"
    )


def test_the_same_initiator_name_is_an_incident(stored: Path) -> None:
    host = simulator.here(stored)
    ok(host, "iscsiadm -m node --logout")
    host.write("/etc/iscsi/initiatorname.iscsi", member(stored).read("/etc/iscsi/initiatorname.iscsi"))
    ok(host, "iscsiadm -m node -p 10.16.0.1:3260 --login")
    assert any("same initiator name" in each for each in simulator.incidents(stored))


def test_a_command_goes_on_without_its_client(tmp_path: Path) -> None:
    world = made(tmp_path / "world")
    with simulator.opened(world) as opened:
        opened.state["pace"] = 0.002
    server = subprocess.Popen([sys.executable, "-m", "tui_installer.simulator", str(world)], stdout=subprocess.PIPE)
    assert server.stdout is not None
    try:
        assert server.stdout.readline() == f"serving {world}\n".encode()
        client = "import sys; from pathlib import Path; from tui_installer import simulator\n"
        client += "simulator.here(Path(sys.argv[1])).run(*sys.argv[2:], on_line=lambda line: print(line, flush=True))"
        with subprocess.Popen(
            [sys.executable, "-c", client, str(world), *INSTALL, "vlan", "open-iscsi"], stdout=subprocess.PIPE
        ) as asking:
            assert asking.stdout is not None
            asking.stdout.readline()
            asking.send_signal(signal.SIGKILL)
        host = simulator.here(world)
        assert ok(host, "hostname") == "fresh\n"
        states = {""}
        while states != {"ii "}:  # each look waits for its turn
            shown = ok(host, "dpkg-query -W -f", "${Package} ${db:Status-Abbrev}\n").splitlines()
            states = {line[-3:] for line in shown if line.startswith(("vlan ", "open-iscsi "))}
        assert host.read("/etc/hostname") == File(b"fresh\n")
        assert host.links()[1].name == "eth1"
    finally:
        server.terminate()
        assert server.wait(10) == 0
