"""Each case of `day_two`: said with its words, mended, and harmed by nobody, be the repair in vain."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.asked import Record, judged
from tests.before import Before
from tests.failures.day import DAYS, Day
from tests.failures.days import ASKED, engine, last_act, spoil
from tests.failures.other_words import usual
from tests.failures.test_cases import PROGRAMMERS, clear, shown
from tests.world import copy, differences, picture
from tui_installer import simulator
from tui_installer.cli import commands as cli
from tui_installer.cli import looking
from tui_installer.engine.engine import Engine
from tui_installer.steps import STACKS

Harm = tuple[list[str], list[str]]


@pytest.fixture(scope="module", autouse=True)
def counted(request: pytest.FixtureRequest) -> Iterator[None]:
    """How many cases each release has, printed at the end."""
    yield
    ran = Counter(item.callspec.params["day"].stack for item in request.session.items if hasattr(item, "callspec")
                  and "day" in item.callspec.params)  # fmt: skip
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\nday two: {', '.join(f'{stack} {ran[stack]}' for stack in sorted(ran))}")  # noqa: T201


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.id)
def test_day(
    day: Day, before: Before, tmp_path: Path, capsys: pytest.CaptureFixture[str], record_property: Record
) -> None:
    ASKED.clear()
    world = copy(before.world(day.stack, "joined"), tmp_path / "world")
    spoil(world, day)
    mine, spoiled, harm = engine(world, day), picture(world), harmed(world)
    capsys.readouterr()
    assert looking.status(mine, as_json=False) == day.exit
    out = capsys.readouterr().out
    assert not PROGRAMMERS.search(usual(out))
    _said(day, out)
    if day.repair == "done":
        _in_vain(day, copy(world, tmp_path / "in-vain"), capsys)
        assert cli.apply(mine, [day.step], "undo") == cli.Exit.DONE, capsys.readouterr().out
        assert not looking.status(engine(world, day), as_json=False) - day.after, capsys.readouterr().out
    else:
        _refused(day, mine)
        assert not differences(spoiled, picture(world)), "it was touched all the same"
    assert harmed(world) == harm
    if STACKS[day.stack].suite == "rhcs":
        assert judged(record_property, day.stack, ASKED[day.stack]) == {}


def _said(day: Day, out: str) -> None:
    state, problems = shown(out, day.step)
    row = usual(next(row for row in re.split(r"(?m)^(?=\S)", out) if row.split()[:1] == [day.step]))
    assert state == day.state, out
    for said in day.said:
        clear(said, problems)
    assert not [word for word in day.words if word not in row], row
    assert not [word for word in day.unsaid if word in usual(out)], out


def _refused(day: Day, mine: Engine) -> None:
    done = cli.undo(mine, [day.step]) if day.undo else cli.apply(mine, [day.step], "undo")
    assert (done == cli.Exit.DONE) == (day.repair == "nothing")


def _in_vain(day: Day, world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same repair, but its last act does not work: what it did is taken back, and all the rest stays as it is."""
    harm, spoiled = harmed(world), picture(world)
    fault = last_act(engine(world, day).plan(day.step).changes, day)
    mine = engine(world, day, fault)
    plan = mine.plan(day.step)
    assert not plan.blocked, plan.problems
    fault.armed = True
    assert cli.perform(mine, plan, just_made=True) == "failed"
    assert not fault.armed, "nothing failed"
    if (back := mine.plan_revert(day.step)).changes:
        assert cli.perform(mine, back, just_made=True) == "done", capsys.readouterr().out
    left = [line for line in differences(spoiled, picture(world)) if not any(each in line for each in day.left)]
    assert not left, left
    assert harmed(world) == harm


def harmed(world: Path) -> Harm:
    """What has gone wrong for the cluster so far."""
    return simulator.inquorate_moments(world), simulator.incidents(world)
