"""cman_tool in its three generations: what it prints for a membership is read as that membership."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probes.made_up import made_up, scattered
from tests.probes.recorded import Recorded
from tui_installer.formats.cluster_conf import ClusterNode
from tui_installer.hosts.host import File
from tui_installer.probes.rhcs import cluster
from tui_installer.probes.rhcs.cman import (
    Cman,
    CmanNode,
    Status,
    Version,
    parse_nodes,
    parse_status,
    parse_version,
    probe,
)
from tui_installer.probes.rhcs.cman_services import Service, parse_services

STATUS_1 = """\
Protocol version: 5.0.1
Config version: 6
Cluster name: vmcluster
Cluster ID: 26777
Cluster Member: Yes
Membership state: Cluster-Member
Nodes: 3
Expected_votes: 3
Total_votes: 3
Quorum: 2   
Active subsystems: 2
Node name: bottom
Node ID: 3
Node addresses: 198.38.17.55  

"""
STATUS_2 = """\
Version: 6.1.0
Config Version: 6
Cluster Name: vmcluster
Cluster Id: 26777
Cluster Member: Yes
Cluster Generation: 16
Membership state: Cluster-Member
Nodes: 2
Expected votes: 3
Quorum device votes: 1
Total votes: 3
Quorum: 2 Activity blocked
Active subsystems: 7
Flags: 2node Dirty 
Ports Bound: 0 11  
Node name: bottom
Node ID: 3
Multicast addresses: 239.192.104.2 
Node addresses: 198.38.17.55 172.16.17.55 
"""
STATUS_3 = STATUS_2.replace("Total votes: 3\n", "Total votes: 3\nNode votes: 1\n").replace("6.1.0", "6.2.0")
OUTSIDE_1 = """\
Protocol version: 5.0.1
Config version: 6
Cluster name: vmcluster
Cluster ID: 26777
Cluster Member: No
Membership state: State-Transition: Master is top
"""
NODES_1 = """\
Node  Votes Exp Sts  Name
   1    1    3   M   top
   2    1    3   X   left
   3    2    3   J   bottom
"""
NODES_2 = """\
NOTE: There are 1 disallowed nodes,
      members list may seem inconsistent across the cluster
Node  Sts   Inc   Joined               Name
   1   M      8   2008-12-15 13:53:25  top
   2   X      0                        left
   3   d     16   2008-12-15 14:01:00  bottom
"""
SERVICES_1 = """\
Service          Name                              GID LID State     Code
Fence Domain:    "default"                           1   2 run       -
[1 2 3]

DLM Lock Space:  "clvmd"                             3   4 recover 2 S-6,20,1
[1 2
 3]

User:            "usrm::manager"                     5   6 join      S-2,2,1
[]

"""
SERVICES_2 = """\
type             level name     id       state       
fence            0     default  00010001 none        
[1 2 3]
dlm              1     clvmd    00020001 JOIN_START_WAIT
[1 3]
"""
SERVICES_3 = """\
fence domain
member count  3
victim count  1
victim now    2
master nodeid 1
wait state    none
members       1 2 3 

dlm lockspaces
name          clvmd
id            0x4104eefa
flags         0x00000000 
change        member 3 joined 1 remove 0 failed 0 seq 1,1
members       1 2 3 

name          other
id            0x4104eefb
flags         0x00000000 
change        member 2 joined 1 remove 0 failed 0 seq 1,1
members       1 3 
new change    member 3 joined 0 remove 0 failed 1 seq 2,2
new status    wait_messages 0 wait_condition 1 fencing

"""


def test_status_of_the_first_generation() -> None:
    assert parse_status(STATUS_1) == Status(
        version="5.0.1",
        config_version=6,
        cluster="vmcluster",
        cluster_id=26777,
        member=True,
        state="Cluster-Member",
        nodes=3,
        expected_votes=3,
        total_votes=3,
        quorum=2,
        blocked=False,
        subsystems=2,
        flags=(),
        ports=(),
        node="bottom",
        nodeid=3,
        addresses=("198.38.17.55",),
        multicast=(),
        node_votes=0,
        device_votes=0,
    )


def test_status_of_later_generations() -> None:
    second, third = parse_status(STATUS_2), parse_status(STATUS_3)
    assert second and third
    assert (second.blocked, second.quorate, second.quorum, second.device_votes) == (True, False, 2, 1)
    assert (second.flags, second.ports) == (("2node", "Dirty"), (0, 11))
    assert (second.addresses, second.multicast) == (("198.38.17.55", "172.16.17.55"), ("239.192.104.2",))
    assert third == replace(second, version="6.2.0", node_votes=1)


def test_generations() -> None:
    assert [found.family for text in (STATUS_1, STATUS_2, STATUS_3) if (found := parse_status(text))] == [
        "1.x",
        "2.x",
        "3.x",
    ]


def test_status_outside_of_a_cluster() -> None:
    outside = parse_status(OUTSIDE_1)
    assert outside
    assert (outside.member, outside.quorate, outside.nodes) == (False, False, 0)
    assert outside.state == "State-Transition: Master is top"
    oldest = parse_status("Not a cluster member. State: Not-in-Cluster\n")
    assert oldest
    assert (oldest.member, oldest.state) == (False, "Not-in-Cluster")


def test_nodes() -> None:
    assert parse_nodes(NODES_1) == (
        CmanNode(1, "top", "M", 1, 0, ""),
        CmanNode(2, "left", "X", 1, 0, ""),
        CmanNode(3, "bottom", "J", 2, 0, ""),
    )
    assert parse_nodes(NODES_2) == (
        CmanNode(1, "top", "M", 0, 8, "2008-12-15 13:53:25"),
        CmanNode(2, "left", "X", 0, 0, ""),
        CmanNode(3, "bottom", "d", 0, 16, "2008-12-15 14:01:00"),
    )


def test_services() -> None:
    assert parse_services(SERVICES_1) == (
        Service("fence", "default", "1", "run", "-", (1, 2, 3)),
        Service("dlm", "clvmd", "3", "recover 2", "S-6,20,1", (1, 2, 3)),
        Service("user", "usrm::manager", "5", "join", "S-2,2,1", ()),
    )
    assert parse_services(SERVICES_2) == (
        Service("fence", "default", "00010001", "none", "", (1, 2, 3)),
        Service("dlm", "clvmd", "00020001", "JOIN_START_WAIT", "", (1, 3)),
    )
    assert parse_services(SERVICES_3) == (
        Service("fence", "default", "", "victim 2", "", (1, 2, 3)),
        Service("dlm", "clvmd", "0x4104eefa", "none", "", (1, 2, 3)),
        Service("dlm", "other", "0x4104eefb", "member 3 joined 0 remove 0 failed 1 seq 2,2", "", (1, 3)),
    )
    healthy = [service.healthy for text in (SERVICES_1, SERVICES_2, SERVICES_3) for service in parse_services(text)]
    assert healthy == [True, False, False, True, False, False, True, False]


@pytest.mark.parametrize(
    ("text", "version"),
    [("5.0.1 config 6\n", Version("5.0.1", 6)), ("6.2.0 config 23", Version("6.2.0", 23)), ("config 6", None)],
)
def test_version(text: str, version: Version | None) -> None:
    assert parse_version(text) == version


# --- any membership, in each generation

NAMES = st.from_regex(r"[a-z][a-z0-9.-]{0,20}", fullmatch=True)
STATES = st.sampled_from("MXJd")
MEMBERS = st.builds(CmanNode, st.integers(1, 4096), NAMES, STATES, st.integers(1, 255), st.just(0), st.just(""))
LATER = st.builds(
    CmanNode,
    st.integers(1, 4096),
    NAMES,
    STATES,
    st.just(0),
    st.integers(0, 10**6),
    st.sampled_from(["", "2008-12-15 13:53:25"]),
)


@given(st.lists(MEMBERS, max_size=32))
def test_nodes_of_the_first_generation(nodes: list[CmanNode]) -> None:
    rows = [f"{node.nodeid:4} {node.votes:4} {len(nodes):4}   {node.state}   {node.name}\n" for node in nodes]
    assert parse_nodes("Node  Votes Exp Sts  Name\n" + "".join(rows)) == tuple(nodes)


@given(st.lists(LATER, max_size=32))
def test_nodes_of_later_generations(nodes: list[CmanNode]) -> None:
    rows = [f"{n.nodeid:4}   {n.state} {n.incarnation:6}   {n.joined:19}  {n.name}\n" for n in nodes]
    assert parse_nodes("Node  Sts   Inc   Joined               Name\n" + "".join(rows)) == tuple(nodes)


IDS = st.lists(st.integers(1, 4096), max_size=60).map(tuple)


def bracketed(ids: tuple[int, ...]) -> str:
    """Members as 1.x prints them: 24 to a line."""
    words = [f"{'' if index % 24 else chr(10) if index else ''}{number}" for index, number in enumerate(ids)]
    return f"[{' '.join(words)}]\n"


@given(st.lists(st.tuples(NAMES, st.sampled_from(["none", "join", "run", "recover 4", "update"]), IDS), max_size=5))
def test_services_of_the_first_generation(services: list[tuple[str, str, tuple[int, ...]]]) -> None:
    text = "Service          Name                              GID LID State     Code\n"
    for name, state, ids in services:
        quoted = f'"{name}"'
        text += f"DLM Lock Space:  {quoted:32} {3:3} {4:3} {state:9} -\n{bracketed(ids)}\n"
    assert parse_services(text) == tuple(Service("dlm", name, "3", state, "-", ids) for name, state, ids in services)


@given(st.lists(st.tuples(NAMES, st.sampled_from(["none", "FAIL_STOP_WAIT"]), IDS), max_size=5))
def test_services_of_the_second_generation(services: list[tuple[str, str, tuple[int, ...]]]) -> None:
    text = "type             level name     id       state       \n"
    for name, state, ids in services:
        text += f"{'dlm':16} {1:<5} {name:8} {0x20001:08x} {state:12}\n[{' '.join(map(str, ids))}]\n"
    assert parse_services(text) == tuple(
        Service("dlm", name, "00020001", state, "", ids) for name, state, ids in services
    )


LINES = [*STATUS_2.splitlines(), *NODES_1.splitlines(), *SERVICES_1.splitlines(), *SERVICES_3.splitlines()]
WORDS = st.lists(st.sampled_from([*LINES, "[", "]", "", "Quorum: x", "\x00"])).map("\n".join)


@given(st.text() | WORDS)
def test_nothing_is_made_up(text: str) -> None:
    lines = text.splitlines()
    assert not made_up((parse_status(text), parse_version(text)), *lines)
    assert not made_up(parse_nodes(text), *lines, *(line.replace("  ", " ") for line in lines))
    services = [replace(each, kind="", state=each.state.removeprefix("victim ")) for each in parse_services(text)]
    assert not made_up(services, "default", "none", *lines)
    assert all(node.name for node in parse_nodes(text))
    assert all(service.kind for service in parse_services(text))


@pytest.mark.parametrize("text", [STATUS_1, STATUS_2, STATUS_3])
@given(st.data())
def test_the_order_of_a_status_and_lines_in_between_mean_nothing(text: str, data: st.DataObject) -> None:
    rows = data.draw(st.permutations(text.splitlines()))
    assert parse_status(data.draw(scattered(rows, ["", "NOTE: a note", "Cluster Generation: 17"]))) == parse_status(
        text
    )


# --- a host


def tools(status: str, nodes: str, services: str, version: str) -> dict[str, tuple[int, str]]:
    words = {"status": status, "nodes": nodes, "services": services, "version": version}
    return {f"cman_tool {word}": (0, text) for word, text in words.items()}


def test_a_member() -> None:
    found = probe(Recorded(tools(STATUS_1, NODES_1, SERVICES_1, "5.0.1 config 6\n")))
    assert found.running
    assert found.present == {"top"}
    assert (found.version, found.failure) == (Version("5.0.1", 6), ())
    assert len(found.services) == 3


@pytest.mark.parametrize(
    "words",
    [
        "cman_tool: can't open /proc/cluster/status, cman not running\n",
        "cman_tool: Cannot open connection to cman, is it running ?\n",
    ],
)
def test_cman_does_not_run(words: str) -> None:
    found = probe(Recorded({"cman_tool": (1, "", words)}))
    assert found == Cman(True, None, (), (), None, (words.strip(),))


def test_cman_is_not_installed() -> None:
    assert probe(Recorded()) == Cman(False, None, (), (), None, ())


CONF = b'<cluster name="c" config_version="5"><clusternodes><clusternode name="top"/></clusternodes></cluster>'


def test_a_host_with_its_files_and_modules() -> None:
    files = {
        "/etc/cluster/cluster.conf": File(CONF, 0o640),
        "/etc/cluster/cluster.conf.old": File(b"x"),
        "/proc/modules": File(b"dlm 110224 2 - Live 0xe0a2\nlock_dlm 1 0 - Live 0x0\next3 1 0 - Live 0x0\n"),
    }
    found = cluster.probe(Recorded({"pidof ccsd": (0, "2211\n")}, files))
    assert found.conf
    assert (found.conf.nodes, found.refusal) == ((ClusterNode("top", None),), "")
    assert found.others == (("/etc/cluster/cluster.conf.old", File(b"x")),)
    assert (found.ccsd, found.modules) == (True, ("dlm", "lock_dlm"))


def test_a_host_whose_cluster_conf_is_refused() -> None:
    found = cluster.probe(Recorded({"pidof": (1, "")}, {"/etc/cluster/cluster.conf": File(b"<cluster>")}))
    assert found.file
    assert (found.conf, found.ccsd, found.modules) == (None, False, ())
    assert found.refusal.startswith("line 1: ")
    assert cluster.probe(Recorded()).refusal == ""
