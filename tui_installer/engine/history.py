"""What earlier attempts at a step left on the hosts, as the journal tells it, and what would take it back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from tui_installer.engine.acts import loaded_modules, same
from tui_installer.engine.attempts import Attempt
from tui_installer.engine.journal import Journal
from tui_installer.engine.recall import NotRecalled, lost, recalled, titled, touched
from tui_installer.engine.state import State
from tui_installer.model.change import Change, Run, WriteFiles, inverse
from tui_installer.model.step import Context, Plan, Problem, Step


@dataclass(frozen=True, slots=True)
class UndoPlanner:
    """A step's earlier attempts, and the hosts as they are now."""

    step: Step[Any, Any]
    context: Context
    state: State
    journal: Journal

    def unreloaded(self) -> list[Run]:
        """Reloads that a crash left undone: their files are written, so nothing else would plan them."""
        changes = [change for data in self.journal.unfinished(self.step.id) if (change := self._recalled(data))]
        written = (change for change in changes if isinstance(change, WriteFiles) and self._is_written(change))
        owed = (change.then for change in written if not any(run.once for run in change.then))
        return [replace(run, undo=()) for then in owed for run in then]

    def _recalled(self, data: dict[str, Any]) -> Change | None:
        """None: what it needs is gone, which is said."""
        try:
            return recalled(data, self.context, self.state)
        except NotRecalled as gone:
            self.state.pass_over(f"{gone}.")
            return None

    def _is_written(self, change: WriteFiles) -> bool:
        return all(same(self.context.host(edit.host).read(edit.path), edit.after) for edit in change.edits)

    def standing(self, attempt: str = "") -> tuple[Change, ...]:
        """What stands of the step, or of one attempt at it, oldest first, without what cannot be recalled."""
        return tuple(change for _, change in self.known(attempt))

    def known(self, attempt: str = "") -> Iterator[tuple[str, Change]]:
        """The same, each with its key."""
        for key, data in self._standing(attempt).items():
            if (change := self._recalled(data)) is not None:
                yield key, change

    def _standing(self, attempt: str) -> dict[str, dict[str, Any]]:
        """See `Journal.standing`."""
        found = self.journal.standing(self.step.id)
        return {key: data for key, data in found if not attempt or key.startswith(f"{attempt}:")}

    def undo(self, removal: Iterable[Change], attempt: str = "") -> Plan:
        """What would take back what stands of the step, or of one attempt at it: the reloads that an undo which was
        cut off owes, the step's own removal, the inverses of what stands, newest first, and what such an undo would
        have done at last."""
        newest = self.journal.newest(self.step.id)
        owed = self.unreloaded() if newest is not None and newest.action in ("undo", "leave") else []
        back = self._back(self._standing(attempt), (*owed, *removal))
        last = [run for run in self._last(newest) if run not in back.changes] if not back.problems else []
        changes, of = (*back.changes, *last), (*back.of, *("" for _ in last))
        return replace(back, changes=changes, of=of, attempt=attempt)

    def _last(self, newest: Attempt | None) -> Iterator[Run]:
        """Modules and folders that an undo has not come to: they go once all is taken back, and stand for nothing."""
        if newest is None or newest.action != "undo" or newest.outcome == "done":
            return
        first = max((at for at, key in enumerate(newest.of, 1) if key), default=0)
        for at, data in enumerate(newest.changes):
            if at >= first and at not in newest.done and isinstance(change := self._recalled(data), Run):
                yield change

    def revert(self, attempt: str) -> Plan:
        """What would take back what stands of one attempt at the step, without a look."""
        return self.undo((), attempt)

    def _back(self, standing: dict[str, dict[str, Any]], first: Iterable[Change]) -> Plan:
        if not standing:
            return Plan(self.step.id, action="undo")
        if away := self._away(standing.values()):
            return Plan(self.step.id, (), (_unreached(self.step.id, away),), action="undo")
        pairs: list[tuple[Change, str]] = [(each, "") for each in first]
        said: list[Problem] = []
        known: list[tuple[str, Change]] = []
        for key, data in reversed(standing.items()):
            if (change := self._recalled(data)) is None:
                said.append(_lost(data))
            else:
                said += lost(data, self.state)
                known.append((key, change))
        pairs += _inverses(known)
        pairs += [(each, "") for each in (*self._modules(next(iter(standing))), *self._folders(standing))]
        changes, of = zip(*pairs, strict=True) if pairs else ((), ())
        return Plan(self.step.id, changes, tuple(said), action="undo", of=of)

    def _away(self, standing: Iterable[dict[str, Any]]) -> list[str]:
        """Hosts that were changed and cannot be logged in to now: what is theirs could not be taken back."""
        return sorted({name for data in standing for name in touched(data)} - set(self.context.hosts))

    def _modules(self, oldest: str) -> list[Run]:
        """Unloading the modules of the step that came since its oldest standing change; one in use stays."""
        before = next(a.loaded for a in self.journal.attempts() if a.id == oldest.partition(":")[0])
        now = loaded_modules(self.context.here)
        came = [name for name in self.step.modules if name in now and name not in before]
        return [Run(f"Unload {name}", "here", ("modprobe", "-r", name), ok=(0, 1)) for name in came]

    def _folders(self, standing: Collection[str]) -> list[Run]:
        """Removing the folders that were made for files which are gone again."""
        made = [
            (host, folder)
            for attempt in self.journal.attempts()
            for index, host, folder in attempt.made
            if f"{attempt.id}:{index}" in standing
        ]
        argv = ("rmdir", "--ignore-fail-on-non-empty")
        return [
            Run(f"Remove {folder}, which was made", host, (*argv, folder), ok=(0, 1), scaffold=True)
            for host, folder in made
        ]


def _inverses(newest_first: list[tuple[str, Change]]) -> Iterator[tuple[Change, str]]:
    """What takes these back, with their keys. What a repair has done again is taken back once, where the oldest is."""
    backs = [(key, change, inverse(change)) for key, change in newest_first]
    left = Counter((each.host, each.argv) for _, _, back in backs for each in back if isinstance(each, Run))
    for key, change, back in backs:
        kept: list[Change] = []
        for each in back:
            if isinstance(each, Run):
                left[each.host, each.argv] -= 1
            if not isinstance(each, Run) or not left[each.host, each.argv]:
                kept.append(each)
        yield from [(each, key) for each in kept] or [(_nothing(change), key)]


def _unreached(step_id: str, away: list[str]) -> Problem:
    text = f"{', '.join(away)} would have to be changed too, and cannot be logged in to now."
    return Problem(f"{step_id}.away", text, hint="Give the password again at the first step, or bring them back first.")


def _lost(data: dict[str, Any]) -> Problem:
    text = f"{titled(data)}: what would take it back is kept no more. The rest is taken back without it."
    hint = "Put it right by hand, or bring the program's folder back from a backup, then take back again."
    return Problem("state.lost", text, hint=hint, level="warn")


def _nothing(change: Change) -> WriteFiles:
    """A change that has no inverse still has to be marked as taken back: once that is done which its step removes."""
    removed = isinstance(change, WriteFiles) and change.left
    return WriteFiles(f"Nothing to take back: {change.title}", (), scaffold=not removed, strand=change.strand)
