"""The sections of a step's screen - facts, form, plan and live view - of which one is shown, and their buttons."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from screens import render
from screens.form import Form
from screens.literal import Pager, Rule, TextButton, TextLine
from screens.live import Live
from screens.snapshot import Section, StepSnapshot
from screens.worker import Worker
from tui_installer.engine.engine import Engine
from tui_installer.model.view import View


class Sections(Vertical):
    """Shows one section of what was seen of a step; which one is somebody else's decision."""

    def __init__(self, engine: Engine, worker: Worker, views: Sequence[View]) -> None:
        super().__init__()
        self.shown: Section = "facts"
        self.seen: StepSnapshot | None = None
        """None: the step has not been looked at yet."""
        self.form = Form(ident="form")
        self.live = Live(engine, worker, views, ident="live")
        self._pager = Pager(ident="pager")
        self._rule = Rule(ident="section-rule")
        self._beyond = TextLine(ident="beyond")
        """What of the form lies beyond the screen."""
        self._next = TextButton("Next step", ident="to-next")
        self._has_live = bool(views)

    def compose(self) -> ComposeResult:
        """See `Widget.compose`."""
        with Horizontal(id="sections"):
            yield TextButton("Facts", ident="to-facts")
            yield TextButton("Form", ident="to-form")
            yield TextButton("Plan", ident="to-plan")
            if self._has_live:
                yield TextButton("Live", ident="to-live")
            yield TextButton("Apply", ident="to-apply")
            yield self._next
            yield TextButton("Back", ident="to-back")
        yield self._rule
        yield self._pager
        yield self.live
        yield self.form
        yield self._beyond

    def on_mount(self) -> None:
        """Nothing has been seen yet."""
        self.show("facts")

    def show(self, section: Section) -> None:
        """Show this section, from its top; one that the step does not have changes nothing."""
        if section == "live" and not self._has_live:
            return
        self.shown = section
        for button in self.query(TextButton):
            button.choose(button.id == f"to-{section}")
        self._next.display = self.seen is not None and self.seen.state == "in-place"
        self.form.display = section == "form"
        self._beyond.display = self.form.display and bool(self._beyond.text)
        self._pager.display = section in ("facts", "plan")
        if self._pager.display:
            self._pager.say(self._lines(), top=True)
        self.live.turn(section == "live")
        plan = self.seen.look.plan if self.seen else None
        self.rule(render.summary(plan) if plan and plan.changes and section == "plan" else "")

    @on(Form.Beyond)
    def mark(self, event: Form.Beyond) -> None:
        """Say below the form what of it is not on the screen."""
        self._beyond.say(event.text)
        self._beyond.display = self.form.display and bool(event.text)

    def give_focus(self) -> None:
        """Give the focus to what the section is worked with."""
        if self.shown == "form":
            self.form.begin()
        else:
            (self.live if self.shown == "live" else self._pager).focus()

    def rule(self, word: str) -> None:
        """Set the word in the rule above the section."""
        self._rule.say(word)

    def _lines(self) -> list[str]:
        if self.seen is None:
            return ["Looking..."]
        return render.plan(self.seen) if self.shown == "plan" else render.facts(self.seen)
