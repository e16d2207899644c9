"""Loss of the storage network under sessions: named by the storage network's own row, within one look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.before import Before
from tests.steps.rhcs import facts as world
from tests.world import copy, engine
from tui_installer import simulator
from tui_installer.probes.network import Interface, Network, Route
from tui_installer.steps import STACKS
from tui_installer.steps.storage_network.loss import lost

PORTALS = ("172.16.1.2:3260", "172.16.1.3:3260")
SESSIONS = tuple(world.session(number, portal, (f"sd{disk}",)) for number, (portal, disk) in
                 enumerate(zip(PORTALS, "ab", strict=True), 1))  # fmt: skip


def joined(release: str) -> Network:
    """A network in which the storage's interface is up and routed."""
    found = world.top_network(release)
    name = "eth1" if release == "squeeze" else "vlan16"
    return replace(found, routes=(*found.routes, Route("172.16.0.0/16", name, "")))


def changed(seen: Network, name: str, **values: object) -> Network:
    """With one interface changed; without values: gone."""

    def after(one: Interface) -> Interface:
        return replace(one, **values) if one.name == name else one  # type: ignore[arg-type]

    kept = (one for one in seen.interfaces if values or one.name != name)
    return replace(seen, interfaces=tuple(map(after, kept)))


LOSSES: dict[str, tuple[str, Callable[[Network], Network], str]] = {
    "cable": ("squeeze", lambda seen: changed(seen, "eth1", carrier=False), "other end of eth1's cable"),
    "cable under a VLAN": ("etch", lambda seen: changed(seen, "eth0", carrier=False), "other end of eth0's cable"),
    "down": ("squeeze", lambda seen: changed(seen, "eth1", up=False), "eth1 is down"),
    "address": ("etch", lambda seen: changed(seen, "vlan16", addresses=()), "vlan16 has lost its address 172.16.17.56"),
    "VLAN": ("lenny", lambda seen: changed(seen, "vlan16"), "the interface vlan16 is gone"),
    "route": ("squeeze", lambda seen: replace(seen, routes=()), "no route leads over eth1 to 172.16.1.2"),
    "all by hand": (
        "squeeze", lambda seen: replace(changed(seen, "eth1", addresses=()), configured=()),
        "no address here is in the network of 172.16.1.2",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", LOSSES)
def test_what_is_lost_is_named(what: str) -> None:
    release, change, words = LOSSES[what]
    assert list(lost(joined(release), SESSIONS)) == []
    (said,) = lost(change(joined(release)), SESSIONS)
    assert (said.code, said.level) == ("storage-network.lost", "warn") and words in said.text
    assert list(lost(change(joined(release)), ())) == []  # who has no session has nothing to lose


def test_sessions_in_error_are_named_with_their_paths() -> None:
    (said,) = lost(joined("squeeze"), (replace(SESSIONS[0], state="FAILED"), SESSIONS[1]))
    assert said.text == "Sessions to the array are in error."
    assert said.evidence == ("session to 172.16.1.2:3260: FAILED; failed paths: sda",)


def test_one_look_names_the_cable_under_sessions_and_their_paths(before: Before, tmp_path: Path) -> None:
    copied = copy(before.world("squeeze", "multipath"), tmp_path / "world")
    with simulator.opened(copied) as opened:
        opened.machine("bottom").data["links"]["eth1"]["carrier"] = False
    rows = {row.id: row for row in engine(copied, stack=STACKS["squeeze"]).status()}
    said = {problem.code: problem for problem in rows["storage-network"].problems}
    assert "other end of eth1's cable" in said["storage-network.lost"].text
    assert any("failed paths: sd" in line for line in said["storage-network.lost"].evidence)
