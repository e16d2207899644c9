"""What a long journal has told so far, kept beside it, so that a start reads only what came after.

Of the attempts it has those on which anything depends yet. It is believed of the very bytes that it was made of, and of
the release that made it; else all of the journal is read, as if it were not there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from tui_installer import __version__
from tui_installer.engine.attempts import Attempt, Telling, telling_still
from tui_installer.engine.files import Files, StateError

EVERY = 1 << 18
"""Bytes that have to be new in a journal for a checkpoint to be worth while."""
_SETS = ("begun", "done", "back")
_NAMES = [each.name for each in fields(Attempt)]


def resumed(files: Files, path: Path, journal: bytes) -> Telling:
    """What the checkpoint in a file tells of a journal; nothing, if it cannot be believed, or read."""
    try:
        return unpacked(files.read(path) or b"", journal) or Telling()
    except StateError:
        return Telling()


def renew(files: Files, path: Path, telling: Telling, journal: Callable[[], bytes]) -> None:
    """Write it anew, if much was added since; nothing depends on it, so it may fail."""
    with suppress(StateError):
        if telling.size - size(files.read(path) or b"") >= EVERY:
            files.save(path, packed(telling, journal()[: telling.size]))


def packed(telling: Telling, journal: bytes, release: str = __version__) -> bytes:
    """The content of its file; `journal` are the bytes that it was told by."""
    told = telling_still(tuple(telling.attempts.values()))
    attempts = [{name: _plain(getattr(each, name)) for name in _NAMES} for each in told]
    body = json.dumps([telling.lines, telling.odd, attempts]).encode()
    return b"%d\n%s\n%s\n" % (telling.size, _seal(body, journal, release), body)


def size(content: bytes) -> int:
    """How many bytes of the journal it is of; 0 if it is none."""
    first = content.partition(b"\n")[0]
    return int(first) if first.isdigit() else 0


def unpacked(content: bytes, journal: bytes) -> Telling | None:
    """What a journal has told that may have grown since; None: it is of another one, of another release, or torn."""
    _, seal, body = (*content.split(b"\n", 2), b"", b"")[:3]
    body = body.removesuffix(b"\n")
    upto = size(content)
    if upto > len(journal) or seal != _seal(body, journal[:upto]):
        return None
    lines, odd, attempts = json.loads(body)
    made = [Attempt(**each | _kinds(each)) for each in attempts]
    return Telling(upto, lines, odd, {each.id: each for each in made})


def _kinds(attempt: dict[str, Any]) -> dict[str, Any]:
    """What JSON has as lists."""
    sets = {name: set(attempt[name]) for name in _SETS}
    return {**sets, "made": [(index, host, folder) for index, host, folder in attempt["made"]]}


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set) else value


def _seal(body: bytes, journal: bytes, release: str = __version__) -> bytes:
    """A digest of both, and of the release: what is understood of a line is its own."""
    digest = hashlib.sha256(f"{release} {len(body)} ".encode())
    digest.update(body)
    digest.update(journal)
    return digest.hexdigest().encode()
