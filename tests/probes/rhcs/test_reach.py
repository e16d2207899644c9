"""Who has an address, by plain ping and ip."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probes.made_up import made_up, scattered
from tests.probes.recorded import Recorded
from tui_installer.hosts.host import HostError, OnLine, Result
from tui_installer.probes import reach
from tui_installer.probes.rhcs.reach import parse_neighbours, refusal


def test_neighbours_by_their_macs() -> None:
    text = "172.16.17.55 dev vlan16 lladdr 00:17:08:00:00:01 REACHABLE\n172.16.17.55 dev eth1  FAILED\n"
    assert parse_neighbours(text) == ("00:17:08:00:00:01",)


def test_other_text_has_none() -> None:
    assert parse_neighbours("Error: inet address is expected\n") == ()


class Slow(Recorded):
    """A host whose ping is not waited for."""

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        return Result(argv, "timeout", None, "", "")


def test_a_ping_that_did_not_end_is_no_silence() -> None:
    silent = Recorded({"ping": (1, "", "1 packets transmitted, 0 received\n")})
    assert refusal(silent, "172.16.1.2", 3260) == "1 packets transmitted, 0 received"
    assert refusal(Recorded({"ping": (0, "64 bytes from 172.16.1.2\n")}), "172.16.1.2", 3260) == ""
    with pytest.raises(HostError, match="ping: did not end in time"):
        refusal(Slow(), "172.16.1.2", 3260)


MACS = st.lists(st.from_regex(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", fullmatch=True), unique=True)


@given(MACS, st.data())
def test_any_neighbours(macs: list[str], data: st.DataObject) -> None:
    rows = [f"172.16.17.55 dev vlan16 lladdr {mac} STALE" for mac in macs]
    assert parse_neighbours(data.draw(scattered(rows, ["", "172.16.17.55 dev eth1  FAILED"]))) == tuple(macs)
    entries = [{"dst": "172.16.17.55", "dev": "vlan16", "lladdr": mac, "state": ["STALE"]} for mac in macs]
    assert reach.parse_neighbours(json.dumps([*entries, {"dst": "10.0.0.1", "state": ["FAILED"]}])) == tuple(macs)


JSON = st.recursive(
    st.none() | st.integers() | st.sampled_from(["aa:bb"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["lladdr", "dst"]), inner),
    max_leaves=20,
)


@given(st.text() | JSON.map(json.dumps))
def test_nothing_is_made_up(text: str) -> None:
    assert not made_up((parse_neighbours(text), reach.parse_neighbours(text)), text)
