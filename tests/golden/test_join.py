"""The simulated join of each release ends with the golden files, and with every step in place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden.compare import CHANGES, RELEASES, changes, golden, links
from tests.world import engine, join
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.hosts.host import Host
from tui_installer.steps import choose

FRESH = Path(simulator.__file__).parent / "rhcs" / "files"


@pytest.fixture(scope="module", params=RELEASES)
def joined(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Engine]:
    """A release, its world after the whole join, and the engine that did it."""
    world = tmp_path_factory.mktemp(request.param) / "world"
    simulator.create(world, request.param)
    mine = engine(world, stack=choose(simulator.here(world)))
    join(mine)
    return request.param, world, mine


def test_every_row_is_in_place(joined: tuple[str, Path, Engine]) -> None:
    _, _, mine = joined
    assert {row.state for row in mine.status()} == {"in-place"}


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
