"""The commands for programs and monitoring, on a simulated world."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests import world as worlds
from tests.before import Before
from tests.failures.test_hanging import engine_over
from tests.through import Through
from tests.world import copy
from tui_installer import simulator
from tui_installer.__main__ import main
from tui_installer.cli import commands as cli
from tui_installer.cli import looking
from tui_installer.cli.explaining import explain
from tui_installer.hosts.host import Host, OnLine, Result


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A world whose first step is answered."""
    folder = tmp_path_factory.mktemp("looking") / "world"
    simulator.create(folder)
    worlds.engine(folder)
    yield folder


def test_status_as_json_says_who_what_when_and_why(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--json", "--world", str(world)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["format"], told["host"], told["verdict"], told["exit"]) == (1, "fresh", "todo", 1)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["time"])
    packages = next(step for step in told["steps"] if step["id"] == "packages")
    assert packages["todo"][1].startswith("Install ")
    cluster = next(step for step in told["steps"] if step["id"] == "cluster")
    assert {"code", "level", "text", "evidence", "hint", "field", "acceptable", "mend"} == set(cluster["problems"][0])


def test_the_row_says_what_is_to_do_file_by_file(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--world", str(world), "status"]) == 1
    assert re.search(r"\npackages +to do\n +\* .*\n +\* Install \d+ packages", capsys.readouterr().out)


def test_one_line_for_monitoring(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--world", str(world), "status", "--check"]) == 1
    line = capsys.readouterr().out
    assert line.startswith("TUI-INSTALLER WARNING - packages: to do (") and line.count("\n") == 1
    data = r" \| in_place=\d+;;;0;(\d+) todo=1;;;0;\1 problem=0;;;0;\1 waits=\d;;;0;\1 unknown=0;;;0;\1 time=\d"
    assert re.search(data, line)


@pytest.fixture(scope="module")
def noted(before: Before, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world in which all is in place, but that this host is fenced by hand."""
    return worlds.copy(before.world("etch", "joined"), tmp_path_factory.mktemp("noted") / "world")


def test_for_monitoring_a_note_is_a_warning(noted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--world", str(noted), "status", "--check"]) == cli.Exit.TODO
    line = capsys.readouterr().out
    assert line.startswith("TUI-INSTALLER WARNING - ") and "fencing by hand" in line and line.count("\n") == 1
    assert re.search(r" in_place=(\d+);;;0;\1 todo=0;.* problem=0;.* waits=0;.* unknown=0;", line)
    assert main(["--world", str(noted), "status"]) == cli.Exit.DONE


def test_apply_prints_the_warning_of_a_step_with_nothing_to_do(noted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--world", str(noted), "apply", "cluster"]) == cli.Exit.DONE
    place, warning, *_, ended = capsys.readouterr().out.splitlines()
    assert place == "cluster: in place, but: fencing by hand"
    assert warning.startswith("  NOTE cluster.fence-manual: ")
    assert ended == "changed: nothing; was in place: cluster"


def test_plan_tells_every_step(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--world", str(world), "plan"]) == 1
    out = capsys.readouterr().out
    assert "packages:\n" in out and "iscsi: waits for packages\n" in out
    assert main(["plan", "packages", "--json", "--world", str(world)]) == 1
    (step,) = json.loads(capsys.readouterr().out)["steps"]
    assert step["changes"][1]["shown"][0].startswith("$ apt-get ")


def test_apply_as_events_tells_what_changed_apart_from_what_was_in_place(tmp_path: Path) -> None:
    simulator.create(tmp_path)
    worlds.engine(tmp_path)
    argv = [sys.executable, "-m", "tui_installer", "--world", str(tmp_path), "apply", "site", "packages", "--json"]
    for changed, was in ((["packages"], ["site"]), ([], ["site", "packages"])):
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        events = [json.loads(line) for line in done.stdout.splitlines()]
        assert (done.returncode, events[-1]["event"], events[-1]["exit"]) == (0, "verdict", 0)
        assert (events[-1]["changed"], events[-1]["was-in-place"]) == (changed, was)
        kinds = [event["event"] for event in events[:-1]]
        assert (kinds[:2], kinds[-1:]) == ((["start", "begun"], ["end"]) if changed else ([], []))


def test_a_failed_apply_says_where_it_stopped_and_what_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulator.create(tmp_path)
    of = worlds.engine(tmp_path)
    simulator.inflict(tmp_path, "postinst")
    assert cli.apply(of, ["packages"], "leave") == cli.Exit.PROBLEM
    out = capsys.readouterr().out
    assert "packages: 1 of 4 changes made, at: Install " in out
    assert "      left: Take the masks away\n" in out and out.endswith("changed: packages\n")


class Watched(Through):
    """Is asked for its kernel once in each look; each time, the next of the things that happen does so."""

    def __init__(self, host: Host, happens: Iterator[Callable[[], object]]) -> None:
        super().__init__(host)
        self._happens = happens

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        if argv[0] == "uname":
            next(self._happens)()
        return super().run(*argv, stdin=stdin, within=within, on_line=on_line)


def test_watching_says_what_has_changed_and_nothing_else(
    before: Before, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Enough(Exception):
        """It was looked at three times."""

    def enough() -> None:
        raise Enough

    folder = copy(before.world("corosync", "joined"), tmp_path / "world")
    happens = iter((bool, bool, partial(simulator.inflict, folder, "portal-down"), enough))
    with pytest.raises(Enough):
        looking.watch(engine_over(folder, Watched(simulator.here(folder), happens)), every=0, as_json=True)
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first["verdict"] != second["verdict"]


def test_watching_ends_when_it_is_told_to(world: Path) -> None:
    argv = [sys.executable, "-m", "tui_installer", "--world", str(world), "status", "--watch", "--json"]
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # whoever runs the tests in the background ignores it
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, preexec_fn=heard)
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    assert first["exit"] == 1 and process.wait(30) in (1, 130)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["statsu"], "perhaps status"),
        (["status", "--jsn"], "perhaps --json"),
        (["--stak", "etch", "status"], "perhaps --stack"),
    ],
)
def test_a_wrong_word_is_told_in_one_line(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    err = capsys.readouterr().err
    assert left.value.code == cli.Exit.USAGE and said in err and err.count("\n") == 1


def test_looking_keeps_no_choice_of_a_stack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    simulator.create(tmp_path)
    main(["status", "--stack", "corosync", "--world", str(tmp_path)])
    assert not (tmp_path / "state" / "answers.toml").exists()


def test_a_code_that_is_none_has_near_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(["iscsi.chap-refsed"]) == cli.Exit.USAGE
    told = capsys.readouterr()
    assert told.out == "" and "near it: iscsi.chap-refused" in told.err
    assert explain([]) == cli.Exit.DONE
    assert "iscsi.chap-refused\n" in capsys.readouterr().out


def test_whoever_is_not_root_may_look(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main(["status"]) in (1, 2, 3)
    told = capsys.readouterr()
    assert "not root: this tells what can be seen" in told.err
    assert re.search(r"^site ", told.out, re.MULTILINE)
    with pytest.raises(SystemExit):
        main(["apply"])
