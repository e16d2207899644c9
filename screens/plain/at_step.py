"""A step: what is, its questions, its plan, its live views, and what else can be done with it."""

from __future__ import annotations

from screens import keymap, render
from screens.plain.asking import answers
from screens.plain.attempt import Attempts
from screens.plain.lines import Lines
from screens.snapshot import StepSnapshot, keep, see
from tui_installer.engine.engine import Engine
from tui_installer.engine.inspection import STATES
from tui_installer.model.answers import AnswersError

STEP = keymap.prompt(keymap.STEP)
HELP = (
    "This program joins this host to a cluster, one step after the other. Nothing is",
    "changed before you type yes; what was changed can be taken back. A step waits",
    "until the ones before it are in place. Applying goes on in a process of its own:",
    "losing this line changes nothing. Start the program again, and it leads you back",
    "to it. From a command line: tui-installer status, plan, apply, undo.",
    "At the steps:",
    *keymap.explained_in_lines(keymap.HOME),
    "At a step:",
    *keymap.explained_in_lines(keymap.STEP),
)


class AtStep:
    """One operator at the steps."""

    def __init__(self, engine: Engine, lines: Lines, attempts: Attempts, mark: str) -> None:
        """`mark`: said behind a step's state."""
        self._engine = engine
        self._lines = lines
        self._attempts = attempts
        self._mark = mark

    def step(self, step_id: str) -> str:
        """One step; returns the next one's id, empty: back home. Raises `Gone`."""
        seen = self._look(step_id)
        self._lines.say(*render.facts(seen) if seen.section != "plan" else render.plan(seen))
        while True:
            self._lines.say(_onward(seen))
            match self._default(seen, self._lines.ask(STEP).lower()):
                case "b":
                    return ""
                case "n":
                    return self._after(step_id)
                case "<":
                    return self._before(step_id)
                case "f":
                    self._lines.say(*render.facts(seen))
                case "p":
                    self._lines.say(*render.plan(seen))
                case "e":
                    seen = self._answer(step_id, seen)
                case "l":
                    self._live(step_id)
                case "a":
                    seen = self._apply(seen)
                case "r":
                    seen = self._look(step_id)
                    self._lines.say(*render.facts(seen))
                case "?":
                    self._lines.say("", *HELP)
                case other:
                    self._lines.say(f"{other!r} is none of these.")

    def _default(self, seen: StepSnapshot, typed: str) -> str:
        if typed:
            return typed
        if seen.section == "form":
            return "e"
        if seen.look.unknown or seen.blocking:
            return "r"
        return "n" if seen.state == "in-place" else "a"

    def _look(self, step_id: str) -> StepSnapshot:
        self._lines.say("", "Looking...")
        return self._head(see(self._engine, step_id))

    def _head(self, seen: StepSnapshot) -> StepSnapshot:
        steps = [step.id for step in self._engine.stack.steps]
        number, title = steps.index(seen.look.step.id) + 1, seen.look.step.title
        self._lines.say(f"Step {number} of {len(steps)}: {title} - {STATES[seen.state]}{self._mark}")
        return seen

    def _after(self, step_id: str) -> str:
        ids = [step.id for step in self._engine.stack.steps]
        return next(iter(ids[ids.index(step_id) + 1 :]), "")

    def _before(self, step_id: str) -> str:
        """The step before; the first one is before itself."""
        ids = [step.id for step in self._engine.stack.steps]
        return ids[max(0, ids.index(step_id) - 1)]

    def _answer(self, step_id: str, seen: StepSnapshot) -> StepSnapshot:
        if seen.blocking:
            self._lines.say("", *render.problems(seen.blocking[:1]))
        changed = answers(self._lines, seen)
        if changed:
            self._lines.say("", "Looking...")
            try:
                seen = self._head(keep(self._engine, step_id, changed))
            except AnswersError as error:
                self._lines.say(f"Not kept: {error}")
                return seen
        self._lines.say(*_result(seen))
        return seen

    def _live(self, step_id: str) -> None:
        """Live views, once more with each Enter."""
        views = self._engine.stack.step(step_id).views()
        while views:
            for view in views:
                self._lines.say("", *render.reading(view.title, self._engine.reading(view)))
            if self._lines.ask("Enter: read again; b back:"):
                return
        self._lines.say("This step has no live view.")

    def _apply(self, seen: StepSnapshot) -> StepSnapshot:
        plan = seen.look.plan
        if seen.state == "in-place":
            self._lines.say("In place: there is nothing to apply.")
        elif plan.blocked or seen.look.unknown:
            self._lines.say("It cannot be applied yet.", "", *_result(seen))
        elif after := self._attempts.carry_out(plan, f"Apply: {seen.look.step.title}?"):
            return self._head(after)
        return seen


def _result(seen: StepSnapshot) -> list[str]:
    """What is in the way, without the plan, which may be long; if nothing is: the plan."""
    return render.problems(seen.blocking) if seen.blocking else render.plan(seen)


def _onward(seen: StepSnapshot) -> str:
    """What Enter does."""
    return "Enter: e, to answer what is asked" if seen.section == "form" else render.onward(seen)
