"""The form of a step, made of the questions that its answers class declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Input

from screens.fields import Known, Pick, TextEntry, Tick
from screens.form_model import FORGET, FormField, asked, wanted, without_name
from screens.literal import Prose, TextButton, TextLine
from screens.snapshot import StepSnapshot
from tui_installer.model.answers import AnswersError, Question, convert
from tui_installer.model.step import Problem

Editor = TextEntry | Tick | Pick
LABEL = 28
"""Columns of a field's label, with its marker."""


class Field(Vertical):
    """A question with its editor, and below it what is known of the answers, and what is wrong with the given one."""

    def __init__(self, question: Question, editor: Editor, known: Known | None = None) -> None:
        super().__init__()
        self.question = question
        self.editor = editor
        self.known = known
        self._before = editor.raw
        self._label = TextLine(self._words(), classes="label")
        self._error = Prose(classes="error", mark="    ! ")
        self._error.display = False

    def compose(self) -> ComposeResult:
        """See `Widget.compose`."""
        if isinstance(self.editor, Pick) and self.editor.widest > self.app.size.width - LABEL:
            yield from (self._label, self.editor, self._error)
            self.add_class("wide")
            return
        edges = isinstance(self.editor, TextEntry)
        with Horizontal():
            yield self._label
            yield TextLine("[" if edges else "", classes="edge" if edges else "none")
            yield self.editor
            yield TextLine("]" if edges else "", classes="edge" if edges else "none")
        if self.known:
            self.add_class("wide")
            yield self.known
        yield self._error

    @property
    def changed(self) -> bool:
        """Whether something else was entered than was there."""
        return bool(self.editor.raw != self._before)

    @property
    def about(self) -> str:
        """Its help; before it the current row of a list, if that was cut."""
        rows = self.known if self.known and self.known.has_focus else self.editor
        whole = rows.whole if isinstance(rows, Pick) else ""
        return f"{whole}\n{self.question.about}" if whole else self.question.about

    def value(self) -> Any:
        """The answer. Raises `AnswersError`."""
        forgotten = self.question.kind == "secret" and self.editor.raw == FORGET
        return convert(self.question, "" if forgotten else self.editor.raw)

    def complain(self, error: str) -> None:
        """Say below it what is wrong; an empty text: nothing is."""
        self._error.say(error)
        self._error.display = bool(error)

    @on(Input.Changed)
    def follow(self) -> None:
        """What was typed is ticked if it is known."""
        if self.known:
            self.known.follow()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def mark(self) -> None:
        """Put the marker where the focus is."""
        self._label.say(self._words())

    def _words(self) -> str:
        return f"{'>' if self.editor.has_focus else ' '} {self.question.label}"


class Form(VerticalScroll, can_focus=False):
    """All questions of a step, one below the other, and a button."""

    class Helped(Message):
        """Another field has the focus: this is its help, and where it is among the others."""

        def __init__(self, text: str, where: str) -> None:
            super().__init__()
            self.text = text
            self.where = where

    class Beyond(Message):
        """There is more of it than the screen shows, as `text` says, or all of it is seen: then it is empty."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, *, ident: str) -> None:
        super().__init__(id=ident)
        self._fields: list[Field] = []
        self._offered: dict[str, tuple[tuple[str, str], ...]] = {}
        """What the lists offered when the form was last begun."""
        self._wanted = ""
        """See `wanted`."""
        self._noted: list[tuple[Field, object]] = []
        """See `note`."""

    @property
    def changed(self) -> bool:
        """Whether anything was entered that is not kept yet."""
        return any(field.changed for field in self._fields)

    @property
    def touched(self) -> bool:
        """Whether anything was entered since `note`."""
        return any(field.editor.raw != raw for field, raw in self._noted)

    def on_mount(self) -> None:
        """Tell what lies beyond the screen when there is more or less of it."""
        self.watch(self, "virtual_size", self._tell_beyond, init=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """See `Widget.watch_scroll_y`."""
        super().watch_scroll_y(old_value, new_value)
        self._tell_beyond()

    def _tell_beyond(self) -> None:
        top, rows = round(self.scroll_y), self.size.height
        regions = [field.virtual_region for field in self._fields]
        shown = [number for number, each in enumerate(regions, 1) if each.bottom > top and each.y < top + rows]
        if self.max_scroll_y <= 0:
            self.post_message(self.Beyond(""))
            return
        if not shown:
            return  # they have no place yet
        more = "end" if top >= self.max_scroll_y else "more"
        where = f"fields {shown[0]}-{shown[-1]}" if shown[1:] else f"field {shown[0]}"
        self.post_message(self.Beyond(f"-- {where} of {len(self._fields)}   -- {more} --"))

    def note(self) -> None:
        """Remember what is entered now: an answer is awaited, after which it is loaded anew."""
        self._noted = [(field, field.editor.raw) for field in self._fields]

    async def load(self, seen: StepSnapshot, of: Sequence[Problem] = ()) -> None:
        """Show a step's questions, with the answers as they are; `of`: see `wanted`."""
        self._wanted = wanted(seen, of)
        self._noted = []
        self._fields = [_field(each) for each in asked(seen)]
        empty = [] if self._fields else [TextLine("This step asks nothing.")]
        await self.remove_children()
        await self.mount(*_head(seen), *empty, *self._fields, TextButton("Keep and plan", ident="form-plan"))

    def begin(self) -> None:
        """Give the focus to the field that is asked for, else to a list with something new, else to the first one."""
        lists = {field.question.name: field.editor for field in self._fields if isinstance(field.editor, Pick)}
        new = [pick for name, pick in lists.items() if self._offered.get(name) != pick.options]
        self._offered = {name: pick.options for name, pick in lists.items()}
        named = [field.editor for field in self._fields if field.question.name == self._wanted]
        first = [*named, *new]
        every = first or self.query("TextEntry, Tick, Pick, TextButton")  # none are there if the screen was left
        for target in every[:1]:
            target.focus()

    def collect(self) -> Mapping[str, Any] | None:
        """What was changed, by the fields' names; None if something is wrong, which is then said beside it."""
        values: dict[str, Any] = {}
        wrong: list[Field] = []
        for field in self._fields:
            try:
                if field.changed:
                    values[field.question.name] = field.value()
                field.complain("")
            except AnswersError as error:
                field.complain(without_name(field.question, str(error)))
                wrong.append(field)
        if wrong:
            wrong[0].editor.focus()
        return None if wrong else values

    def complain(self, error: str, name: str) -> None:
        """Say what is wrong beside the field of that name, else beside the first one."""
        mine = [field for field in self._fields if field.question.name == name]
        for field in (mine or self._fields)[:1]:
            field.complain(without_name(field.question, error))
            field.editor.focus()

    def on_resize(self) -> None:
        """Keep what has the focus on the screen: its help may have taken the room."""
        self._tell_beyond()
        for focused in self.query("*:focus"):
            focused.scroll_visible(animate=False, immediate=True)

    @on(events.DescendantFocus)
    @on(Pick.Moved)
    def help(self) -> None:
        """Tell what has the focus, and all of a list's current row that has no room in it."""
        focused = self.screen.focused
        for number, field in enumerate(self._fields, 1):
            if focused is not None and focused in (field.editor, field.known):
                self.post_message(self.Helped(field.about, f"field {number} of {len(self._fields)}"))
        if isinstance(focused, TextButton) and focused in self.children:
            text = "Keeps the answers and shows what would be done. Nothing is changed yet."
            self.post_message(self.Helped(text, ""))


def _field(asked: FormField) -> Field:
    question = asked.question
    if asked.options and question.typed:
        entry = TextEntry(asked.text)
        return Field(question, entry, Known(asked.options, entry, single=question.kind == "text"))
    return Field(question, _editor(asked))


def _editor(asked: FormField) -> Editor:
    question = asked.question
    if question.kind == "yes-no":
        return Tick(asked.yes)
    if asked.options:
        return Pick(asked.options, asked.ticked, single=question.kind == "text")
    if question.kind == "secret":
        return TextEntry("", secret=True, whole=f"(kept if left empty; {FORGET} forgets it)" if asked.kept else "")
    return TextEntry(asked.text)


def _head(seen: StepSnapshot) -> Iterator[TextLine]:
    """What is missing or wrong, as far as there is room for it."""
    for problem in (*seen.blocking, *(each for each in seen.failed if each.field))[:1]:
        yield Prose(problem.text, classes="head", most=3)
        if problem.hint:
            yield Prose(problem.hint, classes="head", most=2)
    yield TextLine()
