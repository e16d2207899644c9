"""The network as `ip -o`, /proc and /sys of Debian 4 to 6 tell it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probes.made_up import made_up, scattered
from tests.probes.recorded import Recorded
from tui_installer.hosts.host import File, HostError
from tui_installer.probes.network import Interface, Route
from tui_installer.probes.rhcs import network_text
from tui_installer.probes.rhcs.network_text import parse_bridges, parse_interfaces, parse_routes, parse_vlans

ROWS = r"""1: lo: <LOOPBACK,UP,10000> mtu 16436 qdisc noqueue \    link/loopback 00:00:00:00:00:00
2: eth0: <BROADCAST,MULTICAST,UP,10000> mtu 1500 qdisc pfifo_fast qlen 1000\    link/ether 00:16:3e:00:00:01
3: eth1: <BROADCAST,MULTICAST> mtu 9000 qdisc noop qlen 1000\    link/ether 00:16:3e:00:00:02
4: vlan16@eth0: <BROADCAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP \    link/ether 00:16:3e:00:00:01
5: peth0: <NO-CARRIER,BROADCAST,UP> mtu 1500 qdisc pfifo_fast qlen 1000\    link/ether fe:ff:ff:ff:ff:ff
6: xenbr0: <BROADCAST,UP,10000> mtu 1500 qdisc noqueue \    link/ether fe:ff:ff:ff:ff:ff
7: sit0: <NOARP> mtu 1480 qdisc noop \    link/sit 0.0.0.0
"""
LINKS = ROWS.replace("\n", " brd ff:ff:ff:ff:ff:ff\n")
ADDRESSES = """\
1: lo    inet 127.0.0.1/8 scope host lo
2: eth0    inet 198.38.17.55/24 brd 198.38.17.255 scope global eth0
2: eth0    inet 198.38.17.155/24 brd 198.38.17.255 scope global secondary eth0:1
4: vlan16    inet 172.16.17.55/16 brd 172.16.255.255 scope global vlan16
8: tun0    inet 10.8.0.6 peer 10.8.0.5/32 scope global tun0
"""
ROUTES = """\
198.38.17.0/24 dev eth0  proto kernel  scope link  src 198.38.17.55 
172.16.0.0/16 dev vlan16  proto kernel  scope link  src 172.16.17.55 
default via 198.38.17.2 dev eth0  metric 100 
default via 198.38.17.1 dev eth0 
unreachable 10.0.0.0/8 
"""
VLANS = """\
VLAN Dev name    | VLAN ID
Name-Type: VLAN_NAME_TYPE_PLUS_VID_NO_PAD
vlan16         | 16  | eth0
"""


def test_vlans() -> None:
    assert parse_vlans(VLANS) == {"vlan16": (16, "eth0")}


def test_bridges() -> None:
    assert parse_bridges(["/sys/class/net/xenbr0/brif/peth0", "/sys/class/net/xenbr0/brif/vif1.0"]) == {
        "peth0": "xenbr0",
        "vif1.0": "xenbr0",
    }


def test_interfaces() -> None:
    masters, kinds = {"peth0": "xenbr0"}, {"xenbr0": "bridge"}
    found = parse_interfaces(LINKS, ADDRESSES, parse_vlans(VLANS), masters, kinds)
    assert {each.name: each for each in found} == {
        each.name: each
        for each in (
            Interface("lo", "00:00:00:00:00:00", 16436, True, True, "", "", 0, "", ("127.0.0.1/8",)),
            Interface(
                "eth0", "00:16:3e:00:00:01", 1500, True, True, "", "", 0, "", ("198.38.17.55/24", "198.38.17.155/24")
            ),
            Interface("eth1", "00:16:3e:00:00:02", 9000, False, False, "", "", 0, "", ()),
            Interface("vlan16", "00:16:3e:00:00:01", 1500, True, True, "vlan", "eth0", 16, "", ("172.16.17.55/16",)),
            Interface("peth0", "fe:ff:ff:ff:ff:ff", 1500, True, False, "", "", 0, "xenbr0", ()),
            Interface("xenbr0", "fe:ff:ff:ff:ff:ff", 1500, True, True, "bridge", "", 0, "", ()),
            Interface("sit0", "", 1480, False, False, "", "", 0, "", ()),
        )
    }


def test_routes() -> None:
    assert parse_routes(ROUTES) == (
        Route("198.38.17.0/24", "eth0", ""),
        Route("172.16.0.0/16", "vlan16", ""),
        Route("default", "eth0", "198.38.17.1"),
        Route("default", "eth0", "198.38.17.2"),
    )


FOREIGN = ["", "Name-Type: VLAN_NAME_TYPE_PLUS_VID_NO_PAD", "unreachable 10.0.0.0/8", "9: tun0"]
NAMES = st.from_regex(r"[a-z]{2,5}[0-9]{1,2}(\.[0-9]{1,4})?", fullmatch=True)
NETWORKS = st.builds("{}/{}".format, st.ip_addresses(v=4), st.integers(0, 32))


@given(st.dictionaries(NAMES | st.just("storage-vlan-16"), st.tuples(st.integers(0, 4094), NAMES)), st.data())
def test_any_vlans(vlans: dict[str, tuple[int, str]], data: st.DataObject) -> None:
    rows = [f"{name:15}| {tag}  | {under}" for name, (tag, under) in vlans.items()]
    assert parse_vlans(data.draw(scattered(rows, FOREIGN))) == vlans


@given(st.dictionaries(NAMES, NAMES))
def test_any_bridges(bridges: dict[str, str]) -> None:
    paths = [f"/sys/class/net/{bridge}/brif/{port}" for port, bridge in bridges.items()]
    assert parse_bridges([*paths, "/sys/class/net/lo", "/sys/class/net/eth0/statistics/brif"]) == bridges


MACS = st.from_regex(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", fullmatch=True)
INTERFACES = st.builds(
    Interface, NAMES, MACS, st.integers(68, 65536), st.booleans(), st.booleans(), st.just(""), st.just(""), st.just(0),
    st.just(""), st.lists(NETWORKS, max_size=2).map(tuple),
)  # fmt: skip


@given(st.lists(INTERFACES, unique_by=lambda one: one.name), st.sampled_from(["LOWER_UP", "10000"]), st.data())
def test_any_interfaces(found: list[Interface], lower: str, data: st.DataObject) -> None:
    flags = {one.name: ",".join(["BROADCAST", *["UP"] * one.up, *[lower] * one.carrier]) for one in found}
    links = [
        f"{at}: {one.name}: <{flags[one.name]}> mtu {one.mtu} qdisc noop \\    link/ether {one.mac} brd ff:ff"
        for at, one in enumerate(found, 1)
    ]
    addresses = [
        f"{at}: {one.name}    inet {each} scope global" for at, one in enumerate(found, 1) for each in one.addresses
    ]
    printed, assigned = (data.draw(scattered(rows, FOREIGN)) for rows in (links, addresses))
    assert parse_interfaces(printed, assigned, {}, {}, {}) == tuple(found)


ROUTES_FOUND = st.builds(Route, st.just("default") | NETWORKS, NAMES, st.ip_addresses(v=4).map(str) | st.just(""))


@given(st.lists(st.tuples(ROUTES_FOUND, st.integers(0, 9))), st.data())
def test_any_routes(found: list[tuple[Route, int]], data: st.DataObject) -> None:
    rows = [
        f"{route.to}{' via ' * bool(route.gateway)}{route.gateway} dev {route.device}"
        + (f"  metric {metric} " * bool(metric))
        for route, metric in found
    ]
    ordered = sorted(found, key=lambda pair: pair[1])
    assert parse_routes(data.draw(scattered(rows, FOREIGN))) == tuple(route for route, _ in ordered)


@given(st.text() | st.lists(st.sampled_from((LINKS + ADDRESSES + ROUTES + VLANS).splitlines())).map("\n".join))
def test_nothing_is_made_up(text: str) -> None:
    found = [replace(each, addresses=()) for each in parse_interfaces(text, text, {}, {}, {})]
    assert not made_up(
        (found, parse_vlans(text), parse_routes(text), parse_bridges([text])), text.replace("\\", " "), text
    )


FILES = {
    "/proc/net/vlan/config": File(VLANS.encode()),
    "/proc/modules": File(b"8021q 15872 0 - Live 0xe0a2\n"),
    "/etc/modules": File(b"loop\n8021q\n"),
    "/etc/network/interfaces": File(
        b"auto eth0\niface eth0 inet static\n address 198.38.17.55\n netmask 255.255.255.0\n"
    ),
    "/sys/class/net/xenbr0/bridge": File(),
    "/sys/class/net/xenbr0/brif/peth0": File(),
    "/sys/class/net/bond0/bonding/slaves": File(b"eth0 eth1\n"),
}
COMMANDS = {"ip -o link": (0, LINKS), "ip -o -4 addr": (0, ADDRESSES), "ip -o -4 route": (0, ROUTES)}


def test_a_host() -> None:
    found = network_text.probe(Recorded(COMMANDS, FILES))
    assert (found.main, found.manager, found.managed_by) == ("eth0", "ifupdown", "/etc/network/interfaces")
    assert (found.configured, found.boot_modules, found.vlan_module) == (("eth0",), True, True)
    kinds = {each.name: (each.kind, each.master) for each in found.interfaces}
    assert kinds == {
        "lo": ("", ""),
        "eth0": ("", "bond0"),
        "eth1": ("", "bond0"),
        "vlan16": ("vlan", ""),
        "peth0": ("", "xenbr0"),
        "xenbr0": ("bridge", ""),
        "sit0": ("", ""),
    }


def test_a_bare_host() -> None:
    found = network_text.probe(Recorded(COMMANDS))
    assert (found.manager, found.managed_by, found.boot_modules, found.vlan_module) == ("none", "", False, False)
    with pytest.raises(HostError, match="no such program"):
        network_text.probe(Recorded())
