"""The screen of a step, for every step the same: what is, the form, the plan, and apply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual import events, on

from screens import render
from screens.form import Form
from screens.literal import Prose, TextButton
from screens.looked_at import LookedAt
from screens.snapshot import StepSnapshot, keep
from tui_installer.model.answers import AnswersError


class StepScreen(LookedAt):
    """One step: it is answered, planned and applied."""

    _help = ""
    """What was told of a field last."""

    @property
    def in_form(self) -> bool:
        """See `Page.in_form`."""
        return self._form_asked or super().in_form

    @on(Form.Helped)
    def help(self, event: Form.Helped) -> None:
        """Show the help of the field that has the focus, if it has it still."""
        if self.in_form:
            self._help = event.text
            self.message(event.text)
            self.sections.rule(event.where)

    @on(events.DescendantFocus)
    def outside(self) -> None:
        """A button above the form is no field of it, and has no help of one."""
        if self.sections.shown == "form" and not self.in_form:
            self.sections.rule("")
            if self.query_one("#message", Prose).text == self._help:
                self.message("")

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

    # --- planning and applying

    def action_plan(self) -> None:
        """Keep what was entered, then show what would be done; without anything entered just show it."""
        if not self.form.changed:
            self.turn("plan")
            return
        values = self.form.collect()
        if values is None:
            self.sections.show("form")
            self.message("Please correct what is marked with !")
            return
        self.wait_for_it()
        self.installer.worker.ask(self, lambda: self._kept(values), self._after_keeping)

    def _kept(self, values: Mapping[str, Any]) -> StepSnapshot | AnswersError:
        """In the worker: the step as it is with these answers, or why they are refused."""
        try:
            return keep(self.installer.engine, self.step_id, values)
        except AnswersError as error:
            return error

    async def _after_keeping(self, what: StepSnapshot | AnswersError) -> None:
        if isinstance(what, AnswersError):
            self.sections.show("form")
            self.entitle("answers refused")
            self.message("Please correct what is marked with !")
            self.form.complain(str(what), what.field)
        else:
            await self.planned(what)

    def action_apply(self) -> None:
        """Apply what is shown, if it may be applied."""
        if self.seen is None:
            return
        if self.form.changed:
            self.action_plan()
            return
        plan = self.seen.look.plan
        if self.seen.state == "in-place":
            self.message("In place: there is nothing to apply.")
        elif plan.blocked or self.seen.look.unknown:
            self.sections.show("plan")
            self.sections.give_focus()
            self.message("It cannot be applied yet. " + render.onward(self.seen))
        else:
            self.installer.ways.approve(plan)

    def action_go_on(self) -> None:
        """Do what the message says that Enter does."""
        if self.seen is not None and self.seen.state == "in-place":
            self.action_next()
        elif self.seen is not None and self.seen.section == "form":
            self.action_section("form")
        else:
            self.action_apply()

    def action_next(self) -> None:
        """To the next step."""
        if self.refuses("next"):
            return
        self.installer.ways.after(self.step_id)

    def action_before(self) -> None:
        """To the step before."""
        ids = [step.id for step in self.installer.engine.stack.steps]
        at = ids.index(self.step_id)
        if at == 0:
            self.message("This is the first step.")
        elif not self.refuses("before"):
            self.installer.ways.step(ids[at - 1])

    # --- leaving

    def action_leave(self) -> None:
        """Out of a field to the buttons; from there back home."""
        if not self.in_form:
            self.action_back()
            return
        self.query_one("#to-plan", TextButton).focus()
        self.refuses("back")

    def action_back(self) -> None:
        """Back home."""
        if not self.refuses("back"):
            self.dismiss(None)
