"""The simulated join of each release ends with the golden files, and with every step in place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.golden.compare import CHANGES, RELEASES, changes, golden, links
from tui_installer import simulator
from tui_installer.engine import Engine
from tui_installer.host import Host
from tui_installer.state import State
from tui_installer.step import Context
from tui_installer.steps import choose

PEER, LEFT = "198.38.17.56", "198.38.17.57"
FRESH = Path(simulator.__file__).parent / "classic" / "files"


def answers(world: Path) -> dict[str, dict[str, Any]]:
    """What an administrator would answer."""
    dialer = simulator.dialer(world)
    return {
        "site": {
            "peer": PEER,
            "password": "cluster",
            "host-keys": [key for address in (PEER, LEFT) for key in dialer.keys(address, 22)],
        },
        "iscsi": {"chap-password": "tjstorage2008"},
        "cluster": {"confirm": "vmcluster"},
        "lvm": {"groups": ["san"]},
        "reboot": {"confirm": "bottom"},
    }


@pytest.fixture(scope="module", params=RELEASES)
def joined(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Engine]:
    """A release, its world after the whole join, and the engine that did it."""
    world = tmp_path_factory.mktemp(request.param) / "world"
    simulator.create(world, request.param)
    here = simulator.here(world)
    state = State(world / "state", world / "run")
    engine = Engine(choose(here), Context(here, simulator.dialer(world)), state, answers(world))
    for step in engine.stack.steps:
        plan = engine.plan(step.id)
        assert not plan.blocked, plan.problems
        assert engine.apply(plan) == "done", engine.failure(step.id)
    return request.param, world, engine


def test_every_row_is_in_place(joined: tuple[str, Path, Engine]) -> None:
    _, _, engine = joined
    assert {row.id: row.state for row in engine.status()} == dict.fromkeys(
        [step.id for step in engine.stack.steps], "in-place"
    )


def test_the_host_has_the_golden_files(joined: tuple[str, Path, Engine]) -> None:
    release, world, _ = joined
    host, root = simulator.here(world), world / "bottom" / "root"
    found = {name: left(host, root, release, name, wanted) for name, wanted in golden(release).items()}
    assert found == golden(release)


def left(host: Host, root: Path, release: str, name: str, wanted: str) -> str:
    """What the join left of what a golden file is about."""
    if name.endswith("rc.links"):
        return links(root, wanted)
    if name == "files.list":
        return "".join(f"{described(host, row.split()[0])}\n" for row in wanted.splitlines())
    file = host.read(name.removesuffix(CHANGES))
    text = file.content.decode() if file else ""
    before = FRESH / release / name.removesuffix(CHANGES).lstrip("/")
    return changes(before.read_text(), text) if name.endswith(CHANGES) else text


def described(host: Host, path: str) -> str:
    """A file's mode, or where it leads."""
    file = host.read(path)
    if file is None:
        return f"{path} (not there)"
    return f"{path} -> {file.link}" if file.link else f"{path} {file.mode:04o}"
