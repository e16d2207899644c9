"""What is asked ahead is answered as each question is alone, in every shell that there is here."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path

import pytest

from tests.memory import MemoryHost
from tui_installer.hosts import ahead, many_files, ssh_files
from tui_installer.hosts.ahead import Ahead
from tui_installer.hosts.asked import Asked
from tui_installer.hosts.host import File, HostError, OnLine, Result

SHELLS = [["sh"], ["bash", "--posix"], *([["busybox", "sh"]] if shutil.which("busybox") else [])]
SAYS = "printf 'out\\n\\n'; printf 'err .7\\n\\n' >&2; exit 3"


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[0])
def test_each_is_told_apart(tmp_path: Path, shell: list[str]) -> None:
    (tmp_path / "file").write_bytes(b"one\ntwo")
    (tmp_path / "link").symlink_to("file")
    words: dict[tuple[str, ...], list[str]] = {
        ("file",): ["our_read", f"{tmp_path}/file"],
        ("none",): ["our_read", f"{tmp_path}/none"],
        ("link",): ["our_read", f"{tmp_path}/link"],
        ("list",): ["our_list", f"{tmp_path}/*"],
        ("says",): ["sh", "-c", SAYS],
        ("quiet",): ["true"],
        ("absent",): ["no-such-program"],
        ("last",): ["our_all", f"{tmp_path}/*"],
    }
    line = ahead.line(words, "mark", lambda question: shlex.join(words[question]))
    script = f"{ssh_files.FILES}{many_files.ALL}{ahead.ASK}\n{line}"
    said = subprocess.run([*shell, "-c", script], capture_output=True, check=True)
    assert said.stderr == b""
    found = dict(ahead.understand(said.stdout.decode(), "mark", words))
    assert list(found) == list(words)
    assert ssh_files.understand("file", found["file",]) == File(
        b"one\ntwo", (tmp_path / "file").stat().st_mode & 0o777, _owner(tmp_path / "file")
    )
    assert ssh_files.understand("none", found["none",]) is None
    link = ssh_files.understand("link", found["link",])
    assert link is not None and link.link == "file"
    assert found["list",].out.split() == [f"{tmp_path}/file", f"{tmp_path}/link"]
    says = found["says",]
    assert (says.code, says.out, says.err) == (3, "out\n\n", "err .7\n\n")
    assert (found["quiet",].code, found["quiet",].out, found["quiet",].err) == (0, "", "")
    assert found["absent",].code == 127
    assert set(dict(many_files.understand(found["last",].out))) == {f"{tmp_path}/file", f"{tmp_path}/link"}


def _owner(path: Path) -> str:
    return f"{path.owner()}:{path.group()}"


def test_what_was_cut_off_is_no_answer() -> None:
    questions = (("a",), ("b",), ("c",))
    whole = "".join(f"{name}\n\nmark\n.0\nmark\n" for name in "abc")
    assert [question for question, _ in ahead.understand(whole, "mark", questions)] == list(questions)
    for at in range(len(whole)):
        found = dict(ahead.understand(whole[:at], "mark", questions))
        assert all(found[question].out == f"{question[0]}\n" for question in found)


class FarHost(MemoryHost):
    """Counts what it is asked by itself, and what ahead."""

    def __init__(self, fails: bool = False) -> None:
        super().__init__()
        self.files = {"/etc/a": File(b"1")}
        self.asked: list[str] = []
        self.together: list[list[str]] = []
        self.fails = fails

    def read(self, path: str) -> File | None:
        self.asked.append(path)
        return super().read(path)

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        self.asked.append(argv[0])
        return Result(argv, "exited", 0, f"{argv[0]}\n", "")

    def ahead(self, questions: Collection[tuple[str, ...]]) -> ahead.Answers:
        self.together.append([" ".join(question) for question in questions])
        if self.fails:
            raise HostError("too slow")
        return {("read", "/etc/a"): File(b"1"), ("read", "/etc/none"): None, ("run", "date"): _said("date")}


def _said(name: str) -> Result:
    return Result((name,), "exited", 0, f"{name}\n", "")


EXPECTED = Ahead(files=("/etc/a", "/etc/none", "/etc/b"), quick=(("date",),), slow=(("vgs",),))


def test_a_look_asks_once_what_it_foresees_and_alone_what_was_left_out() -> None:
    host = FarHost()
    asked = Asked(host)
    for look in (1, 2):
        asked.begin()
        asked.expect(EXPECTED)
        for _ in range(2):
            assert asked.read("/etc/a") == File(b"1")
            assert asked.read("/etc/none") is None
            assert asked.read("/etc/b") is None and asked.read("/etc/c") is None
            assert (asked.run("date").out, asked.run("vgs").out, asked.run("id").out) == ("date\n", "vgs\n", "id\n")
        assert host.together == look * [["read /etc/a", "read /etc/none", "read /etc/b", "run date"]]
        assert sorted(host.asked) == sorted(look * ["/etc/b", "/etc/c", "vgs", "id"])


def test_the_first_question_tells_which_of_what_may_be_expected_is_asked() -> None:
    few, many = Ahead(files=("/etc/a",)), Ahead(files=("/etc/none", "/etc/a"), quick=(("date",),))
    for first, together in ("/etc/a", ["read /etc/a"]), ("/etc/none", ["read /etc/none", "read /etc/a", "run date"]):
        host = FarHost()
        asked = Asked(host)
        asked.begin()
        asked.expect_either(few, many)
        assert asked.run("id").out == "id\n" and host.together == []
        assert asked.read(first) == FarHost().read(first)
        asked.expect_either(few, many)  # logged in to again in the same look
        assert asked.read("/etc/none") is None and asked.read("/etc/b") is None
        assert host.together == [together]


def test_where_nothing_is_told_ahead_each_is_asked_alone() -> None:
    host = FarHost(fails=True)
    asked = Asked(host)
    asked.begin()
    asked.expect(EXPECTED)
    assert asked.read("/etc/a") == File(b"1")
    assert (asked.run("date").out, asked.run("vgs").out) == ("date\n", "vgs\n")
    assert len(host.together) == 1 and sorted(set(host.asked)) == ["/etc/a", "date", "vgs"]


def test_a_host_at_hand_is_asked_nothing_ahead() -> None:
    host = MemoryHost()
    asked = Asked(host)
    asked.begin()
    asked.expect(EXPECTED)
    assert asked.read("/etc/a") is None and not asked.foreseen(("read", "/etc/a"))


def test_after_a_write_nothing_is_believed_that_was_told_before() -> None:
    host = FarHost()
    asked = Asked(host)
    asked.begin()
    asked.expect(EXPECTED)
    assert asked.read("/etc/none") is None
    asked.write("/etc/none", File(b"2"))
    assert asked.read("/etc/none") == File(b"2") and len(host.together) == 1
