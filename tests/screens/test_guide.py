"""The pictures in README.md and docs/ are what the demo shows today, key by key (`make pictures` takes them anew).

A picture stands in a page behind a mark, `<!-- picture: NAME -->`, as a block of text; docs/pictures.md has them all in
colours, from docs/pictures/NAME.svg.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from screens.terminal.cells import Frame
from screens.terminal.console import Console, plain_console
from screens.terminal.reduction import Reduction, Rendition
from tests.screens.drawing import frame, svg
from tests.screens.stage import app, press
from tests.world import answers
from tui_installer import __version__, simulator
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.model.step import Context
from tui_installer.steps.stack_corosync import COROSYNC

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
COLOURS = ROOT / "docs" / "pictures"
RICH = Reduction(Rendition(utf8=True, colours=16))
BLOCK = re.compile(r"(<!-- picture: ([\w-]+) -->\n)```text\n(.*?)```\n", re.DOTALL)

Scene = tuple[str, tuple[str, ...]]
"""A picture's name, and the keys that lead to it from the scene before."""
FIRST: tuple[Scene, ...] = (
    ("first", ()), ("help", ("question_mark",)), ("console", ("escape", "c")), ("site-form", ("escape", "enter")),
    ("site-keys", ( *"10.0.1.11", "escape", "enter")),
)  # fmt: skip
STEPS: Mapping[str, tuple[Scene, ...]] = {
    "storage-network": (("network-plan", ()), ("network-facts", ("f",))),
    "iscsi": (("iscsi-form", ("e",)), ("failure", ("escape", "p", "a", "enter"))),
    "multipath": (("multipath-plan", ()),),
    "cluster": (("cluster-plan", ()), ("approval", ("a",))),
    "reboot": (("restart", ("f",)),),
}
"""What is looked at when a step is the next, on its page."""
LAST: tuple[Scene, ...] = (
    ("in-place", ()), ("result", (*["down"] * 4, "w")), ("live", ("escape", "enter", "l")),
    ("leave", ("escape", "home", "x")), ("take-back", ("escape", "u")),
)  # fmt: skip
FAULTS = {"iscsi": "chap-wrong"}
"""What goes wrong while a step is looked at."""


class Demo:
    """A simulated world, and the pictures that were taken of it on a terminal."""

    def __init__(self, world: Path, found: Console | None = None) -> None:
        self._world = world
        self._found = found
        self.pictures: dict[str, str] = {}
        """The texts."""
        self.frames: dict[str, Frame] = {}
        simulator.create(world)

    def engine(self, *, asked: bool) -> Engine:
        """An engine; `asked`: it knows nothing yet."""
        context = Context(simulator.here(self._world), simulator.dialer(self._world))
        state = State(self._world / "state", self._world / "run")
        return Engine(COROSYNC, context, state, {} if asked else answers(self._world))

    async def take(self, scenes: tuple[Scene, ...], row: int = 0, *, asked: bool = False) -> None:
        """Take pictures, beginning on the first screen (`row` 0), or on the page of a step by its row."""
        shown = app(self.engine(asked=asked), self._found)
        async with shown.run_test(size=(80, 24)) as pilot:
            await press(pilot, *(["home", *["down"] * (row - 1), "enter"] if row else []))
            for name, keys in scenes:
                text = await press(pilot, *keys)
                self.pictures[name] = text.replace(__version__, "X.Y.Z")
                self.frames[name] = frame(shown)

    async def walk(self) -> None:
        """From a fresh host to one that is in the cluster."""
        await self.take(FIRST, asked=True)
        for row, step in enumerate((step.id for step in COROSYNC.steps), 1):
            if step in STEPS:
                simulator.inflict(self._world, FAULTS.get(step, "none"))
                await self.take(STEPS[step], row)
                simulator.inflict(self._world, "none")
            engine = self.engine(asked=False)
            assert engine.apply(engine.plan(step)) == "done", engine.failure(step)
        await self.take(LAST)


async def test_the_pictures_are_those_of_the_demo(tmp_path: Path) -> None:
    demo = Demo(tmp_path / "world")
    await demo.walk()
    texts = {page: page.read_text() for page in PAGES}
    if os.environ.get("PICTURES") == "new":
        for page, text in texts.items():
            texts[page] = BLOCK.sub(lambda found: f"{found[1]}```text\n{demo.pictures[found[2]]}```\n", text)
            page.write_text(texts[page])
    shown = {name: picture for text in texts.values() for _, name, picture in BLOCK.findall(text)}
    assert shown == {name: demo.pictures[name] for name in shown}


async def test_the_pictures_in_colours_are_those_of_a_richer_terminal(tmp_path: Path) -> None:
    plain = plain_console()
    rich = replace(plain, of=replace(plain.of, name="xterm-256color", colours=16), utf8=True)
    demo = Demo(tmp_path / "world", rich)
    await demo.walk()
    pictures = {f"{name}.svg": svg(RICH.frame(each), name).replace(__version__, "X.Y.Z")
                for name, each in demo.frames.items()}  # fmt: skip
    if os.environ.get("PICTURES") == "new":
        for file, picture in pictures.items():
            (COLOURS / file).write_text(picture)
    assert {path.name: path.read_text() for path in COLOURS.iterdir()} == pictures
    listed = re.findall(r"!\[[^]]+\]\(pictures/([\w-]+\.svg)\)", (ROOT / "docs/pictures.md").read_text())
    assert listed == list(pictures)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_every_mark_has_its_picture(page: Path) -> None:
    text = page.read_text()
    assert text.count("<!-- picture:") == len(BLOCK.findall(text))
