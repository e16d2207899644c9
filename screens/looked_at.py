"""A screen of a step that was looked at: its sections, what was found, and what was entered and is not kept yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

from textual.app import ComposeResult

from screens import keymap, render
from screens.bindings import bound
from screens.form import Form
from screens.literal import Prose
from screens.page import Page
from screens.sections import Sections
from screens.snapshot import Section, StepSnapshot, see
from tui_installer.engine.inspection import STATES
from tui_installer.model.step import Problem

UNKEPT = "What was entered is not kept yet: [Plan] keeps it."
"""Said beside what does not show it."""
LOST = "What was entered is not kept yet: [Plan] keeps it, the same key again drops it."
"""Said before it would be lost."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a step's answers are asked for, if that is not its own plan: leaving the cluster, shutting the host down."""

    asks: tuple[Problem, ...]
    """What is to be answered."""
    go_on: Callable[[], None]
    """What is done once that was kept."""


class LookedAt(Page[None]):
    """One step, as it is."""

    LETTERS = frozenset(key.action.partition("(")[0] for key in keymap.STEP) - {"leave"}
    KEYMAP = keymap.STEP
    BINDINGS = bound(keymap.STEP)

    def __init__(self, step_id: str, purpose: Purpose | None = None) -> None:
        super().__init__()
        self.step_id = step_id
        self._purpose = purpose
        self._refused = ""
        """What was refused last, for it would have lost what was entered."""
        self._form_asked = False
        """The form was asked for before it was there: what is typed from then on is no letter of this screen."""

    def body(self) -> ComposeResult:
        """See `Page.body`."""
        views = self.installer.engine.stack.step(self.step_id).views()
        self.without = () if views else ("section('live')",)
        self.sections = Sections(self.installer.engine, self.installer.worker, views)
        yield self.sections

    @property
    def seen(self) -> StepSnapshot | None:
        """What was found at the last look; None: there was none yet."""
        return self.sections.seen

    @property
    def form(self) -> Form:
        """What is asked."""
        return self.sections.form

    def on_mount(self) -> None:
        """Look at the step."""
        self.sections.give_focus()
        self.action_look()

    def action_look(self) -> None:
        """Look at the step again."""
        if self.sections.shown == "live":
            self.sections.live.read()
        elif not self.refuses("look"):
            self.wait_for_it()
            self.installer.worker.ask(self, lambda: see(self.installer.engine, self.step_id), self.looked)

    def wait_for_it(self) -> None:
        """Say that an answer is awaited."""
        self.entitle("looking...")
        self.message("Looking...")
        self.form.note()

    async def looked(self, seen: StepSnapshot) -> None:
        """Show what was found, in the section that matters now."""
        to_form, self._form_asked = self._purpose is not None or self._form_asked, False
        await self._take(seen, "form" if to_form else _first(self, seen))

    async def planned(self, seen: StepSnapshot) -> None:
        """Show what was planned with the answers that were just given."""
        self.installer.moved = True
        purpose, self._purpose = self._purpose, None
        await self._take(seen, seen.section)
        if purpose:
            purpose.go_on()

    async def _take(self, seen: StepSnapshot, section: Section) -> None:
        self.sections.seen = seen
        self.entitle(STATES["waits" if _before(self) else seen.state])
        if self.form.touched:
            self.sections.show(self.sections.shown)
            self.message(UNKEPT)
            return
        await self.form.load(seen, self._purpose.asks if self._purpose else ())
        self.turn(section)

    def action_section(self, name: str) -> None:
        """Show a section."""
        self._form_asked = name == "form" and self.seen is None
        for section in get_args(Section):
            if section == name:
                self.turn(section)

    def turn(self, section: Section) -> None:
        """Show a section, to work with it."""
        self.sections.show(section)
        self.sections.give_focus()
        self._say_onward()

    def entitle(self, state: str) -> None:
        """Set the title: where this step is among all, and what state it is in."""
        steps = self.installer.engine.stack.steps
        number = [step.id for step in steps].index(self.step_id) + 1
        self.head(f"Step {number} of {len(steps)}: {steps[number - 1].title} - {state}")

    def _say_onward(self) -> None:
        """Say what Enter does; in the form the field that has the focus is told instead."""
        self._refused = ""
        if self.seen is not None and self.sections.shown != "form":
            before = f"Waits for: {_before(self)}. " if _before(self) else ""
            self.message(UNKEPT if self.form.changed else before + render.onward(self.seen))

    def refuses(self, action: str) -> bool:
        """Whether it would lose what was entered: that is said, and the same again, as long as it is said, does it."""
        message = self.query_one("#message", Prose)
        insists = self._refused == action and message.text == LOST
        if not self.form.changed or insists:
            return False
        self._refused = action
        self.message(LOST)
        return True


def _first(screen: LookedAt, seen: StepSnapshot) -> Section:
    """The first step, never answered, begins with its form."""
    first = screen.installer.engine.stack.steps[0].id == screen.step_id
    return "form" if first and not seen.asked and not seen.look.plan.changes else seen.section


def _before(screen: LookedAt) -> str:
    """The title of the step that this one waits for, as far as the first screen knows; empty: it waits for none."""
    if screen.seen is None or screen.seen.state not in ("todo", "problem"):
        return ""
    installer = screen.installer
    row = None if installer.moved else installer.known.get(screen.step_id)
    return installer.engine.stack.step(row.after).title if row and row.after else ""
