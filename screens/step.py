"""The screen of a step, for every step the same: what is, the form, the plan, and apply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from textual import on
from textual.app import ComposeResult

from screens import keymap, render
from screens.bindings import bound
from screens.form import Form
from screens.literal import Prose, TextButton
from screens.page import Page
from screens.sections import Sections
from screens.snapshot import Section, StepSnapshot, keep, see
from screens.status import StatusScreen
from screens.words import STATES
from tui_installer.model.answers import AnswersError

UNKEPT = "What was entered is not kept yet: Plan keeps it."
"""Said beside what does not show it."""
LOST = "Plan keeps what was entered; the same again goes on without it."
"""Said before it would be lost."""


class StepScreen(Page[None]):
    """One step."""

    LETTERS = frozenset(key.action.partition("(")[0] for key in keymap.STEP) - {"leave"}
    KEYMAP = keymap.STEP
    BINDINGS = bound(keymap.STEP)

    def __init__(self, step_id: str) -> None:
        super().__init__()
        self.step_id = step_id
        self._refused = ""
        """What was refused last, for it would have lost what was entered."""

    def body(self) -> ComposeResult:
        """See `Page.body`."""
        views = self.installer.engine.stack.step(self.step_id).views()
        self.without = () if views else ("section('live')",)
        self._sections = Sections(self.installer.engine, self.installer.worker, views)
        yield self._sections

    @property
    def _seen(self) -> StepSnapshot | None:
        return self._sections.seen

    @property
    def _form(self) -> Form:
        return self._sections.form

    def on_mount(self) -> None:
        """Look at the step."""
        self._sections.give_focus()
        self.action_look()

    # --- looking

    def action_look(self) -> None:
        """Look at the step again."""
        if self._sections.shown == "live":
            self._sections.live.read()
        elif not self._refuses("look"):
            self._await()
            self.installer.worker.ask(self, lambda: see(self.installer.engine, self.step_id), self.looked)

    def _await(self) -> None:
        """Say that an answer is awaited."""
        self._head("looking...")
        self.message("Looking...")
        self._form.note()

    async def looked(self, seen: StepSnapshot) -> None:
        """Show what was found, in the section that matters now."""
        await self._take(seen, self._first(seen))

    async def planned(self, seen: StepSnapshot) -> None:
        """Show what was planned with the answers that were just given."""
        self.installer.moved = True
        await self._take(seen, seen.section)

    async def _take(self, seen: StepSnapshot, section: Section) -> None:
        self._sections.seen = seen
        self._head(STATES["waits" if self._before else seen.state])
        if self._form.touched:
            self._sections.show(self._sections.shown)
            self.message(UNKEPT)
            return
        await self._form.load(seen)
        self._turn(section)

    def _first(self, seen: StepSnapshot) -> Section:
        """The first step, never answered, begins with its form."""
        first = self.installer.engine.stack.steps[0].id == self.step_id
        return "form" if first and not seen.asked and not seen.look.plan.changes else seen.section

    # --- sections

    def action_section(self, name: str) -> None:
        """Show a section."""
        for section in get_args(Section):
            if section == name:
                self._turn(section)

    def _turn(self, section: Section) -> None:
        """Show a section, to work with it."""
        self._sections.show(section)
        self._sections.give_focus()
        self._say_onward()

    def _head(self, state: str) -> None:
        steps = self.installer.engine.stack.steps
        number = [step.id for step in steps].index(self.step_id) + 1
        self.head(f"Step {number} of {len(steps)}: {steps[number - 1].title} - {state}")

    @on(TextButton.Pressed)
    def press(self, event: TextButton.Pressed) -> None:
        """A button of this screen was pressed."""
        where = (event.button.id or "").removeprefix("to-")
        if where == "back":
            self.action_back()
        elif where == "apply":
            self.action_apply()
        elif where == "next":
            self.action_next()
        elif where in ("plan", "form-plan"):
            self.action_plan()
        else:
            self.action_section(where)

    # --- what is said

    def _say_onward(self) -> None:
        """Say what Enter does; in the form the field that has the focus is told instead."""
        self._refused = ""
        if self._seen is not None and self._sections.shown != "form":
            before = f"Waits for: {self._before}. " if self._before else ""
            self.message(UNKEPT if self._form.changed else before + render.onward(self._seen))

    @property
    def _before(self) -> str:
        """The title of the step that this one waits for, as far as the first screen knows; empty: it waits for none."""
        if self._seen is None or self._seen.state not in ("todo", "problem"):
            return ""
        home, stack = self.installer.screen_stack[0], self.installer.engine.stack
        row = home.row(self.step_id) if isinstance(home, StatusScreen) and not self.installer.moved else None
        return stack.step(row.after).title if row and row.after else ""

    def _refuses(self, action: str) -> bool:
        """Whether it would lose what was entered: that is said, and the same again, as long as it is said, does it."""
        message = self.query_one("#message", Prose)
        insists = self._refused == action and message.text == LOST
        if not self._form.changed or insists:
            return False
        self._refused = action
        self.message(LOST)
        return True

    @on(Form.Helped)
    def help(self, event: Form.Helped) -> None:
        """Show the help of the field that has the focus, if it has it still."""
        if self.in_form:
            self.message(event.text)
            self._sections.rule(event.where)

    # --- planning and applying

    def action_plan(self) -> None:
        """Keep what was entered, then show what would be done; without anything entered just show it."""
        if not self._form.changed:
            self._turn("plan")
            return
        values = self._form.collect()
        if values is None:
            self._sections.show("form")
            self.message("Please correct what is marked with !")
            return
        self._await()
        self.installer.worker.ask(self, lambda: self._kept(values), self._after_keeping)

    def _kept(self, values: Mapping[str, Any]) -> StepSnapshot | AnswersError:
        """In the worker: the step as it is with these answers, or why they are refused."""
        try:
            return keep(self.installer.engine, self.step_id, values)
        except AnswersError as error:
            return error

    async def _after_keeping(self, what: StepSnapshot | AnswersError) -> None:
        if isinstance(what, AnswersError):
            self._sections.show("form")
            self._head("answers refused")
            self.message("Please correct what is marked with !")
            self._form.complain(str(what), what.field)
        else:
            await self.planned(what)

    def action_apply(self) -> None:
        """Apply what is shown, if it may be applied."""
        if self._seen is None:
            return
        if self._form.changed:
            self.action_plan()
            return
        plan = self._seen.look.plan
        if self._seen.state == "in-place":
            self.message("In place: there is nothing to apply.")
        elif plan.blocked or self._seen.look.unknown:
            self._sections.show("plan")
            self._sections.give_focus()
            self.message("It cannot be applied yet. " + render.onward(self._seen))
        else:
            self.installer.ways.approve(plan)

    def action_go_on(self) -> None:
        """Do what the message says that Enter does."""
        if self._seen is not None and self._seen.state == "in-place":
            self.action_next()
        elif self._seen is not None and self._seen.section == "form":
            self.action_section("form")
        else:
            self.action_apply()

    def action_next(self) -> None:
        """To the next step."""
        if self._refuses("next"):
            return
        self.installer.ways.after(self.step_id)

    def action_before(self) -> None:
        """To the step before."""
        ids = [step.id for step in self.installer.engine.stack.steps]
        at = ids.index(self.step_id)
        if at == 0:
            self.message("This is the first step.")
        elif not self._refuses("before"):
            self.installer.ways.step(ids[at - 1])

    # --- leaving

    def action_leave(self) -> None:
        """Out of a field to the buttons; from there back home."""
        if not self.in_form:
            self.action_back()
            return
        self.query_one("#to-plan", TextButton).focus()
        self._refuses("back")

    def action_back(self) -> None:
        """Back home."""
        if not self._refuses("back"):
            self.dismiss(None)
