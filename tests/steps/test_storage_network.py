"""The storage network: what is proposed, planned and refused."""

from __future__ import annotations

import ipaddress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.steps.cluster_site import HERE, ON_VLAN, SITE, WITNESS, interface, iscsi, network, session
from tui_installer.hosts.host import File
from tui_installer.model.answers import questions
from tui_installer.model.change import Run, WriteFiles, inverse
from tui_installer.model.site import Site
from tui_installer.model.step import Problem, judged
from tui_installer.probes.network import Network
from tui_installer.steps.storage_network.corosync import StorageNetworkStep
from tui_installer.steps.storage_network.facts import StorageNetworkAnswers, StorageNetworkFacts
from tui_installer.steps.storage_network.shown import switch_port
from tui_installer.steps.storage_network.ways import StoragePath, address_of, by_rule, named, network_of, split_portal

STEP = StorageNetworkStep()
FRESH = network(interface("eth0", "10.0.1.12/24"), interface("eth1", up=False, carrier=False))
DONE = replace(
    network(
        interface("eth0", "10.0.1.12/24"),
        interface("eth1"),
        interface("eth1.16", "10.16.1.12/16", parent="eth1", vlan=16),
        configured=("lo", "eth0", "eth1", "eth1.16"),
    ),
    boot_modules=True,
    vlan_module=True,
)
EXPECTED = StorageNetworkAnswers("vlan", "eth1", 16, "10.16.1.12", "10.16.0.0/16", 1500, ("10.16.0.1", "10.16.0.2"))


def with_defaults(here: Network, site: Site = SITE, **given_: object) -> StorageNetworkAnswers:
    return STEP.with_defaults(StorageNetworkFacts(here), site, StorageNetworkAnswers(**given_))  # type: ignore[arg-type]


def plan(facts: StorageNetworkFacts, answers: StorageNetworkAnswers = EXPECTED) -> list[WriteFiles | Run]:
    return list(STEP.plan(facts, SITE, answers))


def problems(facts: StorageNetworkFacts, answers: StorageNetworkAnswers = EXPECTED) -> dict[str, Problem]:
    return {problem.code: problem for problem in judged(STEP.problems(facts, SITE, answers), answers.accept)}


def levels(facts: StorageNetworkFacts, answers: StorageNetworkAnswers = EXPECTED) -> dict[str, str]:
    return {code.partition(".")[2]: each.level for code, each in problems(facts, answers).items()}


# --- proposed


def test_everything_is_proposed_as_the_member_has_it() -> None:
    assert with_defaults(FRESH) == EXPECTED


def test_what_is_here_already_is_proposed_as_it_is() -> None:
    other = network(interface("eth0", "10.0.1.12/24"), interface("eth5", "10.16.7.7/16"))
    assert with_defaults(other) == replace(EXPECTED, mode="own NIC", nic="eth5", vlan=0, address="10.16.7.7")


def test_an_answer_is_never_replaced() -> None:
    filled = with_defaults(FRESH, address="10.16.9.9", vlan=17, nic="eth0", mtu=9000)
    assert (filled.address, filled.vlan, filled.nic, filled.mtu) == ("10.16.9.9", 17, "eth0", 9000)


@pytest.mark.parametrize(
    ("here", "expected"),
    [
        (network(interface("eth0", "10.0.1.12/24"), interface("ens6")), "ens6"),
        (network(interface("eth0", "10.0.1.12/24"), interface("ens6", carrier=False), interface("ens7")), "ens7"),
        (network(interface("eth0", "10.0.1.12/24"), interface("ens6", master="bond0")), "eth0"),
        (network(interface("eth0", "10.0.1.12/24"), interface("ens6"), configured=("eth0", "ens6")), "eth0"),
        (network(interface("eth0", "10.0.1.12/24")), "eth0"),
    ],
)
def test_the_first_card_that_is_free_is_taken(here: Network, expected: str) -> None:
    """A VLAN may lie on the main card where no other is free."""
    assert with_defaults(here).nic == expected


def test_two_cards_of_the_member_make_two_ways() -> None:
    member = network(
        interface("eth0", "10.0.1.11/24"), interface("eth1", "10.16.0.11/24"), interface("eth2", "10.17.0.11/24")
    )
    sessions = iscsi(session(1, "10.16.0.1", "10.16.0.11"), session(2, "10.17.0.1", "10.17.0.11"))
    site = replace(SITE, witness=replace(WITNESS, network=member, iscsi=sessions))
    here = network(interface("eth0", "10.0.1.12/24"), interface("eth1"), interface("eth2"))
    filled = with_defaults(here, site)
    assert filled.mode == "own NIC"
    assert [(way.name, way.cidr, way.portals) for way in filled.ways] == [
        ("eth1", "10.16.0.12/24", ("10.16.0.1",)),
        ("eth2", "10.17.0.12/24", ("10.17.0.1",)),
    ]


def test_without_a_member_nothing_is_made_up() -> None:
    assert levels(StorageNetworkFacts(FRESH), with_defaults(FRESH, Site(HERE))) == {"missing": "ask"}


@pytest.mark.parametrize(
    ("prefix", "main", "expected"),
    [
        ("172.16.0.0/16", "198.38.17.55", "172.16.17.55"),
        ("10.16.0.0/24", "10.0.1.12", "10.16.0.12"),
        ("10.16.0.0/24", "10.0.0.12", "10.16.0.12"),
        ("10.0.0.0/8", "192.168.3.4", "10.0.3.4"),
        ("10.16.0.0/28", "10.0.1.99", ""),
        ("10.16.0.0/24", "10.0.1.255", ""),
        ("nonsense", "10.0.1.12", ""),
        ("10.16.0.0/16", "", ""),
    ],
)
def test_the_rule_of_the_guide(prefix: str, main: str, expected: str) -> None:
    assert by_rule(prefix, main) == expected


ADDRESSES = st.ip_addresses(v=4).map(str)
PREFIXES = st.builds("{}/{}".format, ADDRESSES, st.integers(0, 32))


@given(PREFIXES | ADDRESSES | st.text(), ADDRESSES | st.text())
def test_the_rule_gives_a_hosts_address_of_the_network_or_none(prefix: str, main: str) -> None:
    proposed, network = by_rule(prefix, main), network_of(prefix)
    if proposed:
        assert network is not None
        assert ipaddress.IPv4Address(proposed) in network
        assert proposed not in (str(network.network_address), str(network.broadcast_address))
        assert proposed.rpartition(".")[2] == main.rpartition(".")[2]
    assert by_rule(prefix, "") == ""


@given(PREFIXES)
def test_a_network_is_one_with_room_for_hosts(prefix: str) -> None:
    found, length = network_of(prefix), int(prefix.rpartition("/")[2])
    assert (found is not None) == (1 <= length <= 30)
    assert found is None or found == ipaddress.IPv4Network(prefix, strict=False)


@given(ADDRESSES, st.integers(-1, 70000) | st.text(alphabet="0123456789x", min_size=1) | st.just("9" * 5000))
def test_a_portal_has_an_address_and_a_port(address: str, port: int | str) -> None:
    usable = str(port).isdigit() and len(str(port)) <= 5 and 0 < int(port) < 65536
    assert split_portal(f"{address}:{port}") == (address, int(port) if usable else 0)
    assert split_portal(address) == (address, 3260)


@given(PREFIXES | st.text(), ADDRESSES | st.text(), ADDRESSES | st.text(min_size=1))
def test_an_answer_that_cannot_be_used_is_named(prefix: str, address: str, portal: str) -> None:
    found = levels(StorageNetworkFacts(FRESH), replace(EXPECTED, prefix=prefix, address=address, portals=(portal,)))
    network, own = network_of(prefix), address_of(address)
    assert ("prefix" in found) == (prefix != "" and network is None)
    assert ("missing" in found) == (not prefix or not address)
    assert "address" in found or not address or (own is not None and (network is None or own in network))
    assert ("portal" in found) == (address_of(split_portal(portal)[0]) is None or not split_portal(portal)[1])


# --- planned


def test_a_fresh_host_gets_a_file_of_its_own_and_waits_for_each_portal() -> None:
    write, *runs = plan(StorageNetworkFacts(FRESH))
    assert isinstance(write, WriteFiles)
    assert [(edit.path, edit.after.content.decode()) for edit in write.edits if edit.after] == [
        (
            "/etc/network/interfaces.d/storage",
            "auto eth1\niface eth1 inet manual\n\n"
            "auto eth1.16\niface eth1.16 inet static\n    address 10.16.1.12/16\n    vlan-raw-device eth1\n",
        ),
        ("/etc/modules-load.d/8021q.conf", "8021q\n"),
    ]
    assert write.confirm == 0
    assert [" ".join(run.argv) for run in runs if isinstance(run, Run)] == [
        "modprobe 8021q",
        "ifup eth1",
        "ifup eth1.16",
        "cat /sys/class/net/eth1.16/carrier",
        "ip -j -4 addr show dev eth1.16",
        "ping -c 1 -W 2 -I eth1.16 10.16.0.1",
        "ping -c 1 -W 2 -I eth1.16 10.16.0.2",
    ]


def test_taking_it_back_leaves_no_interface_and_no_module() -> None:
    runs = [change for change in plan(StorageNetworkFacts(FRESH)) if isinstance(change, Run)]
    back = [each.argv for run in reversed(runs) for each in inverse(run) if isinstance(each, Run)]
    assert back == [("ifdown", "eth1.16"), ("ifdown", "eth1"), ("modprobe", "-r", "8021q")]


def test_the_parent_of_a_vlan_is_never_taken_down_if_it_was_up() -> None:
    up = network(interface("eth0", "10.0.1.12/24"), interface("eth1"))
    runs = [change for change in plan(StorageNetworkFacts(up)) if isinstance(change, Run)]
    assert any("eth1.16" in run.argv for run in runs)
    assert not any("eth1" in each.argv for run in runs for each in (run, *run.undo))


def test_all_there_is_in_place() -> None:
    facts = StorageNetworkFacts(DONE, answering=EXPECTED.portals)
    assert plan(facts) == []
    assert levels(facts) == {"one-path": "warn"}


def test_what_is_up_but_not_configured_is_written_for_the_next_boot() -> None:
    facts = StorageNetworkFacts(replace(DONE, configured=("lo", "eth0")))
    write, *_ = plan(facts)
    assert isinstance(write, WriteFiles)
    assert [edit.path for edit in write.edits] == ["/etc/network/interfaces.d/storage"]


def test_what_was_written_before_a_crash_is_only_brought_up() -> None:
    half = replace(FRESH, configured=("lo", "eth0", "eth1", "eth1.16"), boot_modules=True)
    changes = plan(StorageNetworkFacts(half))
    assert not any(isinstance(change, WriteFiles) for change in changes)
    assert [change.argv[0] for change in changes if isinstance(change, Run)][:3] == ["modprobe", "ifup", "ifup"]


def test_without_interfaces_d_the_stanzas_go_to_the_main_file() -> None:
    main = File(b"auto lo\niface lo inet loopback\n")
    write, *_ = plan(StorageNetworkFacts(replace(FRESH, files=(("/etc/network/interfaces", main),))))
    assert isinstance(write, WriteFiles)
    assert write.edits[0].path == "/etc/network/interfaces"
    assert write.edits[0].before == main
    assert write.edits[0].after and write.edits[0].after.content.startswith(main.content + b"\nauto eth1\n")


def test_a_card_of_its_own_needs_no_vlan() -> None:
    answers = replace(EXPECTED, mode="own NIC", mtu=9000)
    write, *runs = plan(StorageNetworkFacts(FRESH), answers)
    assert isinstance(write, WriteFiles)
    [edit] = write.edits
    assert edit.after and edit.after.content.decode() == (
        "auto eth1\niface eth1 inet static\n    address 10.16.1.12/16\n    mtu 9000\n"
    )
    assert isinstance(runs[0], Run) and runs[0].argv == ("ifup", "eth1")


def test_larger_frames_on_a_card_in_use_must_be_confirmed() -> None:
    here = network(interface("eth0", "10.0.1.12/24"))
    write, *runs = plan(StorageNetworkFacts(here), replace(EXPECTED, nic="eth0", mtu=9000))
    assert isinstance(write, WriteFiles) and write.confirm == 90
    [raised] = [run for run in runs if isinstance(run, Run) and run.argv[:2] == ("ip", "link")]
    assert raised.argv[-1] == "9000" and raised.undo[0].argv[-1] == "1500"
    assert write.edits[0].after and b"pre-up ip link set dev eth0 mtu 9000\n" in write.edits[0].after.content


def test_an_interface_that_something_else_brought_up_is_in_place() -> None:
    there = replace(DONE, manager="netplan", configured=())
    assert plan(StorageNetworkFacts(there)) == []


# --- refused


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (replace(EXPECTED, vlan=4095), {"vlan": "ask"}),
        (replace(EXPECTED, vlan=0), {"vlan": "ask"}),
        (replace(EXPECTED, prefix="10.16.0.0"), {"prefix": "ask"}),
        (replace(EXPECTED, address="10.16.1.300"), {"address": "ask"}),
        (replace(EXPECTED, address="10.17.1.12"), {"address": "ask"}),
        (replace(EXPECTED, address="10.16.255.255"), {"address": "ask"}),
        (replace(EXPECTED, portals=("10.16.0.1:x",)), {"portal": "ask"}),
        (replace(EXPECTED, portals=()), {"missing": "ask"}),
        (replace(EXPECTED, mtu=64), {"mtu": "ask"}),
        (replace(EXPECTED, nic="eth9"), {"no-card": "ask", "one-path": "warn"}),
        (replace(EXPECTED, mode="own NIC", nic="eth0"), {"card-used": "ask", "configured-otherwise": "stop"}),
    ],
)
def test_answers_that_cannot_be_used(answers: StorageNetworkAnswers, expected: dict[str, str]) -> None:
    facts = StorageNetworkFacts(FRESH)
    found = levels(facts, answers)
    assert {code: level for code, level in found.items() if code in expected} == expected
    assert plan(facts, answers) == []


def test_an_interface_configured_with_another_address_is_not_overwritten() -> None:
    other = File(b"iface eth1.16 inet static\n  address 10.16.5.5/16\n")
    here = replace(FRESH, configured=("eth0", "eth1.16"), files=(("/etc/network/interfaces", other),))
    assert levels(StorageNetworkFacts(here))["configured-otherwise"] == "stop"


@pytest.mark.parametrize("manager", ["netplan", "networkd", "NetworkManager", "none"])
def test_other_managers_are_told_what_to_do(manager: str) -> None:
    here = replace(FRESH, manager=manager, managed_by="seen")  # type: ignore[arg-type]  # one of `Manager`
    found = problems(StorageNetworkFacts(here))["storage-network.not-ifupdown"]
    assert found.level == "stop"
    assert "eth1.16 with 10.16.1.12/16, VLAN 16 on eth1" in found.hint


def test_an_address_in_use_is_refused_with_the_mac_that_was_seen() -> None:
    found = problems(StorageNetworkFacts(FRESH, taken=(("10.16.1.12", "52:54:00:00:00:99"),)))
    assert found["storage-network.address-in-use"].evidence == ("10.16.1.12 52:54:00:00:00:99",)


def test_a_portal_outside_without_a_route() -> None:
    facts = StorageNetworkFacts(replace(FRESH, routes=()))
    assert levels(facts, replace(EXPECTED, portals=("10.99.0.1",))) == {"no-route": "stop"}
    assert levels(StorageNetworkFacts(FRESH), replace(EXPECTED, portals=("10.99.0.1",))) == {}


def test_a_silent_portal_names_the_line_for_the_switch_and_can_be_accepted() -> None:
    facts = StorageNetworkFacts(DONE, silent=(("10.16.0.2", "No route to host"),))
    found = problems(facts)["storage-network.portal-silent"]
    assert found.level == "stop"
    assert "switchport trunk allowed vlan add 16" in found.hint
    accepted = replace(EXPECTED, accept=("storage-network.portal-silent",))
    assert levels(facts, accepted)["portal-silent"] == "warn"


def test_a_portal_that_alone_is_silent_is_no_matter_of_the_vlan() -> None:
    facts = StorageNetworkFacts(DONE, answering=("10.16.0.1",), silent=(("10.16.0.2", "No route to host"),))
    found = problems(facts)["storage-network.portal-silent"]
    assert "10.16.0.2" in found.text and "10.16.0.1 does" in found.text
    assert "switchport" not in found.hint and "Accept it" in found.hint


def test_two_cards_are_two_paths() -> None:
    answers = replace(
        EXPECTED, second_nic="eth2", second_vlan=17, second_address="10.17.1.12", second_prefix="10.17.0.0/16",
        second_portals=("10.17.0.1",),
    )  # fmt: skip
    here = network(interface("eth0", "10.0.1.12/24"), interface("eth1"), interface("eth2"))
    assert levels(StorageNetworkFacts(here), answers) == {}


def test_a_cable_that_is_out_is_said() -> None:
    here = network(interface("eth0", "10.0.1.12/24"), interface("eth1", carrier=False))
    assert levels(StorageNetworkFacts(here))["no-carrier"] == "warn"


# --- shown


def test_the_network_team_gets_the_lines_for_its_switch() -> None:
    lines = switch_port(EXPECTED, "fresh")
    assert lines[0] == "! for the network team"
    assert " switchport trunk allowed vlan 1,16" in lines
    assert " !  switchport trunk allowed vlan add 16" in lines
    assert any("native VLAN 1" in line for line in lines)
    access = switch_port(replace(EXPECTED, mode="own NIC"), "fresh")
    assert " switchport access vlan 16" in access and " switchport mode access" in access


@pytest.mark.parametrize("mode", ["vlan", "own NIC"])
def test_a_remark_for_the_switch_is_not_wrapped_beside_its_label(mode: str) -> None:
    lines = switch_port(replace(EXPECTED, mode=mode, mtu=9000), "fresh")
    assert "9000" in "".join(lines)
    assert [line for line in lines if line.lstrip().startswith("!") and len(line) > 80 - 26] == []


def test_what_is_shown() -> None:
    shown = STEP.shown(StorageNetworkFacts(DONE, answering=EXPECTED.portals, proposed=EXPECTED), SITE)
    assert shown["Storage"] == "eth1.16 10.16.1.12/16 (up)"
    assert "description fresh eth1 storage" in shown["For the network team"]
    assert STEP.shown(StorageNetworkFacts(FRESH), Site())["Storage"] == "? ? (not there yet)"
    assert all(len(question.label) <= 24 for question in questions(StorageNetworkAnswers))


def test_the_member_itself_is_in_place() -> None:
    facts = StorageNetworkFacts(ON_VLAN)
    itself = replace(SITE, itself=True)
    answers = STEP.with_defaults(facts, itself, StorageNetworkAnswers())
    assert list(STEP.plan(facts, itself, answers)) == []
    assert all(problem.level == "warn" for problem in STEP.problems(facts, itself, answers))


def test_an_interface_has_a_name_that_the_kernel_takes() -> None:
    long, other, short = (
        StoragePath(nic, 103, "10.16.1.12", "10.16.0.0/16", 1500, ())
        for nic in ("enp130s0f0np0", "enp130s0f1np1", "eth1")
    )
    assert [way.name for way in named((short, long), "{nic}.{vlan}")] == ["eth1.103", "vlan103"]
    assert [way.name for way in named((long, other), "{nic}.{vlan}")] == ["vlan103", "vlan0103"]
    assert [way.name for way in named((long, other), "vlan{vlan}")] == ["vlan103", "vlan0103"]


def test_two_ways_that_cannot_have_names_of_their_own_are_refused() -> None:
    answers = StorageNetworkAnswers(
        "vlan", "enp130s0f0np0", 1103, "10.16.1.12", "10.16.0.0/16", 1500, ("10.16.0.1",),
        "enp130s0f1np1", 1103, "10.17.1.12", "10.17.0.0/16", ("10.17.0.1",),
    )  # fmt: skip
    found = list(STEP.problems(StorageNetworkFacts(FRESH), Site(), answers))
    assert "storage-network.same-name" in {problem.code for problem in found}


def test_a_vlan_on_a_card_with_a_long_name_is_configured_under_a_short_one() -> None:
    name = "enp130s0f0np0"
    here = network(interface("eth0", "10.0.1.12/24"), interface(name))
    titles = [change.title for change in plan(StorageNetworkFacts(here), replace(EXPECTED, nic=name))]
    assert "Configure vlan16" in titles and "Bring vlan16 up" in titles


def test_a_member_whose_tags_are_stacked() -> None:
    """Q-in-Q: over a card without the outer tag the frames would come out in another network."""
    theirs = network(
        interface("eth0", "10.0.1.11/24"),
        interface("eth1"),
        interface("eth1.100", parent="eth1", vlan=100),
        interface("eth1.100.16", "10.16.1.11/16", parent="eth1.100", vlan=16),
    )
    site = replace(SITE, witness=replace(WITNESS, network=theirs))
    filled = with_defaults(FRESH, site)
    assert (filled.nic, filled.vlan) == ("", 16)
    asked = STEP.problems(StorageNetworkFacts(FRESH, proposed=filled), site, filled)
    assert [(each.code, each.field) for each in asked if each.level == "ask"] == [("storage-network.missing", "nic")]
    outer = network(*FRESH.interfaces, interface("eth1.100", parent="eth1", vlan=100))
    assert with_defaults(outer, site).nic == "eth1.100"
