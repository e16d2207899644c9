"""One world is made for all tests; each gets a copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulator.worlds import copied, install, login, made, ok, storage_network
from tui_installer import simulator


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("pristine") / "world")


@pytest.fixture(scope="session")
def with_storage(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = copied(pristine, tmp_path_factory.mktemp("storage") / "world")
    host = simulator.here(world)
    assert install(host).ok()
    storage_network(host)
    login(world, host)
    ok(host, "systemctl enable open-iscsi")
    return world


@pytest.fixture
def world(pristine: Path, tmp_path: Path) -> Path:
    return copied(pristine, tmp_path / "world")


@pytest.fixture
def stored(with_storage: Path, tmp_path: Path) -> Path:
    """A world whose fresh host has the packages and the SAN."""
    return copied(with_storage, tmp_path / "world")
