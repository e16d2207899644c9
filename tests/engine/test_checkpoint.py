"""A checkpoint tells what its journal tells, and is believed of nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench_scale.process import journal as past
from tests.engine.test_entries import CHANGE, journal
from tui_installer.engine.attempts import Telling, standing
from tui_installer.engine.checkpoint import packed, unpacked
from tui_installer.engine.journal import Journal


def telling(text: bytes) -> Telling:
    """What it tells."""
    told = Telling()
    told.add(text)
    return told


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_it_tells_what_its_journal_tells(tmp_path_factory: pytest.TempPathFactory, first: int, torn: int) -> None:
    text = journal(tmp_path_factory.mktemp("journal"))
    lines = (text + text[torn % len(text) :] + b"\n").splitlines(keepends=True)
    before, after = b"".join(lines[: first % len(lines)]), b"".join(lines[first % len(lines) :])
    known = unpacked(packed(telling(before), before), before + after)
    assert known == telling(before)
    known.add(after)
    assert known == telling(before + after)


@given(st.integers(0, 5000), st.integers(0, 255))
def test_with_another_byte_it_tells_nothing_else(tmp_path_factory: pytest.TempPathFactory, at: int, byte: int) -> None:
    text = journal(tmp_path_factory.mktemp("journal"))
    kept = packed(telling(text), text)
    other = _other(text, at, byte)
    assert unpacked(kept, other) is None or other == text
    assert unpacked(_other(kept, at, byte), text) in (None, telling(text))


def _other(text: bytes, at: int, byte: int) -> bytes:
    at %= len(text)
    return text[:at] + bytes([byte]) + text[at + 1 :]


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"7", b"7\n", b"x\ny\nz\n", b"99999999\nab\n[]\n", b"\xff\n\xff\n\xff"]
)
def test_what_is_none_is_not_believed(content: bytes) -> None:
    assert unpacked(content, b"") is None


def test_nor_is_one_of_another_release_or_of_a_longer_journal(tmp_path: Path) -> None:
    text = journal(tmp_path)
    assert unpacked(packed(telling(text), text), text) == telling(text)
    assert unpacked(packed(telling(text), text, release="0.0.1"), text) is None
    assert unpacked(packed(telling(text), text), text[:-1]) is None


def grown(path: Path, notes: int) -> Journal:
    """An attempt that ended after many words."""
    journal = Journal(path)
    attempt = journal.start("motd", "apply", [], [], [])
    line = path.read_bytes().splitlines(keepends=True)[-1]
    said = {**json.loads(line), "kind": "said", "text": "x" * 300}
    with path.open("ab") as stream:
        stream.write((json.dumps(said).encode() + b"\n") * notes)
    journal.end(attempt, "done", [])
    return journal


def test_of_a_long_journal_a_start_understands_what_came_after(tmp_path: Path) -> None:
    path, kept = tmp_path / "journal.jsonl", tmp_path / "journal.told"
    grown(path, 10)
    assert not kept.exists(), "a short one is read as fast"
    first = grown(path, 1_000).attempts()
    made = kept.read_bytes()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [each.outcome for each in first] == ["done", "done"]
    path.write_bytes(path.read_bytes().replace(b'"done"', b'"odd!"'))
    assert [each.outcome for each in Journal(path).attempts()] == ["", ""], "not the bytes that it was made of"
    path.write_bytes(path.read_bytes().replace(b'"odd!"', b'"done"'))
    more = grown(path, 10)
    assert kept.read_bytes() == made
    for reader in (more, Journal(path)):
        assert [each.outcome for each in reader.attempts()] == ["done", "done", "done"]
        assert reader.attempts()[:2] == first


def test_where_it_cannot_be_written_or_read_all_is_read(tmp_path: Path) -> None:
    path, kept = tmp_path / "journal.jsonl", tmp_path / "journal.told"
    kept.mkdir()
    assert len(grown(path, 4_000).attempts()) == len(Journal(path).attempts()) == 1
    kept.rmdir()
    kept.symlink_to(path)
    assert len(Journal(path).attempts()) == 1


def test_what_is_not_understood_is_said_with_it_too(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"torn\n")
    path.chmod(0o600)
    grown(path, 4_000)
    said: list[str] = []
    Journal(path, pass_over=said.append).attempts()
    assert said == [f"{path}: 1 of 4003 lines are torn, or not of this version."]


ATTEMPTS = st.tuples(st.sampled_from("ab"), st.sampled_from(["apply", "undo", "mend", "leave", ""]), st.booleans())
"""A step, what is done at it (nothing: it is cut off), and whether it comes to its end."""


@given(st.lists(ATTEMPTS, max_size=60))
def test_of_the_attempts_those_are_kept_on_which_anything_depends(
    tmp_path_factory: pytest.TempPathFactory, done: list[tuple[str, str, bool]]
) -> None:
    """Whatever was applied, taken back, mended, left and cut off: what stands, what is newest and what has no end."""
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    whole = Journal(path)
    for step, action, ends in done:
        taken = [key for key, _ in whole.standing(step)] if action in ("undo", "leave") else []
        changes = [CHANGE] * (len(taken) if taken or action in ("undo", "leave") else 2)
        attempt = whole.start(step, action or "apply", changes, taken, [])  # type: ignore[arg-type]
        for index in range(len(changes) if ends else len(changes) // 2):
            whole.add("begun", attempt, index=index, title="Reload", made=[])
            whole.add("done", attempt, index=index)
        if ends or action:
            whole.end(attempt, "done" if ends else "failed", [])
    text = path.read_bytes() if done else b""
    kept = unpacked(packed(telling(text), text), text)
    assert kept is not None
    few, many = list(kept.attempts.values()), whole.attempts() if done else []
    named = [{(each.id, index) for each, index in standing(some)} for some in (few, many)]
    assert named[0] == named[1]
    assert [each for each in few if not each.outcome] == [each for each in many if not each.outcome]
    assert few[-20:] == many[-20:]
    for step in "ab":
        newest = [[each for each in some if each.step == step][-1:] for some in (few, many)]
        assert newest[0] == newest[1]


def test_a_long_past_leaves_a_short_checkpoint(tmp_path: Path) -> None:
    text = "".join(f"{line}\n" for line in past(10_000)).encode()
    told = telling(text)
    found = unpacked(packed(told, text), text)
    assert found is not None and len(told.attempts) > 80 and len(found.attempts) < 25
