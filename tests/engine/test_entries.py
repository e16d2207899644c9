"""The lines of a journal: what many of them tell is what each of them tells."""

from __future__ import annotations

import json
import time
import timeit
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_installer.engine.entries import Act, Entry, told, understood
from tui_installer.engine.journal import Journal

CHANGE = {"run": {"title": "Reload", "host": "here", "argv": ["reload"], "within": 3}}
TELLING = ("start", "begun", "done", "back", "failed", "confirm", "end")


def one_by_one(text: bytes) -> tuple[list[Entry | Act], int]:
    """The same, line by line; of plain lines the index alone is compared."""
    entries = [understood(line) for line in text.splitlines() if line]
    return [plain(entry) for entry in entries if entry and entry.kind in TELLING], entries.count(None)


def plain(entry: Entry | Act) -> Entry | Act:
    """Of an act what counts alone."""
    if isinstance(entry, Entry) and entry.kind in ("begun", "done", "back"):
        return entry.kind.encode(), entry.attempt.encode("utf-8", "surrogatepass"), str(entry.data["index"]).encode()
    return entry


def journal(folder: Path, title: str = 'Say "x\\y" \u00e9 }', text: str = 'a "b" \\ \u2028 {') -> bytes:
    """A journal with every kind of entry, as it is written."""
    path = folder / "journal.jsonl"
    path.unlink(missing_ok=True)
    written = Journal(path)
    attempt = written.start("motd", "apply", [CHANGE, CHANGE], [], ["ext4"])
    written.add("begun", attempt, index=0, title=title, made=[])
    written.note(attempt, text)
    written.add("confirm", attempt, within=3)
    written.add("done", attempt, index=0)
    written.add("begun", attempt, index=1, title=title, made=[["here", "/etc/x"]])
    failed = {"host": "here", "command": ["reload"], "verdict": "exit code 1", "code": 1, "evidence": [text]}
    written.add("failed", attempt, index=1, title=title, **failed)
    written.add("back", attempt, index=1)
    written.end(attempt, "failed", [])
    return path.read_bytes()


@given(st.text(), st.text(), st.integers(0, 2000), st.integers(0, 2000), st.binary(max_size=3))
def test_many_lines_tell_what_each_tells(
    tmp_path_factory: pytest.TempPathFactory, title: str, text: str, begin: int, end: int, odd: bytes
) -> None:
    whole = journal(tmp_path_factory.mktemp("journal"), title, text)
    torn = whole[: begin % len(whole)] + odd + whole[end % len(whole) :]
    for each in (whole, torn, torn.replace(b"\n", b"\r\n"), torn + b"\n\n" + whole):
        found, count = told(each)
        telling = [entry for entry in found if not isinstance(entry, Entry) or entry.kind in TELLING]
        assert ([plain(entry) for entry in telling], count) == one_by_one(each)


@pytest.mark.parametrize("key", ["kind", "attempt", "at", "index", "title", "made"])
def test_a_line_that_lacks_something_is_not_understood(tmp_path: Path, key: str) -> None:
    line = next(line for line in journal(tmp_path).splitlines() if b'"begun"' in line)
    lacking = {name: value for name, value in json.loads(line).items() if name != key}
    assert told(json.dumps(lacking).encode() + b"\n") == ([], 1)


def test_what_was_said_costs_next_to_nothing(tmp_path: Path) -> None:
    """A status reads all of it: of a hundred thousand lines as JSON that would be seconds."""
    lines = journal(tmp_path).splitlines(keepends=True)
    said = next(line for line in lines if b'"said"' in line)
    assert told(said * 20_000) == ([], 0)
    quick = timeit.repeat(lambda: told(said * 2_000), time.process_time, repeat=9, number=1)
    slow = timeit.repeat(lambda: [understood(said) for _ in range(2_000)], time.process_time, repeat=9, number=1)
    assert min(quick) < min(slow) / 2, (quick, slow)
