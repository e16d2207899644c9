"""One change, carried out on its hosts: its files are checked and written, its commands run; or it is put back."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from itertools import takewhile

from tui_installer.hosts.ahead import Ahead
from tui_installer.hosts.host import File, Host, HostError, Result, side_by_side
from tui_installer.hosts.snapshot import Snapshot
from tui_installer.model import ends
from tui_installer.model.change import Change, Check, Edit, Run, WriteFiles
from tui_installer.model.step import Context, Failure, Reason
from tui_installer.model.text import kept

POLL = 0.25
"""Seconds between two looks while a plan waits, or while somebody is asked to confirm."""
MODULES = "/proc/modules"
CANDIDATE = "/run/tui-installer-candidate-"
"""How the path begins of a file that its tool is to judge before it goes live."""

Say = Callable[[str], None]
"""Is told each line of what a command says, and what else there is to say."""
Seen = Callable[[str], Snapshot]
"""A host by its name, as it was before a change of its files. Raises `HostError`."""


class Failed(Exception):
    """Carries a failure from where it happens to the journal."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.verdict)
        self.failure = failure


class Actor:
    """Acts on the hosts of a context; keeps nothing."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def do(self, change: Change, say: Say, seen: Seen | None = None) -> None:
        """Carry it out. `seen`: the look that was begun for it a moment ago. Raises `Failed`."""
        if isinstance(change, Run):
            self._run(change, say)
            return
        side_by_side(partial(self._check_on, change), dict.fromkeys(check.host for check in change.checks))
        self._write(change, self.look(change) if change.checks or seen is None else seen)
        for run in change.then:
            self._run(run, say)

    def look(self, change: Change) -> Seen:
        """At the files that it writes and the folders that they lie in: each host is asked once."""
        edits = () if isinstance(change, Run) else change.edits

        @cache
        def seen(name: str) -> Snapshot:
            host, mine = Snapshot(self._context.host(name)), [edit for edit in edits if edit.host == name]
            above = {folder for edit in mine if edit.before is None for folder in _above(edit.path)}
            host.expect(Ahead(files=tuple(edit.path for edit in mine), patterns=tuple(sorted(above))))
            return host

        return seen

    # --- commands

    def _run(self, run: Run, say: Say) -> None:
        """Run it, or repeat it until it says what is expected. Raises `Failed`."""
        deadline = time.monotonic() + run.within
        while True:
            left = max(1.0, deadline - time.monotonic())
            result = self._asked(run, left, say)
            lost = result.end == "lost"
            good = result.ok(*run.ok) or (lost and run.away and not run.expect)
            if good and (not run.expect or re.search(run.expect, result.out, re.MULTILINE)):
                return
            gone = result.end == "absent" or (lost and not run.away)
            if not run.expect or time.monotonic() > deadline or gone:
                raise _failure(run, result, waited=bool(run.expect) and good)
            time.sleep(POLL)

    def _asked(self, run: Run, within: float, say: Say) -> Result:
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
        candidate = f"{CANDIDATE}{edit.path.strip('/').replace('/', '-')}"
        argv = tuple(candidate if part == "@" else part for part in check.argv)
        host = self._context.host(check.host)
        try:
            host.write(candidate, replace(edit.after, mode=0o600))
            result = host.run(*argv, within=ends.COMMAND)
        except HostError as error:
            raise _unwritten(change, edit, str(error)) from error
        finally:
            with suppress(HostError):  # whoever acts next here sweeps
                host.write(candidate, None)
        if not result.ok() or (check.reject and re.search(check.reject, result.err)):
            verdict = "its own check refuses the new file"
            words = _words(result)
            raise Failed(Failure(change.title, check.host, argv, verdict, result.code, words, reason="refused"))

    def _write(self, change: WriteFiles, seen: Seen) -> None:
        """Write what is not yet as it is to be. Raises `Failed` if a file is neither as planned nor as wanted."""
        try:
            pending = [edit for edit in change.edits if _pending(change, edit, seen)]
            for edit in pending:
                self._context.host(edit.host).write(edit.path, edit.after)
        except HostError as error:
            raise _unwritten(change, change.edits[0], str(error)) from error

    def put_back(self, change: WriteFiles, say: Say) -> bool:
        """After a failure: the old content again, then the reload again, or what undoes it. Whether that went well."""
        try:
            for edit in change.back or tuple(replace(e, before=e.after, after=e.before) for e in change.edits):
                host = self._context.host(edit.host)
                if same(host.read(edit.path), edit.before):
                    host.write(edit.path, edit.after)
            for run in (back for told in change.then if not told.expect for back in told.undo or (told,)):
                self._run(run, say)
        except (HostError, Failed) as error:
            say(f"Putting the old content back failed: {error}")
            return False
        return True


def loaded_modules(host: Host) -> list[str]:
    """The kernel modules that are loaded, the newest first."""
    file = host.read(MODULES)
    return [line.split()[0] for line in file.content.decode().splitlines()] if file else []


def same(one: File | None, other: File | None) -> bool:
    """Whether two files are the same to us; a link's mode means nothing."""
    if one is not None and other is not None and one.link is not None:
        return one.link == other.link
    return one == other


def folders(change: Change, seen: Seen) -> list[list[str]]:
    """(host, folder) of the folders that writing will make, innermost first. Raises `HostError`."""
    made: dict[tuple[str, str], None] = {}
    for edit in () if isinstance(change, Run) else change.edits:
        if edit.after is not None and edit.before is None:
            made.update({(edit.host, folder): None for folder in _missing(seen(edit.host), edit.path)})
    return [list(each) for each in made]


def _missing(host: Snapshot, path: str) -> list[str]:
    return list(takewhile(lambda folder: not host.list(folder), _above(path)))


def _above(path: str) -> Iterator[str]:
    """The folders above a path, innermost first, without the root."""
    while path := path.rpartition("/")[0]:
        yield path


def _pending(change: WriteFiles, edit: Edit, seen: Seen) -> bool:
    """Whether it is to be written. Raises `Failed`, `HostError`."""
    now = seen(edit.host).read(edit.path)
    if same(now, edit.after):
        return False
    if not same(now, edit.before):
        raise _unwritten(change, edit, "changed since the plan was made; it was not overwritten", "drift")
    return True


def _failure(run: Run, result: Result, waited: bool) -> Failed:
    verdict = f"did not come true within {run.within:.0f} s: {run.expect}" if waited else result.verdict
    reason: Reason = "waited" if waited else "exit" if result.end == "exited" else result.end
    return Failed(Failure(run.title, run.host, run.argv, verdict, result.code, _words(result), run.id, reason))


def _words(result: Result) -> tuple[str, ...]:
    """All that the tool said, its errors last."""
    return kept(tuple(line for line in f"{result.out}\n{result.err}".splitlines() if line.strip()))


def _unwritten(change: WriteFiles, edit: Edit, verdict: str, reason: Reason = "unwritten") -> Failed:
    return Failed(Failure(change.title, edit.host, (edit.path,), verdict, None, (), reason=reason))
