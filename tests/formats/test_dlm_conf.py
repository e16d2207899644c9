"""dlm.conf: what dlm_controld makes of it, and edits that leave the rest alone."""

from __future__ import annotations

import pytest

from tui_installer.formats.dlm_conf import DlmConf, add_connect, add_device, parse, remove_node
from tui_installer.formats.fencing import FenceDevice, FenceUse, Method
from tui_installer.formats.text import FormatError

MANUAL = b"""\
# of dlm.conf(5)
protocol=tcp
device  foo fence_foo ipaddr=1.1.1.1 login=x password=y
connect foo node=1 port=1
connect foo node=2 port=2
# spare
unfence foo

device  bar fence_bar ipaddr=2.2.2.2 login=x password=y
connect bar node=1 port=5
connect bar node=2 port=6
"""
DUAL = b"""\
device  foo:1 fence_foo ipaddr=1.1.1.1
connect foo:1 node=1 port=1

device  foo:2 fence_foo ipaddr=5.5.5.5
connect foo:2 node=1 port=1

device  ipmi fence_ipmilan ip=9.9.9.9
connect ipmi node=1
"""


def use(device: str, port: str) -> FenceUse:
    return FenceUse(device, (("port", port),))


def test_devices_and_what_fences_a_node() -> None:
    conf = parse(MANUAL)
    assert conf.devices[0] == FenceDevice(
        "foo", "fence_foo", (("ipaddr", "1.1.1.1"), ("login", "x")), (("password", "y"),)
    )
    assert conf.nodes[1] == (Method("foo", (use("foo", "1"),)), Method("bar", (use("bar", "5"),)))
    assert (conf.unfence, conf.settings["protocol"], conf.enabled, conf.refused) == (("foo",), "tcp", True, "")
    assert "'y'" not in repr(conf)


def test_parallel_devices_are_one_method() -> None:
    methods = parse(DUAL).nodes[1]
    assert [(method.name, [each.device for each in method.devices]) for method in methods] == [
        ("foo", ["foo:1", "foo:2"]),
        ("ipmi", ["ipmi"]),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "device foo fence_foo\nconnect foo node=1\ndevice bar fence_bar\nconnect bar node=1\n",  # no empty line between
        "device foo fence_foo\nconnect bar node=1\n",
        "device foo fence_foo\nconnect foo port=1\n",
        "device foo\n",
        "device foo fence_foo\nconnect foo node=1\nprotocol=tcp\n",
        "device foo fence_foo\r\nconnect foo node=1\r\n\r\n",
        "".join(f"device d{number} fence_foo\nconnect d{number} node=1\n\n" for number in range(5)),
    ],
)
def test_a_file_from_which_no_node_is_fenced(text: str) -> None:
    assert parse(text.encode()).refused


def test_what_stands_outside_a_section_is_passed_over() -> None:
    conf = parse(b"device foo fence_foo\nconnect foo node=1\n\nconnect foo node=2\n")
    assert (list(conf.nodes), conf.refused) == ([1], "")
    assert parse(b"fence_all fence_x ip=1\nunfence_all\n").fence_all == "fence_x"
    assert parse(b"") == DlmConf()
    assert not parse(b"enable_fencing = 0\n").enabled and parse(b"#enable_fencing=0\n").enabled


def test_a_line_comes_behind_those_of_its_device() -> None:
    result = add_connect(MANUAL, use("foo", "7"), 3)
    assert result == MANUAL.replace(b"node=2 port=2\n", b"node=2 port=2\nconnect foo node=3 port=7\n")
    assert parse(result).nodes[3] == (Method("foo", (use("foo", "7"),)),)
    assert remove_node(result, 3) == MANUAL
    with pytest.raises(FormatError, match="already"):
        add_connect(MANUAL, use("foo", "7"), 2)
    with pytest.raises(FormatError, match="no device"):
        add_connect(MANUAL, use("baz", "7"), 3)


@pytest.mark.parametrize("content", [MANUAL, DUAL, MANUAL.rstrip(b"\n"), b"", b"protocol=tcp\n\n"])
def test_a_device_of_its_own_has_a_section_of_its_own(content: bytes) -> None:
    device = FenceDevice("ipmi-3", "fence_ipmilan", (("ip", "9.9.9.3"),), (("password", "s"),))
    result = add_device(content, device, FenceUse("ipmi-3"), 3)
    conf = parse(result)
    assert not conf.refused and conf.devices[-1] == device
    assert conf.nodes[3] == (Method("ipmi-3", (FenceUse("ipmi-3"),)),)
    assert {key: value for key, value in conf.nodes.items() if key != 3} == parse(content).nodes
    assert parse(remove_node(result, 3)) == parse(content)


def test_the_order_of_the_ways_is_kept() -> None:
    board = FenceDevice("ipmi-2", "fence_ipmilan", (("ip", "9.9.9.2"),))
    result = add_device(DUAL, board, FenceUse("ipmi-2"), 2, behind="foo:2")
    assert [device.name for device in parse(result).devices] == ["foo:1", "foo:2", "ipmi-2", "ipmi"]
    assert not parse(result).refused


@pytest.mark.parametrize("value", ["a b", "a\tb", "a\nb", "ä"])
def test_what_the_file_cannot_hold_is_refused(value: str) -> None:
    device = FenceDevice("x", "fence_x", (), (("password", value),))
    with pytest.raises(FormatError):
        add_device(MANUAL, device, FenceUse("x"), 3)
