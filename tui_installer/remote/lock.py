"""The lock on a host that is driven from another one: its file lies there, held by a shell that lives as long as the
connection does. Who finds it held by nobody takes it over and says so; one that is held is taken only if asked for.

It also finds the commands that went on there after a connection was lost.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tui_installer.engine.state import Busy
from tui_installer.hosts.host import HostError, Result
from tui_installer.hosts.shell import Conversation, Ended, Silence
from tui_installer.hosts.shell_text import FIRST
from tui_installer.hosts.ssh_jobs import JOBS

LOCK = """
our_take() {
    umask 077
    mkdir -p "$our_run" || return
    token=$1
    echo "$token $$ $(our_born $$) $2" > "$our_run/lock.$token"
    ln "$our_run/lock.$token" "$our_run/lock" 2>/dev/null
    taken=$?
    rm -f "$our_run/lock.$token"
    [ $taken = 0 ] || cat "$our_run/lock"
    return $taken
}
our_drop() {
    mv "$our_run/lock" "$our_run/lock.$$" || return
    read -r holder rest < "$our_run/lock.$$"
    [ "$holder" = "$1" ] || ln "$our_run/lock.$$" "$our_run/lock"
    rm -f "$our_run/lock.$$"
}
our_release() {
    [ -f "$our_run/lock" ] || return 0
    read -r holder rest < "$our_run/lock"
    [ "$holder" != "$token" ] || rm -f "$our_run/lock"
}
trap our_release EXIT
our_oust() {
    [ -f "$our_run/lock" ] || return 0
    read -r holder pid start_time rest < "$our_run/lock"
    [ "$holder" = "$1" ] || return 0
    our_alive "$pid" "$start_time" && kill "$pid"
    rm -f "$our_run/lock"
}
our_local() {
    set -- $(ls -i /var/lib/tui-installer/lock 2>/dev/null)
    [ -n "$1" ] && grep "FLOCK.*:$1 " /proc/locks 2>/dev/null
}
our_orphans() {
    for job in "$our_jobs"/*/; do
        [ -f "$job/starter" ] || continue
        how=cut
        if [ -f "$job/code" ]; then read -r how < "$job/code"
        elif [ -f "$job/process" ]; then
            read -r pid start_time < "$job/process"
            our_alive "$pid" "$start_time" && how=runs
        fi
        read -r pid start_time < "$job/starter"
        [ $how != runs ] && our_alive "$pid" "$start_time" && continue
        echo "$how $(head -n 1 "$job/what")"
        [ $how = runs ] || rm -rf "$job"
    done
}
our_enter() {
    our_local && return 3
    our_take "$@" && our_orphans
}
"""
"""our_enter TOKEN WHO: 3 if our_local; our_take, and once it is ours our_orphans, in one round trip. our_take TOKEN
WHO: links the lock into place, or prints the one that is there; our_drop TOKEN: removes that one; our_release: ours; it
is also done when the shell ends; our_oust TOKEN: that one and the shell that holds it. our_local: whether the program
itself runs there and changes it. our_orphans: commands that run, or whose starter is gone: how they are ("runs", an
exit code, "cut"), what they are."""


class Lockable(Protocol):
    """A host that a shell can be had on."""

    def run(self, *argv: str) -> Result:
        """See `Host.run`. A connection that was lost is opened again."""

    def converse(self) -> Conversation:
        """A shell there. Raises `HostError`."""


@dataclass(frozen=True, slots=True)
class LockRecord:
    """A lock as it lies there."""

    token: str
    pid: str
    start_time: str
    who: str


class HostLock:
    """A `state.Guard`."""

    def __init__(self, host: Lockable, take_over: bool = False) -> None:
        """`take_over`: also from somebody who holds it."""
        self._host = host
        self._take_over = take_over
        self._shell: Conversation | None = None
        self._token = secrets.token_hex(8)

    @contextlib.contextmanager
    def __call__(self) -> Iterator[tuple[str, ...]]:
        """Hold it. Raises `Busy`, `HostError`."""
        try:
            yield tuple(self._enter())
        finally:
            self._release()

    def _release(self) -> None:
        with contextlib.suppress(HostError):
            try:
                self._ask("our_release")
            except HostError:
                self._release_anew()

    def _release_anew(self) -> None:
        """The connection was lost, and the shell at its other end may not be told for hours. Raises `HostError`."""
        if self._host.run("true").ok() or self._host.run("true").ok():  # the first one may find that it is lost
            self._shell = None
            self._ask(f"our_oust {self._token}")

    def _enter(self) -> Iterator[str]:
        """What is to be said once it is held."""
        for _ in range(3):
            code, said = self._first(f"our_enter {self._token} {shlex.quote(_who())}")
            if code == 3:
                raise Busy("the installer that runs on the host itself is changing it now")
            if code == 0:
                yield from _orphans(said)
                return
            if len(words := said.split(maxsplit=3)) == 4:
                yield self._free(LockRecord(*words))
        raise HostError(f"the lock on the host cannot be taken: {said or 'its folder cannot be made'}")

    def _free(self, lock: LockRecord) -> str:
        """Remove the lock of somebody who is gone, or who is to be gone; returns what is to be said of it."""
        alive = self._ask(f"our_alive {shlex.quote(lock.pid)} {shlex.quote(lock.start_time)}")[0] == 0
        if alive and not self._take_over:
            raise Busy(
                f"{lock.who} is changing this host now. If that one is gone for good though its connection still "
                "stands, the option --take-over takes the lock over"
            )
        if alive:
            self._ask(f"kill -TERM {shlex.quote(lock.pid)}")
        self._ask(f"our_drop {shlex.quote(lock.token)}")
        return f"The lock of {lock.who} was taken over{'' if alive else ': its connection is gone'}."

    def _first(self, line: str) -> tuple[int, str]:
        """Ask the shell of an earlier time; a new one if that is gone with its connection. Raises `HostError`."""
        kept, self._shell = self._shell, self._shell if self._shell and self._shell.open else None
        try:
            return self._ask(line)
        except HostError:
            if kept is None or self._shell is not kept:
                raise
            self._shell = None
            return self._ask(line)

    def _ask(self, line: str) -> tuple[int, str]:
        """Raises `HostError`."""
        if self._shell is None:
            self._shell, line = self._host.converse(), f"{FIRST}{JOBS}{LOCK}{line}"
        if not self._shell.open:
            raise HostError("the connection was lost")
        try:
            code, out, err = self._shell.ask(line, 30)
        except (Ended, Silence, OSError) as error:
            raise HostError(f"the connection was lost: {error}") from error
        return code, (out or err).decode("utf-8", "replace").strip()


def _orphans(said: str) -> tuple[str, ...]:
    """What became of commands whose connection was lost, in sentences. Raises `Busy` for those that run."""
    found = [line.partition(" ")[::2] for line in said.splitlines()]
    if runs := [what for how, what in found if how == "runs"]:
        raise Busy(f"a command that was started earlier still runs there: {'; '.join(runs)}. Wait until it has ended")
    return tuple(_ended(how, what) for how, what in found)


def _ended(how: str, what: str) -> str:
    end = "it was cut short there" if how == "cut" else f"it went on there, and ended with exit code {how}"
    return f"The connection was lost while this ran: {what}: {end}."


def _who() -> str:
    since = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    return f"process {os.getpid()} on {socket.gethostname()} (since {since})"
