"""The app as its screens know it: what they share, and where they lead. `app` has the app itself."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Protocol

from textual.app import App

from screens.following import Following, Launch, Running, Watch
from screens.terminal.console import Console, plain_console
from screens.terminal.driver import LineDriver
from screens.worker import Worker
from tui_installer.engine import child
from tui_installer.engine.attempts import Attempt
from tui_installer.engine.engine import Engine
from tui_installer.engine.inspection import StepStatus
from tui_installer.model.step import Plan

POLL = 0.35
"""Seconds between two looks at the journal of a running apply: at most three updates of the screen a second."""

REST = 0.4
"""Seconds after which somebody who moved through a list rests on a row; 0: at once."""


class Ways(Protocol):
    """Where a screen leads; `Navigator` knows the screens, they know only this."""

    def home(self) -> None:
        """Back to the status."""

    def step(self, step_id: str) -> None:
        """To that step's screen."""

    def after(self, step_id: str) -> None:
        """To the step after that one."""

    def last(self, step_id: str) -> None:
        """To what was done last at a step."""

    def watch(self, attempt: Attempt) -> None:
        """To an attempt."""

    def approve(self, plan: Plan) -> None:
        """Ask whether this is to be done, and do it."""

    def again(self, step_id: str) -> None:
        """Plan the step again and ask."""

    def mend(self, step_id: str) -> None:
        """Ask whether to do what mends the step's last failure."""

    def sheet(self, rows: Sequence[StepStatus]) -> None:
        """To the hand-over sheet."""

    def leave_cluster(self) -> None:
        """Show what leaving the cluster would do, and ask."""

    def shut_down(self) -> None:
        """Show what shutting this host down would do, and ask."""

    def choose_back(self, step_id: str) -> None:
        """Ask what is to be taken back."""

    def go_on_back(self, shown: Sequence[Plan]) -> None:
        """Take back the next of several steps, of which these plans were approved."""


class Installer(App[int]):
    """What all screens share. Whatever asks a host runs in `worker`; `follower` only reads the journal."""

    def __init__(
        self,
        engine: Engine,
        options: list[str],
        simulated: bool,
        *,
        found: Console | None = None,
        launch: Launch = child.start,
        poll: float = POLL,
        rest: float = REST,
        shell: Callable[[str], object] | None = None,
    ) -> None:
        """`shell`: runs a shell in this line, with some words in its prompt; None: there is none."""
        super().__init__(driver_class=LineDriver, ansi_color=True)
        self.animation_level = "none"
        self.theme = "ansi-dark"
        self.console_asked = found or plain_console()
        """What the terminal was found to be at the start."""
        self.console_found = self.console_asked
        """How it is used."""
        self.engine = engine
        self.options = options
        """Options of the command line that an apply's process must be given as well."""
        self.simulated = simulated
        self.launch = launch
        self.shell = shell
        self.poll = poll
        self.rest = rest
        self.known: dict[str, StepStatus] = {}
        """What the last look at everything found, by the id of the step."""
        self.moved = False
        """Whether something was done since the status was looked at."""
        self.watcher = Watch(engine)
        self.running: Running | None = None
        """What is being applied now, from the moment in which it was approved."""
        self.following: Following | None = None
        """Of what was started here last."""
        self.worker = Worker("engine", lambda error: self.call_later(self.crashed, error))
        self.follower = Worker("journal", lambda error: self.call_later(self.crashed, error))

    @property
    @abstractmethod
    def ways(self) -> Ways:
        """Where one gets to from here."""

    @abstractmethod
    def crashed(self, error: Exception) -> None:
        """Show an error of this program's own."""

    @abstractmethod
    def look_for_runs(self) -> None:
        """Look whether something is being applied."""

    @abstractmethod
    def runs(self, running: Running | None) -> None:
        """That is being applied now, and every screen says so; None: nothing is."""

    @property
    def settled(self) -> bool:
        """Whether the terminal shows what is painted."""
        return self._driver.settled if isinstance(self._driver, LineDriver) else True
