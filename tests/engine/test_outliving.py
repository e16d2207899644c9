"""A command that outlives its apply is named and never raced; what a killed process left is swept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.witness import engine
from tests.memory import NoDialer
from tests.pace import until
from tui_installer.cli import commands as cli
from tui_installer.engine.journal import Journal
from tui_installer.engine.state import Busy, State
from tui_installer.engine.sweep import sweep
from tui_installer.hosts.host import File
from tui_installer.hosts.local import LocalHost
from tui_installer.hosts.local_jobs import running
from tui_installer.model.step import Context

APPLY = """
import sys
from pathlib import Path
from tui_installer.hosts.local import LocalHost
host = LocalHost(jobs=Path(sys.argv[1]))
host.run("sh", "-c", "echo begun; until [ -e " + sys.argv[2] + " ]; do sleep 0.05; done; touch " + sys.argv[3],
    on_line=lambda line: print(line, flush=True))
"""


def test_what_outlives_its_apply_is_named_until_it_has_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs, go, ended = tmp_path / "jobs", tmp_path / "go", tmp_path / "ended"
    argv = [sys.executable, "-c", APPLY, str(jobs), str(go), str(ended)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as apply:
        assert apply.stdout is not None and apply.stdout.readline() == b"begun\n"
        apply.send_signal(signal.SIGKILL)
    (left,) = running(jobs)
    assert left.startswith("sh -c 'echo begun; ") and "(process " in left
    state = State(tmp_path / "state", tmp_path / "run", running=lambda: running(jobs))
    with pytest.raises(Busy, match="still runs from an earlier attempt: sh -c"), state.lock():
        pass
    mine = engine(tmp_path, LocalHost())  # type: ignore[arg-type]
    mine.state.running = state.running
    assert cli.apply(mine, (), "undo") == cli.undo(mine, ()) == cli.Exit.PROBLEM
    assert "a command of an earlier attempt still runs: sh -c" in capsys.readouterr().out
    assert not mine.journal.attempts()
    go.touch()
    until(lambda: not running(jobs))
    assert ended.exists() and not list(jobs.iterdir())
    with state.lock():
        pass


def test_a_note_of_another_boot_means_nothing(tmp_path: Path) -> None:
    stat = Path(f"/proc/{os.getpid()}/stat").read_text().rpartition(") ")
    words = stat[2].split()
    words[19] = "1"
    (tmp_path / "note").write_text(f"{stat[0]}) {' '.join(words)}\napt-get install\n")
    (tmp_path / "torn").write_text("123")
    assert running(tmp_path) == ()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("argv", "code"), [(("true",), 0), (("sh", "-c", "exit 7"), 7)])
def test_a_command_that_is_noted_ends_as_one_that_is_not(tmp_path: Path, argv: tuple[str, ...], code: int) -> None:
    said = LocalHost(jobs=tmp_path).run(*argv, on_line=lambda line: None)
    assert (said.end, said.code) == ("exited", code)
    assert LocalHost(jobs=tmp_path).run("no-such-program", on_line=lambda line: None).end == "absent"
    assert not list(tmp_path.iterdir())


def test_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    host = LocalHost(root=str(tmp_path))
    gone = subprocess.Popen(["true"])
    gone.wait()
    left = [f"/etc/.motd.new-{gone.pid}", f"/run/tui-installer/discovery-{gone.pid}-10-0-0-1/iscsid.conf"]
    kept = ["/etc/.motd.new-old", "/etc/motd", f"/run/tui-installer/discovery-{os.getpid()}-10-0-0-1/iscsid.conf"]
    for path in (*left, *kept):
        host.write(path, File(b"password = s3cret\n", 0o600))
    journal = Journal(tmp_path / "journal")
    edit = {"host": "here", "path": "/etc/motd", "before": None, "after": None, "mask": ""}
    change = {"write": "Write", "edits": [edit], "then": [], "checks": [], "back": []}
    start = {"step": "motd", "action": "apply", "changes": [change], "of": [], "loaded": [], "pid": gone.pid}
    journal.add("start", "a", **start, born="1")

    class Here(LocalHost):
        """Its folder is the root of commands, too."""

        def run(self, *argv: str, **more: object):  # type: ignore[no-untyped-def]
            return super().run(*argv[:-1], f"{tmp_path}{argv[-1]}")

    context = Context(Here(root=str(tmp_path)), NoDialer())
    sweep(context, journal, context)
    assert [host.read(path) is None for path in left] == [True, True]
    assert all(host.read(path) for path in kept)
