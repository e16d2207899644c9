"""ccsd, ccs_tool and cman_tool of the three families, in the words of their time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.simulator.rhcs import guide
from tests.simulator.rhcs.conftest import RELEASES, Make
from tests.simulator.worlds import fault, member, ok, run
from tui_installer import simulator
from tui_installer.hosts.host import Host

CONF = "/etc/cluster/cluster.conf"
MEMBER = """\
Cluster Name: vmcluster
Cluster Id: 57524
Cluster Member: Yes
Cluster Generation: N
Membership state: Cluster-Member
Nodes: 2
Expected votes: 2
Total votes: 2
"""
TOP = """\
Node name: top
Node ID: 1
Multicast addresses: 239.192.224.149 
Node addresses: 198.38.17.56 
"""
"""What 2.x and 3.x print alike."""
STATUS = {
    "etch": """\
Protocol version: 5.0.1
Config version: 5
Cluster name: vmcluster
Cluster ID: 57524
Cluster Member: Yes
Membership state: Cluster-Member
Nodes: 2
Expected_votes: 2
Total_votes: 2
Quorum: 2   
Active subsystems: 2
Node name: top
Node addresses: 198.38.17.56  

""",
    "lenny": f"""\
Version: 6.1.0
Config Version: 5
{MEMBER}Quorum: 2  
Active subsystems: 9
Flags: Dirty 
Ports Bound: 0 11  
{TOP}""",
    "squeeze": f"""\
Version: 6.2.0
Config Version: 5
{MEMBER}Node votes: 1
Quorum: 2 
Active subsystems: 9
Flags: 
Ports Bound: 0 11 
{TOP}""",
}
NODES1 = "Node  Votes Exp Sts  Name\n   1    1    2   M   top\n   2    1    2   M   left\n"
SERVICES1 = """\
Service          Name                              GID LID State     Code
Fence Domain:    "default"                           1   2 run       -
[1 2]

DLM Lock Space:  "clvmd"                             2   3 run       -
[1 2]

"""
SERVICES2 = """\
type             level name     id       state       
fence            0     default  00010001 none        
[1 2]
dlm              1     clvmd    00050001 none        
[1 2]
"""


@pytest.mark.parametrize("release", RELEASES)
def test_status(rhcs_shared: Make, release: str) -> None:
    found = ok(member(rhcs_shared(release), "top"), "cman_tool status")
    assert re.sub(r"Generation: \d+", "Generation: N", found) == STATUS[release]


def test_nodes_and_services(rhcs_shared: Make) -> None:
    assert ok(member(rhcs_shared("etch"), "top"), "cman_tool nodes") == NODES1
    assert ok(member(rhcs_shared("etch"), "top"), "cat /proc/cluster/services") == SERVICES1
    lenny = member(rhcs_shared("lenny"), "left")
    shown = re.sub(r"\d\d+", "NN", ok(lenny, "cman_tool nodes")).splitlines()
    assert shown[1] == "   1   M      4   NN-NN-NN NN:NN:NN  top"
    assert ok(lenny, "cman_tool services") == ok(lenny, "group_tool ls") == SERVICES2
    assert "wait state    none\nmembers       1 2 \n" in ok(member(rhcs_shared("squeeze"), "top"), "cman_tool services")


def test_versions(rhcs_shared: Make) -> None:
    for release, text in (("etch", "5.0.1"), ("lenny", "6.1.0"), ("squeeze", "6.2.0")):
        assert ok(member(rhcs_shared(release), "top"), "cman_tool version") == f"{text} config 5\n"


def test_cman_is_down(rhcs: Make) -> None:
    world = rhcs("etch", "cluster")
    host = simulator.here(world)
    ok(host, f"apt-get -y install redhat-cluster-modules-{guide.KERNELS['etch']}")
    guide.take(host, member(world, "top"), CONF)
    run(host, "apt-get -y install ccs cman")
    ok(host, "rmmod dlm cman")
    assert run(host, "cman_tool status").err == "cman_tool: can't open /proc/cluster/status, cman not running\n"
    refused = "cman_tool: can't open cluster socket, cman kernel module probably not loaded\n"
    assert run(host, "cman_tool version -r 6").err == refused
    ok(host, "/etc/init.d/ccs stop")
    assert run(host, "cman_tool join").err == "cman_tool: cannot connect to ccs (name=none)\n"
    ok(host, "modprobe cman")
    assert "Cluster Member: No\n" in ok(host, "cman_tool status")
    assert run(host, "cman_tool bogus").err == "cman_tool: unknown option bogus\n"


def test_cman_is_down_later(rhcs: Make) -> None:
    host = simulator.here(rhcs("lenny"))
    ok(host, "apt-get -y install cman clvm")
    for command in ("status", "nodes", "version", "version -r 6", "wait -t 1", "leave"):
        result = run(host, f"cman_tool {command}")
        assert (result.code, result.err) == (1, "cman_tool: Cannot open connection to cman, is it running ?\n")
    assert run(host, "cman_tool join").err == "cman_tool: ccsd is not running\n"
    assert run(host, "clvmd").err == "clvmd could not connect to cluster manager\nConsult syslog for more information\n"


REFUSED = {
    "</clusternodes>": "Unable to parse {path}",
    'config_version="5"': "Proposed updated config file does not have greater version number.\n"
    "  Current config_version :: 5\n  Proposed config_version:: 5\n",
    'config_version="a"': "config_version is not a valid integer.\nUnable to get the config_version from {path}\n",
    "": "Error while retrieving config_version.\nUnable to get the config_version from {path}\n",
}


@pytest.mark.parametrize("what", REFUSED)
def test_updates_that_are_refused(rhcs: Make, what: str) -> None:
    top = member(rhcs("lenny"), "top")
    conf = guide.text(top, CONF)
    wrong = conf.replace(what, "") if what.startswith("<") else conf.replace(' config_version="5"', f" {what}")
    guide.put(top, "/x.conf", wrong)
    result = run(top, "ccs_tool update /x.conf")
    assert result.code == 1
    assert REFUSED[what].format(path="/x.conf") in result.err
    assert result.err.endswith("\n\nFailed to update config file.\n")
    assert guide.text(top, CONF) == conf


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ccsd-down", ["left"], "Unable to open connection to left: Connection refused\n"),
        ("no-ack", ["left"], "Failed to receive COMM_UPDATE_NOTICE_ACK from left.\nHint: Check the log on left for"),
        ("inquorate", ["top"], "Unable to honor update request.  Cluster is not quorate.\n"),
        ("update-race", True, "Warning:: Simultaneous update requests detected.\n  You have lost the race.\n"),
    ],
)
def test_updates_that_fail(rhcs: Make, name: str, value: object, said: str) -> None:
    world = rhcs("etch")
    top = member(world, "top")
    fault(world, name, value)
    guide.put(top, "/x.conf", guide.text(top, CONF).replace('"5"', '"6"'))
    result = run(top, "ccs_tool update /x.conf")
    assert result.code == 1
    assert result.err.startswith(said)


@pytest.mark.parametrize(("release", "told"), [("etch", 5), ("lenny", 6)])
def test_an_update_reaches_all_and_tells_cman_only_later(rhcs: Make, release: str, told: int) -> None:
    world = rhcs(release)
    top, left = member(world, "top"), member(world, "left")
    new = guide.text(top, CONF).replace('"5"', '"6"').replace('votes="1"', '\n votes="1"', 1)
    guide.put(top, CONF, new)
    assert ok(top, f"ccs_tool update {CONF}") == "Config file updated from version 5 to 6\n\nUpdate complete.\n"
    assert guide.text(left, CONF) == new.replace("\n votes", "votes")
    file = left.read(CONF)
    assert file is not None
    assert file.mode == 0o640
    assert ok(left, "cman_tool version").endswith(f"config {told}\n")
    assert ok(left, "cman_tool version -r 6") == ""
    assert ok(top, "cman_tool version").endswith("config 6\n")


def test_squeeze_has_no_update(rhcs: Make) -> None:
    top = member(rhcs("squeeze"), "top")
    assert run(top, "ccs_tool update x").err == "Unknown command, update.\nTry 'ccs_tool help' for help.\n"
    assert "option requires an argument -- 'r'\n" in run(top, "cman_tool version -r").err
    assert run(top, "cman_tool version -r -S").err == "cman_tool: argument to r (-S) is not an integer\n"
    assert "try re-running with -S" in run(top, "cman_tool version -r 5").err
    assert ok(top, "cman_tool version -r 5 -S") == ""
    text = guide.text(top, CONF)
    guide.put(
        top, CONF, text.replace("<cman", "<rm><x/></rm>\n<cman").replace('config_version="5"', 'config_version="6"')
    )
    assert ok(top, "cman_tool version -r 0 -S") == ""
    assert ok(top, "cman_tool version").endswith("config 6\n")
    guide.put(top, CONF, text.replace("<cman", "<cmann/>\n<cman"))
    assert run(top, "cman_tool version -r 7 -S").err == "cman_tool: Not reloading, configuration is not valid\n\n"


def _listed(world: Path, release: str) -> Host:
    """`bottom`, ready to join."""
    host = simulator.here(world)
    top = member(world, "top")
    own = re.sub(r"127\.0\.1\.1\s.*", "198.38.17.55\tbottom", guide.text(host, "/etc/hosts"))
    guide.put(host, "/etc/hosts", own)
    conf = guide.text(top, CONF).replace('config_version="5"', 'config_version="6"')
    node = '<clusternode name="bottom" votes="1" nodeid="3"/>'
    guide.put(host, CONF, conf.replace("</clusternodes>", node + "</clusternodes>"))
    if release == "etch":
        ok(host, f"apt-get -y install redhat-cluster-modules-{guide.KERNELS['etch']} ccs")
        ok(host, "modprobe cman")
    return host


def test_a_joiner_with_an_old_file_is_rejected(rhcs: Make) -> None:
    world = rhcs("etch")
    host = _listed(world, "etch")
    fault(world, "ccs-filtered", ["bottom"])
    result = run(host, "apt-get -y install cman")
    assert "cman_tool: Timed-out waiting for cluster\n" in result.err
    assert "CMAN: Cluster membership rejected\n" in ok(host, "dmesg")
    log = ok(member(world, "top"), "cat /var/log/kern.log")
    assert "kernel: CMAN: Join request from bottom rejected, config version local 5 remote 6\n" in log
    assert "Membership state: Rejected\n" in ok(host, "cman_tool status")


def test_a_joiner_that_hears_nobody_is_alone(rhcs: Make) -> None:
    world = rhcs("etch")
    host = _listed(world, "etch")
    fault(world, "cluster-filtered", ["bottom"])
    ok(host, "apt-get -y install cman")
    status = ok(host, "cman_tool status")
    assert "Cluster Member: Yes\n" in status
    assert "Nodes: 1\n" in status
    assert "Quorum: 2  Activity blocked\n" in status
    assert "CMAN: forming a new cluster\n" in ok(host, "dmesg")


def test_a_name_at_127_0_1_1_hears_nobody(rhcs: Make) -> None:
    world = rhcs("etch")
    host = _listed(world, "etch")
    guide.put(host, "/etc/hosts", "127.0.0.1 localhost\n127.0.1.1 bottom\n")
    ok(host, "apt-get -y install cman")
    assert "Activity blocked" in ok(host, "cman_tool status")
    ok(host, "cman_tool leave")
    for text, said in (("10.0.0.1 bottom\n10.0.0.2 bottom\n", "node name bottom is ambiguous"),
                       ("", "can't resolve node name bottom: Unknown host")):  # fmt: skip
        guide.put(host, "/etc/hosts", text)
        assert run(host, "cman_tool join").err == f"cman_tool: {said}\n"


def test_ccsd_takes_a_newer_file_over(rhcs: Make) -> None:
    world = rhcs("etch")
    host, top = _listed(world, "etch"), member(world, "top")
    new = guide.text(host, CONF)
    guide.put(host, CONF, guide.text(top, CONF))
    ok(host, "/etc/init.d/ccs restart")
    guide.put(top, CONF, new)
    ok(top, f"ccs_tool update {CONF}")
    assert ok(host, "ccs_test connect force").startswith("Force is set.\nConnect successful.\n")
    log = ok(host, "cat /var/log/syslog")
    for line in ("Remote copy of cluster.conf is from quorate node.", " Local version # : 5", " Remote version #: 6"):
        assert f": {line}\n" in log
    assert guide.text(host, CONF) == guide.text(top, CONF)
    refused = run(host, f"ccs_tool update {CONF}")
    assert refused.err.startswith("Unable to connect to the CCS daemon: Connection refused\n")


def test_a_third_node_into_two_node(rhcs: Make) -> None:
    world = rhcs("etch-two-node")
    host = _listed(world, "etch")
    fault(world, "ccs-filtered", ["bottom"])
    result = run(host, "apt-get -y install cman")
    assert "the two-node option requires exactly two nodes with one vote each and expected votes of 1 " in result.err
    assert "(node_count=3 vote_sum=3)" in result.err
    conf = guide.text(host, CONF).replace(' two_node="1" expected_votes="1"', "").replace('"6"', '"5"')
    guide.put(host, CONF, conf)
    ok(host, "/etc/init.d/ccs restart")
    ok(host, "cman_tool join")
    assert "Join request from bottom rejected, exceeds two node limit" in ok(member(world, "top"), "dmesg")


def test_broken_xml(rhcs: Make) -> None:
    host = _listed(rhcs("etch"), "etch")
    ok(host, "/etc/init.d/ccs stop")
    guide.put(host, CONF, "<cluster\n<cman/>")
    result = run(host, "ccsd")
    assert result.code == 1
    assert f"\nUnable to parse {CONF}.\nYou should either:\n 1. Correct the XML mistakes, or\n" in result.err


def test_listing_nodes(rhcs_shared: Make) -> None:
    lenny = ok(member(rhcs_shared("lenny"), "top"), "ccs_tool lsnode")
    assert lenny == (
        "\nCluster name: vmcluster, config_version: 5\n\nNodename                        Votes Nodeid Fencetype\n"
        "top                                1    1    manual\nleft                               1    2    manual\n"
    )
    assert run(member(rhcs_shared("etch"), "top"), "ccs_tool lsnode").code == 139


def test_leaving(rhcs: Make) -> None:
    world = rhcs("etch", "xen")
    host = simulator.here(world)
    refused = "cman_tool: Can't leave cluster while there are 1 active subsystems\n\n"
    assert run(host, "cman_tool leave").err == refused
    ok(host, "/etc/init.d/clvm stop")
    ok(host, "cman_tool leave remove")
    assert "Expected_votes: 2\n" in ok(member(world, "top"), "cman_tool status")


def test_waiting_for_a_fence(rhcs: Make) -> None:
    world = rhcs("etch", "xen")
    host = simulator.here(world)
    fault(world, "fence-waiting", True)
    assert "recover 2 -" in ok(host, "cman_tool services")
    assert run(host, "vgs").end == "timeout"
    ok(member(world, "top"), "fence_ack_manual -n left")
    assert run(host, "vgs").ok()
