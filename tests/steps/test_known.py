"""What forms offer: the cards of this host, portals, and network scripts, with what is known of each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.steps.cluster_site import SITE, WITNESS, interface, network
from tests.steps.storage_site import PORTALS, record, session, site_of, witness
from tests.steps.test_iscsi import BARE, FOUND, LINKS
from tests.steps.test_storage_network import DONE, EXPECTED, FRESH
from tui_installer.hosts.host import File
from tui_installer.model.site import Site
from tui_installer.probes.cards import Hardware
from tui_installer.probes.discovery import Discovery
from tui_installer.probes.network import Interface
from tui_installer.steps.iscsi.facts import IscsiFacts
from tui_installer.steps.iscsi.shown import choices as of_sessions
from tui_installer.steps.storage_network.facts import StorageNetworkFacts
from tui_installer.steps.storage_network.known import choices
from tui_installer.steps.xen.rhcs_scripts import HERE, offered

MAIN = interface("eth0", "10.0.1.12/24")
LONGEST = 66
"""Columns of a row, beside which a screen of 80 has its mark and its edge."""


def card(one: Interface, known: Hardware | None = None, *others: Interface) -> str:
    """How an interface is shown beside the usual one; empty: it is not offered."""
    facts = StorageNetworkFacts(network(MAIN, one, *others), hardware=(known,) if known else ())
    return dict(choices(facts, Site())["nic"]).get(one.name, "")


@pytest.mark.parametrize(
    ("one", "known", "words"),
    [
        (interface("ens6"), Hardware("ens6", "e1000e", 1000), "1 Gb/s, free, e1000e"),
        (interface("ens6"), Hardware("ens6", "mlx5_core", 25000), "25 Gb/s, free, mlx5_core"),
        (interface("ens6"), Hardware("ens6", "r8169", 2500), "2.5 Gb/s, free, r8169"),
        (interface("ens6"), Hardware("ens6", "8139too", 100), "100 Mb/s, free, 8139too"),
        (interface("ens6"), Hardware("ens6", "virtio_net"), "link, free, virtio_net"),
        (interface("ens6"), None, "link, free"),
        (interface("ens6", carrier=False), Hardware("ens6", "tg3", 1000), "no link, free, tg3"),
        (interface("ens6", up=False, carrier=False), Hardware("ens6", "tg3"), "down, free, tg3"),
        (interface("ens6", "10.9.0.1/8", "10.9.0.2/8", "10.9.0.3/8"), None, "link, 10.9.0.1/8, 2 more"),
    ],
)  # fmt: skip
def test_what_is_known_of_a_card_is_told(one: Interface, known: Hardware | None, words: str) -> None:
    assert card(one, known) == f"ens6  {words}"


@pytest.mark.parametrize(
    "one",
    [
        interface("ens6", master="bond0"),
        interface("eth0.16", parent="eth0", vlan=16),
        interface("tap0", kind="tun"),
        replace(interface("vif0.0"), mac="00:00:00:00:00:00"),
        replace(interface("sit0"), mac=""),
    ],
)
def test_what_the_step_would_refuse_is_not_offered(one: Interface) -> None:
    assert card(one) == ""


def test_bonds_and_bridges_are_told_with_what_they_are_made_of() -> None:
    ports = (interface("ens6", master="bond0"), interface("ens7", master="bond0"))
    assert card(interface("bond0", kind="bond"), None, *ports) == "bond0  link, bond of ens6 ens7, free"
    assert card(interface("br0", kind="bridge")) == "br0  link, bridge of nothing, free"


def test_the_free_card_comes_first_and_the_operators_own_line_is_named() -> None:
    unplugged = interface("eth2", carrier=False)
    seen = network(MAIN, unplugged, interface("eth1"), interface("eth3", up=False, carrier=False))
    for field in ("nic", "second_nic"):
        rows = choices(StorageNetworkFacts(seen), Site())[field]
        assert [name for name, _ in rows] == ["eth1", "eth3", "eth2", "eth0"]
        assert rows[-1][1] == "eth0  link, 10.0.1.12/24, default route here"
    below = dict(choices(StorageNetworkFacts(DONE), Site())["nic"])
    assert below["eth1"] == "eth1  link, under eth1.16"


def test_a_row_fits_a_screen() -> None:
    own = interface("eth0", "192.168.100.100/24")
    facts = StorageNetworkFacts(network(own), hardware=(Hardware("eth0", "virtio_net", 10000),))
    ((_, row),) = choices(facts, SITE)["nic"]
    assert row == "eth0  10 Gb/s, 192.168.100.100/24, default route here, virtio_net" and len(row) <= LONGEST


def test_portals_are_told_with_whether_they_answer_and_through_what() -> None:
    fresh = StorageNetworkFacts(FRESH, proposed=EXPECTED)
    there = replace(fresh, network=DONE, answering=("10.16.0.1",), silent=(("10.16.0.2", "timed out"),))
    for field in ("portals", "second_portals"):
        assert dict(choices(fresh, SITE)[field]) == {
            portal: f"{portal}  not tried: no address in its network here; node1 uses it" for portal in EXPECTED.portals
        }
        assert dict(choices(there, SITE)[field]) == {
            "10.16.0.1": "10.16.0.1  answers through eth1.16; node1 uses it",
            "10.16.0.2": "10.16.0.2  does not answer through eth1.16; node1 uses it",
        }
    alone = replace(there, answering=(), silent=())
    assert dict(choices(alone, Site()))["portals"][0] == ("10.16.0.1", "10.16.0.1  not tried yet")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (IscsiFacts(BARE, LINKS, FOUND[:1]), "answers: 1 target, through eth1.16; node1 uses it"),
        (IscsiFacts(BARE, LINKS[:1], ()), "no address in its network here; node1 uses it"),
        (IscsiFacts(BARE, LINKS, ()), "through eth1.16; node1 uses it"),
        (
            IscsiFacts(BARE, LINKS, (Discovery(PORTALS[0], (), "unreachable"),)),
            "does not answer (unreachable), through eth1.16; node1 uses it",
        ),
        (
            IscsiFacts(BARE, LINKS, (Discovery(PORTALS[0], (), "chap"),)),
            "refuses the discovery login, through eth1.16; node1 uses it",
        ),
        (
            IscsiFacts(replace(BARE, records=(record(PORTALS[0]),)), LINKS, ()),
            "recorded, not asked, through eth1.16; node1 uses it",
        ),
        (
            IscsiFacts(replace(BARE, sessions=(session(PORTALS[0], state="FREE"),)), LINKS, ()),
            "0 of 1 session logged in, through eth1.16; node1 uses it",
        ),
    ],
)
def test_portals_of_sessions_are_told_with_what_they_said(facts: IscsiFacts, words: str) -> None:
    rows = dict(of_sessions(facts, site_of(witness()))["portals"])
    assert rows[PORTALS[0]] == f"{PORTALS[0]}  {words}"


def test_network_scripts_are_told_with_who_has_them_and_their_bridges() -> None:
    bridge = interface("xenbr0", "198.38.17.56/24", kind="bridge")
    there = replace(WITNESS, name="top", network=network(bridge, interface("peth0", master="xenbr0")))
    files = [(HERE, File(b"(network-script network-dummy)\n")), ("top", File(b"(network-script network-bridge)\n")),
             ("left", File(b"(network-script network-bridge)\n")), ("torn", File(b"(network-script"))]  # fmt: skip
    assert dict(offered(files, network(MAIN), replace(SITE, witness=there))) == {
        "network-dummy": "network-dummy  this host",
        "network-bridge": "network-bridge  top, left; top has xenbr0 of peth0 (198.38.17.56/24)",
    }
    assert dict(offered([], None, Site()))["network-bridge"] == "network-bridge  nobody has it"
