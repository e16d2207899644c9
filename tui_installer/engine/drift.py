"""Files that this program wrote, and that somebody changed since: said of a step that is in place all the same."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property

from tui_installer.engine.acts import same
from tui_installer.engine.journal import Journal
from tui_installer.engine.recall import NotRecalled, recalled
from tui_installer.engine.state import State
from tui_installer.hosts.host import File, HostError
from tui_installer.model.change import WriteFiles
from tui_installer.model.step import Context, Problem

Written = Mapping[str, tuple[str, File | None]]
"""By path on this host: the step that wrote it last, and what it wrote."""


class Drift:
    """What is found in one status: the journal is read once, when it is asked for first."""

    def __init__(self, journal: Journal, context: Context, state: State) -> None:
        self._journal, self._context, self._state = journal, context, state

    @cached_property
    def _written(self) -> Written:
        """What stands of all steps. Left out: what is not known any more, and files that others change as well
        (`WriteFiles.left`)."""
        found: dict[str, tuple[str, File | None]] = {}
        attempts = self._journal.attempts()
        order = {attempt.id: number for number, attempt in enumerate(attempts)}
        steps = dict.fromkeys(attempt.step for attempt in attempts)
        standing = [(key, step, data) for step in steps for key, data in self._journal.standing(step)]
        for _, step, data in sorted(standing, key=lambda each: order[each[0].partition(":")[0]]):
            with suppress(NotRecalled, HostError):
                change = recalled(data, self._context, self._state) if "write" in data else None
                for edit in change.edits if isinstance(change, WriteFiles) else ():
                    found.pop(edit.path, None)
                    if edit.host == "here" and isinstance(change, WriteFiles) and not change.left:
                        found[edit.path] = step, edit.after
        return found

    def of(self, step: str, passing: tuple[str, ...]) -> tuple[Problem, ...]:
        """That files of a step are other ones now; empty: they are as they were written, or cannot be read. `passing`
        are those that the host removes again by itself."""
        with suppress(HostError):
            mine = [(path, file) for path, (of, file) in self._written.items() if of == step and path not in passing]
            if paths := [path for path, file in mine if not same(self._context.here.read(path), file)]:
                text = f"Changed since this program wrote it: {', '.join(paths)}."
                hint = "All is in place even so. Look at it, if it was not you."
                return (Problem(f"{step}.drift", text, (), hint, "warn"),)
        return ()
