"""A look reads each file once; the next one reads it anew."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.memory import MemoryHost
from tui_installer.hosts.asked import Asked
from tui_installer.hosts.host import File, HostError
from tui_installer.hosts.snapshot import Once


class Counted(MemoryHost):
    """Counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.files = {"/etc/a": File(b"1"), "/etc/b": File(b"2")}

    def read(self, path: str) -> File | None:
        self.asked.append(path)
        return super().read(path)

    def list(self, pattern: str) -> tuple[str, ...]:
        self.asked.append(pattern)
        return super().list(pattern)


def test_each_is_read_once_a_look() -> None:
    host = Counted()
    asked = Asked(host)
    for _ in range(2):
        asked.begin()
        for _ in range(3):
            assert asked.read("/etc/a") == File(b"1")
            assert asked.list("/etc/*") == ("/etc/a", "/etc/b")
            assert asked.read("/etc/none") is None
    assert host.asked == 2 * ["/etc/a", "/etc/*", "/etc/none"]


def test_a_pass_of_the_same_look_goes_on_with_what_was_read() -> None:
    host = Counted()
    asked = Asked(host)
    asked.begin(1.0)
    asked.read("/etc/a")
    asked.begin(3.0, fresh=False)
    asked.read("/etc/a")
    assert host.asked == ["/etc/a"]


def test_after_a_write_all_is_read_anew() -> None:
    asked = Asked(Counted())
    asked.begin()
    assert asked.read_all("/etc/*")["/etc/a"] == File(b"1")
    asked.write("/etc/a", File(b"3"))
    assert asked.read("/etc/a") == asked.read_all("/etc/*")["/etc/a"] == File(b"3")


def test_errors_are_not_kept() -> None:
    once, away = Once(), [HostError("away"), HostError("away")]

    def ask() -> str:
        if away:
            raise away.pop()
        return "here"

    for _ in range(2):
        with pytest.raises(HostError, match="away"):
            once.get("question", ask)
    assert once.get("question", ask) == "here"


def test_who_asks_at_the_same_time_gets_the_same_answer() -> None:
    once, begun, go, asked = Once(), threading.Event(), threading.Event(), []

    def ask() -> object:
        asked.append(1)
        begun.set()
        go.wait(20)
        return object()

    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(once.get, "question", ask) for _ in range(4)]
        begun.wait(20)
        go.set()
        assert len({id(each.result()) for each in answers}) == 1
    assert asked == [1]
