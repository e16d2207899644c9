"""A small stack of steps over hosts in memory, and the app over them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen

from screens.app import InstallerApp
from screens.fields import TextEntry
from screens.literal import Literal
from screens.page import Page
from screens.terminal.console import Console
from tests.memory import MemoryHost, NoDialer
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.hosts.host import File, HostError
from tui_installer.model.answers import AnswersError, Secret, ask
from tui_installer.model.change import Change, Edit, Run, WriteFiles
from tui_installer.model.site import Site
from tui_installer.model.stack import Stack
from tui_installer.model.step import Context, Failure, Plan, Problem, Remedy, Step
from tui_installer.model.view import View
from tui_installer.probes.system import System

KEYS = (("10.0.1.11", "SHA256:aaaa"), ("10.0.1.11", "SHA256:bbbb"))
QUIET, ROUNDS = 2, 4
"""So often all widgets have done what they were at, each time with so many rounds of the loop in which nothing came up:
then nothing is expected any more."""
PENDING = ("layout_required", "scroll_required", "repaint_required", "recompose_required", "dirty_widgets", "callbacks")
"""What Textual knows of a screen that has to be laid out or painted."""
CHARACTERS = {"question_mark": "?", "space": " "}
PICTURES = Path(__file__).with_name("pictures")


def memory_host(name: str) -> MemoryHost:
    """A host with true(1), false(1) (what reloads a daemon in vain), echo(1), and touch(1) of what is there."""

    def true(host: MemoryHost, argv: tuple[str, ...]) -> tuple[int, str, str]:
        return 0, "", ""

    def false(host: MemoryHost, argv: tuple[str, ...]) -> tuple[int, str, str]:
        return 1, "", "reload: the daemon does not answer\nreload: giving up"

    def echo(host: MemoryHost, argv: tuple[str, ...]) -> tuple[int, str, str]:
        return 0, " ".join(argv[1:]) + "\n", ""

    host = MemoryHost(name, true=true, false=false, echo=echo, touch=true)
    host.files["/etc/hostname"] = File(f"{name}\n".encode())
    return host


@dataclass(frozen=True, slots=True)
class PeerAnswers:
    """Of the first step."""

    peer: str = ask("A member of the cluster", "Name or address of a host that is a member already.")
    port: int = ask("Its ssh port", "Empty: 22.", default=0)
    password: Secret = ask("Its root password", "Empty: by key.", default=Secret())
    host_keys: tuple[str, ...] = ask("Trusted host keys", "Compare them with what the member itself shows.", default=())
    agent: bool | None = ask("Use the ssh agent", "Also try the keys of the agent; None: not answered.", default=None)

    def __post_init__(self) -> None:
        if self.port > 65535:
            raise AnswersError(f"port: {self.port} is not a port; it would be 1 to 65535", "port")


class Peer(Step[Site, PeerAnswers]):
    """Knows the cluster; changes nothing."""

    id = "site"
    title = "Cluster to join"
    asks = PeerAnswers

    def probe(self, ctx: Context, site: Site, answers: PeerAnswers) -> Site:
        """See `Step.probe`."""
        here = System("fresh", "debian", "13", "trixie", "6.12", 1.0, 1.0)
        if answers.peer and not answers.host_keys:
            return Site(
                here, failure="host-key", offered_keys=(("10.0.1.11", "SHA256:aaaa"), ("10.0.1.11", "SHA256:bb"))
            )
        return Site(here)

    def plan(self, facts: Site, site: Site, answers: PeerAnswers) -> Iterator[Change]:
        """See `Step.plan`."""
        yield from ()

    def problems(self, facts: Site, site: Site, answers: PeerAnswers) -> Iterator[Problem]:
        """See `Step.problems`."""
        if facts.failure:
            hint = "Tick the fingerprint that the member's own console shows."
            yield Problem("site.host-key", "The member's host key is not known.", hint=hint, level="ask")

    def shown(self, facts: Site, site: Site) -> dict[str, str]:
        """See `Step.shown`."""
        return {"This host": "fresh, Debian 13 (trixie), Linux 6.12", "Member asked": "none"}

    def choices(self, facts: Site, site: Site) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """See `Step.choices`."""
        return {"host_keys": tuple((key, f"{address} {key}") for address, key in facts.offered_keys)}


@dataclass(frozen=True, slots=True)
class FileAnswers:
    """Of the steps that write a file."""

    text: str = ask("Text of the file", "What the file is to hold.")


@dataclass(frozen=True, slots=True)
class FileStep(Step[str, FileAnswers]):
    """Writes a file, then runs a command; takes both from its making."""

    id: str  # type: ignore[misc]
    title: str  # type: ignore[misc]
    path: str
    command: tuple[str, ...] = ("true",)
    expect: str = "wanted"
    found: tuple[Problem, ...] = ()
    hang: Event | None = None
    """Looking waits until it is set."""
    lost: bool = False
    confirm: float = 0
    on: tuple[str, ...] = ("here",)
    panels: tuple[View, ...] = ()
    offered: tuple[str, ...] = ()
    """What its text is chosen from; empty: it is typed."""
    facts: Mapping[str, str] = field(default_factory=dict)
    remedy: Remedy | None = None
    asks = FileAnswers

    def probe(self, ctx: Context, site: Site, answers: FileAnswers) -> str:
        """See `Step.probe`."""
        if self.hang:
            self.hang.wait()
        if self.lost:
            raise HostError("ssh: connect to host node1 port 22: Connection timed out")
        file = ctx.here.read(self.path)
        return file.content.decode() if file else ""

    def with_defaults(self, facts: str, site: Site, answers: FileAnswers) -> FileAnswers:
        """See `Step.with_defaults`."""
        return answers if answers.text else FileAnswers(self.expect)

    def plan(self, facts: str, site: Site, answers: FileAnswers) -> Iterator[Change]:
        """See `Step.plan`."""
        if facts == answers.text + "\n":
            return
        before = File(facts.encode()) if facts else None
        after = File(f"{answers.text}\n".encode())
        edits = tuple(Edit(host, self.path, before, after) for host in self.on)
        yield WriteFiles(f"Write {self.path}", edits, confirm=self.confirm)
        yield Run("Reload what reads it", "here", self.command)

    def problems(self, facts: str, site: Site, answers: FileAnswers) -> Iterator[Problem]:
        """See `Step.problems`."""
        yield from self.found

    def shown(self, facts: str, site: Site) -> dict[str, str]:
        """See `Step.shown`."""
        return {"File": facts.strip() or "not there", **self.facts}

    def choices(self, facts: str, site: Site) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """See `Step.choices`."""
        return {"text": tuple((each, each) for each in self.offered)}

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        text, hint = "The daemon did not come back.", "Start it by hand."
        return Problem(f"{self.id}.failed", text, failure.evidence, hint, remedy=self.remedy)

    def views(self) -> tuple[View, ...]:
        """See `Step.views`."""
        return self.panels


class Done:
    """A process that has ended."""

    def poll(self) -> int | None:
        """See `Process.poll`."""
        return 0


class Running:
    """A process that runs."""

    def poll(self) -> int | None:
        """See `Process.poll`."""
        return None


def engine(folder: Path, steps: Sequence[Step[Any, Any]], members: Sequence[str] = ("node1",)) -> Engine:
    """An engine over hosts in memory; its own state is in the folder."""
    context = Context(memory_host("here"), NoDialer(), {name: memory_host(name) for name in members})
    stack = Stack("test", "a test cluster", tuple(steps))
    return Engine(stack, context, State(folder / "state", folder / "run"), {})


def app(made: Engine, found: Console | None = None) -> InstallerApp:
    """The app over it, on that terminal; it applies in its own process."""

    def launch(state: State, options: Sequence[str], plan: Plan) -> Done:
        made.apply(plan)
        return Done()

    return InstallerApp(made, [], True, found=found, launch=launch, poll=0.02, rest=0)


def screen_text(shown: InstallerApp) -> str:
    """What the 80x24 screen shows, without blanks at the ends of lines."""
    strips = shown.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips) + "\n"


async def idle(pilot: Pilot[int]) -> None:
    """Wait until the engine was asked everything and its answers are on the screen."""
    shown = pilot.app
    assert isinstance(shown, InstallerApp)
    quiet = 0
    while quiet < QUIET:
        while not (shown.worker.idle and shown.follower.idle and _asked(shown)):
            quiet = 0
            await asyncio.sleep(0.005)
        await pilot.pause(0)
        quiet = quiet + 1 if await _still(shown) else 0


async def _still(shown: InstallerApp) -> bool:
    """Whether nothing comes up in some rounds of the loop."""
    for _ in range(ROUNDS):
        if _moves(shown.screen):
            return False
        await asyncio.sleep(0)
    return True


def _moves(screen: Screen[Any]) -> bool:
    """Whether something is under way on a screen: a message to a widget, or what has to be laid out or painted."""
    if any(getattr(screen, f"_{what}") for what in PENDING):
        return True
    widgets = (screen.app, *screen.walk_children(with_self=True))
    return any(each.message_queue_size or each._next_callbacks for each in widgets)


def _asked(shown: InstallerApp) -> bool:
    """Whether a question, if there is one, is on the screen."""
    return not isinstance(shown.screen, Page) or shown.screen.ready


async def until(pilot: Pilot[int], true: Callable[[], bool]) -> None:
    """Wait until something is true, at most some seconds."""
    for _ in range(2000):
        await pilot.pause(0.005)
        if true():
            return
    raise AssertionError(screen_text(pilot.app) if isinstance(pilot.app, InstallerApp) else "")


async def see(pilot: Pilot[int], words: str) -> str:
    """Wait until these words are on the screen; returns all of it."""
    shown = pilot.app
    assert isinstance(shown, InstallerApp)
    await until(pilot, lambda: words in screen_text(shown))
    return screen_text(shown)


async def press(pilot: Pilot[int], *keys: str) -> str:
    """Press keys, each when all is quiet; returns what is then on the screen."""
    await idle(pilot)
    for key in keys:
        pilot.app.post_message(events.Key(key, CHARACTERS.get(key, key if len(key) == 1 else None)))
        if len(key) > 1 or not isinstance(pilot.app.focused, TextEntry):
            await idle(pilot)
    await idle(pilot)
    assert isinstance(pilot.app, InstallerApp)
    return screen_text(pilot.app)


def compare(name: str, text: str) -> None:
    """The screen is as in the picture, is ASCII, and fits (PICTURES=new makes the pictures anew)."""
    assert text.isascii()
    assert len(text.splitlines()) == 24
    assert max(len(line) for line in text.splitlines()) <= 80
    path = PICTURES / f"{name}.txt"
    if os.environ.get("PICTURES") == "new":
        path.write_text(text)
    assert text == path.read_text()


class Alone(App[None]):
    """An app with one widget."""

    def __init__(self, widget: Literal) -> None:
        super().__init__()
        self._widget = widget

    def compose(self) -> ComposeResult:
        """See `App.compose`."""
        yield self._widget
