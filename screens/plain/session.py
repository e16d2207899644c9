"""Status, steps, confirmations: what is asked is answered with a letter or a number and Enter."""

from __future__ import annotations

import time
from collections.abc import Sequence

from screens import telling
from screens.following import Launch, Orphan, begin
from screens.plain.asking import answers
from screens.plain.attempt import follow
from screens.plain.lines import Gone, Lines
from screens.progress import Progress
from screens.seen import Open, Seen, keep, rows, see, standing
from screens.words import STATES
from tui_installer.answers import AnswersError
from tui_installer.engine import Engine, Row
from tui_installer.step import Plan

HOME = "Number: open a step. Enter: the next one. r again, u take back, ? help, q quit:"
STEP = "f facts, e answers, p plan, l live, a apply, r again, n next, b back:"
HELP = (
    "This program joins this host to a cluster, one step after the other. Nothing is changed before you",
    "type yes; what was changed can be taken back. A step waits until the ones before it are in place.",
    "Applying goes on in a process of its own: losing this line changes nothing. Start the program again,",
    "and it leads you back to it. From a command line: tui-installer status, plan, apply, undo.",
)


class Session:
    """One operator at one line."""

    def __init__(self, engine: Engine, lines: Lines, launch: Launch, options: Sequence[str], simulated: bool) -> None:
        """`options`: those of the command line that an apply's process must be given as well."""
        self._engine = engine
        self._lines = lines
        self._launch = launch
        self._options = options
        self._mark = "  SIMULATED" if simulated else ""

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
            if typed == "w" and attempt:
                self._watch(attempt)
            elif typed == "u":
                self._take_back("")
            elif typed in ("", "n"):
                self._steps(next((row.id for row in found if row.state != "in-place"), ""))
            elif typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(found):
                self._steps(found[int(typed) - 1].id)
            elif typed != "r":
                self._lines.say(f"{typed!r} is none of these.")
                continue
            found, attempt = self._status()

    def _status(self) -> tuple[list[Row], Open | None]:
        self._lines.say("", f"tui-installer - {self._engine.stack.title}{self._mark}")
        found: list[Row] = []
        attempt: Open | None = None
        for what in rows(self._engine):
            if isinstance(what, Row):
                found.append(what)
                gist = telling.gist(what)
                self._lines.say(f"{len(found):>2} {what.title}: {STATES[what.state]}{f' - {gist}' if gist else ''}")
            elif what.open and not attempt:
                attempt = what.open
                self._lines.say(f"{telling.open_attempt(attempt)}: w shows it")
        self._lines.say(telling.verdict(found))
        return found, attempt

    # --- a step

    def _steps(self, step_id: str) -> None:
        """From one step to the next, until the operator goes back."""
        while step_id:
            step_id = self._step(step_id)

    def _step(self, step_id: str) -> str:
        """One step; returns the next one's id, empty: back home."""
        seen = self._look(step_id)
        self._lines.say(*telling.facts(seen) if seen.section != "plan" else telling.plan(seen))
        while True:
            self._lines.say(telling.onward(seen))
            match self._default(seen, self._lines.ask(STEP).lower()):
                case "b":
                    return ""
                case "n":
                    return self._after(step_id)
                case "f":
                    self._lines.say(*telling.facts(seen))
                case "p":
                    self._lines.say(*telling.plan(seen))
                case "e":
                    seen = self._answer(step_id, seen)
                case "l":
                    self._live(step_id)
                case "a":
                    seen = self._apply(seen)
                case "r":
                    seen = self._look(step_id)
                    self._lines.say(*telling.facts(seen))
                case "?":
                    self._lines.say("", *HELP)
                case other:
                    self._lines.say(f"{other!r} is none of these.")

    def _default(self, seen: Seen, typed: str) -> str:
        if typed:
            return typed
        if seen.section == "form":
            return "e"
        if seen.look.unknown or seen.blocking:
            return "r"
        return "n" if seen.state == "in-place" else "a"

    def _look(self, step_id: str) -> Seen:
        self._lines.say("", "Looking...")
        return self._head(see(self._engine, step_id))

    def _head(self, seen: Seen) -> Seen:
        steps = [step.id for step in self._engine.stack.steps]
        number, title = steps.index(seen.look.step.id) + 1, seen.look.step.title
        self._lines.say(f"Step {number} of {len(steps)}: {title} - {STATES[seen.state]}{self._mark}")
        return seen

    def _after(self, step_id: str) -> str:
        ids = [step.id for step in self._engine.stack.steps]
        return next(iter(ids[ids.index(step_id) + 1 :]), "")

    def _answer(self, step_id: str, seen: Seen) -> Seen:
        if seen.blocking:
            self._lines.say("", *telling.problems(seen.blocking[:1]))
        changed = answers(self._lines, seen)
        if changed:
            self._lines.say("", "Looking...")
            try:
                seen = self._head(keep(self._engine, step_id, changed))
            except (AnswersError, ValueError) as error:
                self._lines.say(f"Not kept: {error}")
                return seen
        self._lines.say(*telling.plan(seen))
        return seen

    def _live(self, step_id: str) -> None:
        """Live views, once more with each Enter."""
        views = self._engine.stack.step(step_id).views()
        while views:
            for view in views:
                one = self._engine.reading(view)
                clock = time.strftime("%H:%M:%S", time.localtime(one.at))
                self._lines.say("", *telling.reading(view.title, one, clock))
            if self._lines.ask("Enter: read again; b back:"):
                return
        self._lines.say("This step has no live view.")

    # --- applying, and taking back

    def _apply(self, seen: Seen) -> Seen:
        plan = seen.look.plan
        if seen.state == "in-place":
            self._lines.say("In place: there is nothing to apply.")
        elif plan.blocked or seen.look.unknown:
            self._lines.say(*telling.plan(seen), "It cannot be applied yet.")
        elif self._approved(plan, f"Apply: {seen.look.step.title}?"):
            return self._head(self._begin(plan))
        return seen

    def _approved(self, plan: Plan, question: str) -> bool:
        self._lines.say("", question, *telling.approval(plan))
        return self._lines.ask("Type yes to do it; anything else does nothing:").lower() == "yes"

    def _begin(self, start: Plan) -> Seen:
        following = begin(self._engine, start, self._launch, self._options)
        return follow(self._lines, following, Progress(start.step, start.action))

    def _watch(self, what: Open) -> None:
        orphan = Orphan(what.attempt.pid)
        following = begin(self._engine, orphan, self._launch, self._options)
        follow(self._lines, following, Progress(what.attempt.step, what.attempt.action))

    def _take_back(self, step_id: str) -> None:
        stands = standing(self._engine, step_id)
        self._lines.say("", *telling.what_stands(stands))
        for number, (_, title, _) in enumerate(stands.steps, 1):
            self._lines.say(f"  {number}: back to before {title}")
        typed = self._lines.ask("Number, or Enter to leave all as it is:") if stands.steps else ""
        if not (typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(stands.steps)):
            return
        for step, title, _ in stands.steps[: int(typed)]:
            plan = self._engine.plan_undo(step)
            if plan.blocked:
                self._lines.say(*telling.problems(plan.problems))
                return
            if not plan.changes:
                continue
            if not self._approved(plan, f"Take back: {title}?"):
                return
            if self._begin(plan).failure:
                return
