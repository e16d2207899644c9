"""The full-screen front end of the engine."""

from __future__ import annotations

import sys
import traceback
from asyncio import AbstractEventLoop
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from textual import events
from textual.app import AutopilotCallbackType

import assets
from screens import console, keymap
from screens.asking import HELP, AskScreen
from screens.bindings import bound
from screens.fields import TextEntry
from screens.following import Running
from screens.installer import Installer
from screens.navigator import Navigator
from screens.page import Page
from screens.status import StatusScreen
from screens.terminal.driver import LineDriver
from screens.typed import caught_up, emptied, pasted
from screens.words import WIDTH, wrap
from tui_installer import __version__

AGAIN = [
    "Esc leads back, and the same can be tried again. If it comes again: numbered",
    "lines (tui-installer --plain) and the commands do without this screen. Whoever",
    "mends the program needs the lines below.",
    "",
]
"""What is to be done about an error of the program's own."""
LOOK = 1.0
"""Seconds at least between two looks whether something is being applied."""


class InstallerApp(Installer, inherit_bindings=False):
    """The screens over an engine."""

    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    CSS_PATH = str(Path(assets.__file__).with_name("installer.tcss"))
    BINDINGS = bound(keymap.ANYWHERE, first=("leave",))

    _wrong = ""
    """An error that ended the program, as Python tells it."""
    _typing = False
    """Whether the last key went into a field."""

    @cached_property
    def ways(self) -> Navigator:
        """See `Installer.ways`."""
        return Navigator(self)

    def run(
        self,
        *,
        headless: bool = False,
        inline: bool = False,
        inline_no_clear: bool = False,
        mouse: bool = False,
        size: tuple[int, int] | None = None,
        auto_pilot: AutopilotCallbackType | None = None,
        loop: AbstractEventLoop | None = None,
    ) -> int | None:
        """See `App.run`; without a mouse. An error of this program's own is printed once the line is as it was."""
        result = super().run(
            headless=headless,
            inline=inline,
            inline_no_clear=inline_no_clear,
            mouse=mouse,
            size=size,
            auto_pilot=auto_pilot,
            loop=loop,
        )
        if self._wrong:
            sys.stderr.write(self._wrong.encode("ascii", "backslashreplace").decode())
        elif self.running is not None and not headless:
            words = self.running.words(self.engine.stack.step(self.running.step).title)
            with suppress(OSError):  # the line may be gone
                sys.stdout.write(f"{words}. It goes on by itself; tui-installer shows it again.\n")
                sys.stdout.flush()
        return result

    def get_default_screen(self) -> StatusScreen:
        """See `App.get_default_screen`."""
        return StatusScreen()

    @property
    def awaits(self) -> bool:
        """Whether the engine was asked something that it has not answered."""
        return not self.worker.idle

    def on_load(self) -> None:
        """Start the threads before the first screen asks anything."""
        self.worker.start()
        self.follower.start()
        self.set_interval(max(self.poll, LOOK), lambda: self.look_for_runs() if self.follower.idle else None)
        self.look_for_runs()

    def look_for_runs(self) -> None:
        """See `Installer.look_for_runs`."""
        self.follower.ask(self, self.watcher.look, self.runs)

    def runs(self, running: Running | None) -> None:
        """See `Installer.runs`; a program that is being left has no screens any more that it could tell."""
        if running == self.running or not self.is_running:
            return
        ended = self.running is not None and running is None
        self.running = running
        self.moved = self.moved or ended
        for screen in self.screen_stack:
            if isinstance(screen, Page) and screen.is_mounted:
                screen.tell(running)

    # --- keys

    async def on_event(self, event: events.Event) -> None:
        """Deal with each key before the next: keys come faster than screens change, from a paste or over a slow line.

        Textual puts a character into the queue of the focused widget, and runs a binding only once the key has come
        back up through the queues of all its parents; meanwhile the next character has gone to the same field, and the
        screen on top, whose binding is run then, may be another one.
        """
        if isinstance(event, events.Paste) and not event.is_forwarded:
            await caught_up(self)
            pasted(self, event.text)
            return
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        if not (self._typing and event.is_printable):
            await caught_up(self)
        if isinstance(self.screen, Page) and not self.screen.hears(event):
            return
        field = self.focused
        self._typing = isinstance(field, TextEntry) and event.is_printable
        bound = self.screen.active_bindings.get(event.key)
        if field is not None and self._typing:
            await super().on_event(event)
            await emptied(field)
        elif bound is not None and bound.enabled:
            await self.run_action(bound.binding.action, bound.node)

    def action_help(self) -> None:
        """Explain the program."""
        self.push_screen(AskScreen(f"Help - tui-installer {__version__}", HELP, (), focus="pager"))

    def action_leave(self) -> None:
        """Leave the program; an apply goes on."""
        self.exit(0)

    def action_console(self) -> None:
        """Say what is known of the terminal, and use it otherwise."""

        def use(name: str | None) -> None:
            if name and isinstance(self._driver, LineDriver):
                self.console_found = console.chosen(self.console_found, self.console_asked, name)
                self._driver.use(self.console_found)

        buttons, lines = console.BUTTONS, console.told(self.console_found)
        self.push_screen(AskScreen("Console", lines, buttons, harmless=True), use)

    def action_repaint(self) -> None:
        """Paint the whole screen anew."""
        if isinstance(self._driver, LineDriver):
            self._driver.repaint()

    def crashed(self, error: Exception) -> None:
        """See `Installer.crashed`."""
        told = wrap(f"{type(error).__name__}: {error}", WIDTH, "  ")
        lines = ["This is an error of this program, not of the host. Nothing was changed by it.", "", *told, "", *AGAIN]
        lines += [line for part in traceback.format_exception(error) for line in part.rstrip().split("\n")]
        self.push_screen(AskScreen("An error", lines, ()))

    def _fatal_error(self) -> None:
        """As Textual's own, which would paint it with colours and boxes, and with the values of all variables."""
        if error := self._exception:
            self._wrong = self._wrong or "".join(traceback.format_exception(error))
        self._close_messages_no_wait()
