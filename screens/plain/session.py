"""The status, and the ways from it: what is asked is answered with a letter or a number and Enter."""

from __future__ import annotations

from collections.abc import Sequence

from screens import keymap, render
from screens.following import Launch
from screens.plain.at_step import HELP, AtStep
from screens.plain.attempt import Attempts, Shell
from screens.plain.lines import Gone, Lines, choice
from screens.snapshot import Open, rows
from tui_installer.cli import sheet
from tui_installer.engine.engine import Engine
from tui_installer.engine.inspection import STATES, StepStatus

HOME = keymap.prompt(keymap.HOME, "Number: a step. Enter: next. ")


class PlainSession:
    """One operator at one line."""

    def __init__(
        self, engine: Engine, lines: Lines, launch: Launch, options: Sequence[str], simulated: bool, shell: Shell = None
    ) -> None:
        """`options`: those of the command line that an apply's process must be given as well; `shell`: see `Shell`."""
        self._engine = engine
        self._lines = lines
        self._mark = "  SIMULATED" if simulated else ""
        self._attempts = Attempts(engine, lines, launch, options, shell)
        self._at_step = AtStep(engine, lines, self._attempts, self._mark)

    def run(self) -> int:
        """Until the operator quits or the line is gone; returns the program's exit code."""
        try:
            self._home()
        except (Gone, KeyboardInterrupt):
            return 0
        return 0

    # --- the status

    def _home(self) -> None:
        found, attempt = self._status()
        while True:
            typed = self._lines.ask(HOME).lower()
            if typed == "q":
                return
            if typed == "?":
                self._lines.say("", *HELP)
                continue
            if typed == "w":
                self._last(attempt)
            elif typed == "s":
                self._lines.say(*sheet.sheet(self._engine, found))
                self._lines.say("", "Written: " + ", ".join(map(str, sheet.write(self._engine, found))))
            elif typed == "u":
                self._attempts.take_back()
            elif typed == "x":
                self._attempts.leave_cluster()
            elif typed == "d":
                self._attempts.shut_down()
            elif typed in ("", "n"):
                self._steps(next((row.id for row in found if row.state != "in-place"), ""))
            elif at := choice(typed, len(found)):
                self._steps(found[at - 1].id)
            elif typed != "r":
                self._lines.say(f"{typed!r} is none of these.")
                continue
            found, attempt = self._status()

    def _status(self) -> tuple[list[StepStatus], Open | None]:
        self._lines.say("", f"tui-installer - {self._engine.stack.title}{self._mark}")
        known: dict[str, StepStatus] = {}
        numbers = {step.id: number for number, step in enumerate(self._engine.stack.steps, 1)}
        attempt: Open | None = None
        for what in rows(self._engine):
            if isinstance(what, StepStatus):
                if known.get(what.id) == what:
                    continue
                known[what.id] = what
                gist = render.gist(what)
                at = numbers[what.id]
                self._lines.say(f"{at:>2} {what.title}: {STATES[what.state]}{f' - {gist}' if gist else ''}")
            elif what.open and not attempt:
                attempt = what.open
                self._lines.say(f"{render.open_attempt(attempt)}: w shows it")
        found = [known[step] for step in numbers]
        self._lines.say(render.verdict(found))
        return found, attempt

    def _last(self, attempt: Open | None) -> None:
        """What was done last, and what came of it."""
        newest = attempt.attempt if attempt else next(reversed(self._engine.journal.attempts()), None)
        if newest is None:
            self._lines.say("Nothing was done here yet.")
        else:
            self._attempts.watch(newest)

    def _steps(self, step_id: str) -> None:
        """From one step to the next, until the operator goes back."""
        while step_id:
            step_id = self._at_step.step(step_id)
