"""Attempts: begun when "yes" is typed, and told as they go on, a line for each change and what its command says."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from screens import card, render
from screens.following import Following, Launch, Orphan, begin
from screens.plain.lines import Lines, choice
from screens.progress import Progress
from screens.snapshot import StepSnapshot, see, standing
from tui_installer.engine.attempts import Attempt
from tui_installer.engine.engine import Engine
from tui_installer.engine.entries import Entry
from tui_installer.model.step import Plan, placed

Shell = Callable[[str], object] | None
"""Runs a shell in this line, with some words in its prompt."""
LOOK = 0.3
"""Seconds between two looks at the journal."""
WORDS = {"done": "done", "failed": "FAILED", "back": "put back"}


class Attempts:
    """What may be begun at one line, or watched there."""

    def __init__(self, engine: Engine, lines: Lines, launch: Launch, options: Sequence[str], shell: Shell) -> None:
        """`options`: those of the command line that an apply's process must be given as well; `shell`: see `Shell`."""
        self._engine = engine
        self._lines = lines
        self._launch = launch
        self._options = options
        self._shell = shell

    def carry_out(self, plan: Plan, question: str) -> StepSnapshot | None:
        """Do it if the operator says yes; returns the step as it is then, None: it was not wanted."""
        self._lines.say("", question, *render.approval(plan))
        if self._lines.ask("Type yes to do it; anything else does nothing:", fresh=True).lower() != "yes":
            return None
        following = begin(self._engine, plan, self._launch, self._options)
        progress = Progress(plan.step, plan.action)
        seen = follow(self._lines, following, progress)
        return seen if ended_well(progress, seen) else self._failed(progress, seen)

    def watch(self, attempt: Attempt) -> None:
        """Tell one that another session began, or that has ended."""
        following = begin(self._engine, Orphan(attempt), self._launch, self._options)
        progress = Progress(attempt.step, attempt.action, only=attempt.id)
        seen = follow(self._lines, following, progress)
        if not ended_well(progress, seen):
            self._failed(progress, seen)

    def _failed(self, progress: Progress, seen: StepSnapshot) -> StepSnapshot:
        """Ask what is to be done about it; returns the step as it is then."""
        offered = card.choices(seen, self._shell is not None)
        while True:
            step, title = progress.step, seen.look.step.title
            match self._lines.ask(what_now(offered)).lower():
                case "m" if "mend" in offered:
                    return self._if_possible(self._engine.plan_mend(step), f"Mend: {title}?") or seen
                case "t":
                    return self._if_possible(self._engine.plan(step), f"Apply: {title}?") or seen
                case "s" if self._shell is not None:
                    self._shell(f"{step} {progress.outcome or 'cut off'}")
                case "u":
                    self.take_back()
                    return see(self._engine, step)
                case "p":
                    self._lines.say(*card.page(card.code(seen)))
                case "l":
                    self._lines.say(*card.record(progress, seen))
                case _:
                    return seen

    def _if_possible(self, plan: Plan, question: str) -> StepSnapshot | None:
        """Ask, and do it; or say why it cannot be done."""
        if plan.blocked or not plan.changes:
            self._lines.say(*render.problems(plan.problems))
            return None
        return self.carry_out(plan, question)

    def leave_cluster(self) -> None:
        """Ask for the cluster's name; then show all of it, and ask once more."""
        self._lines.say("", "Leave the cluster: all of it, in order. It can be joined again.")
        if typed := self._lines.ask("Type the cluster's name; Enter alone changes nothing:"):
            self._engine.confirm_leaving(typed)
            self._as_a_whole(self._engine.plan_leave, f"Leave the cluster {typed}?")

    def shut_down(self) -> None:
        """Ask for this host's name; then show all of it, and ask once more."""
        self._lines.say("", "Shut this host down: all that it serves, in order. The next boot brings it back.")
        if typed := self._lines.ask("Type this host's name; Enter alone changes nothing:"):
            self._engine.confirm_shutdown(typed)
            self._as_a_whole(self._engine.plan_shutdown, f"Shut {typed} down?")

    def _as_a_whole(self, make: Callable[[], Plan], question: str) -> None:
        self._lines.say("Looking...")
        plan = make()
        if plan.blocked:
            self._lines.say(*render.problems(plan.problems))
        else:
            self.carry_out(plan, question)

    def take_back(self) -> None:
        """Ask how far to go back, then go there step by step."""
        stands = standing(self._engine, "")
        self._lines.say("", *render.what_stands(stands))
        for number, (_, title, _) in enumerate(stands.steps, 1):
            self._lines.say(f"  {number}: back to before {title}")
        if stands.attempt:
            self._lines.say("  a: what the last attempt did, alone")
            if self._lines.ask("a and Enter takes that back; Enter alone: choose a number:").lower() == "a":
                self.carry_out(self._engine.plan_revert(stands.attempt), "Take back what the last attempt did?")
                return
        chosen = stands.steps[: self._how_far(len(stands.steps))]
        for at, (step, title, _) in enumerate(chosen):
            plan = self._engine.plan_undo(step, [each for each, _, _ in chosen[at + 1 :]])
            if plan.blocked:
                self._lines.say(*render.problems(plan.problems))
                return
            if not plan.changes:
                continue
            seen = self.carry_out(plan, f"Take back: {title}?")
            if seen is None or seen.failure:
                return

    def _how_far(self, most: int) -> int:
        """How many of so many steps are to be taken back."""
        while most and (typed := self._lines.ask("Number, or Enter to leave all as it is:")):
            if found := choice(typed, most):
                return found
            self._lines.say(f"{typed!r} is none of these: a number from 1 to {most}, or Enter.")
        return 0


def what_now(offered: Sequence[str]) -> str:
    """The prompt after a failure."""
    words = {"mend": "m mend", "again": "t try again", "shell": "s shell", "back": "u take back"}
    return f"{', '.join(words[one] for one in offered if one in words)}, p page, l record, Enter leaves it:"


def ended_well(progress: Progress, seen: StepSnapshot) -> bool:
    """Whether it did what it was to do."""
    return progress.outcome == "done" and (progress.action != "apply" or seen.state == "in-place")


def follow(lines: Lines, following: Following, progress: Progress) -> StepSnapshot:
    """Tell an attempt to its end, then what came of it; returns the step as it is now. Raises `Gone`: it goes on."""
    lines.say("s and Enter: stop between two changes. Losing this line changes nothing.")
    while not progress.outcome:
        news = following.news()
        for entry in news.entries:
            progress.tell((entry,))
            if entry.attempt == progress.attempt:
                lines.say(*_said(entry, progress))
        if news.ended:
            break
        if not progress.outcome and (typed := lines.typed(LOOK)) is not None:
            _request(lines, following, progress, typed)
    lines.say("Looking at what came of it...")
    seen = see(following.engine, progress.step)
    lines.say(*_concluded(seen, following, progress))
    return seen


def _said(entry: Entry, progress: Progress) -> list[str]:
    match entry.kind:
        case "begun" if (index := entry.data["index"]) in progress.states:
            return [f"{index + 1}/{len(progress.titles)} {progress.titles[index]}"]
        case "said":
            return [f"    | {entry.data['text']}"]
        case "confirm":
            return _how(progress)
        case "done" | "failed" | "back":
            return [f"    {WORDS[entry.kind]}"]
    return []


def _request(lines: Lines, following: Following, progress: Progress, typed: str) -> None:
    if not progress.attempt:
        lines.say("It has not begun yet.")
    elif progress.confirm_by and typed.lower() == "k":
        following.engine.state.request(progress.attempt, "confirm")
        lines.say("Confirmed: it is kept.")
    elif not progress.confirm_by and typed.lower() == "s":
        following.engine.state.request(progress.attempt, "stop")
        lines.say("It stops after the change that is being made now.")
    else:
        lines.say(*_how(progress))


def _how(progress: Progress) -> list[str]:
    """What can be typed while it goes on."""
    if not progress.confirm_by:
        return ["s and Enter stops between two changes."]
    left = progress.left(time.time())
    return ["Is this host still reached?", f"k and Enter within about {left} s keeps it; else it is taken back."]


def _concluded(seen: StepSnapshot, following: Following, progress: Progress) -> list[str]:
    if progress.outcome == "done" and progress.action == "undo":
        return ["Taken back."]
    if progress.outcome == "done" and progress.action == "leave":
        return ["This host has left the cluster. It can be joined again."]
    if progress.outcome == "done" and progress.action == "shutdown":
        return ["This host goes down. Its next boot brings all back."]
    if progress.outcome == "done" and progress.action == "mend" and seen.state != "in-place":
        return ["Mended. Now it can be applied again."]
    if progress.outcome == "done" and seen.state == "in-place":
        return [placed(seen.look.plan.notes, "In place") + "."]
    progress.close()
    return ["NOT IN PLACE", *card.card(progress, seen, [] if progress.outcome else following.words())]
