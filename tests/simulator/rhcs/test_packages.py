"""apt, dpkg and sysv-rc of the time: the two failures that the guide announces, and their mending."""

from __future__ import annotations

import pytest

from tests.simulator.rhcs import guide
from tests.simulator.rhcs.conftest import Make
from tests.simulator.worlds import fault, member, ok, run
from tui_installer import simulator

CCS = """\
invoke-rc.d: initscript ccs, action "start" failed.
dpkg: error processing ccs (--configure):
 subprocess post-installation script returned error exit status 1
"""
CASCADE = """\
dpkg: dependency problems prevent configuration of clvm:
 clvm depends on cman | gulm; however:
  Package cman is not configured yet.
  Package gulm is not installed.
dpkg: error processing clvm (--configure):
 dependency problems - leaving unconfigured
"""
CMAN = """\
FATAL: Module cman not found.
FATAL: Module dlm not found.
cman_tool: can't open /proc/cluster/status, cman not running
cman_tool: can't open /proc/cluster/status, cman not running
cman_tool: can't open cluster socket: Address family not supported by protocol
The cman kernel module may not be loaded
invoke-rc.d: initscript cman, action "start" failed.
dpkg: error processing cman (--configure):
 subprocess post-installation script returned error exit status 1
"""


def test_ccs_fails_without_its_file(rhcs: Make) -> None:
    world = rhcs("etch")
    host = simulator.here(world)
    result = run(host, "apt-get -y install ccs cman clvm")
    assert result.code == 100
    assert result.err.startswith(CCS)
    assert CASCADE in result.err
    assert result.err.endswith(
        "Errors were encountered while processing:\n ccs\n cman\n clvm\n"
        "E: Sub-process /usr/bin/dpkg returned an error code (1)\n"
    )
    assert "Setting up ccs (1.03.00-2) ...\n" in result.out
    assert "install ok half-configured\tccs" in ok(host, "dpkg-query -W -f ${Status}\\t${Package}\\n ccs")
    guide.take(host, member(world, "top"), "/etc/cluster/cluster.conf")
    more = run(host, f"apt-get -y install redhat-cluster-modules-{guide.KERNELS['etch']}")  # goes on with the others
    assert more.err.startswith('cman_tool: local node name "bottom" not found in cluster.conf\n')
    assert "install ok installed\tccs" in ok(host, "dpkg-query -W -f ${Status}\\t${Package}\\n ccs")
    assert ok(host, "pidof ccsd")


def test_cman_fails_without_its_modules(rhcs: Make) -> None:
    world = rhcs("etch")
    host = simulator.here(world)
    conf = guide.text(member(world, "top"), "/etc/cluster/cluster.conf").replace('"left"', '"bottom"')
    guide.put(host, "/etc/cluster/cluster.conf", conf)
    ok(host, "apt-get -y install ccs")
    fault(world, "ccs-filtered", ["bottom"])
    result = run(host, "apt-get -y install cman")
    assert result.code == 100
    assert result.err.startswith(CMAN)
    assert " Warning unable to load cman kernel module Warning unable to load dlm kernel module" in result.out
    fault(world, "no-candidate", [f"redhat-cluster-modules-{guide.KERNELS['etch']}"])
    lost = run(host, f"apt-get -y install redhat-cluster-modules-{guide.KERNELS['etch']}")
    assert lost.err == f"E: Couldn't find package redhat-cluster-modules-{guide.KERNELS['etch']}\n"


@pytest.mark.parametrize(
    ("release", "said"), [("lenny", "/etc/cluster/cluster.conf was not detected"), ("squeeze", "")]
)
def test_later_releases_wait_for_the_file(rhcs: Make, release: str, said: str) -> None:
    host = simulator.here(rhcs(release))
    assert said in ok(host, "apt-get -y install cman clvm")
    assert "clvmd: cluster not configured. Aborting." in ok(host, "/etc/init.d/clvm start")
    assert run(host, "/etc/init.d/cman start").ok() == (release == "lenny")


def test_policy_rc_d_keeps_daemons_from_starting(rhcs: Make) -> None:
    host = simulator.here(rhcs("etch"))
    guide.put(host, "/usr/sbin/policy-rc.d", '#! /bin/sh\n[ "$1" = ccs ] && exit 101\nexit 0\n', 0o755)
    result = run(host, "apt-get -y install ccs")
    assert result.ok()
    assert result.err == "invoke-rc.d: policy-rc.d denied execution of start.\n"


def test_purging_leaves_nothing(rhcs: Make) -> None:
    world = rhcs("etch")
    host = simulator.here(world)
    before = {str(each.relative_to(world)) for each in (world / "bottom").rglob("*") if each.is_file()}
    ok(host, "apt-get -y install open-iscsi multipath-tools vlan xen-linux-system")
    ok(host, "apt-get -y --purge remove open-iscsi multipath-tools vlan xen-linux-system python bridge-utils "
             "xen-utils-common xen-utils-3.0.3-1 xen-linux-system-2.6.18-6-xen-686")  # fmt: skip
    after = {str(each.relative_to(world)) for each in (world / "bottom").rglob("*") if each.is_file()}
    assert after - before == set()


def test_links_by_number(rhcs: Make) -> None:
    host = simulator.here(rhcs("etch"))
    assert run(host, "update-rc.d x defaults").err == "update-rc.d: /etc/init.d/x: file does not exist\n"
    guide.put(host, "/etc/init.d/x", "#! /bin/sh\n", 0o755)
    out = ok(host, "update-rc.d x start 74 2 3 . stop 12 0 6 .")
    assert "   /etc/rc2.d/S74x -> ../init.d/x\n" in out
    assert host.list("/etc/rc?.d/???x") == ("/etc/rc0.d/K12x", "/etc/rc2.d/S74x", "/etc/rc3.d/S74x", "/etc/rc6.d/K12x")
    assert ok(host, "update-rc.d x defaults") == " System startup links for /etc/init.d/x already exist.\n"
    assert run(host, "update-rc.d x remove").code == 1
    ok(host, "update-rc.d -f x remove")
    assert host.list("/etc/rc?.d/???x") == ()


def test_links_by_headers(rhcs: Make) -> None:
    host = simulator.here(rhcs("squeeze", "volumes"))
    body = guide.SAN_LVM.replace("cman clvm", "cman ccs")
    guide.put(host, "/etc/init.d/san-lvm", body, 0o755)
    result = run(host, "update-rc.d san-lvm start 75 2 3 4 5 .")
    assert result.code == 1
    assert "insserv: Service ccs has to be enabled to start service san-lvm\n" in result.err
    guide.put(host, "/etc/init.d/san-lvm", guide.SAN_LVM.replace(" clvm", ""), 0o755)
    mismatch = run(host, "update-rc.d san-lvm start 75 2 .")
    assert "san-lvm start runlevel arguments (2) do not match LSB Default-Start values (2 3 4 5)" in mismatch.err
    (link,) = host.list("/etc/rc2.d/S??san-lvm")
    assert int(link[-9:-7]) > int(host.list("/etc/rcS.d/S??cman")[0][-6:-4])


def test_a_lock_and_no_network(rhcs: Make) -> None:
    world = rhcs("etch")
    host = simulator.here(world)
    fault(world, "apt", "locked")
    assert "E: Could not get lock /var/lib/dpkg/lock" in run(host, "apt-get -y install vlan").err
    fault(world, "apt", "offline")
    assert "Could not resolve 'mirror.example'" in run(host, "apt-get -y install vlan").err
    fault(world, "apt", "postinst:vlan")
    assert "error processing vlan (--configure)" in run(host, "apt-get -y install vlan").err


def test_a_world_that_takes_its_time_ends_alike(rhcs: Make) -> None:
    world = rhcs("etch")
    with simulator.opened(world) as opened:
        opened.state["pace"] = 0.001
    host = simulator.here(world)
    assert run(host, "apt-get -y install open-iscsi multipath-tools").ok()
    assert ok(host, "dpkg --audit") == ""
    assert ok(host, "pidof multipathd")
