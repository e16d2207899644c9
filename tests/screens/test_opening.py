"""The first screen over the real stacks, at every size: nothing of it is lost, and its first picture is the app's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from screens.app import InstallerApp
from screens.opening import LOOKING, opening
from tests import world
from tests.memory import MemoryHost, NoDialer
from tests.screens.stage import app, press, screen_text, see
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.hosts.host import File, OnLine, Result
from tui_installer.model.step import Context
from tui_installer.simulator import scenario
from tui_installer.steps import STACKS

SIZES = [(40, 12), (41, 10), (80, 24), (132, 43)]
Made = Callable[[str], Engine]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Makes an engine over the fresh host of a simulated world that nobody can be asked about yet."""

    def of(name: str) -> Engine:
        scenario.create(tmp_path / "world", name)
        return world.engine(tmp_path / "world", {}, stack=STACKS[name])

    return of


@pytest.mark.parametrize("size", [(40, 12), (80, 24)])
@pytest.mark.parametrize("name", ["corosync", "etch"])
async def test_every_step_of_a_real_stack_can_be_seen_and_the_last_lines_stay(
    made: Made, name: str, size: tuple[int, int]
) -> None:
    of = made(name)
    shown = app(of)
    async with shown.run_test(size=size) as pilot:
        text = await press(pilot, "home")
        for number, step in enumerate(of.stack.steps, 1):
            lines = text.splitlines()
            assert f"> {number:>2} {step.title[:15]}" in text
            assert len(lines) == size[1] and "? help" in lines[-1]
            assert shown.console_found.words in text
            assert lines[0].endswith("SIMULATED")
            text = await press(pilot, "down")
        assert text == await press(pilot, "end")


class Silent(MemoryHost):
    """A host that says nothing until it is told to."""

    def __init__(self) -> None:
        super().__init__("here")
        self.speak = Event()

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        """See `Host.run`."""
        self.speak.wait()
        return super().run(*argv, stdin=stdin, within=within, on_line=on_line)

    def read(self, path: str) -> File | None:
        """See `Host.read`."""
        self.speak.wait()
        return super().read(path)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["corosync", "etch"])
async def test_the_first_picture_is_the_one_that_the_app_begins_with(
    tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    host, stack = Silent(), STACKS[name]
    of = Engine(stack, Context(host, NoDialer()), State(tmp_path / "state", tmp_path / "run"), {})
    shown = InstallerApp(of, [], True)
    first = "\n".join(line.rstrip() for line in opening(stack.title, stack.subjects, True, *size)) + "\n"
    async with shown.run_test(size=size) as pilot:
        await see(pilot, LOOKING)
        assert screen_text(shown) == first
        host.speak.set()
