"""Carrying plans out: intention into the journal, the act, the outcome into the journal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from itertools import groupby
from typing import Any

from tui_installer.engine.acts import POLL, Actor, Failed, Seen, folders
from tui_installer.engine.entries import Outcome
from tui_installer.engine.files import StateError
from tui_installer.engine.journal import Journal
from tui_installer.engine.state import State
from tui_installer.hosts.host import HostError
from tui_installer.model.change import Change, Run, WriteFiles, needs
from tui_installer.model.change_json import to_json
from tui_installer.model.fallback import ArmedFallback, TransientUnit
from tui_installer.model.step import Context, Failure, Plan, Problem

Asks = Callable[[float], object]
"""Is told once somebody has to confirm, and within how many seconds."""
Refuses = Callable[[Change], Problem | None]
"""Why a change must not be made now, by what lives on its host; None: it may."""


class Performer:
    """Carries out plans on the hosts of a context, one change after the other, and can be asked to stop between two."""

    def __init__(
        self,
        context: Context,
        state: State,
        journal: Journal,
        revert: Callable[[str], Plan],
        asks: Asks,
        refuses: Refuses,
    ) -> None:
        """`revert`: what would take back what stands of the attempt with that id."""
        self._context = context
        self._state = state
        self._journal = journal
        self._back = revert
        self._asks = asks
        self._refuses = refuses
        self._actor = Actor(context)
        self._left: list[str] = []
        """Titles of what was to be taken back, and was not."""
        journal.discretion = state.discretion()

    def perform(self, plan: Plan, found: Iterable[str], modules: list[str]) -> Outcome:
        """Do what the plan says. The caller holds the lock, and has seen that the plan still fits.

        `found` is what it has to say before; `modules` are loaded now.
        """
        changes = [to_json(change, self._state) for change in plan.changes]
        confirm = max((c.confirm for c in plan.changes if isinstance(c, WriteFiles)), default=0.0)
        attempt = self._journal.start(plan.step, plan.action, changes, list(plan.of), modules)
        for each in found:
            self._journal.note(attempt, each)
        if plan.action == "undo":
            outcome = self._undo(attempt, plan)
        else:
            outcome = self._risky(attempt, plan.changes, confirm) if confirm else self._each(attempt, plan.changes)
        self._journal.end(attempt, outcome, self._left)
        return outcome

    def abandon(self, attempt: str) -> Outcome:
        """Take back what an attempt began whose process is gone. The caller holds the lock."""
        outcome = self._revert(attempt, "its process is gone")
        self._journal.end(attempt, outcome, self._left)
        return outcome

    def _do(self, attempt: str, change: Change, seen: Seen | None = None) -> None:
        """Raises `Failed`."""
        if problem := self._refuses(change):
            argv = change.argv if isinstance(change, Run) else ()
            why = (problem.text, None, problem.evidence)
            raise Failed(Failure(change.title, "here", argv, *why, reason="refused", problem=problem.code))
        self._actor.do(change, lambda line: self._journal.note(attempt, line), seen)

    def _each(self, attempt: str, changes: tuple[Change, ...]) -> Outcome:
        for index, change in enumerate(changes):
            if self._state.requested(attempt, "stop"):
                return "stopped"
            if not self._one(attempt, index, change):
                return "failed"
        return "done"

    def _one(self, attempt: str, index: int, change: Change) -> bool:
        """Carry one out, and tell the journal; whether it went well."""
        seen = self._actor.look(change)
        self._journal.add("begun", attempt, index=index, title=change.title, made=folders(change, seen))
        try:
            self._do(attempt, change, seen)
        except Failed as failed:
            try:
                self._journal.add("failed", attempt, index=index, **asdict(failed.failure))
            finally:  # also if that could not be written down
                back = isinstance(change, WriteFiles) and self._put_back(attempt, change)
            if back:
                self._journal.add("back", attempt, index=index)
            return False
        self._journal.add("done", attempt, index=index)
        return True

    def _put_back(self, attempt: str, change: WriteFiles) -> bool:
        return self._actor.put_back(change, lambda line: self._journal.note(attempt, line))

    # --- taking back

    def _undo(self, attempt: str, plan: Plan) -> Outcome:
        """Take back all that can be; what only stood for other changes' sake even after it was asked to stop."""
        outcomes: list[Outcome] = ["done"]

        def act(index: int, change: Change) -> bool:
            if not change.scaffold and self._state.requested(attempt, "stop"):
                outcomes.append("stopped")
                return False
            good = self._one(attempt, index, change)
            outcomes.extend([] if good else ["failed"])
            return good

        for _ in self._backwards(plan, act):
            pass
        return next((each for each in ("failed", "stopped") if each in outcomes), "done")

    def _backwards(self, plan: Plan, act: Callable[[int, Change], bool]) -> Iterator[tuple[str, bool]]:
        """Act on what can be taken back: past something that was not, to what does not need it.

        Gives each key of what is taken back, and whether all of that was.
        """
        held: list[Change] = []
        pairs = enumerate(zip(plan.changes, plan.of, strict=True))
        for key, group in groupby(pairs, key=lambda pair: pair[1][1] or pair[0]):
            mine = [(index, change) for index, (change, _) in group]
            good = not any(needs(change, other) for _, change in mine for other in held)
            for index, change in mine:
                good = good and act(index, change)
                held += [] if good else [change]
            yield str(key), good
        self._left = [change.title for change in held]

    # --- changes that somebody must confirm

    def _risky(self, attempt: str, changes: tuple[Change, ...], confirm: float) -> Outcome:
        """Carry them out, with something that takes them back should this process not live, or reach the host, to do
        it; keep them if somebody confirms."""
        try:
            armed = self._arm(attempt, changes, confirm)
        except HostError as error:
            failure = Failure(changes[0].title, "here", (), f"not begun: {error}", None, (), reason="lost")
            self._journal.add("failed", attempt, index=0, **asdict(failure))
            return "failed"
        try:
            outcome = self._each(attempt, changes)
            if outcome == "done" and self._confirmed(attempt, armed, confirm):
                return outcome
        except StateError as error:
            self._revert(attempt, str(error), fired=armed.settle())
            raise
        if outcome == "stopped" and armed.keep():
            return outcome
        why = {"done": "nobody confirmed it in time", "failed": "it failed"}.get(outcome, "it was stopped")
        return self._revert(attempt, why, fired=armed.settle())

    def _arm(self, attempt: str, changes: tuple[Change, ...], confirm: float) -> ArmedFallback:
        """Raises `HostError`."""
        if self._context.fallback is None:
            return TransientUnit(self._context.here, attempt)
        runs = [run for change in changes for run in ((change,) if isinstance(change, Run) else change.then)]
        return self._context.fallback(attempt, changes, confirm + sum(run.within for run in runs))

    def _confirmed(self, attempt: str, armed: ArmedFallback, within: float) -> bool:
        with suppress(HostError):
            armed.shorten(within)
        self._journal.add("confirm", attempt, within=within)
        self._asks(within)
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if self._state.requested(attempt, "confirm") and armed.keep():
                return True
            if self._state.requested(attempt, "stop"):
                return False
            time.sleep(POLL)
        return False

    def _revert(self, attempt: str, why: str, fired: bool = False) -> Outcome:
        """Take back what this attempt began and what stands of it, newest first. If the fallback has done that, its
        commands are not run again, but each file is looked at."""
        said = "The host has taken it back by itself" if fired else "Taking it back"
        self._journal.note(attempt, f"{said}: {why}.")
        back, unwritten = self._back(attempt), None

        def act(at: int, change: Change) -> bool:
            if fired and back.of[at] and isinstance(change, Run):
                return True
            try:
                self._do(attempt, change)
            except Failed as failed:
                index = int(back.of[at].partition(":")[2] or -1)
                self._journal.add("failed", attempt, index=index, **asdict(failed.failure))
                return False
            return True

        for key, good in self._backwards(back, act):
            try:
                if good and ":" in key:
                    self._journal.add("back", attempt, index=int(key.partition(":")[2]))
            except StateError as error:
                unwritten = error  # the host may be cut off: it is taken back though it cannot be written down
        if unwritten:
            raise unwritten
        return "failed" if back.blocked or self._left else "reverted"


def failure_from(data: dict[str, Any]) -> Failure:
    """The failure that a journal entry tells of."""
    return Failure(
        data["title"],
        data["host"],
        tuple(data["command"]),
        data["verdict"],
        data["code"],
        tuple(data["evidence"]),
        data.get("id", ""),
        data.get("reason", "exit"),
        data.get("problem", ""),
    )
