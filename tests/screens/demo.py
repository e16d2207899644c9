"""A walk through every screen of the program over simulated hosts, and the pictures that were taken of it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from textual.screen import Screen

from screens import followed, render
from screens.app import InstallerApp
from screens.asking import AskScreen
from screens.following import Launch
from screens.literal import Title
from screens.log import LogScreen
from screens.status import StatusScreen
from screens.step import StepScreen
from screens.terminal.cells import Frame
from screens.terminal.console import Console, plain_console
from screens.terminal.reduction import Reduction, Rendition
from tests.before import Before
from tests.screens.drawing import frame, svg
from tests.screens.guide import Visit, error
from tests.screens.stage import Done, idle, press, see
from tests.through import Through
from tests.world import answers, copy
from tui_installer import __version__, simulator
from tui_installer.cli import sheet
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.hosts.host import Host, OnLine, Result
from tui_installer.model.step import Context, Plan
from tui_installer.model.view import Reading, View
from tui_installer.steps import STACKS

NIGHT = time.mktime((2026, 1, 2, 3, 4, 5, 0, 0, -1))
"""When it is, on every picture: five past three, wherever this is run."""
RICH = Reduction(Rendition(utf8=True, colours=16))
PLAIN = plain_console()
COLOURED = replace(PLAIN, of=replace(PLAIN.of, name="xterm-256color", colours=16), utf8=True)
Kind = tuple[str, ...]
"""Which screen it is: its class, and which of its pages, its questions, its ends."""


class Steady(Engine):
    """An engine whose readings take no time that could be told."""

    def reading(self, view: View) -> Reading:
        """See `Engine.reading`."""
        return replace(super().reading(view), at=NIGHT, took=0.1)


class Held(Through):
    """A host on which a command takes its time, once it has said everything."""

    def __init__(self, host: Host, word: str) -> None:
        super().__init__(host)
        self._word = word
        self.let_go = threading.Event()

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        """See `Host.run`."""
        result = super().run(*argv, stdin=stdin, within=within, on_line=on_line)
        if self._word in argv:
            self.let_go.wait()
        return result


class Beside(threading.Thread):
    """An apply that goes on while the screens are looked at."""

    def __init__(self, engine: Engine, plan: Plan) -> None:
        super().__init__(daemon=True)
        self._engine = engine
        self._plan = plan
        self.outcome = ""

    def run(self) -> None:
        """See `Thread.run`."""
        self.outcome = self._engine.apply(self._plan)

    def poll(self) -> int | None:
        """See `Process.poll`."""
        return None if self.is_alive() else 0


class Demo:
    """The pictures, by their names."""

    def __init__(self, before: Before, folder: Path) -> None:
        self._before = before
        self._folder = folder
        self.texts: dict[str, str] = {}
        """As a VT220 shows them."""
        self.drawn: dict[str, str] = {}
        """As a richer terminal does, as SVG."""
        self.kinds: dict[str, Kind] = {}

    async def walk(self, visits: Iterable[Visit]) -> None:
        """Take all pictures."""
        for number, visit in enumerate(visits):
            await self._take(visit, self._folder / str(number))
            if visit.terminal:
                await self._take(visit, self._folder / f"{number}-rich", rich=True)

    async def _take(self, visit: Visit, world: Path, *, rich: bool = False) -> None:
        """Take a visit's pictures; `rich`: those in colours alone, for they tell which terminal it is."""
        at = _At(copy(self._before.world(visit.stack, visit.before), world), visit)
        with steady(at.engine):
            shown = at.app(rich=rich)
            async with shown.run_test(size=(80, 24)) as pilot:
                await press(pilot, *(["home", *["down"] * (visit.row - 1), "enter"] if visit.row else []))
                if visit.wrong:
                    shown.crashed(error())
                for name, keys, words in visit.scenes:
                    text = await press(pilot, *keys)
                    if words:
                        await see(pilot, words)
                        text = await press(pilot)
                    if not rich:
                        self.texts[name] = text.replace(__version__, "X.Y.Z")
                        self.kinds[name] = kind(shown.screen)
                    with in_colours(shown):
                        await idle(pilot)
                        self.drawn[name] = _drawn(frame(shown), name)
                at.end()


class _At:
    """Whom somebody sits down at."""

    def __init__(self, world: Path, visit: Visit) -> None:
        self._world = world
        self._visit = visit
        self._held = Held(simulator.here(world), visit.holds)
        self._beside: list[Beside] = []
        visit.prepared(world, self._engine)
        self.engine = self._engine()

    def _engine(self, here: Through | None = None) -> Engine:
        given, stack = self._visit.given, STACKS[self._visit.stack]
        context = Context(here or simulator.here(self._world), simulator.dialer(self._world))
        told = {} if given is None else {**answers(self._world, stack), **given}
        return Steady(stack, context, State(self._world / "state", self._world / "run"), told)

    def app(self, *, rich: bool) -> InstallerApp:
        """The screens of it."""
        return InstallerApp(
            self.engine, [], True, found=COLOURED if rich else PLAIN, launch=self._launch(), poll=0.02, rest=0
        )

    def _launch(self) -> Launch:
        def at_once(state: State, options: Sequence[str], plan: Plan) -> Done:
            self.engine.apply(plan)
            return Done()

        def beside(state: State, options: Sequence[str], plan: Plan) -> Beside:
            self._beside += [Beside(self._engine(self._held), plan)]
            self._beside[-1].start()
            return self._beside[-1]

        return beside if self._visit.beside or self._visit.holds else at_once

    def end(self) -> None:
        """What still runs ends well."""
        self._held.let_go.set()
        for each in self._beside:
            attempt = self.engine.interrupted()
            if attempt is not None:
                self.engine.state.request(attempt.id, "confirm")
            each.join(60)
            assert each.outcome == "done"


@contextmanager
def in_colours(shown: InstallerApp) -> Iterator[None]:
    """Meanwhile the screen has the letters of a richer terminal."""
    before = shown.console_found
    _use(shown, COLOURED)
    yield
    _use(shown, before)


def _use(shown: InstallerApp, console: Console) -> None:
    shown.console_found = console
    if isinstance(shown.screen, StatusScreen):
        shown.screen.found(next(iter(shown.known.values())))  # beside its verdict it says which terminal this is
    for widget in shown.screen.query("*"):
        widget.refresh()


@contextmanager
def steady(engine: Engine) -> Iterator[None]:
    """Meanwhile it is always the same night for whoever tells the time, and nothing that runs grows old."""
    now = time.localtime(NIGHT)
    tells = SimpleNamespace(strftime=time.strftime, gmtime=lambda: now, localtime=lambda at: now)

    def newest() -> float:
        return max((entry.time for entry in engine.journal.read()[0] if entry.kind != "said"), default=0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sheet, "time", tells)
        patch.setattr(render, "time", tells)
        patch.setattr(followed, "time", SimpleNamespace(time=newest))
        patch.setattr(AskScreen, "__init__", _remembering(AskScreen.__init__))
        yield


def _remembering(make: Any) -> Any:
    """What makes a question; it remembers which line of the program asks it."""

    def made(self: AskScreen, *args: Any, **named: Any) -> None:
        make(self, *args, **named)
        caller = sys._getframe(1)
        self.asked_by = f"{Path(caller.f_code.co_filename).name}:{caller.f_lineno}"  # type: ignore[attr-defined]

    return made


def kind(screen: Screen[Any]) -> Kind:
    """See `Kind`."""
    name = type(screen).__name__
    match screen:
        case StepScreen():
            return name, screen.step_id, screen.sections.shown
        case AskScreen():
            return name, screen.asked_by  # type: ignore[attr-defined]
        case LogScreen():
            return name, screen.query_one(Title).text.rpartition(" - ")[2]
    return (name,)


def _drawn(of: Frame, name: str) -> str:
    return svg(RICH.frame(of), name).replace(__version__, "X.Y.Z")
