"""What corosync, dlm and dpkg say is understood, and nothing that they might say is a surprise."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probes.made_up import WORDS, made_up, scattered
from tests.probes.recorded import Recorded, output
from tests.steps.cluster_site import CLUSTER
from tui_installer.formats.dlm_conf import parse
from tui_installer.formats.text import FormatError, decode
from tui_installer.hosts.host import File, HostError
from tui_installer.probes import cluster, dlm
from tui_installer.probes.cluster import Quorum, parse_quorumtool
from tui_installer.probes.corosync_conf import CONF, Conf, Node, is_default, parse_cmap, parse_conf

DEBIAN = output("corosync/conf-debian.txt").encode()
TWO_LINKS = output("corosync/conf-two-links.txt").encode()


def test_a_configuration_with_two_links() -> None:
    conf = parse_conf(TWO_LINKS)
    assert (conf.cluster, conf.version, conf.transport, conf.two_node) == ("labcluster", 2, "knet", False)
    assert conf.nodes == (
        Node(1, "peer", ("10.50.0.2", "10.16.0.2"), 1),
        Node(2, "fresh", ("10.50.0.3", "10.16.0.3"), 1),
    )
    assert conf.votes == 2
    assert not is_default(conf)


def test_what_debian_installs_is_no_cluster() -> None:
    assert is_default(parse_conf(DEBIAN))


def test_a_default_that_was_given_an_address_is_a_cluster() -> None:
    assert not is_default(parse_conf(DEBIAN.replace(b"127.0.0.1", b"10.0.0.1")))
    assert not is_default(parse_conf(DEBIAN.replace(b": debian", b": office")))


def test_memory_is_understood_like_the_file() -> None:
    memory = parse_cmap(output("corosync/cmapctl-one-node-two-links.txt"))
    assert (memory.cluster, memory.version) == ("labcluster", 1)
    assert memory.nodes == (Node(1, "peer", ("10.50.0.2", "10.16.0.2"), 1),)
    assert parse_cmap(output("corosync/cmapctl-two-nodes.txt")).two_node


def test_settings_that_are_not_handled_are_named() -> None:
    text = b"quorum {\n last_man_standing: 1\n auto_tie_breaker: 0\n device {\n  model: net\n }\n}\n"
    assert parse_conf(text).special == ("quorum.device", "quorum.last_man_standing")
    assert parse_cmap("quorum.device.model (str) = net\n").special == ("quorum.device",)


def test_a_node_without_votes_counts_nothing() -> None:
    text = b"nodelist {\n node {\n  nodeid: 3\n  name: c\n  ring0_addr: 10.0.0.3\n  quorum_votes: 0\n }\n}\n"
    assert parse_conf(text).nodes[0].votes == 0


def test_quorum_of_two() -> None:
    quorum = parse_quorumtool(output("corosync/quorumtool-two-node.txt"))
    assert quorum is not None
    assert (quorum.quorate, quorum.expected, quorum.total, quorum.needed, quorum.local) == (True, 2, 2, 1, 1)
    assert quorum.flags == ("2Node", "Quorate", "WaitForAll")
    assert quorum.members == ((1, 1, "peer"), (2, 1, "fresh"))


def test_quorum_lost() -> None:
    quorum = parse_quorumtool(output("corosync/quorumtool-blocked.txt"))
    assert quorum is not None
    assert (quorum.quorate, quorum.needed, quorum.members) == (False, 2, ((1, 1, "peer"),))


def test_no_quorum_without_corosync() -> None:
    assert parse_quorumtool(output("corosync/quorumtool-down.txt")) is None


def test_fencing_that_waits() -> None:
    text = output("dlm/startup-fencing.txt")
    busy = dlm.parse_fencing(text, text)
    assert busy[0].startswith("fence 2 startup pid 2703")
    assert busy[1] == "lvm_global: wait fencing"
    healthy = output("dlm/status-and-ls.txt")
    assert dlm.parse_fencing(healthy, healthy) == ()


def test_what_dlm_works_with_is_what_it_dumps() -> None:
    text = "daemon_debug=1 (set_config)\nforeground=0\nlog_debug=1 (dlm.conf)\nprotocol=detect\n"
    text += "enable_fencing=0 (cli option)\n"
    found = dict(dlm.parse_settings(text))  # as dlm_tool(8) has it
    assert found == {
        "daemon_debug": "1",
        "foreground": "0",
        "log_debug": "1",
        "protocol": "detect",
        "enable_fencing": "0",
    }


def test_whom_dlm_has_met_is_who_is_listed_present_or_gone() -> None:
    assert dlm.parse_met(output("dlm/startup-fencing.txt")) == (1, 2)


def test_fencing_is_on_by_what_runs_not_by_the_file() -> None:
    off = replace(CLUSTER, fences=parse(b"enable_fencing=0\n"))
    assert (CLUSTER.fencing_on, off.fencing_on) == (True, False)
    assert not replace(CLUSTER, dlm_settings=(("enable_fencing", "0"),)).fencing_on
    assert replace(off, dlm_settings=(("enable_fencing", "1"),)).fencing_on


def test_an_empty_host() -> None:
    facts = cluster.probe(Recorded())
    assert (facts.installed, facts.manager, facts.conf, facts.memory, facts.quorum) == (False, "none", None, None, None)


COROSYNC_ALONE = "\n".join(
    [
        "Id=corosync.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n",
        *(f"Id={at}.service\nLoadState=not-found\n" for at in range(9)),
    ]
)


def test_a_fresh_host_with_the_packages() -> None:
    facts = cluster.probe(
        Recorded(
            {
                "dpkg-query": (1, "ii \tcorosync\t3.1.9-2\nun \tdlm-controld\t\n"),
                "systemctl": (0, COROSYNC_ALONE),
                "corosync-cmapctl": (1, "", "Failed to initialize the cmap API. Error CS_ERR_LIBRARY\n"),
            },
            {CONF: File(DEBIAN)},
        )
    )
    assert (facts.installed, facts.manager, facts.corosync_at_boot) == (True, "none", True)
    assert facts.versions == (("corosync", "3.1.9-2"),)


@pytest.mark.parametrize(
    ("path", "manager"),
    [("/etc/pve", "proxmox"), ("/var/lib/pacemaker/cib/cib.xml", "pacemaker"), (CONF, "corosync")],
)
def test_who_manages_the_cluster(path: str, manager: str) -> None:
    facts = cluster.probe(Recorded(files={path: File(TWO_LINKS)}))
    assert (facts.manager, facts.managed_by) == (manager, path)


def test_a_file_that_cannot_be_read_is_a_cluster_that_is_not_understood() -> None:
    facts = cluster.probe(Recorded(files={CONF: File(b"totem {\n")}))
    assert (facts.manager, facts.conf) == ("corosync", None)


# --- whatever is written or printed

ADDRESSES = st.ip_addresses().map(str)
SPECIAL = ("quorum.device", "quorum.last_man_standing", "quorum.auto_tie_breaker", "quorum.allow_downscale")
RINGS = st.lists(ADDRESSES, min_size=1, max_size=3).map(tuple)
NODES = st.builds(Node, st.integers(1, 2**31), WORDS, RINGS, st.integers(0, 9))
CONFS = st.builds(
    Conf,
    cluster=WORDS,
    version=st.integers(0, 10**9),
    transport=st.sampled_from(["knet", "udpu"]),
    nodes=st.lists(NODES, max_size=4).map(tuple),
    two_node=st.booleans(),
    expected_votes=st.integers(0, 99),
    special=st.sets(st.sampled_from(SPECIAL)).map(lambda drawn: tuple(each for each in SPECIAL if each in drawn)),
)


def settings_of(conf: Conf) -> dict[str, str]:
    """A configuration by the keys of cmap, nodes apart."""
    special = {"quorum.device.model" if each == SPECIAL[0] else each: "1" for each in conf.special}
    return special | {
        "totem.cluster_name": conf.cluster,
        "totem.config_version": str(conf.version),
        "totem.transport": conf.transport,
        "quorum.two_node": str(int(conf.two_node)),
        "quorum.expected_votes": str(conf.expected_votes),
    }


def node_of(node: Node) -> dict[str, str]:
    """A node by its keys."""
    rings = {f"ring{at}_addr": address for at, address in enumerate(node.addresses)}
    return {"name": node.name, "nodeid": str(node.nodeid), **rings, "quorum_votes": str(node.votes)}


def written(conf: Conf) -> list[str]:
    """The lines of its file."""
    known = settings_of(conf)
    rows = []
    for section in ("totem", "quorum"):
        inside = [(key.split(".", 1)[1], value) for key, value in known.items() if key.startswith(f"{section}.")]
        plain = [f"\t{key}: {value}" for key, value in inside if "." not in key]
        device = ["\tdevice {", "\t\tmodel: net", "\t}"] if any("." in key for key, _ in inside) else []
        rows += [f"{section} {{", *plain, *device, "}"]
    nodes = [f"\t\t{key}: {value}" for node in conf.nodes for key, value in node_of(node).items()]
    size = [len(node_of(node)) for node in conf.nodes]
    rows.append("nodelist {")
    for count in size:
        rows += ["\tnode {", *nodes[:count], "\t}"]
        del nodes[:count]
    return [*rows, "}"]


@given(CONFS, st.data())
def test_the_file_comes_back_as_it_was_written(conf: Conf, data: st.DataObject) -> None:
    text = data.draw(scattered(written(conf), ["", "# two_node: 1", "\t# node {"]))
    assert parse_conf(text.encode()) == conf


@given(CONFS, st.data())
def test_memory_comes_back_as_it_was_printed(conf: Conf, data: st.DataObject) -> None:
    nodes = {
        f"nodelist.node.{at}.{key}": value for at, node in enumerate(conf.nodes) for key, value in node_of(node).items()
    }
    rows = [f"{key} (str) = {value}" for key, value in sorted((settings_of(conf) | nodes).items())]
    foreign = ["", "runtime.votequorum.this_node_id (u32) = 1", "nodelist.local_node_pos (u32) = 0"]
    assert parse_cmap(data.draw(scattered(rows, foreign))) == conf


MEMBERS = st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 99), WORDS), max_size=4)


@given(st.booleans(), MEMBERS, st.lists(st.sampled_from(["2Node", "Quorate", "WaitForAll"]), unique=True), st.data())
def test_quorum_comes_back_as_it_was_printed(
    quorate: bool, members: list[tuple[int, int, str]], flags: list[str], data: st.DataObject
) -> None:
    local = members[0][0] if members else 7
    total = sum(votes for _, votes, _ in members)
    rows = [
        f"Node ID:          {local}",
        f"Quorate:          {'Yes' if quorate else 'No'}",
        f"Expected votes:   {total + 1}",
        f"Total votes:      {total}",
        f"Quorum:           {total // 2 + 1} {'' if quorate else 'Activity blocked'}",
        f"Flags:            {' '.join(flags)} ",
        "    Nodeid      Votes Name",
        *(f"{nodeid:10} {votes:10} {name}{' (local)' if nodeid == local else ''}" for nodeid, votes, name in members),
    ]
    text = data.draw(scattered(rows, ["", "Quorum information", "------------------", "Ring ID:          1.9"]))
    wanted = Quorum(quorate, total + 1, total, total // 2 + 1, tuple(flags), tuple(members), local)
    assert parse_quorumtool(text) == wanted


@given(st.lists(st.tuples(WORDS, st.sampled_from(["wait fencing", "", "wait ringid"]))), st.integers(0, 3))
def test_all_that_waits_for_fencing_is_told(lockspaces: list[tuple[str, str]], fences: int) -> None:
    waiting = [f"fence {at} startup pid 27" for at in range(fences)]
    listed = "".join(
        f"name          {name}\nid            0x12\n" + (f"new status    {status}\n" if status else "")
        for name, status in lockspaces
    )
    status = "\n".join(["cluster nodeid 1 quorate 1", *waiting, "node 1 M add 26"])
    busy = [f"{name}: {status}" for name, status in lockspaces if "fencing" in status]
    assert dlm.parse_fencing(status, "dlm lockspaces\n" + listed) == (*waiting, *busy)


@given(st.lists(st.tuples(st.sampled_from(["ii ", "hi ", "un ", "rc "]), WORDS, WORDS)), st.data())
def test_installed_packages_have_their_versions(rows: list[tuple[str, str, str]], data: st.DataObject) -> None:
    text = data.draw(scattered(["\t".join(row) for row in rows], ["", "no packages found", "ii \thalf"]))
    assert cluster.parse_packages(text) == tuple((name, version) for state, name, version in rows if state[1] == "i")


CAPTURES = [f"corosync/{name}.txt" for name in ("cmapctl-two-nodes", "quorumtool-blocked", "conf-two-links")]
SAID = [line for name in (*CAPTURES, "dlm/startup-fencing.txt") for line in output(name).splitlines()]


@given(st.text() | st.lists(st.sampled_from(SAID)).map("\n".join))
def test_nothing_is_made_up(text: str) -> None:
    found = (parse_cmap(text), parse_quorumtool(text), cluster.parse_packages(text))
    assert set(made_up(found, text)) <= {"knet", *SPECIAL}
    assert not made_up(tuple(each.split(": ") for each in dlm.parse_fencing(text, text)), text)


@given(st.binary() | st.lists(st.sampled_from(output(CAPTURES[-1]).splitlines())).map("\n".join).map(str.encode))
def test_a_file_is_understood_or_what_would_be_is_told(content: bytes) -> None:
    try:
        conf = parse_conf(content)
    except FormatError as error:
        assert 1 <= error.line <= content.count(b"\n") + 1
        assert "accepted" in str(error)
    else:
        assert set(made_up(conf, content.decode("latin-1"), decode(content))) <= {"knet", *SPECIAL}


@pytest.mark.parametrize("said", [(1, ""), (0, "totem.config_version (u64) = 3\n")])
def test_a_tool_that_did_not_answer_is_no_cluster_that_is_not_there(said: tuple[int, str]) -> None:
    with pytest.raises(HostError, match="corosync-"):
        cluster.running(Recorded({"corosync-cmapctl": said, "corosync-quorumtool": (1, "")}, {}), {})
