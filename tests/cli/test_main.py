"""The command line as it is typed."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Protocol

import pytest

from tui_installer import simulator
from tui_installer.__main__ import main
from tui_installer.cli import commands as cli
from tui_installer.cli import saying


@pytest.fixture(autouse=True)
def demo_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's folder is made where the environment says."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)


@pytest.mark.parametrize(("world", "suite"), [("--demo", "corosync"), ("--demo=etch", "rhcs"), ("--demo etch", "rhcs")])
def test_a_command_after_the_demo_is_a_command(world: str, suite: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*world.split(), "status", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["stack"] == suite
    assert told["steps"][0]["state"] == "todo"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--demo=sarge", "status"], "no such scenario: sarge (there are: corosync,"),
        (["--demo", "plan", "networks"], "there is no step 'networks'; the steps are: site,"),
        (["--demo", "--host", "ssh://root@10.0.1.12", "status"], "--host drives a real host"),
        (["--demo", "--stack", "sarge", "status"], "there is no stack 'sarge'; there are: corosync,"),
        (["--demo", "--answers", "/nowhere.toml", "status"], "/nowhere.toml: "),
        (["--demo", "confess"], "no such scenario: confess"),
        (["--demo", "--plain", "confess"], "invalid choice: 'confess'"),
    ],
)
def test_what_cannot_be_is_said_with_what_can(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 64
    told = capsys.readouterr().err
    assert said in told
    assert "revert" not in told


def test_a_demo_that_nobody_named_can_be_come_back_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--demo", "status"]) == cli.Exit.TODO
    (folder,) = tmp_path.iterdir()
    shown = capsys.readouterr()
    assert shown.err == f"kept in {folder}; back to it: tui-installer --world={folder}\n"
    back = shown.err.rpartition(": tui-installer ")[2].split()
    assert main([*back, "status"]) == cli.Exit.TODO
    assert capsys.readouterr() == (shown.out, "")


@pytest.mark.parametrize("words", [["--demo=sarge"], ["--demo", "--fault=none-such"], ["--demo", "plan", "networks"]])
def test_a_demo_that_is_refused_leaves_nothing(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(words)
    assert not list(tmp_path.iterdir())
    assert "kept in" not in capsys.readouterr().err


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A simulated world."""
    simulator.create(tmp_path / "world")
    return tmp_path / "world"


class Refused(Protocol):
    """What is said of words that are refused, before anything else is said."""

    def __call__(self, *words: str) -> str: ...


@pytest.fixture
def refused(world: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Of words about the simulated world."""

    def said(*words: str) -> str:
        with pytest.raises(SystemExit) as left:
            main(["--world", str(world), *words])
        assert left.value.code == cli.Exit.USAGE
        told = capsys.readouterr()
        assert not told.out
        return told.err

    return said


@pytest.fixture
def answers(world: Path) -> Path:
    """A file for answers that are given."""
    return world / "given.toml"


@pytest.mark.parametrize("asked", ["--stack=sarge", "--answers={}"])
def test_a_stack_that_there_is_not_is_not_remembered(world: Path, answers: Path, asked: str, refused: Refused) -> None:
    answers.write_text('[stack]\nname = "sarge"\n')
    said = refused(asked.format(answers), "status")
    assert "there is no stack 'sarge'" in said
    assert "--stack=auto" in said
    assert main(["--world", str(world), "status"]) == cli.Exit.TODO


@pytest.mark.parametrize("command", ["plan", "apply", "undo"])
def test_every_step_is_known_before_anything_is_done(command: str, refused: Refused) -> None:
    assert "there is no step 'networks'" in refused(command, "site", "networks")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('stack = "etch"', "[stack] must be a section"),
        ("site = 3", "[site] must be a section"),
        ("[site", "Expected ']'"),
    ],
)
def test_answers_that_are_none_are_refused_in_words(
    world: Path, answers: Path, text: str, wrong: str, refused: Refused
) -> None:
    answers.write_text(text)
    assert f"{answers}: {wrong}" in refused("--answers", str(answers), "status")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("port = 99999", "port: 99999 is none"),
        ("port = -1", "port: -1 is none"),
        ('peer = "10.0.1.11 ; rm -rf /"', "peer: '10.0.1.11 ; rm -rf /' is neither an address nor a host name"),
        ('peer = "-oProxyCommand"', "peer: '-oProxyCommand' is neither an address nor a host name"),
        ('peer = "10.0.1.11\\b"', "peer: '10.0.1.11\\x08' is neither an address nor a host name"),
    ],
)
def test_a_member_that_cannot_be_reached_by_that_is_refused(
    answers: Path, text: str, wrong: str, refused: Refused
) -> None:
    answers.write_text(f"[site]\n{text}\n")
    assert f"[site] {wrong}" in refused("--answers", str(answers), "status")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("nowhere", "No such file"),
        (".", "is not what belongs there"),
        ("empty", "is not a plan"),
        ("bytes", "is not a plan"),
    ],
)
def test_a_file_that_holds_no_plan_is_refused(world: Path, name: str, wrong: str, refused: Refused) -> None:
    (world / "empty").write_text("{}")
    (world / "bytes").write_bytes(b"\xff\x00")
    said = refused("apply", "--plan", str(world / name))
    assert str(world / name) in said
    assert wrong in said


def test_a_place_that_cannot_be_used_is_named(world: Path, refused: Refused) -> None:
    assert "No such file or directory" in refused("--world", str(world / "nowhere"), "status")


@pytest.mark.parametrize(
    ("locale", "encoding", "said"),
    [("C", "utf-8", b"\\xe9"), ("C.UTF-8", "ascii", b"\\xe9"), ("C.UTF-8", "utf-8", "\u00e9".encode())],
)
def test_text_from_outside_is_harmless_to_the_terminal(
    locale: str, encoding: str, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.BytesIO()
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(out, encoding))
    saying.say("1\b\x1b[31m\n2\u00e9")
    assert out.getvalue() == b"1\\x08\\x1b[31m\n2" + said + b"\n"


@pytest.mark.parametrize(
    ("locale", "encoding"), [({}, "ascii"), ({"LANG": "C"}, "ascii"), ({"LANG": "C", "LC_ALL": "de_DE.UTF-8"}, "")]
)
def test_a_locale_without_letters_gets_none(locale: dict[str, str], encoding: str) -> None:
    assert saying.letters(locale) == encoding


def test_all_that_is_wrong_with_the_answers_is_told_at_once_with_its_line(
    world: Path, answers: Path, refused: Refused
) -> None:
    answers.write_text('[site]\npeer = "a b"\n\n[iscsi]\nportal = []\ntargets = 3\n\n[lvm]\ngroups = "vg"\n')
    told = refused("--answers", str(answers), "status")
    assert [line for line in told.splitlines() if str(answers) in line] == told.splitlines()[:3]
    for line, words in ((2, "[site] peer: 'a b'"), (5, "[iscsi] has no 'portal'"), (6, "[iscsi] targets: 3 is not a")):
        assert f"{answers}:{line}: {words}" in told
