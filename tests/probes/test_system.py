"""What machine this is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui_installer.local import LocalHost
from tui_installer.probes.system import parse_os_release, probe

BOOKWORM = """PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
# a comment = not a value
VERSION_ID="12"
VERSION_CODENAME=bookworm
ID=debian
"""


def test_a_release_is_named() -> None:
    found = parse_os_release(BOOKWORM)
    assert (found["ID"], found["VERSION_ID"], found["VERSION_CODENAME"]) == ("debian", "12", "bookworm")


@given(st.text())
def test_no_release_file_is_too_strange(text: str) -> None:
    parse_os_release(text)


def test_this_machine_answers() -> None:
    found = probe(LocalHost())
    assert found.kernel and found.hostname
    assert abs(found.offset) < 5
