"""The guide on a fresh host of each release, and what a restart leaves of it."""

from __future__ import annotations

import pytest

from tests.simulator.rhcs import guide
from tests.simulator.rhcs.conftest import RELEASES, Make
from tests.simulator.worlds import member, ok, run
from tui_installer import simulator
from tui_installer.hosts.host import Host, HostError

REFUSED = (
    "ip -j addr", "ip -br link", "apt-get purge vlan", "apt-get --no-install-recommends install vlan",
    "mkdir --nope /x", "uname -Z", "cat --nope", "dpkg --nope", "grep --nope x", "modprobe -Z x",
)  # fmt: skip
"""What tools of etch do not know."""


@pytest.mark.parametrize("release", RELEASES)
def test_the_guide_joins_a_host(rhcs: Make, release: str) -> None:
    world = rhcs(release)
    host = guide.join(world, release)
    _joined(host, release)
    _joined(member(world, "top"), release)
    unfenced = "bottom: takes locks outside the fence domain: nobody fences it"
    assert simulator.incidents(world) == ([unfenced] if release == "etch" else []), "the guide knows no package fence"
    assert simulator.inquorate_moments(world) == []


@pytest.mark.parametrize("release", RELEASES)
def test_a_restart_brings_it_all_back(rhcs: Make, release: str) -> None:
    world = rhcs(release, "")
    host = simulator.here(world)
    before = ok(host, "cat /proc/sys/kernel/random/boot_id")
    assert "going down for reboot" in ok(host, "shutdown -r now")
    for _ in range(2):
        with pytest.raises(HostError, match="Connection refused"):
            run(host, "true")
    assert ok(host, "cat /proc/sys/kernel/random/boot_id") != before
    _joined(host, release)
    assert "172.16.17.55/16" in ok(host, "ip -o -4 addr")
    assert run(host, "xend status").ok()


def _joined(host: Host, release: str) -> None:
    status = ok(host, "cman_tool status")
    for line in ("Cluster Member: Yes", "Nodes: 3", "Config version: 6" if release == "etch" else "Config Version: 6"):
        assert line in status
    assert "Activity blocked" not in status
    assert ok(host, "iscsiadm -m session").count("tcp: [") == 2
    assert ok(host, "multipath -ll").count("ready") == 4
    assert "-wi-a-" in ok(host, "lvs --noheadings -o lv_attr san")
    assert ok(host, "pidof clvmd").strip().isdigit()


def test_what_is_not_started_at_boot_is_missing_after_a_restart(rhcs: Make) -> None:
    world = rhcs("etch", "")
    host = simulator.here(world)
    for script in ("san-lvm", "open-iscsi"):
        ok(host, f"update-rc.d -f {script} remove")
    modules = host.read("/etc/modules")
    assert modules is not None
    guide.put(host, "/etc/modules", modules.content.decode().replace("cman\ndlm\n", "cman dlm\n"))
    ok(host, "init 6")
    for _ in range(2):
        with pytest.raises(HostError):
            run(host, "true")
    assert "cman 40960" in ok(host, "cat /proc/modules")
    assert "dlm 40960" not in ok(host, "cat /proc/modules").partition("cman")[2]
    said = run(host, "iscsiadm -m session")
    assert "no active sessions" in f"{said.out}{said.err}".lower()
    assert ok(host, "multipath -ll") == ""


@pytest.mark.parametrize("release", RELEASES)
def test_the_menu_is_made_from_its_settings(rhcs: Make, release: str) -> None:
    host = simulator.here(rhcs(release))
    fresh = guide.text(host, "/boot/grub/menu.lst")
    ok(host, "update-grub")
    assert guide.text(host, "/boot/grub/menu.lst") == fresh
    guide.put(host, "/boot/grub/menu.lst", fresh.replace("# xenkopt=console=tty0", "# xenkopt=console=hvc0"))
    ok(host, "update-grub")
    assert "ro console=hvc0\n" in guide.text(host, "/boot/grub/menu.lst")


def test_init_reads_inittab_again(rhcs: Make) -> None:
    world = rhcs("etch")
    host = simulator.here(world)
    getty = "/sbin/getty -L ttyS0 115200 vt100"
    guide.put(host, "/etc/inittab", guide.text(host, "/etc/inittab") + f"T0:23:respawn:{getty}\n")
    ok(host, "init q")
    with simulator.opened(world) as opened:
        assert getty in opened.machine("bottom").data["gettys"]


def test_modern_tools_are_not_there(rhcs_shared: Make) -> None:
    host = simulator.here(rhcs_shared("etch"))
    for name in ("systemctl", "lsblk", "findmnt", "unshare", "python3", "timeout", "udevadm", "corosync"):
        assert run(host, name).end == "absent"
    for command in REFUSED:
        result = run(host, command)
        assert result.code, command
        assert result.err
