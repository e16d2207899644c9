"""Carrying changes out: intention into the journal, the act, the outcome into the journal."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from itertools import groupby
from typing import Any

from tui_installer.engine.files import StateError
from tui_installer.engine.journal import Journal, Outcome
from tui_installer.engine.state import State
from tui_installer.hosts.host import File, Host, HostError, Result, side_by_side
from tui_installer.model import ends
from tui_installer.model.change import Change, Check, Edit, Run, WriteFiles, to_json
from tui_installer.model.fallback import ArmedFallback, Unit
from tui_installer.model.step import Context, Failure, Plan, Reason
from tui_installer.model.text import kept

POLL = 0.25
"""Seconds between two looks while a plan waits, or while somebody is asked to confirm."""


Asks = Callable[[float], object]
"""Is told once somebody has to confirm, and within how many seconds."""


class Failed(Exception):
    """Carries a failure from where it happens to the journal."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.verdict)
        self.failure = failure


class Performer:
    """Carries out plans on the hosts of a context, one change after the other, and can be asked to stop between two."""

    def __init__(
        self, context: Context, state: State, journal: Journal, revert: Callable[[str], Plan], asks: Asks
    ) -> None:
        """`revert`: what would take back what stands of the attempt with that id."""
        self._context = context
        self._state = state
        self._journal = journal
        self._back = revert
        self._asks = asks
        journal.discretion = state.discretion()

    def perform(self, plan: Plan, found: Iterable[str] = ()) -> Outcome:
        """Do what the plan says. The caller holds the lock, and has seen that the plan still fits.

        `found` is what it has to say before.
        """
        changes = [to_json(change, self._state) for change in plan.changes]
        confirm = max((c.confirm for c in plan.changes if isinstance(c, WriteFiles)), default=0.0)
        attempt = self._journal.start(
            plan.step, plan.action, changes, list(plan.of), loaded_modules(self._context.here)
        )
        for each in found:
            self._journal.note(attempt, each)
        outcome = self._risky(attempt, plan.changes, confirm) if confirm else self._each(attempt, plan.changes)
        if outcome == "failed" and plan.action == "undo":
            self._clear(attempt, plan.changes)
        self._journal.add("end", attempt, outcome=outcome)
        return outcome

    def _clear(self, attempt: str, changes: tuple[Change, ...]) -> None:
        """Of an undo that failed: what only stood for the sake of changes is taken away all the same."""
        begun = next(each for each in reversed(self._journal.attempts()) if each.id == attempt).begun
        for index, change in enumerate(changes):
            if index in begun or not (isinstance(change, WriteFiles) and change.scaffold):
                continue
            self._journal.add("begun", attempt, index=index, title=change.title, made=[])
            try:
                self._do(attempt, change)
            except Failed as failed:
                self._journal.note(attempt, f"{change.title}: {failed.failure.verdict}")
            else:
                self._journal.add("done", attempt, index=index)

    def abandon(self, attempt: str) -> Outcome:
        """Take back what an attempt began whose process is gone. The caller holds the lock."""
        outcome = self._revert(attempt, "its process is gone")
        self._journal.add("end", attempt, outcome=outcome)
        return outcome

    def _each(self, attempt: str, changes: tuple[Change, ...]) -> Outcome:
        for index, change in enumerate(changes):
            if self._state.requested(attempt, "stop"):
                return "stopped"
            self._journal.add("begun", attempt, index=index, title=change.title, made=self._folders(change))
            try:
                self._do(attempt, change)
            except Failed as failed:
                try:
                    self._journal.add("failed", attempt, index=index, **asdict(failed.failure))
                finally:  # also if that could not be written down
                    back = isinstance(change, WriteFiles) and self._put_back(attempt, change)
                if back:
                    self._journal.add("back", attempt, index=index)
                return "failed"
            self._journal.add("done", attempt, index=index)
        return "done"

    def _do(self, attempt: str, change: Change) -> None:
        if isinstance(change, Run):
            self._run(attempt, change)
            return
        side_by_side(partial(self._check_on, change), dict.fromkeys(check.host for check in change.checks))
        self._write(change)
        for run in change.then:
            self._run(attempt, run)

    # --- commands

    def _run(self, attempt: str, run: Run) -> None:
        """Run it, or repeat it until it says what is expected. Raises `Failed`."""
        deadline = time.monotonic() + run.within
        while True:
            left = max(1.0, deadline - time.monotonic())
            result = self._asked(run, left, attempt)
            lost = result.end == "lost"
            good = result.ok(*run.ok) or (lost and run.away and not run.expect)
            if good and (not run.expect or re.search(run.expect, result.out, re.MULTILINE)):
                return
            gone = result.end == "absent" or (lost and not run.away)
            if not run.expect or time.monotonic() > deadline or gone:
                raise _failure(run, result, waited=bool(run.expect) and good)
            time.sleep(POLL)

    def _asked(self, run: Run, within: float, attempt: str) -> Result:
        def say(line: str) -> None:
            self._journal.note(attempt, line)

        try:
            host = self._context.host(run.host)
            on_line = None if run.expect else say
            return host.run(*run.argv, stdin=run.stdin, within=within, on_line=on_line)
        except HostError as error:
            return Result(run.argv, "lost", None, "", str(error))

    # --- files

    def _check_on(self, change: WriteFiles, host: str) -> None:
        for check in change.checks:
            if check.host == host:
                self._check(change, check)

    def _check(self, change: WriteFiles, check: Check) -> None:
        """The tool's own test of a candidate, in a file of ours that it sees instead. Raises `Failed`."""
        edit = next(e for e in change.edits if (e.host, e.path) == (check.host, check.path))
        if edit.after is None or edit.after.link is not None:
            return
        candidate = f"/run/tui-installer-candidate-{edit.path.strip('/').replace('/', '-')}"
        argv = tuple(candidate if part == "@" else part for part in check.argv)
        host = self._context.host(check.host)
        try:
            host.write(candidate, replace(edit.after, mode=0o600))
            result = host.run(*argv, within=ends.COMMAND)
            host.write(candidate, None)
        except HostError as error:
            raise _unwritten(change, edit, str(error)) from error
        if not result.ok() or (check.reject and re.search(check.reject, result.err)):
            verdict = "its own check refuses the new file"
            words = _words(result)
            raise Failed(Failure(change.title, check.host, argv, verdict, result.code, words, reason="refused"))

    def _write(self, change: WriteFiles) -> None:
        """Write what is not yet as it is to be. Raises `Failed` if a file is neither as planned nor as wanted."""
        try:
            pending = [edit for edit in change.edits if self._pending(change, edit)]
            for edit in pending:
                self._context.host(edit.host).write(edit.path, edit.after)
        except HostError as error:
            raise _unwritten(change, change.edits[0], str(error)) from error

    def _pending(self, change: WriteFiles, edit: Edit) -> bool:
        now = self._context.host(edit.host).read(edit.path)
        if same(now, edit.after):
            return False
        if not same(now, edit.before):
            raise _unwritten(change, edit, "changed since the plan was made; it was not overwritten", "drift")
        return True

    def _put_back(self, attempt: str, change: WriteFiles) -> bool:
        """After a failure: the old content again, then the reload again, or what undoes it. Whether that went well."""
        try:
            for edit in change.back or tuple(replace(e, before=e.after, after=e.before) for e in change.edits):
                host = self._context.host(edit.host)
                if same(host.read(edit.path), edit.before):
                    host.write(edit.path, edit.after)
            for run in (back for told in change.then if not told.expect for back in told.undo or (told,)):
                self._run(attempt, run)
        except (HostError, Failed) as error:
            self._journal.note(attempt, f"Putting the old content back failed: {error}")
            return False
        return True

    def _folders(self, change: Change) -> list[list[str]]:
        """(host, folder) of the folders that writing will make, innermost first."""
        if isinstance(change, Run):
            return []
        made: dict[tuple[str, str], None] = {}
        for edit in change.edits:
            if edit.after is not None and edit.before is None:
                host = self._context.host(edit.host)
                made.update({(edit.host, folder): None for folder in _missing(host, edit.path)})
        return [list(each) for each in made]

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
            return Unit(self._context.here, attempt)
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
        for key, pairs in groupby(zip(back.of, back.changes, strict=True), key=lambda pair: pair[0]):
            index = int(key.partition(":")[2] or -1)
            try:
                for _, change in pairs:
                    if not (fired and key and isinstance(change, Run)):
                        self._do(attempt, change)
            except Failed as failed_again:
                self._journal.add("failed", attempt, index=index, **asdict(failed_again.failure))
                return "failed"
            try:
                if key:
                    self._journal.add("back", attempt, index=index)
            except StateError as error:
                unwritten = error  # the host may be cut off: it is taken back though it cannot be written down
        if unwritten:
            raise unwritten
        return "failed" if back.blocked else "reverted"


def loaded_modules(host: Host) -> list[str]:
    """The kernel modules that are loaded, the newest first."""
    file = host.read("/proc/modules")
    return [line.split()[0] for line in file.content.decode().splitlines()] if file else []


def same(one: File | None, other: File | None) -> bool:
    """Whether two files are the same to us; a link's mode means nothing."""
    if one is not None and other is not None and one.link is not None:
        return one.link == other.link
    return one == other


def _missing(host: Host, path: str) -> list[str]:
    folder, missing = path.rsplit("/", 1)[0], []
    while folder and not host.list(folder):
        missing.append(folder)
        folder = folder.rsplit("/", 1)[0]
    return missing


def _failure(run: Run, result: Result, waited: bool) -> Failed:
    verdict = f"did not come true within {run.within:.0f} s: {run.expect}" if waited else result.verdict
    reason: Reason = "waited" if waited else "exit" if result.end == "exited" else result.end
    return Failed(Failure(run.title, run.host, run.argv, verdict, result.code, _words(result), run.id, reason))


def _words(result: Result) -> tuple[str, ...]:
    """All that the tool said, its errors last."""
    return kept(tuple(line for line in f"{result.out}\n{result.err}".splitlines() if line.strip()))


def _unwritten(change: WriteFiles, edit: Edit, verdict: str, reason: Reason = "unwritten") -> Failed:
    return Failed(Failure(change.title, edit.host, (edit.path,), verdict, None, (), reason=reason))


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
    )
