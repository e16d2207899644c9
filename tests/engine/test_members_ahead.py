"""A member behind ssh is asked ahead what the look asks of it, in one round trip, and nothing that it would not ask."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path

import pytest

from tests.before import Before
from tests.through import Through
from tests.world import answers
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.hosts import ahead
from tui_installer.hosts.host import Dialer, File, Host, Login, OnLine, Result
from tui_installer.model.step import Context
from tui_installer.steps import STACKS


class Told:
    """What each host was asked: by itself, and in which round trips together."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.asked: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
        self.alone: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
        self.together: defaultdict[str, list[tuple[tuple[str, ...], ...]]] = defaultdict(list)
        self.silent = ""
        """The tool that does not answer."""

    def forget(self) -> None:
        for each in self.asked, self.alone, self.together:
            each.clear()


class Near(Through):
    """A member that is not asked ahead."""

    def __init__(self, host: Host, told: Told) -> None:
        super().__init__(host)
        self.told = told

    def note(self, *question: str) -> None:
        with self.told.lock:
            self.told.asked[self.name].add(question)
            self.told.alone[self.name].append(question)

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        self.note("run", *argv)
        return super().run(*argv, stdin=stdin, within=within, on_line=on_line)

    def read(self, path: str) -> File | None:
        self.note("read", path)
        return super().read(path)

    def list(self, pattern: str) -> tuple[str, ...]:
        self.note("list", pattern)
        return super().list(pattern)

    def read_all(self, *patterns: str) -> dict[str, File]:
        self.note("read_all", *patterns)
        return self.host.read_all(*patterns)


class Away(Near):
    """One that is."""

    def ahead(self, questions: Collection[tuple[str, ...]]) -> ahead.Answers:
        with self.told.lock:
            self.told.asked[self.name] |= {*questions}
            self.told.together[self.name].append(tuple(questions))
        return {(kind, *words): getattr(self.host, kind)(*words) for kind, *words in questions}


class Members:
    """See `Dialer`: its hosts tell what they were asked."""

    def __init__(self, dialer: Dialer, told: Told, kind: type[Near]) -> None:
        self.dialer, self.told, self.kind = dialer, told, kind
        self.known: dict[str, Near] = {}

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        return self.dialer.keys(address, port)

    def connect(self, login: Login, trusted: tuple[str, ...]) -> Near:
        host = self.dialer.connect(login, trusted)
        return self.known.setdefault(host.name, self.kind(host, self.told))


def looking(before: Before, folder: Path, stack: str, at: str, kind: type[Near]) -> tuple[Engine, Told]:
    """An engine whose members are of that kind, in the world before a step."""
    world, told = before.world(stack, at), Told()
    context = Context(simulator.here(world), Members(simulator.dialer(world), told, kind))
    state = State(folder / kind.__name__, folder / f"{kind.__name__}-run")
    return Engine(STACKS[stack], context, state, answers(world, STACKS[stack])), told


@pytest.mark.parametrize("stack", ["corosync", "squeeze"])
@pytest.mark.parametrize("at", ["site", "joined"])
def test_a_member_is_asked_ahead_what_it_would_be_asked_and_no_more(
    before: Before, tmp_path: Path, stack: str, at: str
) -> None:
    (near, alone), (away, told) = (looking(before, tmp_path, stack, at, kind) for kind in (Near, Away))
    for step in STACKS[stack].steps:
        for each in alone, told:
            each.forget()
        one, other = near.look(step.id), away.look(step.id)
        assert (one.plan, one.unknown) == (other.plan, other.unknown), step.id
        assert told.asked == alone.asked, step.id
        for member, trips in told.together.items():
            assert len(trips) == 1, (step.id, member)
            assert not {*trips[0]} & {*told.alone[member]}, (step.id, member)


def test_the_member_that_tells_the_site_is_asked_its_files_in_one_round_trip(before: Before, tmp_path: Path) -> None:
    away, told = looking(before, tmp_path, "corosync", "site", Away)
    away.look("site")
    files = [question for question in told.alone["node1"] if question[0] != "run"]
    assert files == [] and len(told.together["node1"][0]) > 40
    assert told.alone["node2"] == [] and len(told.together["node2"][0]) == 1  # its initiator, no more


class Silent(Away):
    """One on which a tool does not answer, and comes to its own end."""

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        said = super().run(*argv, stdin=stdin, within=within, on_line=on_line)
        return Result(argv, "timeout", None, "", "") if argv[0] == self.told.silent else said


def test_a_tool_that_is_silent_on_a_member_is_asked_once_and_nothing_is_planned(before: Before, tmp_path: Path) -> None:
    away, told = looking(before, tmp_path, "corosync", "joined", Silent)
    assert away.look("cluster").in_place
    told.forget()
    told.silent = "dlm_tool"
    look = away.look("cluster")
    assert "dlm_tool: did not end in time" in look.unknown and look.plan.changes == ()
    asked = [question[1] for member in ("node1", "node2") for question in told.alone[member]]
    assert asked.count("dlm_tool") == 2, "of each member once"
    assert not away.look("multipath").unknown
