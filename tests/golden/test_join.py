"""The simulated join of each release ends with the golden files, and with every step in place; and from its first look
to its last way back it asks no tool of the time anything that this version does not know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.asked import Record, judged
from tests.golden.compare import CHANGES, RELEASES, changes, golden, links
from tests.world import answers, engine, join
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.hosts.host import Host
from tui_installer.model.change import Change, Run, WriteFiles
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import usage
from tui_installer.simulator.say import Answer
from tui_installer.steps import choose

FRESH = Path(simulator.__file__).parent / "rhcs" / "files"


@dataclass(frozen=True)
class Joined:
    """A release's world after the whole join, the engine that did it, and every command line so far."""

    release: str
    world: Path
    engine: Engine
    asked: dict[tuple[str, ...], None]


@pytest.fixture(scope="module", params=RELEASES)
def joined(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Joined]:
    world = tmp_path_factory.mktemp(request.param) / "world"
    simulator.create(world, request.param)
    asked: dict[tuple[str, ...], None] = {}
    refusal = usage.refusal

    def noted(host: Machine, argv: tuple[str, ...]) -> Answer | None:
        asked[argv] = None
        return refusal(host, argv)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(usage, "refusal", noted)
        mine = engine(world, stack=choose(simulator.here(world)).load())
        join(mine)
        yield Joined(request.param, world, mine, asked)


def test_every_row_is_in_place(joined: Joined) -> None:
    rows = joined.engine.status()
    assert {row.state for row in rows} == {"in-place"}
    assert not {"runs", "nothing"} & {next(filter(None, row.facts.values())) for row in rows}, "of what, is not said"
    assert simulator.incidents(joined.world) == []  # the restart, too, was no crash to the members


def test_one_group_more_is_all_that_is_planned(joined: Joined) -> None:
    given = answers(joined.world, joined.engine.stack)
    more = engine(joined.world, given | {"lvm": {"groups": ["san", "santest"]}}, stack=joined.engine.stack)
    titles = [change.title for change in more.plan("lvm").changes]
    assert titles[0] == "Say what is activated at boot" and titles[-1] == "Activate santest"
    assert not any("clvmd" in title or "lock through" in title or title.endswith(" san") for title in titles)


def test_the_host_has_the_golden_files(joined: Joined) -> None:
    release, world = joined.release, joined.world
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


def test_no_tool_is_asked_what_it_does_not_know(joined: Joined, record_property: Record) -> None:
    """Scripts' own commands too, and those of plans that take back, leave and shut down (`test_days` has repairs)."""
    planned = [run.argv for run in commands(ending(joined))]
    for step in reversed(joined.engine.stack.steps):
        back = joined.engine.plan_undo(step.id)
        planned += [run.argv for run in commands(back.changes)]
        assert joined.engine.apply(back) == "done", step.id
    assert len(planned) > 20
    assert judged(record_property, joined.release, {**joined.asked, **dict.fromkeys(planned)}) == {}


def ending(joined: Joined) -> tuple[Change, ...]:
    """What leaves the cluster, and what shuts the host down."""
    mine = joined.engine
    mine.confirm_leaving("vmcluster")
    mine.confirm_shutdown("bottom")
    leaving, down = mine.plan_leave(), mine.plan_shutdown()
    assert leaving.changes and down.changes, (leaving.problems, down.problems)
    return (*leaving.changes, *down.changes)


def commands(changes: tuple[Change, ...]) -> Iterator[Run]:
    """Every command of a plan, and what takes it back."""
    for change in changes:
        for run in change.then if isinstance(change, WriteFiles) else (change,):
            yield from (run, *run.undo)
