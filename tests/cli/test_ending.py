"""How the command line ends: by signals, on outputs that are gone, after an error of its own, without a terminal."""

from __future__ import annotations

import json
import os
import pty
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pace import until
from tests.world import answers, engine, join
from tui_installer import simulator
from tui_installer.__main__ import main
from tui_installer.engine.attempts import Attempt
from tui_installer.engine.journal import Journal

PROGRAM = [sys.executable, "-m", "tui_installer"]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world on which nothing is done yet, with its answers."""
    world = tmp_path_factory.mktemp("ending") / "world"
    simulator.create(world)
    join(engine(world, answers(world)), until="packages")
    return world


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """A world in which a line of a long command takes a moment."""
    world = tmp_path / "world"
    simulator.create(world)
    join(engine(world, answers(world)), until="packages")
    state = json.loads((world / "state.json").read_text())
    (world / "state.json").write_text(json.dumps({**state, "pace": 0.02}))
    return world


def shell(line: str, world: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of bash; $RUN is the program on that world."""
    run = " ".join([*PROGRAM, "--world", str(world)])
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"], env={**os.environ, "RUN": run}, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("$RUN status | head -1 >/dev/null; exit ${PIPESTATUS[0]}", 1),
        ("$RUN status | true; exit ${PIPESTATUS[0]}", 1),
        ("$RUN status >/dev/full", 1),
        ("$RUN status >&-", 1),
        ("$RUN status --json >&- 2>&-", 1),
        ("$RUN status <&- >/dev/null 2>/dev/full", 1),
        ("$RUN explain iscsi.chap-refused >/dev/full", 0),
        ("$RUN explain no-such-code >&- 2>&-", 64),
        ("$RUN --help >/dev/full", 0),
        ("$RUN --version >&-", 0),
        ("$RUN plan nowhere >&- 2>/dev/full", 64),
    ],
)
def test_outputs_that_are_gone_make_no_noise_and_change_no_exit_code(fresh: Path, line: str, code: int) -> None:
    ran = shell(line, fresh)
    assert (ran.returncode, ran.stderr) == (code, "")


def test_a_file_of_ours_never_takes_the_place_of_a_closed_output(fresh: Path) -> None:
    assert shell("$RUN status >&- 2>&- <&-", fresh).returncode == 1
    for path in (fresh / "state").rglob("*"):
        assert b"waits for" not in (path.read_bytes() if path.is_file() else b"")


def begun(world: Path, count: int = 1) -> Callable[[], bool]:
    """Whether so many changes have begun."""

    def seen() -> bool:
        attempts = Journal(world / "state" / "journal.jsonl").attempts()
        return bool(attempts) and len(attempts[-1].begun) >= count

    return seen


def last(world: Path) -> Attempt:
    """The newest attempt."""
    return Journal(world / "state" / "journal.jsonl").attempts()[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_after_the_change_that_is_made(slow: Path, number: signal.Signals) -> None:
    argv = [*PROGRAM, "--world", str(slow), "apply", "packages"]
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_usual, start_new_session=True
    ) as apply:
        until(begun(slow, 2))
        apply.send_signal(number)
        out, err = apply.communicate(timeout=60)
    assert apply.returncode == 2
    assert err == "" and "It stops after the change that is being made now." in out
    assert "packages: stopped" in out and "taking back" not in out
    attempt = last(slow)
    assert attempt.outcome == "stopped"
    assert attempt.begun == attempt.done and len(attempt.done) < len(attempt.changes)


def _usual() -> None:
    """The signals as a login shell has them, whatever they are in this process."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def test_a_signal_while_nothing_is_changed_ends_it_at_once_without_noise(slow: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        argv = [sys.executable, "-c", WAITING, str(slow)]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=_usual) as status:
            assert status.stdout is not None and status.stdout.readline() == b"looks\n"
            status.send_signal(number)
            err = status.communicate(timeout=20)[1]
        assert (status.returncode, err) == (128 + number, b"")


WAITING = """
import sys, time
from tui_installer.__main__ import main
from tui_installer.engine.engine import Engine
def rows(self):
    print("looks", flush=True)
    time.sleep(60)
Engine.status = rows
sys.exit(main(["--world", sys.argv[1], "status"]))
"""
BROKEN = """
import sys
from tui_installer.__main__ import main
from tui_installer.engine.engine import Engine
def status(self, *more):
    raise ZeroDivisionError(f"no {self.state.typed()}")
Engine.status = status
sys.exit(main(["--world", sys.argv[1], "status"]))
"""


def test_an_error_of_its_own_is_a_page_and_a_report(fresh: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", BROKEN, str(fresh)], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (2, "")
    assert "PROBLEM program.crashed: This is an error of the program itself, not of a host." in ran.stdout
    assert "Traceback" not in ran.stdout
    (report,) = (fresh / "state").glob("crash-*.txt")
    assert f"The whole of it is in {report}" in ran.stdout
    text = report.read_text()
    assert "Traceback" in text and "ZeroDivisionError" in text and "Engine.status" not in ran.stdout
    assert "chapsecret123" not in text + ran.stdout
    assert report.stat().st_mode & 0o777 == 0o600


def test_an_apply_outlives_its_terminal(slow: Path) -> None:
    """The line drops, with a SIGHUP to all in the foreground: it goes on to its end."""
    pid, line = pty.fork()
    if pid == 0:
        _usual()
        os.execv(sys.executable, [*PROGRAM, "--world", str(slow), "apply", "packages"])
    until(begun(slow, 2))
    os.close(line)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert last(slow).outcome == "done"


def test_no_core_is_dumped(fresh: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_CORE)
    try:
        main(["--world", str(fresh), "plan", "site"])
        assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (min(0, before[0]), 0))


@pytest.mark.parametrize(
    ("mode", "text", "refused"),
    [
        (0o644, '[iscsi]\nchap-password = "twelveletters"\n', "read by others, and has secrets (chap-password)"),
        (0o640, '[site]\npassword = "x"\n', "read by others, and has secrets (password)"),
        (0o666, '[site]\npeer = "10.0.1.11"\n', "written by others"),
        (0o620, "", "written by others"),
        (0o600, '[site]\npassword = "x"\n', ""),
        (0o644, '[site]\npeer = "10.0.1.11"\n', ""),
    ],
)
def test_answers_that_others_have_a_hand_in_are_refused(
    fresh: Path, tmp_path: Path, mode: int, text: str, refused: str
) -> None:
    path = tmp_path / "my answers.toml"
    path.write_text(text)
    path.chmod(mode)
    ran = subprocess.run(
        [*PROGRAM, "--world", str(fresh), "--answers", str(path), "plan"], capture_output=True, text=True
    )
    assert (ran.returncode == 64) == bool(refused)
    if refused:
        assert f"can be {refused}: chmod 0600 '{path}'" in ran.stderr
