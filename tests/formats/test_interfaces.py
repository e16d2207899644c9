"""Properties of the editor of /etc/network/interfaces, and what it refuses."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.corpus import case
from tests.formats.strategies import eols, files
from tui_installer.formats import interfaces
from tui_installer.formats.text import FormatError

LINES = [
    b"auto lo eth0", b"iface lo inet loopback", b"iface eth0 inet static\n\taddress 10.0.0.1/24", b"# c \\", b"",
    b"iface eth0 inet6 auto\n  up a \\\n  b", b"allow-hotplug eth2", b"source interfaces.d/*", b"iface x inherits eth0",
    b"iface eth2 inet dhcp\n\n  # in between\n  mtu 9000", b"mapping eth0\n\tscript /bin/x", b"no-auto-down eth0",
]  # fmt: skip
NEW = ["auto vlan16", "iface vlan16 inet static", "\taddress 10.16.0.3/16"]


@settings(max_examples=100)
@given(files(LINES))
def test_add(content: bytes) -> None:
    result = interfaces.add_stanza(content, NEW)
    assert interfaces.options_of(result, "vlan16") == (("address", "10.16.0.3/16"),)
    assert interfaces.add_stanza(result, NEW) == result
    assert result.startswith(content)
    assert eols(result) <= (eols(content) or {b"\n"})


@given(st.binary())
def test_any_bytes_are_edited_or_refused(content: bytes) -> None:
    try:
        interfaces.stanzas(content)
        result = interfaces.add_stanza(content, NEW)
    except FormatError:
        return
    assert result.startswith(content)


def test_stanza_knows_its_lines_and_joined_options() -> None:
    stanza = interfaces.stanzas(case("interfaces/n-continuation"))[-1]
    assert (stanza.names, stanza.family, stanza.method, stanza.line, stanza.last) == (
        ("eth1",),
        "inet",
        "static",
        14,
        18,
    )
    assert [name for name, _ in stanza.options] == ["address", "post-up"]


def test_sources_are_absolute() -> None:
    content = b"source interfaces.d/* /srv/x\nsource-directory /etc/net.d/\nsource-dir more\n"
    found = ("/etc/network/interfaces.d/*", "/srv/x", "/etc/net.d/*", "/etc/network/more/*")
    assert interfaces.sourced(content) == found


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"mtu 9000\n", 1),
        (b"auto eth0\n mtu 9000\n", 2),
        (b"iface eth0 inet manual\n mtu\n", 2),
        (b"iface eth0\n", 1),
        (b"iface eth0 inet\n", 1),
        (b"iface eth0 inet bogus\n", 1),
        (b"iface eth0 bogus static\n", 1),
        (b"iface eth0 inet dhcp extra\n", 1),
        (b"iface eth0 inet dhcp inherits\n", 1),
        (b"iface eth0 inet dhcp\n up a \\\n# joined\n b\n", 4),
        (b"allow- eth0\n", 1),
    ],
)
def test_what_ifupdown_refuses_is_refused(content: bytes, line: int) -> None:
    with pytest.raises(FormatError) as error:
        interfaces.stanzas(content)
    assert error.value.line == line
