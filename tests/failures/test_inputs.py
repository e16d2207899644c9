"""Files and outputs from elsewhere, each with what is right of it: that is read, kept and planned from them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.before import Before
from tests.failures.test_rhcs_fencing import ALL, INPUTS, asked, opened
from tests.steps.cluster_site import SITE, WITNESS, iscsi, session
from tests.steps.rhcs import facts as rhcs
from tests.steps.test_cluster import FACTS, codes, member
from tests.world import copy, engine, rhcs_answers
from tui_installer import simulator
from tui_installer.formats import interfaces
from tui_installer.formats.blocks import MULTIPATH_04, sections
from tui_installer.hosts.host import File
from tui_installer.model.change import WriteFiles
from tui_installer.probes import cluster
from tui_installer.probes.corosync_conf import Node, parse_conf
from tui_installer.probes.guard import SINGLE_PATHS, accepts, map_names
from tui_installer.probes.iscsi import parse_sessions
from tui_installer.probes.multipath import Disk, Multipath
from tui_installer.probes.network import Network, Route, parse_interfaces
from tui_installer.probes.rhcs.cluster import CONF
from tui_installer.probes.rhcs.cman_services import parse_services
from tui_installer.probes.rhcs.multipath_text import parse_maps
from tui_installer.simulator import derived
from tui_installer.steps import STACKS
from tui_installer.steps.cluster import conf
from tui_installer.steps.storage_guard.rhcs import StorageGuardFacts, blacklisted, guards_multipath
from tui_installer.steps.storage_network.corosync import StorageNetworkStep
from tui_installer.steps.storage_network.facts import (
    StorageNetworkAnswers,
    StorageNetworkFacts,
)

FRESH = Node(9, "fresh", ("192.0.2.9",), 1)


def content(name: str) -> bytes:
    return (INPUTS / name).read_bytes()


def text(name: str) -> str:
    return content(name).decode()


def test_the_blacklist_is_gone_on_with() -> None:
    """multipath-tools 0.4.7 and 0.4.8, libmultipath/dict.c: blacklist_handler begins anew at each section."""
    conf = File(content("blacklist-second-section.conf"))
    local = Disk("sda", "3600508e000000000aaaa", "", "68G", "LSILOGIC", "Logical Volume")
    seen = Multipath(True, False, True, conf, (), (local,), ())
    facts = StorageGuardFacts(rhcs.lvm("etch"), seen, (), False, (), ())
    after = blacklisted(facts)
    assert not guards_multipath(facts) and len(sections(after, MULTIPATH_04, ("blacklist",))) == 1
    assert [line for line in after.splitlines() if line not in conf.content.splitlines()] == [
        b"\twwid 3600508e000000000aaaa"
    ]


def test_a_cluster_on_link_1_alone() -> None:
    """corosync/corosync-qdevice#16: `corosync -t` of 3.1.7 refuses a node on link 0 there."""
    before = content("corosync-link-1-only.conf")
    after = conf.with_node(before, FRESH)
    assert after.count(b"ring1_addr") == before.count(b"ring1_addr") + 1 and b"ring0_addr" not in after
    assert parse_conf(after).nodes == (*parse_conf(before).nodes, FRESH)


@pytest.mark.parametrize("name", ["corosync-no-cluster-name", "corosync-no-nodeids"])
def test_a_cluster_that_cannot_be_told_of_is_refused_by_what_it_lacks(name: str) -> None:
    told = cluster.parse_quorumtool(text(f"{name}.txt"))
    lacking = member("node1", 1, content(f"{name}.conf"))
    facts = replace(FACTS, members=(replace(lacking, cluster=replace(lacking.cluster, quorum=told)),))
    code = {"corosync-no-cluster-name": "cluster.nameless", "corosync-no-nodeids": "cluster.no-nodeids"}[name]
    assert (codes(facts), codes(facts, level="ask")) == ([code], []), "nothing else is said that is not true"
    assert told is not None and len(told.members) == 2


def test_a_third_node_for_two_rings_over_udpu() -> None:
    """From openATTIC's documentation."""
    before = content("corosync-udpu-two-rings.txt")
    third = Node(3, "n3", ("10.10.1.18", "10.20.1.19"), 1)
    after = conf.with_two_node(conf.with_expected(conf.with_node(before, third), 3), None)
    seen = parse_conf(after)
    assert (seen.nodes[-1], seen.two_node, seen.expected_votes, seen.transport) == (third, False, 3, "udpu")
    gone = [line for line in before.splitlines() if line not in after.splitlines()]
    assert gone == [b"\texpected_votes: 2", b"\ttwo_node: 1"], "comments and odd indentation are kept"


@pytest.mark.parametrize(("name", "stanzas"), [("interfaces-curtin.txt", 14), ("interfaces-proxmox-manual.txt", 11)])
def test_interfaces_that_ifquery_reads(name: str, stanzas: int) -> None:
    """curtin's tests, and the manual of Proxmox VE; ifquery is that of ifupdown 0.8.41."""
    before, lines = content(name), ["auto eth7.16", "iface eth7.16 inet static", "    vlan-raw-device eth7"]
    assert len(interfaces.stanzas(before)) == stanzas
    after = interfaces.add_stanza(before, lines)
    assert after.startswith(before) and len(interfaces.stanzas(after)) == stanzas + 2


def test_a_card_whose_vlan_would_have_too_long_a_name() -> None:
    """canonical/cloud-init#4743; IFNAMSIZ leaves 15 characters."""
    given = StorageNetworkAnswers("vlan", "enp130s0f0np0", 103, "10.16.1.13", "10.16.0.0/16", 1500, ("10.16.0.1",))
    (way,) = given.ways
    assert (way.name, len("enp130s0f0np0.103")) == ("vlan103", 17)


def test_a_filter_that_knows_maps_by_their_uuid() -> None:
    """curtin, block/lvm.py."""
    told = text("lvm-filter-dm-uuid.txt")
    assert accepts(told, *map_names("vm0", "36001"))
    assert not any(accepts(told, *names) for names in SINGLE_PATHS)


def _network(name: str) -> Network:
    return Network(
        parse_interfaces(json.dumps(json.loads(content(name)))), "eno3", "ifupdown", "x", (), (), True, True,
        (Route("default", "eno3", "10.0.1.1"),),
    )  # fmt: skip


def test_a_member_with_a_bridge_over_the_storage_vlan() -> None:
    """openstack-ansible's example of a storage network."""
    sessions = iscsi(session(1, "10.16.0.1", "10.16.1.11"))
    theirs = replace(WITNESS, network=_network("member-bridge-over-vlan.json"), iscsi=sessions)
    facts = StorageNetworkFacts(_network("member-bridge-over-vlan-here.json"))
    filled = StorageNetworkStep().with_defaults(facts, replace(SITE, witness=theirs), StorageNetworkAnswers())
    assert (filled.mode, filled.nic, filled.vlan, filled.prefix) == ("vlan", "bond0", 16, "10.16.0.0/16")
    stanzas = [edit.after.content.decode() for change in StorageNetworkStep().plan(facts, SITE, filled)
               if isinstance(change, WriteFiles) for edit in change.edits if edit.after]  # fmt: skip
    assert "iface bond0.16 inet static" in stanzas[0]


def test_maps_of_multipath_l() -> None:
    """rear/rear#2428: -l asks no checker."""
    maps = parse_maps(text("multipath-l-iet.txt"), {})
    assert [(found.name, len(found.paths)) for found in maps] == [("site_A_3", 3), ("site_B_3", 2)]
    assert {path.checker_state for found in maps for path in found.paths} == {"undef"}


def test_services_of_a_cluster_on_gfs() -> None:
    found = parse_services(text("services-2x.txt"))
    assert [(each.kind, each.name, each.members) for each in found] == [
        ("fence", "default", (1,)), ("dlm", "gfs1", (1,)), ("gfs", "gfs1", (1,)),
    ]  # fmt: skip
    assert all(each.healthy for each in found)


def test_sessions_that_were_redirected_or_have_a_host_name() -> None:
    """democratic-csi#227, open-iscsi/open-iscsi#179."""
    found = parse_sessions(text("session-p3.txt"))
    assert [(each.portal, each.up) for each in found] == [
        ("truenas.example.org:3260", True), ("[2001:db8::50]:3260", False),
    ]  # fmt: skip


def test_a_quorum_device_is_no_member() -> None:
    """ClusterLabs/ha_cluster_exporter#170."""
    found = cluster.parse_quorumtool(text("quorumtool-qdevice.txt"))
    assert found is not None and found.members == ((1, 1, "nfs01"), (2, 1, "nfs02"))


@ALL
def test_logging_and_dlm_change_no_votes(before: Before, tmp_path: Path, release: str) -> None:
    mine = opened(before, tmp_path, release, "special-logging-dlm")
    assert asked(mine) == []
    plan = mine.plan("cluster")
    listed = [edit.after for change in plan.changes if isinstance(change, WriteFiles) for edit in change.edits
              if edit.path == CONF]  # fmt: skip
    assert listed and all(file is not None and b'<logging_daemon debug="on"' in file.content for file in listed)


@ALL
def test_delays_of_fenced_on_a_member(before: Before, tmp_path: Path, release: str) -> None:
    world = copy(before.world(release, "joined"), tmp_path / "world")
    with simulator.opened(world) as changed:
        for machine in changed.machines():
            said = (machine.text(CONF) or "").replace(
                "</cluster>", f"{text('special-status-of-a-member.xml')}</cluster>"
            )
            machine.put(CONF, said)
            if machine.data["ccsd"]:
                machine.data["ccsd"]["text"] = said
        derived.refresh(changed)
    mine = engine(world, rhcs_answers(world), stack=STACKS[release])
    assert {row.id: row.state for row in mine.status() if row.state != "in-place"} == {}
