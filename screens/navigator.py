"""From screen to screen: opening steps, approving what is to be applied, taking back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textual.screen import Screen

from screens import render
from screens.asking import AskScreen
from screens.following import Orphan, Running
from screens.installer import Installer
from screens.literal import Prose
from screens.log import LogScreen
from screens.looked_at import Purpose
from screens.opening import LOOKING
from screens.page import Page
from screens.progress import Progress
from screens.snapshot import UndoCandidates, standing
from screens.status import StepList
from screens.step import StepScreen
from screens.words import VERBS, WIDTH, meant, wrap
from tui_installer.cli import sheet
from tui_installer.engine.attempts import Attempt
from tui_installer.engine.inspection import StepStatus
from tui_installer.model.change import hosts
from tui_installer.model.step import Plan


class Applying:
    """From screen to screen, and to what is applied."""

    def __init__(self, app: Installer) -> None:
        self._app = app

    def home(self) -> None:
        """Back to the status."""
        while len(self._app.screen_stack) > 1:
            self._app.pop_screen()

    def step(self, step_id: str, purpose: Purpose | None = None) -> None:
        """To that step's screen, at once to its form if that has another purpose; Esc leads home from there."""
        self.home()
        self._app.screen.query_one(StepList).go_to(step_id)
        self._app.push_screen(StepScreen(step_id, purpose))

    def after(self, step_id: str) -> None:
        """To the step after that one; home after the last one."""
        ids = [step.id for step in self._app.engine.stack.steps]
        later = ids[ids.index(step_id) + 1 :]
        if later:
            self.step(later[0])
        else:
            self.home()

    def watch(self, attempt: Attempt) -> None:
        """To an attempt that runs, was cut off, or has ended."""
        progress = Progress(attempt.step, attempt.action, only=attempt.id)
        self._follow(LogScreen(progress, Orphan(attempt)))

    def _follow(self, page: LogScreen) -> None:
        self._app.push_screen(page)
        page.begin()

    def approve(self, plan: Plan, rest: Sequence[Plan] = ()) -> None:
        """Ask whether this is to be done, and do it; `rest`: what is to be taken back after it, one after the other."""

        def looked(running: Running | None) -> None:
            self._app.runs(running)
            self.busy(running) if running else self._ask(plan, rest)

        self._app.follower.ask(self._app.screen, self._app.watcher.look, looked)

    def _ask(self, plan: Plan, rest: Sequence[Plan]) -> None:
        titled = [(self._app.engine.stack.step(each.step).title, each) for each in (plan, *rest)]
        verb = VERBS[plan.action]
        what, label = (
            (meant(plan.action, titled[0][0]), f"{verb} now") if not rest else (f"{verb} {len(titled)} steps",) * 2
        )
        lines = render.approval_of_all(titled) if rest else render.approval(plan)
        members = any(name != "here" for change in plan.changes for name in hosts(change))
        no_first = members or bool(rest) or plan.action == "shutdown"  # one Enter too many then does nothing
        ask = AskScreen(f"{what}?", lines, [("yes", label)], focus="back" if no_first else "")
        self._app.push_screen(ask, lambda answer: self._start(plan, rest) if answer else None)

    def _start(self, plan: Plan, rest: Sequence[Plan]) -> None:
        self._app.watcher.expect(plan.step, plan.action)
        self._app.runs(Running(plan.step, plan.action, None))
        self.home()
        self._follow(LogScreen(Progress(plan.step, plan.action), plan, rest))

    def busy(self, running: Running) -> None:
        """Say that nothing can be begun now."""
        title = self._app.engine.stack.step(running.step).title
        lines = [f"{running.words(title)}.", "", "Nothing else can be changed until it has ended."]
        ask = AskScreen("Not now", lines, [("watch", "Show it")])
        self._app.push_screen(ask, lambda answer: self.last(running.step) if answer else None)

    def last(self, step_id: str) -> None:
        """To what was done last at a step: how it goes, or how it ended."""
        screen, running, following = self._app.screen, self._app.running, self._app.following
        if running is not None and running.attempt is None and running.step == step_id:
            if following is not None:
                self._follow(LogScreen(Progress(step_id, running.action), following))
            return

        def found(attempt: Attempt | None) -> None:
            if attempt is not None:
                self.watch(attempt)
            elif isinstance(screen, Page):
                screen.message("Nothing was done here yet.")

        self._app.follower.ask(screen, lambda: self._app.engine.last(step_id), found)


class Navigator(Applying):
    """Where one gets to from anywhere."""

    def again(self, step_id: str) -> None:
        """Plan the step again and ask; to its screen if it cannot be applied as it is."""
        engine, screen = self._app.engine, self._app.screen

        def planned(plan: Plan) -> None:
            if plan.blocked or not plan.changes:
                self.step(step_id)
            else:
                self.approve(plan)

        self._app.worker.ask(screen, lambda: engine.plan(step_id), planned)

    def mend(self, step_id: str) -> None:
        """Ask whether to do what mends the step's last failure; or say why it must not be done now."""
        engine, screen = self._app.engine, self._app.screen

        def planned(plan: Plan) -> None:
            if plan.problems:
                title = self._app.engine.stack.step(step_id).title
                self._app.push_screen(AskScreen(f"Not mended: {title}", render.problems(plan.problems), ()))
            else:
                self.approve(plan) if plan.changes else self.step(step_id)

        self._app.worker.ask(screen, lambda: engine.plan_mend(step_id), planned)

    def sheet(self, rows: Sequence[StepStatus]) -> None:
        """Show the hand-over sheet; it can be written, with the answers for the next host."""
        engine, screen = self._app.engine, self._app.screen
        lines = [line for text in sheet.sheet(engine, rows) for line in wrap(text, WIDTH)]

        def answered(name: str | None) -> None:
            if name and isinstance(screen, Page):
                told = screen.message
                self._app.worker.ask(
                    screen, lambda: sheet.write(engine, rows), lambda at: told(f"Written: {at[0]} {at[1]}")
                )

        self._app.push_screen(AskScreen("Hand-over sheet", lines, [("write", "Write it")], focus="pager"), answered)

    # --- leaving the cluster, shutting this host down

    def leave_cluster(self) -> None:
        """Show it all, and ask; or what is in the way, as a name that was not typed."""
        self._as_a_whole(self._app.engine.plan_leave)

    def shut_down(self) -> None:
        """The same for this host's end."""
        self._as_a_whole(self._app.engine.plan_shutdown)

    def _as_a_whole(self, make: Callable[[], Plan]) -> None:
        def planned(plan: Plan) -> None:
            if not plan.blocked:
                self.approve(plan)
                return
            lines = [*render.problems(plan.problems), *render.titles(plan.changes)]
            typed = [("form", "Type it")] if all(each.level != "stop" for each in plan.problems) else []
            ask = AskScreen(VERBS[plan.action], lines, typed)
            purpose = Purpose(plan.problems, lambda: self._as_a_whole(make))
            self._app.push_screen(ask, lambda answer: self.step(plan.step, purpose) if answer else None)

        self._app.worker.ask(self._app.screen, make, planned)

    # --- taking back

    def choose_back(self, step_id: str) -> None:
        """Ask what is to be taken back: that step and those after it, or everything."""
        engine, screen = self._app.engine, self._app.screen
        self._app.worker.ask(screen, lambda: standing(engine, step_id), self._choose)

    def _choose(self, what: UndoCandidates) -> None:
        chosen = {"some": what.some, "every": what.every}
        buttons = [(name, label) for name, label in what.ways]
        ask = AskScreen("Take back", render.what_stands(what), buttons)

        def answered(answer: str | None) -> None:
            if answer == "attempt":
                self._attempt_back(what.attempt)
            elif answer:
                self._back(chosen[answer])

        self._app.push_screen(ask, answered)

    def _attempt_back(self, step_id: str) -> None:
        """Take back what the newest attempt at a step did, and nothing older."""
        engine, screen = self._app.engine, self._app.screen

        def planned(plan: Plan) -> None:
            self._blocked(plan) if plan.blocked else self.approve(plan)

        self._app.worker.ask(screen, lambda: engine.plan_revert(step_id), planned)

    def go_on_back(self, shown: Sequence[Plan]) -> None:
        """Take back the next of several steps, of which these plans were approved; ask again if it would do more."""
        engine, screen = self._app.engine, self._app.screen
        steps, rest = [each.step for each in shown], shown[1:]

        def planned(plan: Plan) -> None:
            if plan.blocked:
                self._blocked(plan)
            elif any(change not in shown[0].changes for change in plan.changes):
                self._back(steps)
            elif plan.changes:
                self._start(plan, rest)
            else:
                self.go_on_back(rest) if rest else self.home()

        self._app.worker.ask(screen, lambda: engine.plan_undo(steps[0], steps[1:]), planned)

    def _back(self, steps: Sequence[str]) -> None:
        """Show what taking these back would change, and ask."""
        engine, screen = self._app.engine, self._app.screen
        looked = _looking(screen)

        def planned(plans: Sequence[Plan]) -> None:
            looked()
            first, rest = plans[0], plans[1:]
            if first.blocked:
                self._blocked(first)
            elif first.changes:
                self.approve(first, rest)
            else:
                self._back(steps[1:]) if rest else self.home()

        self._app.worker.ask(screen, lambda: engine.foresee_undo(steps), planned)

    def _blocked(self, plan: Plan) -> None:
        """Say why it cannot be taken back; what lies under it stays as well."""
        self.home()
        title = self._app.engine.stack.step(plan.step).title
        self._app.push_screen(AskScreen(f"Not taken back: {title}", render.problems(plan.problems), ()))


def _looking(screen: Screen[Any]) -> Callable[[], None]:
    """Say there that something is looked at; what is returned says again what was said before."""
    said = screen.query_one("#message", Prose)
    before = said.text
    said.say(LOOKING)
    return lambda: said.say(before) if said.text == LOOKING else None
