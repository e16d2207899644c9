"""A risky change of a host that is driven from here: the host takes it back by itself, for the way may be cut."""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.engine.memory import MOTD, Motd, TinySite
from tests.memory import NoDialer
from tests.remote.drive import Driven, driven
from tests.through import Through
from tui_installer import simulator
from tui_installer.cli import commands as cli
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import Busy, State
from tui_installer.hosts.host import File, LoginError, OnLine, Result
from tui_installer.hosts.ssh import SshHost
from tui_installer.model.change import Change, Edit, Run, WriteFiles
from tui_installer.model.stack import Stack
from tui_installer.model.step import Context
from tui_installer.remote.fallback import SshFallback
from tui_installer.remote.lock import HostLock

NOTE, OLD, NEW = "/etc/note", File(b"it's\nold\n", 0o600), File(b"new\n")
LOADED, DONE = "/tmp/loaded", "/tmp/done"


def changes(before: File | None = OLD) -> tuple[Change, ...]:
    """A file, a command, and one that fails when it is taken back; whoever reads DONE waits until they are."""
    told = Run("Tell", "here", ("true",), undo=(Run("Tell", "here", ("sh", "-c", f"echo >{DONE}")),))
    fails = Run("Load", "here", ("true",), undo=(Run("Fail", "here", ("false",)),))
    reload = Run("Reload", "here", ("touch", "/tmp/reloaded"))
    load = Run("Load", "here", ("true",), undo=(Run("Unload", "here", ("rm", LOADED)),))
    return (told, WriteFiles("Write", (Edit("here", NOTE, before, NEW),), then=(reload,), confirm=90), load, fails)


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Driven]:
    """Changed as `changes` say, on an account that has busybox alone."""
    simulator.create(tmp_path / "world", "corosync")
    with driven(tmp_path / "world", "fresh") as found:
        found.host.write(NOTE, NEW)
        found.host.write(LOADED, File())
        os.mkfifo(found.there.root / DONE[1:])
        yield found


def fallback(there: Driven, slack: int = 1) -> SshFallback:
    return SshFallback(there.host, slack)


def fired(there: Driven) -> None:
    """Wait until everything is taken back."""
    told = os.open(there.there.root / DONE[1:], os.O_RDWR)
    assert select.select([told], [], [], 60)[0]
    os.close(told)


@pytest.mark.parametrize("before", [OLD, None, File(b"", 0o777, link="/etc/other")])
def test_what_nobody_confirmed_is_taken_back_without_a_connection(there: Driven, before: File | None) -> None:
    fallback(there)("a1", changes(before), 0)
    there.host.close()
    fired(there)
    there.host.run("true")
    now = there.host.read(NOTE)
    assert (now and (now.content, now.link)) == (before and (before.content, before.link))
    assert there.host.list("/tmp/*oaded") == ("/tmp/reloaded",)


def test_what_somebody_else_wrote_is_left_alone(there: Driven) -> None:
    there.host.write(NOTE, File(b"a third\n"))
    fallback(there)("a1", changes(), 0)
    fired(there)
    assert there.host.read(NOTE) == File(b"a third\n")


def test_what_is_kept_stays_and_leaves_no_trace(there: Driven) -> None:
    armed = fallback(there, slack=60)("a1", changes(), 0)
    assert armed.keep()
    assert not armed.settle()
    assert there.host.read(NOTE) == NEW
    assert not armed.keep()
    with HostLock(there.host)() as found:
        assert found == ()
    assert there.host.list("/var/run/tui-installer/*") == ("/var/run/tui-installer/jobs",)


def test_a_time_that_was_shortened_is_over_sooner(there: Driven) -> None:
    armed = fallback(there)("a1", changes(), 600)
    armed.shorten(0)
    fired(there)
    assert armed.settle()
    assert not armed.keep()
    assert there.host.read(NOTE) == OLD


def test_whoever_comes_next_waits_until_it_is_over_and_is_told(there: Driven) -> None:
    armed = fallback(there)("a1", changes(), 600)
    with pytest.raises(Busy, match="still runs there: sh -s takes back what nobody confirmed"), HostLock(there.host)():
        pass
    armed.shorten(0)
    fired(there)
    found: tuple[str, ...] = ()
    while not found:
        with suppress(Busy), HostLock(there.host)() as found:
            pass
    assert found == (
        "The connection was lost while this ran: sh -s takes back what nobody confirmed: it went on there, "
        "and ended with exit code 0.",
    )


# --- as the engine uses it


class Heard(Through):
    """The driven host; something happens as soon as a command has printed a certain line."""

    def __init__(self, host: SshHost) -> None:
        super().__init__(host)
        self.then: dict[str, Callable[[], object]] = {}

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        hearing = on_line and self._hearing(on_line)
        return super().run(*argv, stdin=stdin, within=within, on_line=hearing)

    def _hearing(self, on_line: OnLine) -> OnLine:
        def told(line: str) -> None:
            on_line(line)
            self.then.get(line, str)()

        return told


TOOLS = {
    "reload": f"touch /tmp/way; [ ! -e {MOTD} ] || {{ rm /tmp/way; echo the way is gone; }}",
    "load": "touch /tmp/loaded-too; echo loading",
    "unload": "rm /tmp/loaded-too",
    "loaded": "[ -e /tmp/loaded-too ]",
}


@dataclass
class Driving:
    """An engine that drives the account, on which `reload` takes away the way there, if there is a message."""

    engine: Engine
    heard: Heard

    def confirm(self, within: float = 0) -> None:
        assert cli.confirm(self.engine) == cli.Exit.DONE


@pytest.fixture
def driving(there: Driven, request: pytest.FixtureRequest) -> Driving:
    for name, line in TOOLS.items():
        there.host.write(f"/usr/local/sbin/{name}", File(f"#!/bin/sh\n{line}\n".encode(), 0o755))
    there.host.write("/tmp/way", File())
    heard = Heard(there.host)
    state = State(there.world / "state", there.world / "run", HostLock(there.host))
    context = Context(heard, NoDialer(), fallback=SshFallback(there.host, getattr(request, "param", 60)))
    stack = Stack("tiny", "A tiny stack", (TinySite(), Motd()))
    return Driving(Engine(stack, context, state, {"motd": {"text": "risky"}}), heard)


def cut(there: Driven) -> None:
    """The connection is lost, and there is no other before the way is back."""
    reopen, way = there.host.reopen, there.there.root / "tmp/way"

    def again() -> None:
        if not way.exists():
            raise LoginError("unreachable", ("no route",))
        reopen()

    there.host.reopen = again
    there.host.close()


AT_ONCE = pytest.mark.parametrize("driving", [5], indirect=True)


@AT_ONCE
def test_a_change_that_cuts_us_off_is_taken_back_there_and_the_journal_knows(there: Driven, driving: Driving) -> None:
    engine = driving.engine
    driving.heard.then["the way is gone"] = lambda: cut(there)
    assert engine.apply(engine.plan("motd")) == "reverted"
    assert there.host.read(MOTD) is None
    assert there.host.run("loaded").code == 1
    assert not engine.plan_undo("motd").changes
    (problem,) = engine.failure("motd")
    assert "connection lost" in problem.text


@AT_ONCE
def test_a_confirmation_counts_only_if_the_host_is_told(there: Driven, driving: Driving) -> None:
    def out_of_reach(_: float) -> None:
        driving.confirm()
        cut(there)

    assert driving.engine.apply(driving.engine.plan("motd"), asks=out_of_reach) == "reverted"
    assert there.host.read(MOTD) is None


def test_a_change_that_is_confirmed_stays(there: Driven, driving: Driving) -> None:
    assert driving.engine.apply(driving.engine.plan("motd"), asks=driving.confirm) == "done"
    assert driving.engine.plan("motd").in_place
    assert there.left() == []


def test_a_change_that_nobody_confirms_is_taken_back_from_here(there: Driven, driving: Driving) -> None:
    assert driving.engine.apply(driving.engine.plan("motd")) == "reverted"
    assert there.host.read(MOTD) is None
    with HostLock(there.host)() as found:
        assert found == ()
