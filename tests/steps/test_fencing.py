"""How the new host is to be fenced: never by what fences another one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui_installer.formats.fencing import FenceDevice, FenceUse, Method
from tui_installer.model.answers import Secret
from tui_installer.steps.cluster.fencing import Fenced, FenceQuery, derived, lacking, suggested, wanted

ME = FenceQuery("bottom", "bottom", "198.38.17.55")


def method(*uses: FenceUse, name: str = "1") -> tuple[Method, ...]:
    return (Method(name, uses),)


def board(number: int) -> FenceDevice:
    where = (("ipaddr", f"192.0.2.{49 + number}"), ("login", "ADMIN"), ("lanplus", "1"))
    return FenceDevice(f"ipmirecover{number}", "fence_ipmilan", where, (("passwd", "x"),))


def switch(name: str) -> FenceDevice:
    return FenceDevice(name, "fence_apc", (("ipaddr", f"192.0.2.{name[-1]}"), ("login", "l")), (("passwd", "x"),))


BOARDS = Fenced(
    (board(1), board(2)),
    {"top": method(FenceUse("ipmirecover1")), "left": method(FenceUse("ipmirecover2"))},
)
SWITCH = Fenced(
    (switch("apc1"),),
    {"top": method(FenceUse("apc1", (("port", "1"),))), "left": method(FenceUse("apc1", (("port", "2"),)))},
)


def dual(port: str, other: str = "") -> tuple[Method, ...]:
    uses = [(name, action) for action in ("off", "on") for name in ("apc1", "apc2")]
    ports = {"apc1": port, "apc2": other or port}
    found = (FenceUse(name, (("port", ports[name]), ("action", action))) for name, action in uses)
    return (Method("APC-dual", tuple(found)),)


DUAL = Fenced((switch("apc1"), switch("apc2")), {"top": dual("1"), "left": dual("2")})
"""The two supplies of each host, off, off, on, on."""


def lacks(fenced: Fenced, asked: FenceQuery) -> list[str]:
    return [lack.field for lack in lacking(fenced, asked)]


def filled(fenced: Fenced, **given: object) -> FenceQuery:
    """As the step fills it in."""
    first = replace(ME, **given)  # type: ignore[arg-type]
    named = replace(first, fence=first.fence or suggested(fenced, first))
    return replace(named, settings=named.settings or derived(fenced, named))


def test_a_board_of_another_node_is_never_proposed() -> None:
    asked = filled(BOARDS)
    assert asked.fence not in ("ipmirecover1", "ipmirecover2")
    assert lacks(BOARDS, asked) == ["fence_address"]
    assert wanted(BOARDS, asked).methods == ()
    by_name = filled(BOARDS, fence="ipmirecover1", at="192.0.2.60", password=Secret("s"))
    assert "fence" in lacks(BOARDS, by_name) and wanted(BOARDS, by_name).methods == ()


@pytest.mark.parametrize(
    ("at", "password", "lack"),
    [
        ("198.38.17.55", "s", "fence_address"),  # this host itself
        ("192.0.2.50", "s", "fence_address"),  # top's
        ("192.0.2.60", "", "fence_password"),
    ],
)
def test_a_board_must_be_another_one_and_must_let_in(at: str, password: str, lack: str) -> None:
    assert lacks(BOARDS, filled(BOARDS, at=at, password=Secret(password))) == [lack]


def test_a_board_of_its_own_is_listed_as_the_others_are() -> None:
    found = wanted(BOARDS, filled(BOARDS, fence="ipmi-b", at="192.0.2.60", login="root", password=Secret("s")))
    assert found.methods == method(FenceUse("ipmi-b"))
    assert found.device == FenceDevice(
        "ipmi-b", "fence_ipmilan", (("ipaddr", "192.0.2.60"), ("login", "root"), ("lanplus", "1")), (("passwd", "s"),)
    )


def test_a_name_that_has_the_nodes_in_it_is_followed() -> None:
    devices = tuple(replace(board(1), name=f"ipmi-{node}") for node in ("top", "left"))
    nodes = {node: method(FenceUse(f"ipmi-{node}")) for node in ("top", "left")}
    assert suggested(Fenced(devices, nodes), ME) == "ipmi-bottom"


def test_one_that_is_listed_and_used_by_nobody_is_named_and_taken_only_if_asked_for() -> None:
    spare = Fenced((*BOARDS.devices, board(3)), BOARDS.nodes)
    (lack,) = lacking(spare, filled(spare))
    assert "ipmirecover3" in lack.hint
    found = wanted(spare, filled(spare, fence="ipmirecover3"))
    assert (found.methods, found.device) == (method(FenceUse("ipmirecover3")), None)


def test_a_shared_device_needs_a_port_that_nobody_has() -> None:
    assert suggested(SWITCH, ME) == "apc1"
    assert lacks(SWITCH, filled(SWITCH)) == ["fence_settings"]
    assert lacks(SWITCH, filled(SWITCH, settings=("port=2",))) == ["fence_settings"]
    found = wanted(SWITCH, filled(SWITCH, settings=("port=7",)))
    assert (found.methods, found.device) == (method(FenceUse("apc1", (("port", "7"),))), None)


def test_a_switch_that_one_node_uses_is_shared_only_if_that_is_said() -> None:
    alone = Fenced(SWITCH.devices, {"top": SWITCH.nodes["top"]})
    assert suggested(alone, ME) != "apc1" and "fence_address" in lacks(alone, filled(alone))
    found = wanted(alone, filled(alone, fence="apc1", settings=("port=7",)))
    assert found.methods == method(FenceUse("apc1", (("port", "7"),)))
    assert lacks(alone, filled(alone, fence="apc1", settings=("port=1",))) == ["fence_settings"]


def test_both_supplies_are_cut_and_each_has_a_port_of_its_own() -> None:
    assert lacks(DUAL, filled(DUAL)) == ["fence_settings"]
    one = filled(DUAL, fence="apc1", settings=("port=7", "action=off"))
    assert set(lacks(DUAL, one)) == {"fence_settings"} and wanted(DUAL, one).methods == ()
    both = filled(DUAL, settings=("apc1/port=7", "apc2/port=8"))
    assert wanted(DUAL, both).methods == dual("7", "8")
    assert lacks(DUAL, filled(DUAL, settings=("apc1/port=7", "apc2/port=2"))) == ["fence_settings"]
    assert lacks(DUAL, filled(DUAL, settings=("apc1/port=7", "apc2/port=8", "apc3/port=9"))) == ["fence_settings"]


def test_a_second_method_comes_along() -> None:
    def both(board: str, port: str) -> tuple[Method, ...]:
        switched = FenceUse("apc1", (("port", port), ("option", "off")))
        return (Method("ipmi", (FenceUse(board),)), Method("power", (switched,)))

    fenced = Fenced(
        (board(1), board(2), switch("apc1")), {"top": both("ipmirecover1", "1"), "left": both("ipmirecover2", "2")}
    )
    assert lacks(fenced, filled(fenced)) == ["fence_address", "fence_settings"]
    found = wanted(fenced, filled(fenced, at="192.0.2.60", password=Secret("s"), settings=("port=3",)))
    assert found.device is not None and found.methods == both(found.device.name, "3")


def test_two_devices_of_its_own_are_more_than_can_be_asked() -> None:
    nodes = {
        "top": (*BOARDS.nodes["top"], Method("2", (FenceUse("drac1"),))),
        "left": (*BOARDS.nodes["left"], Method("2", (FenceUse("drac2"),))),
    }
    drac = tuple(FenceDevice(f"drac{number}", "fence_drac", (("ipaddr", f"192.0.2.7{number}"),)) for number in (1, 2))
    assert lacks(Fenced((*BOARDS.devices, *drac), nodes), filled(BOARDS, at="192.0.2.60")) == ["fence"]


def test_only_a_human_is_told_the_hosts_own_name_or_address() -> None:
    hand = Fenced(
        (FenceDevice("hand", "fence_manual"),), {"top": method(FenceUse("hand", (("ipaddr", "198.38.17.56"),)))}
    )
    assert wanted(hand, filled(hand)).methods == method(FenceUse("hand", (("ipaddr", "198.38.17.55"),)))
    named = Fenced(hand.devices, {"top": method(FenceUse("hand", (("nodename", "top"),)))})
    assert wanted(named, filled(named)).methods == method(FenceUse("hand", (("nodename", "bottom"),)))
    guests = Fenced(
        (FenceDevice("xvm", "fence_xvm"),),
        {name: method(FenceUse("xvm", (("domain", name),))) for name in ("top", "left")},
    )
    assert lacks(guests, filled(guests)) == ["fence_settings"]


@pytest.mark.parametrize("settings", [("port",), ("=7",), ("port=7 8",), ("port=7\x1b",)])
def test_what_is_no_setting_is_not_written(settings: tuple[str, ...]) -> None:
    asked = filled(SWITCH, settings=settings)
    assert lacks(SWITCH, asked) and wanted(SWITCH, asked).methods == ()


def test_a_password_is_in_no_text() -> None:
    asked = filled(BOARDS, at="192.0.2.60", password=Secret("top-secret"))
    assert "top-secret" not in repr((asked, wanted(BOARDS, asked), BOARDS, list(lacking(BOARDS, asked))))
