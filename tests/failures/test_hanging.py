"""A tool that hangs for ever is asked once a look, and holds up nothing but the rows that need it."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.before import Before
from tests.pace import busy
from tests.through import Through
from tests.world import answers, copy
from tui_installer import simulator
from tui_installer.cli import commands as cli
from tui_installer.cli import looking
from tui_installer.engine.engine import Engine
from tui_installer.engine.inspection import StepStatus
from tui_installer.engine.state import State
from tui_installer.hosts.asked import DOES, LOOK, Asked, AskedDialer
from tui_installer.hosts.host import Dialer, Host, HostError, Login, OnLine, Result
from tui_installer.hosts.local import LocalHost
from tui_installer.model.step import Context
from tui_installer.steps import STACKS


class Hanging(Through):
    """A host on which one tool does not answer before it is let go: then as it is, or by its deadline."""

    def __init__(self, host: Host, tool: str) -> None:
        super().__init__(host)
        self.tool = tool
        self.asked = Counter[str]()
        self.questions = Counter[tuple[str, ...]]()
        self.go, self.answers, self.after = threading.Event(), False, 0.0
        """`after`: seconds after which it answers by itself; 0: it does not."""

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        self.asked[argv[0]] += 1
        self.questions[argv] += 1
        if argv[0] == self.tool:
            self.go.wait(self.after or 120)
            if not self.answers:
                return Result(argv, "timeout", None, "", "")
        return super().run(*argv, stdin=stdin, within=within, on_line=on_line)


class SlowMembers:
    """A dialer to members on which one tool takes its time."""

    def __init__(self, dialer: Dialer, tool: str) -> None:
        self._dialer, self._tool = dialer, tool

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        return self._dialer.keys(address, port)

    def connect(self, login: Login, trusted: tuple[str, ...]) -> Host:
        host = Hanging(self._dialer.connect(login, trusted), self._tool)
        host.answers, host.after = True, 1.5
        return host


def engine_over(world: Path, host: Host, dialer: Dialer | None = None, within: float = LOOK) -> Engine:
    """An engine whose host "here" is that one."""
    stack = STACKS["corosync"]
    context, state = Context(host, dialer or simulator.dialer(world)), State(world / "state", world / "run")
    return Engine(stack, context, state, answers(world, stack), within)


class Late(Through):
    """A busy host: from when it is armed, a tool is late so many times."""

    def __init__(self, host: Host, tool: str) -> None:
        super().__init__(host)
        self._tool, self.times, self.armed = tool, 0, False

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        if on_line is not None and argv[0] == "apt-get":
            self.armed = True  # what it installs starts, and everything else waits
        if argv[0] == self._tool and on_line is None and self.armed and self.times:
            self.times -= 1
            return Result(argv, "timeout", None, "", "")
        return super().run(*argv, stdin=stdin, within=within, on_line=on_line)


@pytest.mark.parametrize(("times", "exit_code"), [(3, cli.Exit.DONE), (1000, cli.Exit.UNKNOWN)])
def test_a_busy_host_is_asked_again_after_a_change(
    before: Before, tmp_path: Path, times: int, exit_code: cli.Exit
) -> None:
    world = copy(before.world("corosync", "packages"), tmp_path / "world")
    host = Late(simulator.here(world), "systemctl")
    host.times = times
    assert cli.apply(engine_over(world, host), ["packages"], "leave") == exit_code
    assert host.armed and (host.times == 0 or times == 1000)


NEED = {
    "iscsiadm": {"site", "storage-network", "storage-guard", "iscsi", "multipath", "reboot"},
    "vgs": {"site", "storage-guard", "lvm", "migration", "reboot"},
    "multipathd": {"site", "storage-guard", "multipath", "lvm", "reboot"},
    "corosync-quorumtool": {"site", "cluster", "lvm", "migration", "reboot"},
}
"""The rows that need a tool; all others must be there without it."""
THERE = 3.0
"""Seconds after which the others are there."""
TRIES = 20
"""How often that is tried at most: other processes of a busy machine only make it slower, so the quickest try tells
what this program takes. What really waits for the tool does so in each of them."""


def _until_each_is_there(mine: Engine, rows: Iterator[StepStatus]) -> tuple[dict[str, StepStatus], float]:
    """The first row of each step, and the seconds that it took."""
    first, begun = dict[str, StepStatus](), time.monotonic()
    for row in rows:
        first[row.id] = row
        if len(first) == len(mine.stack.steps):
            break
    return first, time.monotonic() - begun


@pytest.mark.parametrize("tool", NEED)
def test_the_other_rows_are_there(
    tool: str, before: Before, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = copy(before.world("corosync", "joined"), tmp_path / "world")
    for _ in range(TRIES):
        host = Hanging(simulator.here(world), tool)
        rows = (mine := engine_over(world, host)).rows()
        first, took = _until_each_is_there(mine, rows)
        if took < THERE * busy():
            break
        host.go.set()
    assert took < THERE * busy()
    late = {step for step, row in first.items() if row.state != "in-place"}
    assert late <= NEED[tool], {step: first[step].problems for step in late - NEED[tool]}
    assert host.asked[tool] == 1
    words = " ".join(problem.text for step in late for problem in first[step].problems)
    assert f"{tool}: did not end in time, asked at " in words
    host.answers = True
    host.go.set()
    last = {**first, **{row.id: row for row in rows}}
    assert {row.state for row in last.values()} == {"in-place"}, [
        row for row in last.values() if row.state != "in-place"
    ]
    with capsys.disabled():
        sys.stdout.write(f" {tool}: {len(first) - len(late)} of {len(first)} rows after {took:.1f} s ")


def test_status_names_it_and_since_when(before: Before, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = copy(before.world("corosync", "joined"), tmp_path / "world")
    host = Hanging(simulator.here(world), "vgs")
    mine = engine_over(world, host)
    threading.Timer(4, host.go.set).start()  # its own deadline, sooner than in life
    assert looking.status(mine, as_json=False) == cli.Exit.UNKNOWN
    assert "vgs: did not end in time, asked at " in capsys.readouterr().out
    asked = host.asked["vgs"]
    assert asked == 1, "asked again within a status"


def test_a_tool_that_is_only_slow_makes_no_step_unknown(before: Before, tmp_path: Path) -> None:
    """It answers after it was gone on without, and before the rest has been looked at: nothing is waited for then."""
    world = copy(before.world("corosync", "joined"), tmp_path / "world")
    host = Hanging(simulator.here(world), "corosync-quorumtool")
    host.answers, host.after = True, 1.2
    assert {row.state for row in engine_over(world, host).status()} == {"in-place"}


@pytest.mark.parametrize("look", [partial(looking.status, as_json=False), partial(looking.plan, steps=["iscsi"])])
def test_a_status_and_a_plan_ask_each_question_once(
    look: Callable[[Engine], cli.Exit], before: Before, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = copy(before.world("corosync", "joined"), tmp_path / "world")
    host = Hanging(simulator.here(world), "no tool")
    assert look(engine_over(world, host)) == cli.Exit.DONE
    more = {argv: count for argv, count in host.questions.items() if count > 1 and argv[0] not in DOES}
    assert not more
    with capsys.disabled():
        sys.stdout.write(f" {len(host.questions)} questions ")


def test_a_step_s_own_look_is_more_patient_than_the_first_screen_s(before: Before, tmp_path: Path) -> None:
    """What the site lacks, for the first screen went on without it, is asked for again."""
    world = copy(before.world("corosync", "storage-guard"), tmp_path / "world")
    dialer = SlowMembers(simulator.dialer(world), "lvmconfig")
    mine = engine_over(world, simulator.here(world), dialer)
    rows = mine.rows()
    while (row := next(rows)).id != "storage-guard":
        pass
    assert "node1: lvmconfig: did not end in time" in str(row.problems)
    assert not mine.look("storage-guard").unknown


class Counted(SlowMembers):
    """Counts how often a member's host key was asked for."""

    scans = 0

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        self.scans += 1
        return super().keys(address, port)


def test_what_the_site_cannot_be_read_for_is_met_once_in_a_pass(before: Before, tmp_path: Path) -> None:
    """Each step needs the site: none of them logs in again to be told the same."""
    world = copy(before.world("corosync", "packages"), tmp_path / "world")
    dialer = Counted(simulator.dialer(world), "corosync-cmapctl")
    mine = engine_over(world, simulator.here(world), dialer)
    rows = mine.rows()
    first, _ = _until_each_is_there(mine, rows)
    assert first["site"].state == "unknown" and dialer.scans == 1
    last = {row.id: row for row in rows}
    assert last["packages"].state == "todo" and dialer.scans == 3, "the member's once more, and the other's"


class Slow(Through):
    """A host on which each command answers, and takes its time."""

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        time.sleep(0.3)
        return super().run(*argv, stdin=stdin, within=within, on_line=on_line)


def test_a_look_ends_though_all_that_it_asks_is_slow(before: Before, capsys: pytest.CaptureFixture[str]) -> None:
    """No tool hangs, so none is gone on without: the look as a whole has its end, on this host and on members."""
    world = before.world("corosync", "joined")
    begun = time.monotonic()
    assert (
        looking.status(engine_over(world, Slow(simulator.here(world)), within=1.0), as_json=False) == cli.Exit.UNKNOWN
    )
    assert time.monotonic() - begun < 10, "undisturbed it takes half a minute"
    assert "not asked, for this look has taken 1 s already" in capsys.readouterr().out


def test_a_member_that_is_found_late_has_no_more_time(before: Before) -> None:
    world = before.world("corosync", "joined")
    dialer = AskedDialer(simulator.dialer(world), within=0.0)
    dialer.begin(None, fresh=True)
    for ask in (lambda: dialer.asked(simulator.here(world)).run("true"), lambda: dialer.keys("10.0.1.11", 22)):
        with pytest.raises(HostError, match="not asked, for this look has taken 0 s already"):
            ask()
    patient = AskedDialer(simulator.dialer(world), within=0.2)
    patient.begin(None, fresh=True)
    while patient.in_time:
        pass
    patient.begin(None, fresh=False)
    assert not patient.in_time, "one more pass is no other look"
    patient.begin(None, fresh=True)
    assert patient.asked(simulator.here(world)).run("true").ok()


def test_looks_again_and_again_leave_no_processes(tmp_path: Path) -> None:
    """A script that hears no TERM: what a command in the kernel's lock manager is like."""
    begun = tmp_path / "begun"
    script = tmp_path / "vgs"
    script.write_text(f"#!/bin/sh\ntrap '' TERM\necho $$ >>{begun}\nwhile :; do sleep 1000; done\n")
    script.chmod(0o755)
    host = Asked(LocalHost())
    for _ in range(5):
        host.begin(1.0)
        said = host.run(str(script), within=0.1)
        assert (said.end, host.run("echo", "there").out) == ("timeout", "there\n")
    pids = begun.read_text().split()
    try:
        assert len(pids) == 1, "a second one was started while the first was there"
        assert said.verdict.startswith("did not end in time, asked at ")
    finally:
        for pid in pids:
            os.kill(int(pid), 9)


def test_what_was_given_up_answers_the_next_look() -> None:
    host = Hanging(LocalHost(), "echo")
    given = Asked(host)
    given.begin(0.1)
    with pytest.raises(HostError, match="echo: did not end in time, asked at"):
        given.run("echo", "one").answer()
    host.answers = True
    host.go.set()
    while given.waits:
        given.wait(1)
    given.begin(0.1, fresh=False)
    assert given.run("echo", "one").out == "one\n"
    assert host.asked["echo"] == 1
    given.begin()
    assert given.run("echo", "one").out == "one\n"
    assert host.asked["echo"] == 2


def test_what_an_earlier_look_gave_up_is_waited_for_and_asked_anew() -> None:
    """It is only slow: whoever looks more patiently is not told that it is silent, nor what it said before."""
    host = Hanging(LocalHost(), "echo")
    host.answers, host.after = True, 0.3
    given = Asked(host)
    given.begin(0.1)
    assert given.run("echo", "one").end == "timeout"
    given.begin(5)
    assert given.run("echo", "one").out == "one\n"
    assert host.asked["echo"] == 2


def test_two_portals_are_two_answers() -> None:
    """That one host does not answer ping tells nothing of another."""
    host = Hanging(LocalHost(), "sh")
    given = Asked(host)
    given.begin(0.1)
    assert [given.run("sh", "-c", ":", portal).end for portal in ("one", "two", "one")] == ["timeout"] * 3
    assert host.asked["sh"] == 2
    host.go.set()
