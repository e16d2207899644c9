"""A world that a process of its own serves tells what it tells without one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tui_installer import simulator
from tui_installer.hosts.host import Host, Login, LoginError

MEMBER = "10.0.1.11"


@pytest.fixture
def world(tmp_path: Path) -> Path:
    simulator.create(tmp_path / "world")
    return tmp_path / "world"


@contextmanager
def served(world: Path) -> Iterator[None]:
    words = [sys.executable, "-m", "tui_installer.simulator", str(world)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None and server.stdout.readline() == f"serving {world}\n"
        try:
            yield
        finally:
            server.terminate()


def told(world: Path) -> list[object]:
    """What a host, a member and a login that is refused tell."""
    simulator.switch_on(world)
    here, dialer = simulator.here(world), simulator.dialer(world)
    keys = dialer.keys(MEMBER, 22)
    member = dialer.connect(Login(MEMBER, password="cluster"), keys)
    return [
        keys,
        *(refusal(world, login, trusted) for login, trusted in ((Login(MEMBER), keys), (Login("10.0.1.99"), ()))),
        *(asked for host in (here, member) for asked in answers(host)),
    ]


def answers(host: Host) -> list[object]:
    return [host.name, host.run("uname", "-r").out, host.read("/etc/hostname"), host.list("/etc/host*"), host.links()]


def refusal(world: Path, login: Login, trusted: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    with pytest.raises(LoginError) as refused:
        simulator.dialer(world).connect(login, trusted)
    return refused.value.kind, refused.value.evidence


def test_a_served_world_tells_the_same(world: Path) -> None:
    without = told(world)
    with served(world):
        assert told(world) == without
        here = simulator.here(world)
        here.write("/etc/motd", here.read("/etc/hostname"))
    assert simulator.here(world).read("/etc/motd") == simulator.here(world).read("/etc/hostname")
