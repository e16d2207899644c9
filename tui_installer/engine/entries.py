"""The lines of the journal, and what is understood of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from tui_installer.engine.files import VERSION
from tui_installer.model.step import Action

Outcome = Literal["done", "failed", "stopped", "reverted"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal."""

    kind: str
    """start, begun, said, confirm, done, failed, back (a failed change's old content is there again), end."""
    attempt: str
    """The id of the apply or undo that it belongs to."""
    at: str
    """When, in UTC, ISO 8601."""
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def time(self) -> float:
        """When, in seconds since the epoch."""
        return datetime.fromisoformat(self.at).replace(tzinfo=UTC).timestamp()


# --- one line

SHAPES: dict[str, dict[str, tuple[type, ...]]] = {
    "start": {"step": (str,), "action": (str,), "changes": (list,), "of": (list,), "loaded": (list,), "pid": (int,)},
    "begun": {"index": (int,), "title": (str,), "made": (list,)},
    "said": {"text": (str,)},
    "confirm": {"within": (int, float)},
    "done": {"index": (int,)},
    "back": {"index": (int,)},
    "failed": {"index": (int,), "title": (str,), "host": (str,), "command": (list,), "verdict": (str,)}
    | {"code": (int, type(None)), "evidence": (list,)},
    "end": {"outcome": (str,)},
}
"""What an entry of each kind has at least."""


def understood(line: bytes) -> Entry | None:
    """The entry on a line; None: there is none that this version knows."""
    try:
        data = json.loads(line)
        if data.pop("version", 1) not in range(1, VERSION + 1):
            return None
        entry = Entry(data.pop("kind"), data.pop("attempt"), data.pop("at"), data)
        shape = SHAPES[entry.kind]
        whole = isinstance(entry.attempt, str) and all(isinstance(data[name], kinds) for name, kinds in shape.items())
        return entry if whole and _fits(entry) and entry.time else None
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None


def _fits(entry: Entry) -> bool:
    """Whether what it has can be."""
    data = entry.data
    match entry.kind:
        case "start":
            words = (*data["of"], *data["loaded"], data.get("born", ""))
            keyed = data["action"] != "undo" or len(data["of"]) == len(data["changes"])
            whole = _all(str, words) and all(map(_titled, data["changes"]))
            return data["action"] in get_args(Action) and keyed and whole and 0 < data["pid"] < 1 << 31
        case "begun":
            return all(isinstance(each, list) and len(each) == 2 and _all(str, each) for each in data["made"])
        case "failed":
            return _all(str, (*data["command"], *data["evidence"]))
        case "end":
            return data["outcome"] in get_args(Outcome)
    return True


def _titled(change: Any) -> bool:
    """Whether it may be a change."""
    run = change.get("run")
    return isinstance(run["title"] if isinstance(run, dict) else change["write"], str)


def _all(kind: type, values: Iterable[Any]) -> bool:
    return all(isinstance(each, kind) for each in values)


# --- many lines

_TEXT = rb'"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*"'
_HEAD = rb'"attempt": "([0-9a-f]{8})", "at": "20[\d-]{8}T[\d:]{8}\.\d{3}\+00:00", '
_SAID = rb'"kind": "said", %s"text": %s' % (_HEAD.replace(b"(", b"(?:"), _TEXT)
_BEGUN = rb'"kind": "(begun)", %s"index": (\d{1,6}), "title": %s, "made": \[\]' % (_HEAD, _TEXT)
_ENDED = rb'"kind": "(done|back)", %s"index": (\d{1,6})' % _HEAD
_LINE = rb'^\{"version": %d, %s\}\n'
_PLAIN = re.compile(
    rb"(?m)(?:%s)+|%s|%s" % (_LINE % (VERSION, _SAID), _LINE % (VERSION, _BEGUN), _LINE % (VERSION, _ENDED))
)
"""The lines that a journal is full of, just as `Journal.add` writes them."""
Act = tuple[bytes, bytes, bytes]
"""Of such a line: its kind (begun, done, back), its attempt, and the index of its change."""


def told(text: bytes) -> tuple[list[Entry | Act], int]:
    """What many lines tell of how attempts stand, and how many lines are not understood.

    What was said is left out; and lines of the plain kinds are not read as JSON, but for what counts: of 100,000 lines
    that would be seconds.
    """
    found: list[Entry | Act] = []
    odd = at = 0
    for plain in _PLAIN.finditer(text):
        if plain.start() > at:
            odd += _others(text[at : plain.start()], found)
        at = plain.end()
        if plain.lastindex == 3:
            found.append((plain[1], plain[2], plain[3]))
        elif plain.lastindex:
            found.append((plain[4], plain[5], plain[6]))
    return found, odd + _others(text[at:], found)


def _others(text: bytes, found: list[Entry | Act]) -> int:
    """Add the entries of some lines; returns how many are not understood."""
    entries = [understood(line) for line in text.splitlines() if line]
    found += [entry for entry in entries if entry is not None]
    return entries.count(None)
