"""What is changed leaves a line in the log of the system: who, what, its end. No secret, and no simulated host."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.through import Through
from tests.world import CHAP, PASSWORD, TOP, answers
from tui_installer import composition, simulator
from tui_installer.cli import commands as cli
from tui_installer.cli.arguments import parse
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.hosts import system_log
from tui_installer.hosts.host import Host, OnLine, Result
from tui_installer.model.step import Context
from tui_installer.steps import STACKS

LINE = re.compile(r"<13>tui-installer\[\d+\]: (.*)")


@pytest.fixture
def log(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket of a log daemon; nobody came by sudo or ssh."""
    path = tmp_path_factory.mktemp("log") / "log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
        daemon.bind(str(path))
        daemon.setblocking(False)
        for name in ("SUDO_USER", "SSH_CONNECTION"):
            monkeypatch.delenv(name, raising=False)
        yield daemon


def lines(log: socket.socket) -> Iterator[str]:
    """What was written so far."""
    while True:
        try:
            data = log.recv(4096)
        except BlockingIOError:
            return
        found = LINE.fullmatch(data.decode())
        assert found, data
        yield found[1]


def _engine(world: Path, stack: str, log: socket.socket) -> Engine:
    context = Context(
        simulator.here(world), simulator.dialer(world), log=partial(system_log.here, at=log.getsockname())
    )
    return Engine(STACKS[stack], context, State(world / "state", world / "run"), answers(world, STACKS[stack]))


@pytest.mark.parametrize("stack", ["corosync", "etch"])
def test_applying_and_taking_back_are_told(
    log: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stack: str
) -> None:
    simulator.create(tmp_path / "world", stack)
    of = _engine(tmp_path / "world", stack, log)
    assert (of.apply(of.plan("site")), of.apply(of.plan("packages"))) == ("done", "done")
    monkeypatch.setenv("SUDO_USER", "alice")
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.9 50000 10.0.0.1 22")
    assert cli.undo(of, ["packages"]) == cli.Exit.DONE
    told = list(lines(log))
    user = system_log.who({})
    applied, back = (attempt for attempt in of.journal.attempts() if attempt.step == "packages")
    changes, inverses = len(applied.changes), len(back.changes)
    by = f"{user} (sudo by alice) from 10.0.0.9"
    assert told[-4:] == [
        f"{user}: apply packages: begun, {changes} changes (attempt {applied.id})",
        f"{user}: apply packages: done, {changes} of {changes} changes made (attempt {applied.id})",
        f"{by}: undo packages: begun, {inverses} changes (attempt {back.id})",
        f"{by}: undo packages: done, {inverses} of {inverses} changes made (attempt {back.id})",
    ]
    assert not [line for line in told if any(secret in line for secret in (PASSWORD, CHAP, TOP))]


def test_a_failure_is_told(log: socket.socket, tmp_path: Path) -> None:
    simulator.create(tmp_path / "world")
    simulator.inflict(tmp_path / "world", "postinst")
    of = _engine(tmp_path / "world", "corosync", log)
    assert cli.apply(of, ["site", "packages"], "leave") == cli.Exit.PROBLEM
    begun, ended = list(lines(log))[-2:]
    assert "apply packages: begun" in begun
    assert "apply packages: failed, " in ended


def test_this_host_has_a_line_and_a_simulated_one_has_none(tmp_path: Path) -> None:
    simulator.create(tmp_path / "world")
    simulated, _ = composition.hosts(parse(["--world", str(tmp_path / "world"), "status"])[0], {})
    assert simulated.log is not system_log.here
    assert composition.this_host(tmp_path / "lib", tmp_path / "run")[0].log is system_log.here


class Recorded(Through):
    """Remembers what it was asked."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.asked: list[tuple[str, ...]] = []

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        self.asked.append(argv)
        return Result(argv, "exited", 0, "", "")


def test_a_driven_host_is_told_by_logger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulator.create(tmp_path / "world")
    monkeypatch.setattr(socket, "gethostname", lambda: "admin")
    host = Recorded(simulator.here(tmp_path / "world"))
    system_log.there(host, "apply iscsi: begun")
    said = f"{system_log.who(os.environ)} on admin: apply iscsi: begun"
    assert host.asked == [("logger", "-t", "tui-installer", "--", said)]


def test_nothing_depends_on_it(log: socket.socket) -> None:
    for _ in range(2000):  # nobody reads: more than a socket holds
        system_log.here("x" * 1000, log.getsockname())
    assert len(list(lines(log))) < 2000
    Path(log.getsockname()).unlink()
    system_log.here("nobody is there", log.getsockname())


@pytest.mark.parametrize("odd", ["\x1b[31mroot", "a" * 100, "m\u00fcller"])
def test_odd_names_are_left_out(odd: str) -> None:
    assert system_log.who({"SUDO_USER": odd}) == system_log.who({})
