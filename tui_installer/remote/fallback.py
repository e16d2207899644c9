"""The fallback of a host that is driven from here. What a change cuts may be the way to it, so the host itself keeps
what takes the change back: a job there (`hosts.ssh_jobs`) that waits, and needs neither us nor a connection."""

from __future__ import annotations

import contextlib
import shlex
import time
from collections.abc import Iterable, Iterator
from typing import Protocol

from tui_installer.hosts.host import File, HostError, Result
from tui_installer.hosts.shell import Conversation, Ended, Silence, timed
from tui_installer.hosts.shell_text import FIRST, printf
from tui_installer.hosts.ssh_files import FILES, writing
from tui_installer.hosts.ssh_jobs import JOBS
from tui_installer.model.change import Change, Edit, Run, inverse

FALLBACK = """
our_arm() {
    (umask 077; mkdir -p "$our_run" && : > "$our_run/armed.$1") || return
    our_begin "$1" "$2" sh -s takes back what nobody confirmed
}
our_shorten() { echo "$2" > "$our_run/left.$1.new" && mv "$our_run/left.$1.new" "$our_run/left.$1"; }
our_keep() {
    rm "$our_run/armed.$1" 2>/dev/null || return
    for second in 1 2 3 4 5; do [ ! -d "$our_jobs/$1" ] || sleep 1; done
}
our_settled() {
    our_keep "$1" || [ ! -d "$our_jobs/$1" ] && return
    [ -f "$our_jobs/$1/code" ] || return 1
    rm -rf "$our_jobs/$1"
    return 3
}
our_wait() {
    seconds=$2
    while [ -e "$our_run/armed.$1" ] && [ "$seconds" -gt 0 ]; do
        sleep 1
        seconds=$((seconds - 1))
        [ ! -e "$our_run/left.$1" ] || { read -r seconds < "$our_run/left.$1"; rm -f "$our_run/left.$1"; }
    done
    rm -f "$our_run/left.$1"
    mv "$our_run/armed.$1" "$our_run/fires.$1" 2>/dev/null
}
our_holds() { [ -f "$1" ] && [ ! -L "$1" ] && cmp -s - "$1"; }
"""
"""our_arm NAME SECONDS <SCRIPT: start the script, which ends within the seconds; our_shorten NAME SECONDS: it waits no
longer than these; our_keep NAME: put it out (0), unless it does its work already; our_settled NAME: put it out (0,
also after a restart), or see that it has done its work (3). In the script: our_wait NAME SECONDS: until they are over
(0), or it was put out; our_holds PATH <CONTENT: whether the file has it.

Whoever removes or renames the file armed.NAME decides, which happens once."""

SLACK = 10
"""Seconds that the host waits longer than we do: as long as we reach it, we take back, and the journal tells how."""
PAUSE = 1.0
"""Seconds between two looks at whether it is over."""


class Driven(Protocol):
    """The host behind ssh."""

    def run(self, *argv: str) -> Result:
        """See `Host.run`. A connection that was lost is opened again."""

    def converse(self) -> Conversation:
        """A shell there. Raises `HostError`."""


class SshFallback:
    """A `fallback.Fallback`."""

    def __init__(self, host: Driven, slack: int = SLACK) -> None:
        self._host = host
        self._slack = slack

    def __call__(self, attempt: str, changes: tuple[Change, ...], within: float) -> SshArmed:
        """See `Fallback.__call__`."""
        return SshArmed(self._host, attempt, changes, within, self._slack)


class SshArmed:
    """A `fallback.ArmedFallback`."""

    def __init__(self, host: Driven, name: str, changes: tuple[Change, ...], within: float, slack: int) -> None:
        self._host = host
        self._name = name
        self._slack = slack
        self._longest = 60 + sum(_seconds(change) for change in changes)
        seconds = round(within) + slack
        script = _script(name, seconds, changes)
        self._over = time.monotonic() + seconds + self._longest
        if self._ask(f"{{ {printf(script.encode())}; }} | our_arm {name} {seconds + self._longest:.0f}"):
            raise HostError("it cannot keep there what would take the change back")

    def shorten(self, within: float) -> None:
        """See `ArmedFallback.shorten`."""
        seconds = round(within) + self._slack
        if self._ask(f"our_shorten {self._name} {seconds}") == 0:
            self._over = time.monotonic() + seconds + self._longest

    def keep(self) -> bool:
        """See `ArmedFallback.keep`."""
        try:
            return self._ask(f"our_keep {self._name}") == 0
        except HostError:
            return False

    def settle(self) -> bool:
        """See `ArmedFallback.settle`."""
        while time.monotonic() < self._over:
            with contextlib.suppress(HostError):
                if (code := self._ask(f"our_settled {self._name}")) in (0, 3):
                    return code == 3
            time.sleep(PAUSE)
        return False

    def _ask(self, line: str) -> int:
        """The exit code of a line there. Raises `HostError`."""
        said = self._host.run("true")
        if not said.ok():
            raise HostError(f"connection lost: {said.verdict}")
        with contextlib.closing(self._host.converse()) as shell:
            try:
                shell.ask(FIRST + FILES + JOBS + FALLBACK, 30)
                return shell.ask(line, 30)[0]
            except (Ended, Silence, OSError) as error:
                raise HostError(f"connection lost: {error}") from error


def _seconds(change: Change) -> float:
    """That it may take, or taking it back."""
    runs = (change, *change.undo) if isinstance(change, Run) else change.then
    return sum(run.within for run in runs)


def _script(name: str, seconds: int, changes: Iterable[Change]) -> str:
    """Waits, then takes back what it can, newest first. Its shell reads it to the end before anything is run."""
    lines = "\n    ".join(line for change in reversed([*changes]) for line in _taking_back(change))
    end = f'rm -f "$our_run/fires.{name}"\n'
    return (
        f"{FIRST}{FILES}{JOBS}{FALLBACK}our_back() {{\n"
        f'    our_wait {name} {seconds} || {{ rm -rf "$our_jobs/{name}"; exit; }}\n'
        f"    {lines}\n    {end}}}\nour_back </dev/null\nexit\n"
    )


def _taking_back(change: Change) -> Iterator[str]:
    """Lines of shell, each of which may fail without harm to the next."""
    for back in inverse(change):
        runs = (back,) if isinstance(back, Run) else back.then
        if not isinstance(back, Run):
            yield from (_restoring(edit) for edit in back.edits if edit.host == "here")
        yield from (_running(run) for run in runs if run.host == "here" and not run.expect)


def _restoring(edit: Edit) -> str:
    """A file that somebody else has changed meanwhile is left alone."""
    return f"{_holds(edit.path, edit.before)} && {{ {writing(edit.path, edit.after)}; }}"


def _holds(path: str, file: File | None) -> str:
    word = shlex.quote(path)
    if file is None:
        return f"[ ! -e {word} ] && [ ! -L {word} ]"
    if file.link is not None:
        return f'[ "$(readlink {word})" = {shlex.quote(file.link)} ]'
    return f"{{ {printf(file.content)}; }} | our_holds {word}"


def _running(run: Run) -> str:
    line = timed(run.argv, run.within)
    return f"{{ {printf(run.stdin)}; }} | {line}" if run.stdin else line
