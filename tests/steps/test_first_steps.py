"""The first steps in a simulated world, one after the other."""

from __future__ import annotations

from pathlib import Path

from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.model.stack import Stack
from tui_installer.model.step import Context
from tui_installer.steps.packages.corosync import PackagesStep
from tui_installer.steps.site import SiteStep
from tui_installer.steps.storage_network.corosync import StorageNetworkStep


def test_the_first_steps_on_a_simulated_host(tmp_path: Path) -> None:
    """Site, packages and storage network, applied one after the other, are in place; taken back, they are as before."""
    simulator.create(tmp_path / "world")
    context = Context(simulator.here(tmp_path / "world"), simulator.dialer(tmp_path / "world"))
    keys = [key for number in (11, 12) for key in context.dialer.keys(f"10.0.1.{number}", 22)]
    given = {"site": {"peer": "10.0.1.11", "password": "cluster", "host-keys": keys}}
    stack = Stack("corosync", "", (SiteStep(), PackagesStep(), StorageNetworkStep()))
    engine = Engine(stack, context, State(tmp_path / "state", tmp_path / "run"), given)
    before = {path: context.here.read(path) for path in ("/etc/network/interfaces", "/etc/modules")}
    plans = [engine.plan(step) for step in ("packages", "storage-network")]
    for step in ("packages", "storage-network"):
        assert engine.apply(engine.plan(step)) == "done"
    assert [row.state for row in engine.status()] == ["in-place"] * 3
    assert engine.look("storage-network").facts.answering == ("10.16.0.1", "10.16.0.2")
    for step in ("storage-network", "packages"):
        assert engine.apply(engine.plan_undo(step)) == "done"
    assert [engine.plan(step) for step in ("packages", "storage-network")] == plans
    assert {path: context.here.read(path) for path in before} == before
