"""Every screen as three terminals show it: without colours, with ASCII alone, and with all that is used.

Below a row of the picture, a row that begins with "~" says how its cells look: b bold, r reverse, u underlined, or the
number of a colour.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from screens.terminal.cells import BOLD, REVERSE, UNDERLINE, Frame, Style
from screens.terminal.reduction import Reduction, Rendition
from tests.screens.drawing import frame
from tests.screens.stage import PICTURES, FileStep, Peer, app, engine, press, until
from tui_installer import __version__
from tui_installer.model.step import Problem
from tui_installer.model.view import View

LOOKS = {
    "mono": Rendition(utf8=True),
    "ascii": Rendition(colours=8),
    "rich": Rendition(utf8=True, colours=16),
}
VARIES = {
    r"\d\d:\d\d:\d\d, took \d+\.\d s": "HH:MM:SS, took 0.0 s",
    r"Its line: \S+ Its": "Its line: none. Its",
    re.escape(__version__): "X.Y.Z",
}
"""What is not always the same."""
CITY = {"Ort": "K\u00f6ln \u2192 \u201eM\u00fcnchen\u201c"}
REFUSED = Problem("one.refused", "The port of K\u00f6ln carries no VLAN.", ("100% packet loss",), "Have it added.")
APPLIED = ("down", "enter", "enter", "enter")
SCREENS: dict[str, tuple[tuple[str, ...], dict[str, object]]] = {
    "status": (("down",), {"facts": CITY}),
    "help": (("question_mark",), {}),
    "console": (("c",), {}),
    "form": (("home", "enter", *"node1", "escape", "enter", "space"), {}),
    "form-error": (("home", "enter", "down", *"99999", "escape", "enter"), {}),
    "facts": (("down", "enter", "f"), {"facts": CITY}),
    "plan": (("down", "enter"), {"expect": "K\u00f6ln"}),
    "live": (("down", "enter", "l"), {"panels": (View("Load", lambda host: "K\u00f6ln"),)}),
    "problem": (("down", "enter"), {"found": (REFUSED,)}),
    "confirm": (("down", "enter", "a"), {}),
    "in-place": (APPLIED, {}),
    "failure": (APPLIED, {"command": ("false",)}),
    "back": ((*APPLIED, "escape", "u"), {}),
}


def drawn(of: Frame) -> Iterator[str]:
    """A picture to be read."""
    for row in of:
        yield "".join(cell.text for cell in row).rstrip()
        if marks := "".join(mark(cell.style) for cell in row).rstrip():
            yield f"~{marks}"


def mark(style: Style) -> str:
    """One letter for a style."""
    if style.fg is not None or style.bg is not None:
        return f"{style.fg if style.fg is not None else style.bg:x}"
    return next((letter for flag, letter in ((REVERSE, "r"), (UNDERLINE, "u"), (BOLD, "b")) if style.flags & flag), " ")


@pytest.mark.parametrize("name", SCREENS)
async def test_a_screen_in_every_look(name: str, tmp_path: Path) -> None:
    keys, of_step = SCREENS[name]
    shown = app(engine(tmp_path, [Peer(), FileStep("one", "Storage network", "/etc/one", **of_step)]))  # type: ignore[arg-type]
    async with shown.run_test(size=(80, 24)) as pilot:
        for key in keys:
            await press(pilot, key)
            if key == "escape":
                await until(pilot, lambda: shown.running is None)  # an apply that goes on is told on every screen
        found = frame(shown)
    lines = []
    for look, to in LOOKS.items():
        picture = Reduction(to).frame(found)
        assert look != "ascii" or all(cell.text.isascii() for row in picture for cell in row)
        lines += [f"== {look}", *drawn(picture)]
    path = PICTURES / "looks" / f"{name}.txt"
    text = "\n".join(lines) + "\n"
    for varies, word in VARIES.items():
        text = re.sub(varies, word, text)
    if os.environ.get("PICTURES") == "new":
        path.write_text(text)
    assert text == path.read_text()
