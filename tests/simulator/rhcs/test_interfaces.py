"""/etc/network/interfaces: the simulated ifupdown's own reader, by the rules of ifupdown.nw of 0.6.10."""

from __future__ import annotations

import pytest

from tests.simulator.rhcs import guide
from tests.simulator.rhcs.conftest import Make
from tests.simulator.worlds import ok, run
from tui_installer import simulator
from tui_installer.simulator.rhcs.interfaces import Reader, lines

CARD = "iface eth1 inet static\n"


def reader(text: str) -> tuple[Reader, str]:
    """The reader at the end of a text, and why it gave up."""
    found = Reader()
    for number, line in lines(text):
        if line and (why := found.take(line.split())):
            return found, f"{number}: {why}"
    return found, ""


def test_comments_and_lines_that_go_on() -> None:
    text = f"  # no line \\\nauto eth0 \\\n  eth1\n\n{CARD}\taddress \\\n 192.0.2.1  \n\tup a # b\n\tpost-up c\n"
    found, why = reader(text)
    assert (why, found.found.auto) == ("", ["eth0", "eth1"])
    assert found.found.stanzas["eth1"].options["address"] == "192.0.2.1"


def test_source_is_an_option_like_others_or_misplaced() -> None:
    found, why = reader(f"{CARD}\taddress 192.0.2.1\nsource /etc/network/interfaces.d/*\n")
    assert (why, found.found.stanzas["eth1"].options["source"]) == ("", "/etc/network/interfaces.d/*")
    assert reader("auto lo\nsource /etc/network/interfaces.d/*\n")[1] == "2: misplaced option"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("iface eth1 inet\n", "1: too few parameters for iface line"),
        ("iface eth1 inet static 192.0.2.1\n", "1: too many parameters for iface line"),
        ("iface eth1 ip static\n", "1: unknown address type"),
        ("iface eth1 inet auto\n", "1: unknown method"),
        (f"{CARD}iface eth1 inet6 static\n{CARD}", "3: duplicate interface"),
        (f"{CARD}  mtu 1500\n  mtu 9000\n", "3: duplicate option"),
        (f"{CARD}  mtu\n", "2: option with empty value"),
        ("auto eth0 eth1\nallow-hotplug eth0\nallow-auto eth1\n", "3: interface eth1 declared allow-auto twice"),
        ("mtu 9000\n", "1: misplaced option"),
        ("mapping eth0\n  script a\n  map b\n  map c\n  script d\n", "5: duplicate script in mapping"),
        ("mapping eth0\n  mtu 9000\n", "2: misplaced option"),
        ("no-auto-down eth0\n", "1: misplaced option"),
    ],
)
def test_what_it_gives_up_at(text: str, why: str) -> None:
    assert reader(text)[1] == why


def test_nothing_comes_up_by_a_file_that_cannot_be_read(rhcs: Make) -> None:
    host = simulator.here(rhcs("etch"))
    path = "/etc/network/interfaces"
    guide.put(host, path, f"{guide.text(host, path)}\nauto eth1\n{CARD}  address 192.0.2.1\n  netmask 255.255.255.0\n")
    ok(host, "ifup --no-act eth1")
    guide.put(host, path, f"{guide.text(host, path)}  address 192.0.2.2\n")
    failed = run(host, "ifup eth1")
    assert failed.code and failed.err.endswith(f': duplicate option\nifup: couldn\'t read interfaces file "{path}"\n')
