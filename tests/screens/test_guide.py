"""The pictures in README.md and docs/ are what the demo shows today, key by key (`make pictures` takes them anew).

A picture stands in a page behind a mark, `<!-- picture: NAME -->`, as a block of text; docs/pictures.md has them all in
colours, from docs/pictures/NAME.svg.
"""

from __future__ import annotations

import ast
import asyncio
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

import screens
from screens.page import Page
from screens.snapshot import Section
from tests.before import Before
from tests.screens.demo import Demo
from tests.screens.guide import VISITS
from tui_installer.steps.stack_corosync import COROSYNC

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
COLOURS = ROOT / "docs" / "pictures"
SCREENS = Path(screens.__file__).parent
BLOCK = re.compile(r"(<!-- picture: ([\w-]+) -->\n)```text\n(.*?)```\n", re.DOTALL)
NEW = os.environ.get("PICTURES") == "new"
PASSING = "looking..."
"""What a log screen says for a moment, until it knows what came of it."""


@pytest.fixture(scope="module")
def demo(before: Before, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """All pictures."""
    taken = Demo(before, tmp_path_factory.mktemp("demo"))
    asyncio.run(taken.walk(VISITS))
    return taken


def test_the_pictures_are_those_of_the_demo(demo: Demo) -> None:
    texts = {page: page.read_text() for page in PAGES}
    if NEW:
        for page, text in texts.items():
            texts[page] = BLOCK.sub(lambda found: f"{found[1]}```text\n{demo.texts[found[2]]}```\n", text)
            page.write_text(texts[page])
    shown = {name: picture for text in texts.values() for _, name, picture in BLOCK.findall(text)}
    assert shown == {name: demo.texts[name] for name in shown}
    assert set(shown) == set(demo.texts), "every picture is in a page"


def test_the_pictures_in_colours_are_those_of_a_richer_terminal(demo: Demo) -> None:
    pictures = {f"{name}.svg": picture for name, picture in demo.drawn.items()}
    if NEW:
        for file, picture in pictures.items():
            (COLOURS / file).write_text(picture)
    assert {path.name: path.read_text() for path in COLOURS.iterdir()} == pictures
    listed = re.findall(r"!\[[^]]+\]\(pictures/([\w-]+\.svg)\)", (ROOT / "docs/pictures.md").read_text())
    assert listed == list(pictures)
    assert not [file for file, picture in pictures.items() if "vt220" in picture]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_every_mark_has_its_picture(page: Path) -> None:
    text = page.read_text()
    assert text.count("<!-- picture:") == len(BLOCK.findall(text))


def test_every_picture_is_of_a_terminal_of_80_by_24(demo: Demo) -> None:
    for name, text in demo.texts.items():
        lines = text.splitlines()
        assert text.isascii() and len(lines) == 24 and max(map(len, lines)) <= 80, name


# --- none is missing


def test_every_screen_has_its_picture(demo: Demo) -> None:
    assert {found.__name__ for found in _screens(Page)} == {kind[0] for kind in demo.kinds.values()}


def test_every_page_of_a_step_has_its_picture(demo: Demo) -> None:
    pages = [kind for kind in demo.kinds.values() if kind[0] == "StepScreen"]
    assert {step.id for step in COROSYNC.steps} == {step for _, step, _ in pages}
    assert set(get_args(Section)) == {section for _, _, section in pages}


def test_everything_that_is_asked_has_its_picture(demo: Demo) -> None:
    asked = {kind[1] for kind in demo.kinds.values() if kind[0] == "AskScreen"}
    assert set(_asking()) == asked


def test_every_end_has_its_picture(demo: Demo) -> None:
    ends = re.findall(
        r'_head\("([^"]+)"\)', "".join((SCREENS / f"{name}.py").read_text() for name in ("followed", "log"))
    )
    assert set(ends) - {PASSING} == {kind[1] for kind in demo.kinds.values() if kind[0] == "LogScreen"}


def _screens(of: type[Any]) -> Iterator[type[Any]]:
    """The classes of screens that have none below them."""
    below = of.__subclasses__()
    for each in below:
        yield from _screens(each)
    if not below and of.__module__.startswith("screens."):
        yield of


def _asking() -> Iterator[str]:
    """The lines of the program that ask something on a screen of its own."""
    for path in SCREENS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "AskScreen":
                yield f"{path.name}:{node.lineno}"
