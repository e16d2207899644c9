"""The network as `ip` and the files of ifupdown tell it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_installer.host import File
from tui_installer.local import LocalHost
from tui_installer.probes.network import (
    Interface,
    Route,
    configured,
    main_interface,
    manager,
    parse_interfaces,
    parse_routes,
    probe,
)
from tui_installer.probes.units import Unit

OUTPUTS = Path(__file__).parent.parent / "outputs" / "ip"


def interfaces(name: str) -> dict[str, Interface]:
    """`ip -d addr` prints what `ip -d link` and `ip addr` print, each interface in one entry."""
    links, addresses = (json.loads((OUTPUTS / f"{what}-{name}.json").read_text()) for what in ("link", "addr"))
    both = [link | address for link, address in zip(links, addresses, strict=True)]
    return {one.name: one for one in parse_interfaces(json.dumps(both))}


def test_a_fresh_host_has_a_nic_that_is_down() -> None:
    found = interfaces("before")
    assert list(found) == ["lo", "ens5", "ens6"]
    assert found["ens5"].addresses == ("10.50.0.3/24",)
    assert (found["ens6"].up, found["ens6"].carrier, found["ens6"].kind) == (False, False, "")


@pytest.mark.parametrize(
    ("name", "vlan", "parent", "address"),
    [("after", "ens6.16", "ens6", "10.16.0.3/24"), ("uml", "eth1.16", "eth1", "10.16.0.12/24")],
)
def test_a_vlan_has_a_tag_and_a_parent(name: str, vlan: str, parent: str, address: str) -> None:
    found = interfaces(name)
    one = found[vlan]
    assert (one.kind, one.vlan, one.parent, one.addresses) == ("vlan", 16, parent, (address,))
    assert one.mac == found[parent].mac


def test_carrier_does_not_depend_on_operstate() -> None:
    """A UML guest's NICs have operstate UNKNOWN."""
    assert interfaces("uml")["eth1"].carrier


def test_the_preferred_default_route_names_the_main_interface() -> None:
    text = json.dumps(
        [
            {"dst": "default", "gateway": "10.1.0.1", "dev": "wlan0", "metric": 600},
            {"dst": "default", "gateway": "10.0.0.1", "dev": "eth0", "metric": 100},
            {"dst": "10.0.0.0/24", "dev": "eth0"},
        ]
    )
    routes = parse_routes(text)
    assert routes[0] == Route("10.0.0.0/24", "eth0", "")
    assert main_interface((), routes) == "eth0"


def test_without_a_default_route_the_first_address_counts() -> None:
    assert main_interface(tuple(interfaces("before").values()), ()) == "ens5"


def _active(*names: str) -> dict[str, Unit]:
    return {name: Unit(name, True, True, frozenset(), frozenset(), ()) for name in names}


@pytest.mark.parametrize(
    ("stanzas", "netplan", "active", "expected"),
    [
        (("eth0",), (), ("NetworkManager.service",), "ifupdown"),
        ((), ("/etc/netplan/1.yaml",), ("systemd-networkd.service",), "netplan"),
        ((), (), ("NetworkManager.service", "networking.service"), "NetworkManager"),
        ((), (), ("systemd-networkd.service",), "networkd"),
        ((), (), ("networking.service",), "ifupdown"),
        ((), (), (), "none"),
    ],
)
def test_who_configures_the_network(
    stanzas: tuple[str, ...], netplan: tuple[str, ...], active: tuple[str, ...], expected: str
) -> None:
    assert manager("eth0", stanzas, netplan, _active(*active))[0] == expected


def test_stanzas_are_found_in_all_files() -> None:
    files = tuple((str(path), File(path.read_bytes())) for path in sorted(OUTPUTS.glob("interfaces-*.txt")))
    assert configured(files) == ("lo", "ens5", "ens6", "ens6.16")
    assert configured((("broken", File(b"iface\n")),)) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["ifname", "flags", "mtu", "addr_info", "linkinfo", "info_kind", "info_data", "id", "dev"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(st.text() | st.lists(JSON).map(json.dumps))
def test_no_answer_is_too_strange(text: str) -> None:
    parse_interfaces(text)
    parse_routes(text)


def test_this_machine_answers() -> None:
    found = probe(LocalHost())
    assert [one.addresses for one in found.interfaces if one.name == "lo"] == [("127.0.0.1/8",)]
