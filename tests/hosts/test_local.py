"""Commands on this machine: typed into shells that stay, in files where somebody follows."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tui_installer.hosts.host import Result
from tui_installer.hosts.local import LocalHost


def test_a_command_that_is_followed_says_the_same_as_one_that_is_not() -> None:
    host, lines = LocalHost(), list[str]()
    argv = ("sh", "-c", "cat; echo said; printf 'no end'; echo wrong >&2; exit 7")
    followed, looked = (host.run(*argv, stdin=b"given\n", on_line=each) for each in (lines.append, None))
    assert followed == looked == Result(argv, "exited", 7, "given\nsaid\nno end", "wrong\n")
    assert lines == ["given", "said"]


def test_lines_come_while_the_command_runs(tmp_path: Path) -> None:
    """The command goes on only when its first line was heard."""
    heard = tmp_path / "heard"
    said = LocalHost().run(
        "sh", "-c", f"echo one; until [ -e {heard} ]; do sleep 0.02; done; echo two",
        within=20, on_line=lambda line: heard.touch(),
    )  # fmt: skip
    assert said.ok() and said.out == "one\ntwo\n"


@pytest.mark.parametrize("followed", [False, True])
def test_how_a_command_ends(followed: bool) -> None:
    host, on_line = LocalHost(), (lambda line: None) if followed else None
    assert host.run("no-such-program", on_line=on_line).end == "absent"
    assert host.run("sh", "-c", "kill -TERM $$", on_line=on_line).end == "signal"
    late = host.run("sh", "-c", "trap 'echo asked; exit 0' TERM; sleep 60 & wait", within=0.2, on_line=on_line)
    assert (late.end, set(late.out.splitlines())) == ("timeout", {"asked"})  # timeout(1) asks it, then its whole group


def test_commands_side_by_side_wait_for_each_other_without_harm() -> None:
    """Each waits until the other is there too: one shell alone would never end them."""
    host, both = LocalHost(), threading.Barrier(2, timeout=20)

    def wait(line: str) -> None:
        both.wait()

    def one(number: int) -> Result:
        return host.run("echo", str(number), on_line=wait)

    with ThreadPoolExecutor() as pool:
        assert [each.out for each in pool.map(one, (1, 2))] == ["1\n", "2\n"]


def test_after_a_follower_failed_answers_are_not_mixed_up() -> None:
    host = LocalHost()

    def fail(line: str) -> None:
        raise KeyError(line)

    with pytest.raises(KeyError):
        host.run("echo", "first", on_line=fail)
    assert host.run("echo", "second").out == "second\n"
