"""From afar a status is a handful of round trips, whatever it asks, and a join some 200."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench_scale import worlds
from tests.bench_scale.far import join, statuses
from tui_installer.simulator import Size


@pytest.mark.parametrize(("stack", "most"), [("corosync", 60), ("rhcs", 30)])
def test_a_status_of_a_member_behind_ssh(tmp_path: Path, stack: str, most: int) -> None:
    """The least of three: a busy machine answers some of it late, and that is asked again. They were 176 and 104."""
    size = Size(luns=4, targets=2, portals=2, members=3, groups=2, volumes=4)
    world = worlds.member(tmp_path / "world", stack, size).world
    assert min(journey.trips for journey in statuses(world, stack, delay=0.005)) <= most


def test_a_join_of_a_host_behind_ssh(tmp_path: Path) -> None:
    """So near what is asked side by side is answered one by one: it is 200 where the line takes 50 ms; it was 884."""
    assert join(tmp_path / "world", delay=0.005).trips <= 260
