"""docs/json.md is true: the keys that the commands print are those that it lists, of the kinds that it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from debian import told
from debian.told import Keys
from tests.world import answers, engine
from tui_installer import simulator
from tui_installer.cli import commands as cli
from tui_installer.cli import looking
from tui_installer.engine.engine import Engine

KINDS: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "number": (int, float),
    "yes/no": (bool,),
    "object or null": (dict, type(None)),
    "number or null": (int, type(None)),
}
SELDOM = {"steps[].notes[]", "steps[].problems[].evidence[]", "was-in-place[]", "changed[]"}
"""Lists that may be empty."""


def paths(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Each key of an object, by its path, with its value."""
    if isinstance(value, dict) and not at.endswith("facts"):
        if at.endswith("attempt"):
            yield at, value
        for name, each in value.items():
            yield from paths(each, f"{at}.{name}".lstrip("."))
    elif isinstance(value, dict):
        yield from ((f"{at}.*", each) for each in value.values())
    elif isinstance(value, list):
        for each in value:
            yield from paths(each, f"{at}[]")
    else:
        yield at, value


def held(keys: Keys, objects: list[dict[str, Any]]) -> None:
    """All that is printed is listed, is of its kind, and all that is listed was printed."""
    seen = [pair for each in objects for pair in paths(each)]
    assert {path for path, _ in seen} - set(keys) == set()
    assert [(path, value) for path, value in seen if not isinstance(value, KINDS[keys[path][0]])] == []
    assert set(keys) - {path for path, _ in seen} - SELDOM == set()


@pytest.fixture(scope="module")
def of(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """An engine whose iSCSI step is about to fail."""
    world = tmp_path_factory.mktemp("told") / "world"
    simulator.create(world)
    simulator.inflict(world, "chap-wrong")
    return engine(world, {name: table for name, table in answers(world).items() if name in ("site", "iscsi")})


def test_apply(of: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.apply(of, [], "undo", as_json=True) == cli.Exit.PROBLEM
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = {event["event"] for event in events}
    assert kinds == set(told.EVENTS) - {"back", "confirm"}
    for kind in kinds:
        held(told.EVENTS[kind][1], [event for event in events if event["event"] == kind])


def test_status(of: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    looking.status(of, as_json=True)
    settled = json.loads(capsys.readouterr().out)
    attempt = of.journal.start("iscsi", "apply", [], [], [])  # what has no end is told as well
    looking.status(of, as_json=True)
    running = json.loads(capsys.readouterr().out)
    of.journal.end(attempt, "stopped", [])
    assert (settled["attempt"], running["attempt"]["runs"]) == (None, True)
    held(told.STATUS, [settled, running])


def test_plan(of: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    looking.plan(of, [], as_json=True)
    held(told.PLAN, [json.loads(capsys.readouterr().out)])
