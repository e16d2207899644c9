"""What corosync, dlm and dpkg say is understood, and nothing that they might say is a surprise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probes.recorded import Recorded, output
from tui_installer.formats.text import FormatError
from tui_installer.host import File
from tui_installer.probes import cluster
from tui_installer.probes.cluster import CONF, Node, is_default, parse_cmap, parse_conf, parse_quorumtool

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
    busy = cluster.parse_fencing(text, text)
    assert busy[0].startswith("fence 2 startup pid 2703")
    assert busy[1] == "lvm_global: wait fencing"
    healthy = output("dlm/status-and-ls.txt")
    assert cluster.parse_fencing(healthy, healthy) == ()


def test_fence_devices_are_named_without_their_secrets() -> None:
    text = b"device ipmi /usr/sbin/fence_ipmilan lanplus=1 passwd=topsecret\nconnect ipmi node=1 ipaddr=10.0.9.1\n"
    assert cluster.parse_dlm_conf(text) == ("device ipmi /usr/sbin/fence_ipmilan", "connect ipmi node=1")
    assert cluster.parse_dlm_conf(b"enable_fencing=0\n" + text) == ()


def test_an_empty_host() -> None:
    facts = cluster.probe(Recorded())
    assert (facts.installed, facts.manager, facts.conf, facts.memory, facts.quorum) == (False, "none", None, None, None)


def test_a_fresh_host_with_the_packages() -> None:
    facts = cluster.probe(
        Recorded(
            {
                "dpkg-query": (1, "ii \tcorosync\t3.1.9-2\nun \tdlm-controld\t\n"),
                "systemctl": (0, "Id=corosync.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n"),
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


@given(st.text())
def test_no_output_is_a_surprise(text: str) -> None:
    parse_cmap(text)
    parse_quorumtool(text)
    cluster.parse_fencing(text, text)
    cluster.parse_packages(text)


@given(st.binary())
def test_no_file_is_a_surprise(content: bytes) -> None:
    cluster.parse_dlm_conf(content)
    try:
        parse_conf(content)
    except FormatError:
        return
