"""open-iscsi, multipath-tools, LVM and xend of the time."""

from __future__ import annotations

import pytest

from tests.simulator.rhcs import guide
from tests.simulator.rhcs.conftest import RELEASES, Make
from tests.simulator.worlds import fault, member, ok, run
from tui_installer import simulator

MAPS = {
    "etch": """\
vm0 (22266000155c3a7e1)
[size=2 TB][features=1 queue_if_no_path][hwhandler=0]
\\_ round-robin 0 [prio=2][active]
 \\_ 0:0:0:0 sda 8:0  [active][ready]
 \\_ 1:0:0:0 sdc 8:32 [active][ready]
""",
    "lenny": """\
vm0 (22266000155c3a7e1) dm-1 Promise ,VTrak M310i     
[size=2.0T][features=1 queue_if_no_path][hwhandler=0]
\\_ round-robin 0 [prio=2][active]
 \\_ 0:0:0:0 sda 8:0  [active][ready]
 \\_ 1:0:0:0 sdc 8:32 [active][ready]
""",
    "squeeze": """\
vm0 (22266000155c3a7e1) dm-1 Promise,VTrak M310i
size=2.0T features='1 queue_if_no_path' hwhandler='0' wp=rw
`-+- policy='round-robin 0' prio=1 status=active
  |- 0:0:0:0 sda 8:0 active ready running
  `- 1:0:0:0 sdc 8:32 active ready running
""",
}
HOSTS_ALLOW = {
    "'^198\\\\.38\\\\.17\\\\.5[567]$'": True,
    "'^localhost$  ^x$'": True,  # two blanks: an empty expression between them
    "": True,
    "'^x$'": False,
}
"""xend's setting -> whether `bottom` gets in."""
FALLBACK = """\
  WARNING: Falling back to local file-based locking.
  Volume Groups with the clustered attribute will be inaccessible.
"""


@pytest.mark.parametrize("release", RELEASES)
def test_maps(rhcs_shared: Make, release: str) -> None:
    assert ok(member(rhcs_shared(release), "top"), "multipath -ll vm0") == MAPS[release]


def test_a_pulled_portal(rhcs: Make) -> None:
    world = rhcs("etch")
    top = member(world, "top")
    simulator.pull(world, "172.16.1.3")
    assert "sdc 8:32 [failed][faulty]\n" in ok(top, "multipath -ll vm0")
    assert "sdc 8:32 [failed][undef]\n" in ok(top, "multipath -l vm0")


def test_logins_say_what_their_version_says(rhcs: Make) -> None:
    world = rhcs("lenny", "cluster")
    host = simulator.here(world)
    where = f"[iface: default, target: {guide.IQN}, portal: 172.16.1.2,3260]"
    again = run(host, f"iscsiadm -m node -T {guide.IQN} -p 172.16.1.2 -l")
    assert again.out == f"Logging in to {where}\n"
    exists = "iscsiadm: initiator reported error (15 - already exists)\n"
    assert again.err == f"iscsiadm: Could not login to {where}: \n{exists}"
    out = ok(host, f"iscsiadm -m node -T {guide.IQN} -p 172.16.1.2 -u")
    assert out.endswith(f"Logout of [sid: 1, target: {guide.IQN}, portal: 172.16.1.2,3260]: successful\n")
    out = ok(host, f"iscsiadm -m node -T {guide.IQN} -p 172.16.1.2:3260 --login")
    assert out == f"Logging in to {where}\nLogin to {where}: successful\n"
    assert ok(host, "iscsiadm -m session").splitlines()[1] == f"tcp: [3] 172.16.1.2:3260,1 {guide.IQN}"
    simulator.pull(world, "172.16.1.3")
    ok(host, f"iscsiadm -m node -T {guide.IQN} -p 172.16.1.3 -u")
    late = run(host, f"iscsiadm -m node -T {guide.IQN} -p 172.16.1.3 -l")
    assert late.err.endswith("iscsiadm: initiator reported error (8 - connection timed out)\n")


@pytest.mark.parametrize(("release", "number", "code"), [("etch", 5, 255), ("squeeze", 19, 255)])
def test_a_refused_login(rhcs: Make, release: str, number: int, code: int) -> None:
    world = rhcs(release, "cluster")
    host = simulator.here(world)
    ok(host, f"iscsiadm -m node -T {guide.IQN} -p 172.16.1.2 -u")
    fault(world, "acl", True)
    refused = run(host, f"iscsiadm -m node -T {guide.IQN} -p 172.16.1.2 -l")
    assert f"initiator reported error ({number} - " in refused.err
    assert refused.code == code


@pytest.mark.parametrize(("release", "path"), [("etch", "172.16.1.2,3260"), ("lenny", "172.16.1.2,3260,1/default")])
def test_records(rhcs: Make, release: str, path: str) -> None:
    host = simulator.here(rhcs(release, "cluster"))
    text = guide.text(host, f"/etc/iscsi/nodes/{guide.IQN}/{path}")
    assert "node.session.auth.username = vmhosts\n" in text
    assert "node.active_cnx" not in text
    ok(host, f"iscsiadm -m node -T {guide.IQN} -p 172.16.1.2 -o update -n node.startup -v manual")
    assert "node.startup = manual\n" in guide.text(host, f"/etc/iscsi/nodes/{guide.IQN}/{path}")
    ok(host, "iscsiadm -m discovery -t st -p 172.16.1.2")
    assert "node.startup = automatic\n" in guide.text(host, f"/etc/iscsi/nodes/{guide.IQN}/{path}")
    assert ok(host, "iscsiadm -m discovery") == "172.16.1.2:3260 via sendtargets\n172.16.1.3:3260 via sendtargets\n"
    ok(host, "iscsiadm -m discovery -p 172.16.1.3:3260 -o delete")
    assert host.list("/etc/iscsi/send_targets/172.16.1.3*") == ()


def test_one_name_for_two_hosts(rhcs: Make) -> None:
    world = rhcs("etch", "cluster")
    host = simulator.here(world)
    ok(host, f"iscsiadm -m node -T {guide.IQN} -p 172.16.1.2 -u")
    host.write("/etc/iscsi/initiatorname.iscsi", member(world, "top").read("/etc/initiatorname.iscsi"))
    ok(host, f"iscsiadm -m node -T {guide.IQN} -p 172.16.1.2 -l")
    assert "bottom and top have the same initiator name: sessions flap" in simulator.incidents(world)


def test_dialects(rhcs: Make) -> None:
    world = rhcs("lenny", "cluster")
    host = simulator.here(world)
    ok(host, "multipath -F")
    conf = guide.text(host, "/etc/multipath.conf")
    guide.put(host, "/etc/multipath.conf", conf.replace("/lib/udev/scsi_id", "/sbin/scsi_id") + "overrides {\n}\n")
    out = ok(host, "multipath")
    assert "error calling out /sbin/scsi_id -g -u -s /block/sda\n" in out
    assert "overrides" not in out  # it passes over what it does not know
    assert ok(host, "multipath -ll").count("vm0") == 0
    guide.put(host, "/etc/multipath.conf", conf.replace("multibus", "failover").replace("alias vm0", "alias vm7"))
    assert ok(host, "multipath").startswith("create: vm7 (22266000155c3a7e1)")
    assert ok(host, "multipath -ll vm7").count("round-robin") == 2


@pytest.mark.parametrize(("release", "devices"), [("lenny", 2), ("squeeze", 1)])
def test_a_second_section_takes_the_place_of_the_first(rhcs: Make, release: str, devices: int) -> None:
    """Of 0.4.8 both blacklist and devices; of 761c66f devices are taken together."""
    host = simulator.here(rhcs(release, "cluster"))
    ok(host, "multipath -F")
    conf = guide.text(host, "/etc/multipath.conf")
    kept = 'blacklist {\n\tdevnode "^sd"\n}\n'
    guide.put(host, "/etc/multipath.conf", kept + conf + "devices {\n\tdevice {\n\t\tvendor X\n\t\tproduct Y\n\t}\n}\n")
    assert ok(host, "multipath").count("create: ") == 2
    assert ok(host, "multipath -ll vm0").count("round-robin") == devices
    guide.put(host, "/etc/multipath.conf", conf + kept)
    ok(host, "multipath -F")
    assert ok(host, "multipath") == ""


def test_no_map_without_the_driver(rhcs: Make) -> None:
    host = simulator.here(rhcs("etch", "cluster"))
    ok(host, "multipath -F")
    ok(host, "modprobe -r dm_round_robin")
    ok(host, "modprobe -r dm_multipath")
    assert run(host, "multipath -ll").out == "DM multipath kernel driver not loaded\n"


def test_lvm_without_clvmd_fails_on_etch(rhcs: Make) -> None:
    host = simulator.here(rhcs("etch", "xen"))
    ok(host, "/etc/init.d/clvm stop")
    result = run(host, "vgs")
    assert (result.code, result.out) == (5, "")
    assert result.err.endswith("  Locking type 2 initialisation failed.\n")


@pytest.mark.parametrize("release", ["lenny", "squeeze"])
def test_lvm_without_clvmd_goes_on_later(rhcs: Make, release: str) -> None:
    host = simulator.here(rhcs(release, "xen"))
    ok(host, "/etc/init.d/clvm stop")
    result = run(host, "vgs")
    assert result.code == 5
    said = "  connect() failed on local socket: No such file or directory\n"
    said += "  Internal cluster locking initialisation failed.\n" * (release == "squeeze")
    assert result.err.startswith(said + FALLBACK)
    assert "  Skipping clustered volume group san\n" in result.err
    assert "local" in result.out


def test_an_unclosed_quote(rhcs: Make) -> None:
    host = simulator.here(rhcs("etch"))
    text = guide.text(host, "/etc/lvm/lvm.conf")
    guide.put(host, "/etc/lvm/lvm.conf", text.replace("log {", 'log {\n    file = "/var/log/lvm2.log'))
    result = run(host, "vgs")
    assert result.code == 255
    assert result.err.startswith("  Parse error at line ")
    assert result.err.endswith(": unexpected token\n  Failed to load config file /etc/lvm/lvm.conf\n")


def test_duplicates_without_a_map(rhcs: Make) -> None:
    host = simulator.here(rhcs("etch", "cluster"))
    ok(host, "multipath -F")
    result = run(host, "pvs")
    assert "  Found duplicate PV " in result.err
    assert ": using /dev/sdc not /dev/sda\n" in result.err
    guide.put(host, "/x/lvm.conf", 'devices { filter = [ "a|^/dev/cciss/|", "r|.*|" ] }\n')
    only = run(host, "env LVM_SYSTEM_DIR=/x pvs --noheadings -o pv_name")
    assert (only.out, only.err) == ("  /dev/cciss/c0d0p2\n", "")
    refused = run(host, "pvs --config x")
    said = "pvs: unrecognized option `--config'\n  Error during parsing of command line.\n"
    assert (refused.code, refused.err) == (3, said)
    assert run(host, "lvm dumpconfig devices/filter").code == 5
    assert run(host, "lvm dumpconfig").ok()


def test_a_group_needs_clvmd_everywhere(rhcs: Make) -> None:
    world = rhcs("etch", "xen")
    ok(member(world, "left"), "/etc/init.d/clvm stop")
    result = run(simulator.here(world), "vgchange -ay san")
    assert "  clvmd not running on node left\n" in result.err
    assert run(simulator.here(world), "vgchange -aly san").ok()


def test_relocation(rhcs: Make) -> None:
    world = rhcs("etch", "")
    top, here = member(world, "top"), simulator.here(world)
    assert run(here, "xm migrate --live mail top").code == 1
    log = ok(top, "cat /var/log/xen/xend.log")
    assert "Rejected connection from 198.38.17.55 (bottom.tjhsst.edu).\n" in log
    for value, passes in (
        ("'^198\\\\.38\\\\.17\\\\.5[567]$'", True),
        ("'^localhost$  ^x$'", True),
        ("", True),
        ("'^x$'", False),
        ("'^198[.]38[.]17[.]5[567]$'", True),
        ("^198[.]38", True),  # a word ends before its bracket: ^198
    ):
        text = guide.text(here, "/etc/xen/xend-config.sxp")
        start = text.index("(xend-relocation-hosts-allow '^")
        end = text.index(")\n", start)
        guide.put(top, "/etc/xen/xend-config.sxp", f"{text[:start]}(xend-relocation-hosts-allow {value}{text[end:]}")
        ok(top, "/etc/init.d/xend restart")
        assert run(here, "xm migrate --live mail top").ok() == passes, value
    guide.put(top, "/etc/xen/xend-config.sxp", "(xend-relocation-server perhaps)\n")
    failed = run(top, "/etc/init.d/xend restart")
    assert "invalid xend config xend-relocation-server: expected bool: perhaps" in failed.err
