"""The screen of a step, for every step the same: what is, the form, the plan, and apply."""

from __future__ import annotations

from typing import ClassVar, get_args

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from screens import telling
from screens.form import Form
from screens.literal import Pager, Prose, Rule, TextButton
from screens.live import Live
from screens.page import Page
from screens.seen import Section, Seen, keep, see
from screens.status import StatusScreen
from screens.words import STATES
from tui_installer.answers import AnswersError

UNKEPT = "What was entered is not kept yet: Plan keeps it."
"""Said beside what does not show it."""
LOST = "Plan keeps what was entered; the same again goes on without it."
"""Said before it would be lost."""


class StepScreen(Page[None]):
    """One step."""

    LETTERS: ClassVar[frozenset[str]] = frozenset({"section", "plan", "apply", "look", "next", "go_on", "help"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "section('facts')"),
        Binding("e", "section('form')"),
        Binding("p", "plan"),
        Binding("l", "section('live')"),
        Binding("a", "apply"),
        Binding("r", "look"),
        Binding("n", "next"),
        Binding("enter", "go_on"),
        Binding("escape", "leave"),
        Binding("question_mark,f1", "app.help"),
    ]

    def __init__(self, step_id: str) -> None:
        super().__init__()
        self.step_id = step_id
        self._seen: Seen | None = None
        self._section: Section = "facts"
        self._refused = ""
        """What was refused last, for it would have lost what was entered."""

    def body(self) -> ComposeResult:
        """See `Page.body`."""
        step = self.installer.engine.stack.step(self.step_id)
        live = "l Live " if step.views() else ""
        self.KEYS = f"f Facts e Form p Plan {live}a Apply r again  Esc back  ? help"
        with Horizontal(id="sections"):
            yield TextButton("Facts", ident="to-facts")
            yield TextButton("Form", ident="to-form")
            yield TextButton("Plan", ident="to-plan")
            if step.views():
                yield TextButton("Live", ident="to-live")
            yield TextButton("Apply", ident="to-apply")
            yield TextButton("Next step", ident="to-next")
            yield TextButton("Back", ident="to-back")
        yield Rule(ident="section-rule")
        yield Pager(ident="pager")
        yield Live(self.installer.engine, self.installer.worker, step.views(), ident="live")
        yield Form(ident="form")

    def on_mount(self) -> None:
        """Look at the step."""
        self.query_one("#to-next").display = False
        self._show("facts")
        self.query_one("#pager").focus()
        self.action_look()

    # --- looking

    def action_look(self) -> None:
        """Look at the step again."""
        if self._section == "live":
            self.query_one(Live).read()
            return
        if self._refuses("look"):
            return
        self.query_one("#pager", Pager).say(["Looking..."] if self._seen is None else self._lines())
        self._await()
        self.installer.worker.ask(self, lambda: see(self.installer.engine, self.step_id), self.looked)

    def _await(self) -> None:
        """Say that an answer is awaited."""
        self._head("looking...")
        self.message("Looking...")
        self.query_one(Form).note()

    async def looked(self, seen: Seen) -> None:
        """Show what was found, in the section that matters now."""
        await self._take(seen, self._first(seen))

    async def planned(self, seen: Seen) -> None:
        """Show what was planned with the answers that were just given."""
        self.installer.moved = True
        await self._take(seen, seen.section)

    async def _take(self, seen: Seen, section: Section) -> None:
        self._seen = seen
        self._head(STATES["waits" if self._before else seen.state])
        self.query_one("#to-next").display = seen.state == "in-place"
        if self.query_one(Form).touched:
            self._show(self._section)
            self.message(UNKEPT)
            return
        await self.query_one(Form).load(seen)
        self._show(section)
        self.focus_section()
        self._say_onward()

    def _first(self, seen: Seen) -> Section:
        """The first step, never answered, begins with its form."""
        first = self.installer.engine.stack.steps[0].id == self.step_id
        return "form" if first and not seen.asked and not seen.look.plan.changes else seen.section

    # --- sections

    def action_section(self, name: str) -> None:
        """Show a section."""
        for section in get_args(Section):
            if section == name and (name != "live" or self.query("#to-live")):
                self._show(section)
                self.focus_section()
                self._say_onward()

    def action_plan(self) -> None:
        """Keep what was entered, then show the plan."""
        self._plan("plan")

    def focus_section(self) -> None:
        """Give the focus to what the section is worked with."""
        if self._section == "form":
            self.query_one(Form).begin()
        else:
            self.query_one("#live" if self._section == "live" else "#pager").focus()

    def _show(self, section: Section) -> None:
        self._section = section
        for button in self.query(TextButton):
            button.choose(button.id == f"to-{section}")
        self.query_one(Form).display = section == "form"
        pager = self.query_one("#pager", Pager)
        pager.display = section in ("facts", "plan")
        if pager.display:
            pager.say(self._lines(), top=True)
        self.query_one(Live).turn(section == "live")
        self._summary()

    def _lines(self) -> list[str]:
        if self._seen is None:
            return ["Looking..."]
        return telling.plan(self._seen) if self._section == "plan" else telling.facts(self._seen)

    def _summary(self) -> None:
        plan = self._seen.look.plan if self._seen else None
        word = telling.summary(plan) if plan and plan.changes and self._section == "plan" else ""
        self.query_one("#section-rule", Rule).say(word)

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
        if self._seen is not None and self._section != "form":
            before = f"Waits for: {self._before}. " if self._before else ""
            self.message(UNKEPT if self.query_one(Form).changed else before + telling.onward(self._seen))

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
        if not self.query_one(Form).changed or insists:
            return False
        self._refused = action
        self.message(LOST)
        return True

    @on(Form.Helped)
    def help(self, event: Form.Helped) -> None:
        """Show the help of the field that has the focus, if it has it still."""
        if self.in_form:
            self.message(event.text)
            self.query_one("#section-rule", Rule).say(event.where)

    # --- planning and applying

    def _plan(self, section: Section) -> None:
        """Keep what was entered, then show what would be done; without anything entered just show it."""
        form = self.query_one(Form)
        if not form.changed:
            self.action_section(section)
            return
        values = form.collect()
        if values is None:
            self._show("form")
            self.message("Please correct what is marked with !")
            return
        self._await()
        self.installer.worker.ask(self, lambda: self._kept(values), self._after_keeping)

    def _kept(self, values: object) -> Seen | str:
        """In the worker: the step as it is with these answers, or why they are refused."""
        assert isinstance(values, dict)
        try:
            return keep(self.installer.engine, self.step_id, values)
        except (AnswersError, ValueError) as error:
            return str(error)

    async def _after_keeping(self, what: Seen | str) -> None:
        if isinstance(what, str):
            self._show("form")
            self._head("answers refused")
            self.message("Please correct what is marked with !")
            self.query_one(Form).complain(what)
        else:
            await self.planned(what)

    def action_apply(self) -> None:
        """Apply what is shown, if it may be applied."""
        if self._seen is None:
            return
        if self.query_one(Form).changed:
            self._plan("plan")
            return
        plan = self._seen.look.plan
        if self._seen.state == "in-place":
            self.message("In place: there is nothing to apply.")
        elif plan.blocked or self._seen.look.unknown:
            self._show("plan")
            self.focus_section()
            self.message("It cannot be applied yet. " + telling.onward(self._seen))
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
