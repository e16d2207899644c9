"""The network as `ip` and the files of ifupdown tell it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probes.made_up import WORDS, made_up
from tui_installer.hosts.host import File
from tui_installer.hosts.local import LocalHost
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


MACS = st.from_regex(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", fullmatch=True)
ADDRESSES = st.builds("{}/{}".format, st.ip_addresses(v=4), st.integers(0, 32))
VLANS = st.builds(lambda parent, tag: ("vlan", parent, tag), WORDS, st.integers(1, 4094))
FOUND = st.builds(
    lambda kind, **rest: Interface(kind=kind[0], parent=kind[1], vlan=kind[2], **rest),
    st.sampled_from([("", "", 0), ("bridge", "", 0), ("bond", "", 0)]) | VLANS,
    name=WORDS,
    mac=MACS,
    mtu=st.integers(68, 65536),
    up=st.booleans(),
    carrier=st.booleans(),
    master=WORDS | st.just(""),
    addresses=st.lists(ADDRESSES, max_size=3).map(tuple),
)


def printed(one: Interface) -> dict[str, object]:
    """An interface as `ip -j -d addr` prints it."""
    flags = ["BROADCAST", *(["UP"] if one.up else []), *(["LOWER_UP"] if one.carrier else [])]
    own = (each.split("/") for each in one.addresses)
    local = [{"family": "inet", "local": address, "prefixlen": int(length)} for address, length in own]
    other = {"family": "inet6", "local": "fe80::1", "prefixlen": 64}
    entry = {"ifname": one.name, "address": one.mac, "mtu": one.mtu, "flags": flags, "addr_info": [other, *local]}
    about = {"vlan": {"protocol": "802.1Q", "id": one.vlan}}.get(one.kind, {})
    return (
        entry
        | ({"master": one.master} if one.master else {})
        | ({"link": one.parent} if one.parent else {})
        | ({"linkinfo": {"info_kind": one.kind, "info_data": about}} if one.kind else {})
    )


@given(st.lists(FOUND, max_size=4))
def test_interfaces_come_back_as_they_were_printed(found: list[Interface]) -> None:
    assert parse_interfaces(json.dumps([printed(one) for one in found])) == tuple(found)
    assert parse_interfaces(json.dumps([{}, *map(printed, found), 1, {"deleted": True}])) == tuple(found)


ROUTES = st.builds(Route, st.just("default") | ADDRESSES, WORDS, st.ip_addresses(v=4).map(str) | st.just(""))


@given(st.lists(st.tuples(ROUTES, st.integers(0, 9)), max_size=6))
def test_routes_come_in_the_order_of_their_metrics(found: list[tuple[Route, int]]) -> None:
    entries = [
        {"dst": route.to, "dev": route.device, "flags": []}
        | ({"metric": metric} if metric else {})
        | ({"gateway": route.gateway} if route.gateway else {})
        for route, metric in found
    ]
    assert parse_routes(json.dumps(entries)) == tuple(route for route, _ in sorted(found, key=lambda pair: pair[1]))


KEYS = ["ifname", "flags", "mtu", "addr_info", "linkinfo", "info_kind", "info_data", "id", "dev", "dst", "address",
        "family", "local", "link"]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["inet", "vlan", "eth0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=20,
)


TORN = st.builds(lambda one, key, junk: printed(one) | {key: junk}, FOUND, st.sampled_from(KEYS), JSON)


@given(st.text() | st.lists(JSON | TORN).map(json.dumps))
def test_nothing_is_made_up(text: str) -> None:
    addresses = [part for one in parse_interfaces(text) for each in one.addresses for part in each.split("/")]
    interfaces = [replace(one, addresses=()) for one in parse_interfaces(text)]
    assert not made_up((addresses, interfaces, parse_routes(text)), text)


@pytest.mark.skipif(shutil.which("ip") is None, reason="needs iproute2")
def test_this_machine_answers() -> None:
    found = probe(LocalHost())
    assert [one.addresses for one in found.interfaces if one.name == "lo"] == [("127.0.0.1/8",)]
