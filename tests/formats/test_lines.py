"""Properties of the editors of module lists and of /etc/hosts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.strategies import changed, eols, files
from tui_installer.formats import lines
from tui_installer.formats.text import FormatError

MODULES = [b"dlm", b"  loop max_loop=8", b"# dlm", b"; x", b"", b"dm-multipath", b"dm_multipath"]
HOSTS = [
    b"127.0.0.1\tlocalhost", b"127.0.1.1\tme.x me", b"10.0.0.2 peer.x\tpeer # c", b"::1  localhost ip6", b"# c", b"",
    b"10.0.0.2 other", b"fe80::1%eth0 link", b"10.0.0.3 me",
]  # fmt: skip
ADDRESSES = st.sampled_from(["127.0.1.1", "10.0.0.2", "10.0.0.9", "fd00::9"])
NAMES = st.sampled_from(["me", "me.x", "peer", "new"])


@settings(max_examples=100)
@given(files(MODULES), st.sampled_from(["dlm", "dm_multipath", "8021q"]))
def test_modules(content: bytes, name: str) -> None:
    result = lines.add_module(content, name)
    assert lines.has_module(result, name)
    assert lines.add_module(result, name) == result
    assert result.startswith(content)
    assert eols(result) <= (eols(content) or {b"\n"})


def test_names_of_modules_are_compared_as_the_kernel_does() -> None:
    assert lines.has_module(b"dm-multipath\n", "dm_multipath")


def _pairs(content: bytes) -> set[tuple[str, str]]:
    return {(host.address, name) for host in lines.hosts(content) for name in host.names}


def _other_rows(content: bytes, *addresses: str) -> list[bytes]:
    """The lines that begin with none of the addresses."""
    rows = content.splitlines()
    return [
        row
        for row in rows
        if not row.startswith(tuple(f"{each}{mark}".encode() for each in addresses for mark in "\t "))
    ]


@settings(max_examples=100)
@given(files(HOSTS), ADDRESSES, st.lists(NAMES, min_size=1, max_size=3))
def test_add_host(content: bytes, address: str, names: list[str]) -> None:
    result = lines.add_host(content, address, names)
    assert _pairs(result) == _pairs(content) | {(address, name) for name in names}
    assert lines.add_host(result, address, names) == result
    assert [len(rows) for rows in changed(content, result)] in ([0, 0], [0, 1], [1, 1])
    assert eols(result) <= (eols(content) or {b"\n"})


@settings(max_examples=100)
@given(files(HOSTS, end=True), st.lists(NAMES, min_size=1, max_size=3))
def test_removing_an_added_host_gives_the_file_back(content: bytes, names: list[str]) -> None:
    assert lines.remove_host(lines.add_host(content, "10.0.0.9", names), "10.0.0.9") == content


@settings(max_examples=100)
@given(files(HOSTS), ADDRESSES, NAMES)
def test_remove_host(content: bytes, address: str, name: str) -> None:
    result = lines.remove_host(content, address, [name])
    assert _pairs(result) == _pairs(content) - {(address, name)}
    assert lines.remove_host(result, address, [name]) == result
    assert _other_rows(result, address) == _other_rows(content, address)


@settings(max_examples=100)
@given(files(HOSTS), NAMES)
def test_a_name_moves(content: bytes, name: str) -> None:
    result = lines.set_host_address(content, "127.0.1.1", name, "10.0.0.9")
    assert _pairs(result) == (_pairs(content) | {("10.0.0.9", name)}) - {("127.0.1.1", name)}
    assert lines.set_host_address(result, "127.0.1.1", name, "10.0.0.9") == result
    assert _other_rows(result, "127.0.1.1", "10.0.0.9") == _other_rows(content, "127.0.1.1", "10.0.0.9")


@settings(max_examples=100)
@given(files(HOSTS), st.sampled_from(["me", "me.x", "localhost", "new.x"]))
def test_a_hosts_own_names_leave_the_loopback(content: bytes, name: str) -> None:
    result = lines.off_loopback(content, name, "10.0.0.9")
    short = name.partition(".")[0]
    moved = {(at, each) for at, each in _pairs(content) if at.startswith("127.") and each.partition(".")[0] == short}
    assert _pairs(result) == (_pairs(content) - moved) | {("10.0.0.9", each) for _, each in moved}
    assert lines.off_loopback(result, name, "10.0.0.9") == result
    assert _other_rows(result, "127.0.0.1", "127.0.1.1", "10.0.0.9") == _other_rows(content, "127.0.0.1", "127.0.1.1")


def test_a_comment_stays_on_its_line() -> None:
    content = b"10.0.0.1 a b # c\n"
    assert lines.remove_host(content, "10.0.0.1", ["b"]) == b"10.0.0.1 a # c\n"
    assert lines.add_host(content, "10.0.0.1", ["d"]) == b"10.0.0.1 a b d # c\n"


@pytest.mark.parametrize("content", [b"10.0.0 a\n", b"10.0.0.1\n", b"host 10.0.0.1\n"])
def test_a_line_that_is_no_host_is_refused(content: bytes) -> None:
    with pytest.raises(FormatError) as error:
        lines.hosts(b"# c\n" + content)
    assert error.value.line == 2


@pytest.mark.parametrize(("address", "name"), [("10.0.0", "a"), ("10.0.0.1", "a b"), ("10.0.0.1", "#a"), ("", "a")])
def test_what_is_no_host_is_not_added(address: str, name: str) -> None:
    with pytest.raises(FormatError):
        lines.add_host(b"", address, [name])
