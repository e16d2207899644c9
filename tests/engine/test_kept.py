"""What is kept, and is torn, foreign, of another version, gone, a link, or another's: told in words, each time."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.memory import motd_host
from tests.engine.witness import engine
from tests.world import engine as simulated
from tui_installer import simulator
from tui_installer.cli import commands as cli
from tui_installer.cli import looking
from tui_installer.engine import child
from tui_installer.engine.engine import Engine
from tui_installer.engine.files import VERSION, FileSystem, StateError
from tui_installer.engine.journal import Journal

OLD = Path(__file__).parent / "kept-0.1.0"
ODD = {
    "torn": b'{"version": 2, "kind": "begun", "atte',
    "foreign": b"Nov 29 09:00:00 host kernel: something",
    "bytes": b"\xff\x00\xfe",
    "list": b"[]",
    "object": b"{}",
    "number": b"7",
    "null": b"null",
    "deep": b"[" * 100_000,
    "later": b'{"version": 3, "kind": "begun", "attempt": "%s", "at": "2030-01-01T00:00:00+00:00", "index": 1}',
    "unknown": b'{"version": 2, "kind": "paused", "attempt": "%s", "at": "2030-01-01T00:00:00+00:00"}',
    "index": b'{"version": 2, "kind": "begun", "attempt": "%s", "at": "2030-01-01T00:00:00+00:00", "index": "1"}',
    "time": b'{"version": 2, "kind": "end", "attempt": "%s", "at": "yesterday", "outcome": "failed"}',
    "outcome": b'{"version": 2, "kind": "end", "attempt": "%s", "at": "2030-01-01T00:00:00+00:00", "outcome": "odd"}',
    "start": b'{"version": 2, "kind": "start", "attempt": "z", "at": "2030-01-01T00:00:00+00:00", "step": "motd"}',
}


@pytest.fixture
def applied(tmp_path: Path) -> Engine:
    """An engine that has applied its step."""
    mine = engine(tmp_path, motd_host())
    assert mine.apply(mine.plan("motd")) == "done"
    mine.state.put(b"password = s3cret-word", "passwords")
    return mine


def again(of: Engine, disk: FileSystem | None = None) -> Engine:
    """The next start, on the same host."""
    return engine(of.state.folder.parent, of._context.here, disk)  # type: ignore[arg-type]


@pytest.mark.parametrize("odd", ODD)
def test_a_line_of_the_journal_that_is_not_understood_is_passed_over(
    applied: Engine, odd: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ODD[odd].replace(b"%s", applied.journal.attempts()[0].id.encode())
    before = applied.journal.attempts()
    path = applied.state.journal
    path.write_bytes(path.read_bytes() + line + b"\n")
    mine = again(applied)
    assert mine.journal.attempts() == before
    assert looking.status(mine, as_json=False) == cli.Exit.DONE
    assert "NOTE state.passed-over: " in capsys.readouterr().out
    assert cli.undo(mine, ()) == cli.Exit.DONE


@pytest.mark.parametrize("extra", [{"index": 99}, {"index": -7}, {"attempt": "nobody"}, {"more": {"a": 1}}])
def test_a_line_that_fits_no_attempt_changes_nothing(applied: Engine, extra: dict[str, Any]) -> None:
    before = applied.journal.attempts()
    applied.journal.add("back", **{"attempt": before[0].id, "index": 99, **extra})
    assert again(applied).journal.attempts() == before


def test_everything_kept_has_a_version(applied: Engine) -> None:
    applied.state.request("a", "stop")
    path = child.write_plan(applied.state, applied.plan_undo("motd"))
    lines = [applied.state.journal, applied.state.run / "requests.jsonl"]
    for line in (line for each in lines for line in each.read_text().splitlines()):
        assert json.loads(line)["version"] == VERSION
    assert json.loads(path.read_text())["version"] == VERSION
    for name in (applied.state.folder / "answers.toml", applied.state.run / "secrets.toml"):
        assert name.read_text().startswith(f"version = {VERSION}\n")
    assert json.loads((applied.state.run / "marks.json").read_text())["version"] == VERSION


@pytest.mark.parametrize(
    "content", [b"", b"\xff\x00", b"[]", b"{}", b'{"version": 1, "step": "motd"}', b"[" * 99999, b"7"]
)
def test_a_plan_that_is_none_is_refused_in_words(applied: Engine, content: bytes) -> None:
    path = applied.state.folder / "plans" / "odd.json"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(child.NotAPlan, match=r"odd\.json is (not )?a plan"):
        child.read_plan(applied.state, path)


@pytest.mark.parametrize("how", ["gone", "torn", "another", "link"])
def test_of_a_change_whose_content_is_no_more_the_rest_is_taken_back(
    applied: Engine, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for blob in (applied.state.folder / "blobs").iterdir():
        content = blob.read_bytes()
        blob.unlink()
        if how == "torn":
            blob.write_bytes(content[: len(content) // 2])
        elif how == "another":
            blob.write_bytes(b"another")
        elif how == "link":
            (applied.state.folder / "elsewhere").write_bytes(content)
            blob.symlink_to(applied.state.folder / "elsewhere")
    mine = again(applied)
    assert looking.status(mine, as_json=False) == cli.Exit.DONE
    back = mine.plan_undo("motd")
    assert [(each.code, each.level) for each in back.problems] == [("state.lost", "warn")]
    assert mine.apply(back) == "done"
    assert list(mine._context.here.files) == ["/etc/motd.d/note"]  # type: ignore[attr-defined]
    assert "Traceback" not in capsys.readouterr().out


@pytest.mark.parametrize("line", list(ODD.values()), ids=list(ODD))
def test_a_request_that_is_none_stops_nothing(applied: Engine, line: bytes) -> None:
    path = applied.state.run / "requests.jsonl"
    path.write_bytes(line + b"\n")
    path.chmod(0o600)
    applied.state.request("a", "stop")
    assert applied.state.requested("a", "stop")
    assert not applied.state.requested("b", "stop")


@pytest.mark.parametrize(
    "content", [b"[site", b"\xff", b"version = 3\n[motd]\ntext = 'later'\n", b"site = 3\n", b"version = 'x'\n"]
)
def test_answers_that_are_not_understood_are_asked_for_again(
    applied: Engine, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = applied.state.folder / "answers.toml"
    path.write_bytes(content)
    mine = again(applied)  # which gives its answers anew
    assert looking.status(mine, as_json=False) == cli.Exit.DONE
    said = capsys.readouterr().out
    assert "state.passed-over" in said and "is not understood" in said
    assert path.with_name("answers.toml.not-understood").read_bytes() == content


def test_answers_without_a_version_are_those_of_the_first(applied: Engine) -> None:
    path = applied.state.folder / "answers.toml"
    path.write_text('[motd]\ntext = "old"\n')
    assert applied.state.answers()["motd"]["text"] == "old"


FILES = ("state/journal.jsonl", "state/answers.toml", "run/secrets.toml", "state/lock", "run/marks.json")
FOLDERS = ("state", "run", "state/blobs", "state/plans")


def _linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def _open_to_all(path: Path) -> None:
    path.chmod(0o777)


@pytest.mark.parametrize("name", [*FILES, *FOLDERS])
@pytest.mark.parametrize("how", [_linked, _open_to_all], ids=["link", "writable"])
def test_what_others_may_have_put_there_is_not_believed(
    applied: Engine, name: str, how: Callable[[Path], None]
) -> None:
    how(applied.state.folder.parent / name)
    _refused(applied, None)


@pytest.mark.parametrize("name", [*FILES, *FOLDERS])
def test_what_belongs_to_somebody_else_is_not_believed(applied: Engine, name: str) -> None:
    class Foreign(FileSystem):
        """That file belongs to user 4711."""

        def status(self, file: int | Path) -> os.stat_result:
            found = super().status(file)
            path = Path(f"/proc/self/fd/{file}").readlink() if isinstance(file, int) else file
            values = list(found)
            values[4] = 4711 if str(path).endswith(name) else values[4]
            return os.stat_result(values)

    _refused(applied, Foreign())


def _refused(applied: Engine, disk: FileSystem | None) -> None:
    with pytest.raises(StateError) as refused:
        mine = again(applied, disk)
        mine.apply(mine.plan_undo("motd"))
    assert refused.value.problem.code == "state.foreign"
    assert any(word in refused.value.problem.hint for word in ("chmod go-w", "chown", "mv "))


def test_a_fifo_in_a_files_place_hangs_nobody(applied: Engine) -> None:
    path = applied.state.run / "requests.jsonl"
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    assert not applied.state.requested("a", "stop")


# --- of 0.1.0


def test_the_journal_of_the_first_version_is_read() -> None:
    told: list[str] = []
    attempts = Journal(OLD / "journal.jsonl", pass_over=told.append).attempts()
    assert not told
    assert [(each.step, each.action, each.outcome) for each in attempts] == [
        ("packages", "apply", "done"),
        ("storage-network", "apply", "done"),
        ("storage-guard", "apply", "done"),
        ("iscsi", "apply", "done"),
        ("iscsi", "undo", "done"),
        ("iscsi", "apply", ""),
    ]


def test_what_the_first_version_did_is_taken_back(tmp_path: Path) -> None:
    """Its journal and blobs, on a host that it was cut off on, of which one file is there."""
    simulator.create(tmp_path / "world")
    shutil.copytree(OLD, tmp_path / "world" / "state")
    for path in (tmp_path / "world" / "state").rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    mine = simulated(tmp_path / "world")
    titles = [change.title for change in mine.plan_undo("iscsi").changes]
    assert "Take back: Name this initiator, and say how it logs in" in titles
    assert not [each for each in mine.plan_undo("iscsi").problems if each.code.startswith("state.")]


# --- each kind of file, in each way

KEPT = ("journal", "plan", "blob", "request", "answers")


def _file(of: Engine, kind: str) -> Path:
    """One of that kind."""
    state, run = of.state.folder, of.state.run
    if kind == "plan":
        return next((state / "plans").iterdir())
    if kind == "blob":
        return next(path for path in (state / "blobs").iterdir() if b"hello" in path.read_bytes())
    named = {"journal": state / "journal.jsonl", "request": run / "requests.jsonl", "answers": state / "answers.toml"}
    return named[kind]


def _put(content: bytes) -> Callable[[Path], None]:
    def put(path: Path) -> None:
        path.write_bytes(content)

    return put


def _versioned(version: str) -> Callable[[Path], None]:
    """As another version of this program would have written it."""

    def put(path: Path) -> None:
        json_, toml = re.compile(rb'"version": \d+, '), re.compile(rb"(?m)^version = \d+\n")
        text = json_.sub(f'"version": {version}, '.encode() if version else b"", path.read_bytes())
        text = toml.sub(f"version = {version}\n".encode() if version else b"", text)
        path.write_bytes(text if text != path.read_bytes() or not version else b"\x00later" + text)

    return put


WAYS: dict[str, Callable[[Path], object]] = {
    "torn": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "foreign": _put(b"Nov 29 09:00:00 host kernel: something\n"),
    "before": _versioned(""),
    "after": _versioned("3"),
    "missing": Path.unlink,
    "link": _linked,
    "another's": lambda path: os.chown(path, 4711, 4711),
    "writable": _open_to_all,
}
PASSED, REFUSED, NO_PLAN = "state.passed-over", "state.foreign", "not a plan"
NOT_OURS = {"link", "another's", "writable"}
ODD_WAYS = {"torn", "foreign", "after"}


def _expected(kind: str, way: str) -> set[str]:
    """What is said: nothing of what is understood or just not there."""
    if kind == "plan":
        return {NO_PLAN}
    if kind == "blob":  # named by its hash; the first version's are the same
        return set() if way == "before" else {NO_PLAN, PASSED}
    if way in NOT_OURS:
        return {REFUSED, PASSED} if kind == "request" else {REFUSED}
    torn = way == "torn" and kind == "journal"  # a line that was being written
    return {PASSED} if way in ODD_WAYS and kind != "request" and not torn else set()


def _day(of: Engine, plan: Path) -> set[str]:
    """What the next start says of it, in codes, by all that reads what is kept."""
    mine, said, words = again(of), set[str](), io.StringIO()
    acts: tuple[Callable[[], object], ...] = (
        lambda: looking.status(mine, as_json=False),
        lambda: mine.state.request("a", "stop"),
        lambda: mine.state.requested("a", "stop"),
        lambda: child.read_plan(mine.state, plan),
        lambda: cli.undo(mine, ()),
        lambda: looking.status(mine, as_json=False),
    )
    for act in acts:
        try:
            with contextlib.redirect_stdout(words):
                act()
        except StateError as error:
            said.add(error.problem.code)
        except child.NotAPlan:
            said.add(NO_PLAN)
    return said | set(re.findall(r"\bstate\.(?!folder)[a-z]+(?:-[a-z]+)*", words.getvalue()))


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user gives no file away")
@pytest.mark.parametrize("kind", KEPT)
@pytest.mark.parametrize("way", WAYS)
def test_each_kind_of_file_in_each_way(applied: Engine, kind: str, way: str) -> None:
    applied.state.request("a", "stop")
    plan = child.write_plan(applied.state, applied.plan_undo("motd"))
    WAYS[way](_file(applied, kind))
    try:
        said = _day(applied, plan)
    except StateError as error:  # nothing begins with answers that somebody else may have put there
        said = {error.problem.code}
    sys.stdout.write(f"{kind:<8} {way:<10} {', '.join(sorted(said)) or 'understood'}\n")
    assert said == _expected(kind, way)
