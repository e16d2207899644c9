"""What a plan consists of: changes as plain data, which can be shown, kept as JSON, and inverted.

`WriteFiles` edits files (on one host or on several at once), then reloads what reads them. `Run` runs a command,
or waits until one says what is expected. Building or showing a change touches nothing.
"""

from __future__ import annotations

import difflib
import hashlib
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.masks import HIDDEN, Mask, secret_spans
from tui_installer.model.text import count, host_name, printable


@dataclass(frozen=True, slots=True)
class Stops:
    """Something on its host that a command puts an end to: judged by what lives there, see `engine.protection`."""

    kind: Literal["session", "interface", "daemon", "purged", "restarted", "completed", "lockspace", "volume", "guest"]
    """An iSCSI session, a network interface, a daemon of the cluster, packages that are removed, packages whose scripts
    restart their daemons (upgraded, installed anew, configured), those that apt completes (`apt-get -f install`), a
    lockspace of dlm, an active volume, a guest."""
    names: tuple[str, ...] = ()
    """Which: "IQN PORTAL" of a session, "GROUP/VOLUME" or "GROUP" of volumes, else its own name; empty: all, and of
    packages those that are half there."""


@dataclass(frozen=True, slots=True)
class Run:
    """A command on a host. With `expect` it is repeated until its output matches: that is how a plan waits."""

    title: str
    host: str
    argv: tuple[str, ...]
    ok: tuple[int, ...] = (0,)
    """The exit codes that mean success."""
    within: float = ends.COMMAND
    """Seconds without progress until it is asked to stop, or until waiting is given up: one of the ends' table."""
    expect: str = ""
    """A regular expression that stdout must match; empty: the exit code decides."""
    stdin: bytes = b""
    undo: tuple[Run, ...] = ()
    """What takes it back, in this order; empty: nothing to take back."""
    away: bool = False
    """The host may go away meanwhile: a lost connection is no failure; with `expect` it is asked again."""
    once: bool = False
    """It cannot be done twice: after a crash its step plans it from what is seen, where it is still missing."""
    scaffold: bool = False
    """See `WriteFiles.scaffold`."""
    strand: str = ""
    """See `WriteFiles.strand`."""
    stops: tuple[Stops, ...] = ()
    """What it puts an end to: whatever may live on for others must be named here."""
    id: str = ""
    """What it is, whatever its title says: causes of failures go by it. Of those alike, with what it is about behind a
    blank: "lvm:locks vg_cluster"."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One file on one host: as it was when the plan was made, and as it is to be (None: no such file)."""

    host: str
    path: str
    before: File | None
    after: File | None
    mask: Mask = ""


@dataclass(frozen=True, slots=True)
class Check:
    """The tool's own test of a file before it goes live. In argv, "@" stands for the candidate's path."""

    host: str
    path: str
    argv: tuple[str, ...]
    reject: str = ""
    """A regular expression; a match in stderr refuses the candidate whatever the exit code says."""


@dataclass(frozen=True, slots=True)
class WriteFiles:
    """Edits that belong together: all written, then `then`. If `then` fails the old content is put back, and `then`
    runs again: what is told once only has an `undo` for that."""

    title: str
    edits: tuple[Edit, ...]
    then: tuple[Run, ...] = ()
    checks: tuple[Check, ...] = ()
    back: tuple[Edit, ...] = ()
    """What taking it back writes, where that is not what was there before (a version that may only rise)."""
    left: bool = False
    """Taken back by the step's `leave`, planned from that day's files, instead of by its inverse."""
    confirm: float = 0
    """Seconds in which somebody must confirm that the host can still be reached; 0: no need."""
    scaffold: bool = False
    """It stands for other changes' sake alone (masks, policy-rc.d): taking back goes on to it past one that failed."""
    strand: str = ""
    """The part of the step that it belongs to, where that part can be taken back whatever becomes of the others;
    empty: taking it back needs all that came after it taken back."""


Change = WriteFiles | Run


class Blobs(Protocol):
    """Where contents are kept, so that plans and the journal hold none themselves."""

    def put(self, content: bytes, mask: Mask = "") -> str:
        """Keep the content, what the mask hides until the next reboot alone; returns a name for it."""

    def get(self, name: str) -> bytes:
        """The content of that name. Raises KeyError."""


def inverse(change: Change) -> tuple[Change, ...]:
    """The changes that take this one back."""
    if isinstance(change, Run):
        return tuple(replace(run, strand=change.strand) for run in change.undo)
    if change.left:
        return ()
    back = change.back or tuple(replace(edit, before=edit.after, after=edit.before) for edit in change.edits)
    then = tuple(replace(run, undo=()) for run in change.then)
    return (WriteFiles(f"Take back: {change.title}", back, then, scaffold=change.scaffold, strand=change.strand),)


def needs(back: Change, other: Change) -> bool:
    """Whether taking something back needs that `other`, which was done after it, was taken back before."""
    if back.scaffold:
        return False
    return "" in (back.strand, other.strand) or back.strand == other.strand


def hosts(change: Change) -> tuple[str, ...]:
    """The hosts that it touches, each once."""
    if isinstance(change, Run):
        return (change.host,)
    return tuple(dict.fromkeys([edit.host for edit in change.edits] + [run.host for run in change.then]))


def gist(change: Change) -> str:
    """What it does in a line: its title, and the files that it writes, with the hosts that are not this one."""
    if isinstance(change, Run):
        return f"{change.title}{'' if change.host == 'here' else f' on {change.host}'}"
    where: dict[str, list[str]] = {}
    for edit in change.edits:
        where.setdefault(edit.path, []).append(host_name(edit.host))
    files = [path if on == ["this host"] else f"{path} on {', '.join(on)}" for path, on in where.items()]
    told = ", ".join(each for each in files if each not in change.title)
    return f"{change.title}: {told}" if told else change.title


def touches_members(changes: tuple[Change, ...]) -> bool:
    """Whether a plan changes another host than this one; waits only look."""
    files = (name for change in changes if isinstance(change, WriteFiles) for name in hosts(change))
    runs = (change.host for change in changes if isinstance(change, Run) and not change.expect)
    return any(name != "here" for name in (*files, *runs))


# --- shown


def show(change: Change) -> Iterator[str]:
    """The change as lines for a human: commands after "$", files as diffs, secrets masked, all printable."""
    if isinstance(change, Run):
        yield _command(change)
        return
    for edits in _alike(change.edits):
        yield from _diff(edits)
    for run in change.then:
        yield _command(run)


def _command(run: Run) -> str:
    where = "" if run.host == "here" else f" [{run.host}]"
    wait = f"   (again and again until it is so, {run.within:.0f} s at most)" if run.expect else ""
    return printable(f"{where} $ {shlex.join(run.argv)}{wait}".lstrip())


def _alike(edits: tuple[Edit, ...]) -> list[list[Edit]]:
    """The edits grouped: the same edit of the same file on several hosts is shown once."""
    groups: dict[tuple[object, ...], list[Edit]] = {}
    for edit in edits:
        groups.setdefault((edit.path, edit.before, edit.after), []).append(edit)
    return list(groups.values())


def _diff(edits: list[Edit]) -> Iterator[str]:
    edit = edits[0]
    names = ", ".join(host_name(one.host) for one in edits)
    yield printable(f"--- {edit.path} on {names}{_state(edit.before)}")
    yield printable(f"+++ {edit.path}{_state(edit.after)}")
    if edit.mask == "all":
        yield from (
            f"{sign}(secret: {_fingerprint(file)})" for sign, file in (("-", edit.before), ("+", edit.after)) if file
        )
        return
    known = _secrets(edit.before)
    old, new = _lines(edit.before, edit.mask, known), _lines(edit.after, edit.mask, known)
    yield from (printable(line) for line in list(difflib.unified_diff(old, new, n=2, lineterm=""))[2:])


Key = tuple[bytes, int]
"""What is before a password on its line, and which of those with the same that is, from 1."""
Secrets = dict[Key, bytes]


def _state(file: File | None) -> str:
    if file is None:
        return " (no such file)"
    if file.link is not None:
        return f" (link to {file.link})"
    return "" if (file.mode, file.owner) == (0o644, "root:root") else f" ({file.mode:04o} {file.owner})"


def _fingerprint(file: File) -> str:
    return f"{count(len(file.content), 'byte')}, sha256 {hashlib.sha256(file.content).hexdigest()[:12]}"


def _lines(file: File | None, mask: Mask, known: Secrets) -> list[str]:
    """Its lines; of a password only whether it is the known one."""
    content = b"" if file is None else file.content
    parts, end = [], 0
    for span in secret_spans(content, mask):
        same = known.get((span.key, span.number), value := content[span.start : span.end]) == value
        parts += [content[end : span.start], HIDDEN.encode() if same else f"{HIDDEN} (new)".encode()]
        end = span.end
    return b"".join((*parts, content[end:])).decode("utf-8", "surrogateescape").splitlines()


def _secrets(file: File | None) -> Secrets:
    content = b"" if file is None else file.content
    return {(span.key, span.number): content[span.start : span.end] for span in secret_spans(content, "passwords")}
