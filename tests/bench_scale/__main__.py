"""`python -m tests.bench_scale`: what looks, plans, keys and the journal cost at 1,000 LUNs: docs/scale.md.

Seconds are CPU seconds of this process, the least of several; the simulated hosts have answered before, so that none of
their time is among them. Exponents are between a quarter of a size and all of it: twice as much of something takes
2**exponent times as long.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench_scale import far, process, report, screens, worlds
from tests.bench_scale.looks import Look, exponents, looks, plans
from tests.bench_scale.report import Figure, Table
from tests.pace import one_processor

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"
STEEP, STATUS, PLAN, KEY, LARGE, SMALL, JOURNAL, SHELL = 1.15, 4.0, 10.0, 0.010, 80, 45, 1.2, 1.5
"""What is wanted at most: an exponent, seconds of a status, of a plan and of a key, MB, and the ratios of a journal
and of a status beside the same commands."""
TRIPS, MORE, JOIN = 20, 5, 200
"""Round trips of a status from afar at most, how many more a thousand LUNs may take, and those of a join."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write the page if it is asked for; returns 0 if all is as wanted, else 1."""
    parser = argparse.ArgumentParser("tests.bench_scale", description="Count what a thousand LUNs cost.")
    parser.add_argument("--luns", type=int, default=1000, help="LUNs, over four paths each (1000)")
    parser.add_argument("--targets", type=int, default=200, help="IQNs, at eight portals each (200)")
    parser.add_argument("--members", type=int, default=64, help="members (64)")
    parser.add_argument("--entries", type=int, default=100_000, help="entries of the journal (100000)")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name} anew")
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="bench-scale-") as folder:
        with one_processor():
            tables = [each for stack in worlds.STACKS for each in _stack(Path(folder) / stack, stack, given)]
            tables.append(_screens())
        tables.append(_program(Path(folder), given.entries))
        tables.append(_far(Path(folder), given.luns))
    text = report.text(tables)
    sys.stdout.write(text)
    if given.write:
        PAGE.write_text(report.page(text, given.luns, given.targets, given.members))
    return int(any(figure.missed for table in tables for figure in table.figures))


def _stack(folder: Path, stack: str, given: argparse.Namespace) -> list[Table]:
    _say(f"{stack}: {given.luns} LUNs")
    by_luns = looks(*(worlds.member(folder / str(luns), stack, worlds.size(luns, given.members))
                      for luns in (given.luns // 4, given.luns)))  # fmt: skip
    _say(f"{stack}: {given.targets} IQNs x 8 portals")
    by_targets = looks(*(worlds.member(folder / f"iqns{count}", stack, worlds.targets(count))
                         for count in (given.targets // 4, given.targets)))  # fmt: skip
    title = f"{stack}, {given.luns} LUNs x 4 paths, {given.luns // 5} IQNs, {given.members} members, "
    title += f"{given.luns // 2} groups, {5 * given.luns} volumes"
    return [
        _table(title, by_luns),
        _table(f"{stack}, {given.targets} IQNs x 8 portals", by_targets),
        _plans(folder, stack, given.luns),
    ]


def _table(title: str, sizes: Sequence[dict[str, Look]]) -> Table:
    few, many = sizes
    steep = exponents(few, many)
    figures = []
    for name, look in many.items():
        figures.append(Figure(f"{name}: CPU", look.seconds, "s", STATUS))
        figures.append(Figure(f"{name}: exponent", steep[name], "", STEEP))
        figures.append(Figure(f"{name}: commands", look.commands, "", few[name].commands))
        figures.append(Figure(f"{name}: round trips", look.trips, "", few[name].trips))
    return Table(title, tuple(figures), columns=4)


def _plans(folder: Path, stack: str, luns: int) -> Table:
    _say(f"{stack}: a plan of {luns} new LUNs")
    few, many = plans(*(worlds.without_maps(folder / str(count), stack) for count in (luns // 4, luns)))
    steep = exponents({"plan": few}, {"plan": many})["plan"]
    figures = (Figure("multipath: CPU", many.seconds, "s", PLAN), Figure("multipath: exponent", steep, "", STEEP),
               Figure("commands of the look", many.commands, "", few.commands),
               Figure("changes", many.changes, "", None))  # fmt: skip
    return Table(f"{stack}, the plan of {luns} new LUNs", figures, columns=4)


def _screens() -> Table:
    _say("screens")
    return Table("A key in 10,000 rows", tuple(Figure(name, seconds * 1000, "ms", KEY * 1000)
                                               for name, seconds in screens.keys(10_000)), columns=3)  # fmt: skip


def _program(folder: Path, entries: int) -> Table:
    _say("the whole program")
    figures = []
    for stack in worlds.STACKS:
        large = max(
            (path for path in (folder / stack).iterdir() if path.name.isdigit()), key=lambda path: int(path.name)
        )
        small = worlds.member(folder / stack / "small", stack, worlds.size(10, 2)).world
        for name, world, most in (("large", large, LARGE), ("small", small, SMALL)):
            cost = process.status(world, stack)
            figures.append(Figure(f"{stack}, {name}: memory", cost.megabytes, "MB", most))
            figures.append(Figure(f"{stack}, {name}: CPU", cost.seconds, "s", None))
        told = process.beside(large, stack)
        figures.append(Figure(f"{stack}, large: time, beside what it asks in a shell", told, "x", SHELL))
        ratio = process.with_journal(small, stack, entries)
        figures.append(Figure(f"{stack}, small: a journal of {entries} entries", ratio, "x", JOURNAL))
    return Table("`status` as a process of its own; the hosts answer from another one", tuple(figures), columns=1)


def _far(folder: Path, luns: int) -> Table:
    """Of the old stack, which is driven so; the first status has its shells to start as well."""
    figures: list[Figure] = []
    most = TRIPS
    for name, size in (("small", "small"), (f"{luns} LUNs", str(luns))):
        _say(f"rhcs, {name}, from afar")
        taken, seen = (far.statuses(folder / "rhcs" / size, "rhcs", delay) for delay in (far.DELAY, far.COUNTED))
        for nth, quick, journey in zip(("first", "second", "third"), taken, seen, strict=True):
            figures.append(Figure(f"{name}, {nth} status: round trips", journey.trips, "", most))
            figures.append(Figure(f"{name}, {nth} status: time", quick.seconds, "s", None))
        most = seen[0].trips + MORE
    _say("rhcs, a join from afar")
    joined = far.join(folder / "join")
    figures += [
        Figure("a join: round trips", joined.trips, "", JOIN),
        Figure("a join: time", joined.seconds, "s", None),
    ]
    return Table(f"A host behind ssh, {far.DELAY * 1000:.0f} ms away", tuple(figures), columns=1)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
