"""A card's configuration moved to a bridge."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.strategies import files, left_of
from tui_installer.formats.bridges import bridge_of, bridged
from tui_installer.formats.interfaces import options_of, stanzas
from tui_installer.formats.text import FormatError

PORTS = (("bridge_ports", "eth0"), ("bridge_fd", "0"))
PLAIN = b"""\
auto lo
iface lo inet loopback

# The primary network interface
allow-hotplug eth0
iface eth0 inet static
\taddress 198.38.17.55
\tnetmask 255.255.255.0
\t# who answers names
\tdns-search tjhsst.edu

auto eth1
iface eth1 inet manual
"""


def test_only_the_names_change_and_the_options_follow_the_last_one() -> None:
    after = bridged(PLAIN, "eth0", "xenbr0", PORTS)
    assert after == PLAIN.replace(b"allow-hotplug eth0\niface eth0", b"auto xenbr0\niface xenbr0").replace(
        b"tjhsst.edu\n", b"tjhsst.edu\n\tbridge_ports eth0\n\tbridge_fd 0\n"
    )
    assert bridge_of(after, "eth0") == "xenbr0"
    assert bridge_of(PLAIN, "eth0") == ""


def test_the_last_stanza_of_a_file_without_a_line_end() -> None:
    after = bridged(PLAIN.rstrip(b"\n").replace(b"manual", b"dhcp"), "eth1", "br1", (("bridge_ports", "eth1"),))
    assert options_of(after, "br1") == (("bridge_ports", "eth1"),)
    assert [stanza.names for stanza in stanzas(after) if stanza.kind == "auto"][-1] == ("br1",)


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"iface eth0 inet static\n\taddress 1.2.3.4\niface eth0 inet6 auto\n",
        b"auto eth0 eth1\niface eth0 inet dhcp\n",
        b"iface eth0 inet dhcp\niface xenbr0 inet manual\n\tbridge_ports none\n",
        b"auto \\\n eth0\niface eth0 inet dhcp\n",
    ],
    ids=["none", "two families", "two cards in a line", "bridge is there", "continued line"],
)
def test_what_cannot_be_done_without_guessing_is_refused(before: bytes) -> None:
    with pytest.raises(FormatError):
        bridged(before, "eth0", "xenbr0", PORTS)


OTHERS = [b"auto lo", b"iface lo inet loopback", b"# eth0 is the first card", b"", b"auto eth1\niface eth1 inet manual",
          b"source interfaces.d/*", b"iface eth0.5 inet dhcp"]  # fmt: skip
CARDS = st.sampled_from([b"auto eth0\n", b"allow-hotplug eth0\n", b""])
BODIES = st.sampled_from(
    [b" inet dhcp", b" inet static\n\taddress 10.0.0.2/24\n\t# why\n\tmtu 9000", b" inet manual\n  up x eth0"]
)


@given(files(OTHERS, end=True), CARDS, BODIES, files(OTHERS))
def test_a_bridge_has_all_that_its_card_had_and_the_rest_stays(
    head: bytes, auto: bytes, body: bytes, tail: bytes
) -> None:
    content = b"".join([head.replace(b"\r", b""), auto, b"iface eth0", body, b"\n", tail.replace(b"\r", b"")])
    after = bridged(content, "eth0", "xenbr0", PORTS)
    assert options_of(after, "xenbr0") == (*options_of(content, "eth0"), *PORTS)
    assert bridge_of(after, "eth0") == "xenbr0"
    back = after.replace(b"auto xenbr0\n", auto).replace(b"iface xenbr0", b"iface eth0")
    assert left_of(back, content)
    assert len(back.splitlines()) == len(content.splitlines()) + len(PORTS)
    with pytest.raises(FormatError, match="accepted"):
        bridged(after, "eth0", "xenbr0", PORTS)
