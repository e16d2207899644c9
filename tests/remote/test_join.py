"""The whole join of a host that is driven from here, over a real sshd, on an account that has busybox alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import world as modern
from tests.remote.drive import Cutting, Driven, Given, driven, seen
from tests.world import differences
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import Busy
from tui_installer.model import answers
from tui_installer.model.stack import Stack
from tui_installer.model.step import Step
from tui_installer.steps import choose

ROUNDS = 40
"""Attempts after which a join that is cut again and again must be complete."""


@dataclass
class Joined:
    """A world in which the join was driven undisturbed."""

    scenario: str
    driven: Driven
    stack: Stack
    given: dict[str, dict[str, Any]]

    @property
    def engine(self) -> Engine:
        return self.driven.engine(self.stack, self.given)


MACHINES = {"corosync": "fresh", "etch": "bottom"}


@pytest.fixture(scope="module", params=list(MACHINES))
def joined(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Joined]:
    world = tmp_path_factory.mktemp("joined") / "world"
    simulator.create(world, request.param)
    with driven(world, MACHINES[request.param]) as here:
        given = modern.answers(world) if request.param == "corosync" else _rhcs(world)
        found = Joined(request.param, here, choose(here.host).load(), given)
        modern.join(found.engine)
        yield found


def _rhcs(world: Path) -> dict[str, dict[str, Any]]:
    """What an administrator of the old hosts would answer."""
    members = "198.38.17.56", "198.38.17.57"
    dialer = simulator.dialer(world)
    keys = [key for address in members for key in dialer.keys(address, 22)]
    return {
        "site": {"peer": members[0], "password": modern.PASSWORD, "host-keys": keys},
        "iscsi": {"chap-password": "tjstorage2008"},
        "cluster": {"confirm": "vmcluster"},
        "xen": {"confirm": "vmcluster"},
        "reboot": {"confirm": "bottom"},
    }


def test_a_host_with_busybox_alone_joins(joined: Joined) -> None:
    assert [row.state for row in joined.engine.rows()] == ["in-place"] * len(joined.stack.steps)
    assert joined.driven.left() == []


def test_nothing_but_the_tools_of_the_stack_is_asked_for(joined: Joined) -> None:
    asked = {argv[0].rsplit("/", 1)[-1] for argv in joined.driven.there.asked}
    assert not asked & {"python3", "perl", "base64", "sha256sum", "timeout", "mktemp"}


def test_a_connection_cut_again_and_again_ends_where_an_undisturbed_one_ends(joined: Joined, tmp_path: Path) -> None:
    world = tmp_path / "world"
    simulator.create(world, joined.scenario)
    with driven(world, MACHINES[joined.scenario]) as here:
        cutting = Cutting(here, first=1)
        engine = here.engine(joined.stack, joined.given, cutting)
        outcomes = [outcome for step in joined.stack.steps for outcome in _brought(engine, step, joined.given)]
        attempts = engine.journal.attempts()
        assert here.left() == []
    assert cutting.cuts >= 6
    assert all(attempt.outcome for attempt in attempts)
    verdicts = [attempt.failure["verdict"] for attempt in attempts if attempt.failure]
    assert [verdict for verdict in verdicts if "connection lost" not in verdict] == []
    assert 0 < len(verdicts) == outcomes.count("failed") <= cutting.cuts
    assert not differences(seen(joined.driven.world), seen(world))


def _brought(engine: Engine, of: Step[Any, Any], given: Given) -> Iterator[str]:
    """The outcomes until the step is in place; what confirms it is typed again each time."""
    step = of.id
    for _ in range(ROUNDS):
        if of.single_use:
            engine.keep(step, answers.parse(of.asks, given[step], step))
        look = engine.look(step)
        if look.unknown:
            assert "connection lost" in look.unknown or step == "reboot"  # what a restart ends may end in any way
            continue
        if look.plan.in_place:
            return
        assert not look.plan.blocked, look.plan.problems
        try:
            yield engine.apply(look.plan, just_made=True)
        except Busy as busy:
            assert "still runs there" in str(busy) or "is changing this host now" in str(busy)  # by a shell cut off
    raise AssertionError(f"{step} is not in place after {ROUNDS} attempts")
