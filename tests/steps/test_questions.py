"""A look asks a host no more for forty LUNs than for ten: one question tells of all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench_scale import worlds
from tests.bench_scale.looks import FREE
from tests.bench_scale.worlds import Seen
from tui_installer.simulator import Size

FEW = Size(luns=10, targets=2, portals=4, members=3, groups=4, volumes=10)
MANY = Size(luns=40, targets=8, portals=4, members=6, groups=16, volumes=40)


def questions(seen: Seen) -> dict[str, list[str]]:
    """What each step's look asks the host that is looked at: the programs, and the files and folders."""
    found = {}
    for step in seen.engine.stack.steps:
        with seen.book.counting() as asked:
            seen.engine.look(step.id)
            own = [(kind, what) for host, kind, what in asked if host == "here" and kind not in FREE]
        found[step.id] = sorted(f"run {what[0]}" if isinstance(what, tuple) and kind == "run" else kind
                                for kind, what in own)  # fmt: skip
    return found


@pytest.mark.parametrize("stack", worlds.STACKS)
def test_more_luns_and_members_are_no_more_questions(tmp_path: Path, stack: str) -> None:
    few, many = (worlds.member(tmp_path / str(size.luns), stack, size) for size in (FEW, MANY))
    states = {row.id: row.state for row in many.engine.status()}
    assert states["multipath"] == states["iscsi"] == states["cluster"] == "in-place"
    assert questions(many) == questions(few)
    bare = [worlds.without_maps(seen.world, stack) for seen in (few, many)]
    assert {seen.engine.stack.step("multipath").id: len(seen.engine.plan("multipath").changes) > 0 for seen in bare}
    assert [look["multipath"] for look in map(questions, bare)] == 2 * [questions(bare[0])["multipath"]]


@pytest.mark.parametrize("stack", worlds.STACKS)
def test_nothing_is_asked_twice_in_a_status(tmp_path: Path, stack: str) -> None:
    seen = worlds.member(tmp_path / "world", stack, FEW)
    with seen.book.counting() as asked:
        seen.engine.status()
        own = [(host, kind, what) for host, kind, what in asked if kind != "write"]
    twice = {each for each in own if own.count(each) > 1}
    assert {each for each in twice if each[1:2] != ("run",) or each[2][0] not in ("mkdir", "rm", "unshare")} == set()  # type: ignore[index]


def test_nothing_is_asked_twice_by_looks_one_after_the_other(tmp_path: Path) -> None:
    """As by an apply that finds step after step in place."""
    seen = worlds.member(tmp_path / "world", "corosync", FEW)
    first, *others = (step.id for step in seen.engine.stack.steps)
    with seen.book.counting() as asked:
        assert seen.engine.look(first).plan.in_place
        assert all(seen.engine.look(step, patiently=True, going_on=True).unknown == "" for step in others)
        own = [(host, kind, what) for host, kind, what in asked if kind != "write"]
    assert {each for each in own if own.count(each) > 1 and each[1:2] != ("run",)} == set()
