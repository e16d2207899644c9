"""What lives on a host is not ended under those who use it, whoever plans it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path as Folder

import pytest

from tests.engine.memory import Motd, MotdAnswers, MotdFacts, TinySite, motd_host
from tests.memory import MemoryHost, NoDialer
from tui_installer.engine import child, protection
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.hosts.host import Host, HostError
from tui_installer.model.change import Change, Run, Stops, WriteFiles
from tui_installer.model.site import Site
from tui_installer.model.stack import Stack
from tui_installer.model.step import Context, Problem
from tui_installer.probes.alive import Alive, LiveMap, LivePath, LiveVolume

TOP, DOWN = LivePath("iqn.x 10.0.0.1:3260", "eth1"), LivePath("iqn.x 10.0.0.2:3260", "eth2")
OPEN = LiveMap("vm0", True, (TOP, DOWN))
BUSY = Alive(("lvm_vg", "lvm_global"), (LiveVolume("vg/disk", True),), (OPEN,), ("domain 5",))
IDLE = replace(BUSY, volumes=(LiveVolume("vg/disk", False),), guests=())


def run(kind: str, *names: str, host: str = "here") -> Run:
    """A command that ends that."""
    return Run(f"End {kind} {' '.join(names)}", host, ("end",), stops=(Stops(kind, names),))  # type: ignore[arg-type]


def codes(alive: Alive, *changes: Change) -> list[str]:
    """Why they are refused, in order."""
    return [problem.code.removeprefix("protected.") for problem in protection.against(changes, alive)]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (run("session", TOP.session), []),
        (run("session", "iqn.y 10.0.0.9:3260"), []),
        (run("session"), ["last-path"]),
        (run("interface", "eth1"), []),
        (run("interface", "eth1", "eth2"), ["last-path"]),
        (run("volume", "vg/disk"), ["volumes"]),
        (run("volume", "vg"), ["volumes"]),
        (run("volume", "other"), []),
        (run("lockspace"), []),
        (run("daemon", "corosync"), ["guests", "volumes", "lockspaces"]),
        (run("daemon", "cman"), ["guests", "volumes", "lockspaces"]),
        (run("daemon", "lvmlockd"), ["volumes", "lockspaces"]),
        (run("daemon", "clvmd"), ["volumes"]),
        (run("purged", "vlan"), []),
        (run("purged", "vlan", "corosync"), ["lockspaces", "volumes"]),
        (run("purged"), ["lockspaces", "volumes"]),
        (run("purged", "xen-hypervisor-4.17-amd64"), ["guests"]),
        (run("restarted", "corosync"), ["packages"]),
        (run("restarted"), []),
        (run("completed"), []),
        (run("restarted", "vlan"), []),
        (run("daemon", "corosync", host="node1"), []),
        (WriteFiles("Edit", (), then=(run("daemon", "dlm"),)), ["volumes", "lockspaces"]),
    ],
    ids=str,
)
def test_each_rule(change: Change, expected: list[str]) -> None:
    assert codes(BUSY, change) == expected
    assert codes(Alive(), change) == []


@pytest.mark.parametrize(
    ("unfinished", "upgraded", "configured", "completed"),
    [
        (("vlan", "printer"), (), [], []),
        (("vlan", "corosync"), (), ["packages"], ["packages"]),
        (("vlan",), ("lvm2",), [], ["packages"]),
    ],
)
def test_dpkg_may_finish_what_holds_no_locks(
    unfinished: tuple[str, ...], upgraded: tuple[str, ...], configured: list[str], completed: list[str]
) -> None:
    busy = replace(BUSY, unfinished=lambda: unfinished, upgraded=lambda: upgraded)
    assert codes(busy, run("restarted")) == configured
    assert codes(busy, run("completed")) == completed
    assert codes(replace(busy, lockspaces=()), run("restarted"), run("completed")) == []


def test_the_second_of_two_sessions_is_the_last() -> None:
    assert codes(BUSY, run("session", TOP.session), run("session", DOWN.session)) == ["last-path"]
    assert codes(replace(BUSY, maps=(replace(OPEN, paths=(TOP,)),)), run("session", DOWN.session)) == []


def test_sessions_may_end_once_guests_and_volumes_have() -> None:
    guest, volumes, sessions = run("guest"), run("volume", "vg"), run("session")
    held = replace(BUSY, lockspaces=(), maps=(replace(OPEN, volumes=("vg/disk",)),))
    assert codes(held, guest, volumes, sessions) == []
    assert codes(held, volumes, sessions) == ["volumes"]
    assert codes(held, guest, sessions) == ["last-path"]
    assert codes(replace(held, maps=(OPEN,)), guest, volumes, sessions) == ["last-path"]  # somebody else may hold it


def test_a_map_that_nobody_uses_may_lose_its_paths() -> None:
    idle = Alive(maps=(replace(OPEN, open=False),))
    assert codes(idle, run("session")) == []
    assert codes(replace(idle, lockspaces=("lvm_vg",)), run("session")) == ["last-path"]


def test_what_is_done_in_order_is_not_refused() -> None:
    leaving = (run("volume", "vg/disk"), run("lockspace", "lvm_vg"), run("lockspace"), run("daemon", "lvmlockd"))
    assert codes(IDLE, *leaving, run("daemon", "dlm"), run("daemon", "corosync"), run("purged", "corosync")) == [
        "volumes"  # the map is open still: its packages stay
    ]
    assert codes(IDLE, *leaving[1:], run("daemon", "corosync")) == ["volumes", "volumes"]


class Stopper(Motd):
    """Starts a daemon; taking it back stops it."""

    id = "stopper"
    title = "Stopper"

    def plan(self, facts: MotdFacts, site: Site, answers: MotdAnswers) -> Iterator[Change]:
        if not facts.loaded:
            yield Run("Start it", "here", ("load",), undo=(replace(run("daemon", "corosync"), argv=("unload",)),))

    def problems(self, facts: MotdFacts, site: Site, answers: MotdAnswers) -> Iterator[Problem]:
        yield from ()


class Seen:
    """What lives there, as a test has it; None: it cannot be told."""

    alive: Alive | None = Alive()

    def __call__(self, host: Host) -> Alive:
        if self.alive is None:
            raise HostError("dmsetup: did not end in time")
        return self.alive


def engine_of(tmp_path: Folder, host: MemoryHost, seen: Seen) -> Engine:
    """An engine that has applied it."""
    stack = Stack("tiny", "A tiny stack", (TinySite(), Stopper()), alive=seen)
    engine = Engine(stack, Context(host, NoDialer()), State(tmp_path / "state", tmp_path / "run"), {})
    assert engine.apply(engine.plan("stopper")) == "done"
    return engine


@pytest.mark.parametrize(("alive", "code"), [(BUSY, "guests"), (None, "unknown")])
@pytest.mark.parametrize("newest", [False, True])
def test_no_take_back_is_planned_against_it(tmp_path: Folder, alive: Alive | None, code: str, newest: bool) -> None:
    seen = Seen()
    engine = engine_of(tmp_path, motd_host(), seen)
    approved = engine.plan_undo("stopper")
    assert approved.changes
    seen.alive = alive
    plan = engine.plan_revert("stopper") if newest else engine.plan_undo("stopper")
    assert plan.blocked and not plan.changes
    assert plan.problems[0].code == f"protected.{code}"
    assert plan.problems[0].hint


@pytest.mark.parametrize("kept", [False, True])
def test_what_began_to_live_after_the_plan_is_seen_before_the_act(tmp_path: Folder, kept: bool) -> None:
    seen, host = Seen(), motd_host()
    engine = engine_of(tmp_path, host, seen)
    plan = engine.plan_undo("stopper")
    if kept:
        plan = child.read_plan(engine.state, child.write_plan(engine.state, plan))
    seen.alive = BUSY
    assert engine.apply(plan, just_made=True) == "failed"
    assert ("unload",) not in host.ran
    refused, left = engine.failure("stopper")
    assert (refused.code, left.code) == ("protected.guests", "stopper.left")
    assert refused.evidence == BUSY.guests
    assert engine.journal.standing("stopper")
