"""What is told of cards: by kernels of any age, by one that refuses, and by a host that does not answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.memory import MemoryHost
from tests.probes.made_up import made_up
from tui_installer import simulator
from tui_installer.hosts.host import File
from tui_installer.hosts.local import LocalHost
from tui_installer.probes.cards import SPEEDS, Hardware, drivers, parse_speeds, probe

NAMES = st.from_regex(r"[a-z][a-z0-9.:_-]{0,14}", fullmatch=True)


@given(st.dictionaries(NAMES, st.integers(1, 800000).filter(lambda speed: speed != 0xFFFF)))
def test_speeds_come_back_as_they_were_printed(found: dict[str, int]) -> None:
    text = "".join(f"/sys/class/net/{name}/speed {speed}\n" for name, speed in found.items())
    assert parse_speeds(text) == found
    assert parse_speeds(f"/sys/class/net/*/speed \n{text}/sys/class/net/lo/speed \n") == found


@given(st.text() | st.lists(st.builds("/sys/class/net/{}/speed {}".format, st.text(), st.integers())).map("\n".join))
def test_nothing_is_made_up(text: str) -> None:
    assert not made_up(parse_speeds(text), text)


@pytest.mark.parametrize("said", ["-1", "65535", "4294967295", "0", "", "fast"])
def test_what_is_no_speed_is_not_known(said: str) -> None:
    assert parse_speeds(f"/sys/class/net/eth0/speed {said}\n") == {}


def test_a_driver_is_the_name_of_its_folder() -> None:
    links = {
        "/sys/class/net/eth0/device/driver": File(link="../../../../bus/pci/drivers/e1000e"),
        "/sys/class/net/eth1/device/driver": File(b"no link\n"),
    }
    assert drivers(links) == {"eth0": "e1000e"}


def test_a_host_that_does_not_answer_has_told_nothing() -> None:
    assert probe(MemoryHost()) == ()
    half = MemoryHost(sh=lambda host, argv: (0, "/sys/class/net/eth0/speed 10", ""))
    assert probe(half) == (), "the last line is not whole"


def test_a_simulated_host_refuses_as_a_kernel_does(tmp_path: Path) -> None:
    """Of an interface that is down, and of the loopback; virtio-net knows no speed of its own."""
    simulator.create(tmp_path / "world")
    here = simulator.here(tmp_path / "world")
    assert here.run("cat", "/sys/class/net/eth1/speed").err == "cat: /sys/class/net/eth1/speed: Invalid argument\n"
    assert probe(here) == (Hardware("eth0", "virtio_net"), Hardware("eth1", "virtio_net"))
    state = tmp_path / "world" / "state.json"
    held = json.loads(state.read_text())
    held["hosts"]["fresh"]["links"]["eth0"]["speed"] = 10000
    state.write_text(json.dumps(held))
    here.run("ip", "link", "set", "dev", "eth1", "up")
    assert probe(here)[0] == Hardware("eth0", "virtio_net", 10000)


@pytest.mark.parametrize("release", ["etch", "lenny", "squeeze"])
def test_old_kernels_tell_drivers_and_no_speed(release: str, tmp_path: Path) -> None:
    simulator.create(tmp_path / "world", release)
    assert probe(simulator.here(tmp_path / "world")) == (Hardware("eth0", "tg3"), Hardware("eth1", "tg3"))


def test_this_machine_answers() -> None:
    said = LocalHost().run(*SPEEDS)
    assert said.ok() and said.out.startswith("/sys/class/net/")
    assert {each.name for each in probe(LocalHost())} <= {link.name for link in LocalHost().links()}
