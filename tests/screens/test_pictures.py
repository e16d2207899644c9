"""What each screen looks like, in each of its states: the pictures are the expected 80x24 characters."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from tests.screens.stage import (
    FileStep,
    Peer,
    app,
    compare,
    engine,
    press,
    see,
)
from tui_installer import __version__
from tui_installer.model.step import Problem

LONG = "a-very-long-name-that-somebody-gave-to-a-host-or-a-volume-group-and-that-fits-nowhere-at-all-0123456789"
REFUSED = Problem(
    "one.refused",
    "The switch port does not carry VLAN 16: no answer from any portal on eth1.16.",
    ("PING 10.0.1.1 (10.0.1.1) from 10.0.1.12 eth1.16: 56(84) bytes of data.", "100% packet loss \x1b[31m"),
    "Have the VLAN added to the port, then look again.",
)


def steps(**of_first: object) -> list[Peer | FileStep]:
    """Three steps; keywords are for the second."""
    one = FileStep("one", "Storage network", "/etc/one", **of_first)  # type: ignore[arg-type]
    return [Peer(), one, FileStep("two", "Multipath", "/etc/two", command=("false",))]


@pytest.mark.parametrize(
    ("name", "of_first"),
    [
        ("status", {}),
        ("status-problem", {"found": (REFUSED,)}),
        ("status-unknown", {"lost": True}),
        ("status-long", {"facts": {LONG: LONG}, "found": (Problem("one.long", LONG, (LONG,), LONG),)}),
    ],
)
async def test_status(tmp_path: Path, name: str, of_first: dict[str, object]) -> None:
    shown = app(engine(tmp_path, steps(**of_first)))
    async with shown.run_test(size=(80, 24)) as pilot:
        compare(name, await press(pilot))


async def test_status_while_it_looks(tmp_path: Path) -> None:
    hang = Event()
    shown = app(engine(tmp_path, steps(hang=hang)))
    async with shown.run_test(size=(80, 24)) as pilot:
        compare("status-looking", await see(pilot, "Member asked"))
        hang.set()


@pytest.mark.parametrize(
    ("name", "keys", "of_first"),
    [
        (
            "form-first",
            (
                "home",
                "enter",
            ),
            {},
        ),
        ("form-error", ("home", "enter", "down", *"99999", "escape", "enter"), {}),
        ("form-keys", ("home", "enter", *"node1", "escape", "enter", "space"), {}),
        ("form-secret", ("home", "enter", "tab", "tab", *"geheim"), {}),
        ("facts", ("enter", "f"), {"facts": {LONG: LONG}}),
        ("facts-problem", ("enter", "f"), {"found": (REFUSED,)}),
        ("facts-unknown", ("enter",), {"lost": True}),
        ("plan", ("enter",), {}),
        ("plan-problem", ("enter",), {"found": (REFUSED,)}),
        ("plan-long", ("enter",), {"expect": " ".join([LONG] * 20)}),
        ("apply-blocked", ("enter", "a"), {"found": (REFUSED,)}),
        ("confirm", ("enter", "a"), {"on": ("here", "node1")}),
        ("in-place", ("enter", "enter", "enter"), {"command": ("echo", "eth1.16: \x1b[2Jup")}),
        ("next", ("enter", "enter", "enter", "escape", "home", "enter", "escape", "n", "p"), {}),
        ("failure", ("enter", "enter", "enter"), {"command": ("false",)}),
        ("back", ("enter", "enter", "enter", "escape", "up", "u"), {}),
        ("back-confirm", ("enter", "enter", "enter", "escape", "up", "u", "enter"), {}),
        ("back-done", ("enter", "enter", "enter", "escape", "up", "u", "enter", "enter"), {}),
        ("back-nothing", ("u",), {}),
        ("help", ("question_mark",), {}),
    ],
)
async def test_screen(tmp_path: Path, name: str, keys: tuple[str, ...], of_first: dict[str, object]) -> None:
    shown = app(engine(tmp_path, steps(**of_first)))
    async with shown.run_test(size=(80, 24)) as pilot:
        text = await press(pilot, *keys)
        compare(name, text.replace(__version__, "X.Y.Z"))
