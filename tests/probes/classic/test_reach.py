"""Who has an address, by plain ping and ip."""

from __future__ import annotations

from tui_installer.probes.classic.reach import parse_neighbours


def test_neighbours_by_their_macs() -> None:
    text = "172.16.17.55 dev vlan16 lladdr 00:17:08:00:00:01 REACHABLE\n172.16.17.55 dev eth1  FAILED\n"
    assert parse_neighbours(text) == ("00:17:08:00:00:01",)


def test_other_text_has_none() -> None:
    assert parse_neighbours("Error: inet address is expected\n") == ()
