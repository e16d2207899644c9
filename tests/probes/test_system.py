"""What machine this is."""

from __future__ import annotations

import shlex

from hypothesis import given
from hypothesis import strategies as st

from tests.probes.made_up import made_up, scattered
from tui_installer.hosts.local import LocalHost
from tui_installer.probes.system import parse_os_release, probe

BOOKWORM = """PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
# a comment = not a value
VERSION_ID="12"
VERSION_CODENAME=bookworm
ID=debian
"""


def test_a_release_is_named() -> None:
    found = parse_os_release(BOOKWORM.encode())
    assert (found["ID"], found["VERSION_ID"], found["VERSION_CODENAME"]) == ("debian", "12", "bookworm")


VALUES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12)


@given(st.dictionaries(st.from_regex(r"[A-Z][A-Z0-9_]{0,9}", fullmatch=True), VALUES), st.data())
def test_values_come_back_as_they_were_written(release: dict[str, str], data: st.DataObject) -> None:
    rows = [f"{name}={shlex.quote(value)}" for name, value in release.items()]
    text = data.draw(scattered(rows, ["", "# ID=other", "  # it's", "echo ID=other"]))
    assert parse_os_release(text.encode()) == release


@given(st.binary() | st.lists(st.sampled_from(BOOKWORM.splitlines())).map("\n".join).map(str.encode))
def test_only_what_a_file_says_is_told(content: bytes) -> None:
    assert not made_up(parse_os_release(content.replace(b"\\", b"")), content.decode("utf-8", "surrogateescape"))


def test_a_release_file_that_no_shell_would_read_tells_nothing() -> None:
    assert parse_os_release(b'ID=debian\nNAME="Debian\n') == {}


def test_this_machine_answers() -> None:
    found = probe(LocalHost())
    assert found.kernel and found.hostname
    assert abs(found.offset) < 5
