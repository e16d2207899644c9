"""Back from what a look or an apply says to the form: the cursor stands on the answer in question."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from textual import events

from screens.app import InstallerApp
from screens.form import Field
from screens.looked_at import LookedAt
from tests.before import Before
from tests.failures.test_hanging import Hanging
from tests.screens.stage import app, idle, press, screen_text, see
from tests.world import answers, copy, engine
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.hosts.host import Host

IQN = "iqn.2024-01.lab.san:cluster"
APPLY = ("enter", "enter")
"""On the plan; then on the question."""


@dataclass(frozen=True)
class Case:
    """What is answered, or wrong with the world, and where the cursor is to stand."""

    step: str
    says: str
    """What the plan says."""
    asked: str
    """The question."""
    keys: Sequence[str] = ()
    """On the step's page, until it has said it."""
    given: dict[str, Any] = field(default_factory=dict)
    """Sections of the answers that are otherwise than an administrator would give them."""
    fault: str = "none"
    discovery: bool = False
    """Whether the array asks for CHAP before it names its targets."""


WRONG = {"discovery-user": "chapuser", "discovery-password": "not-the-secret-1"}
REFUSED = Case("iscsi", "iscsi.login-refused", "chap_password", (*APPLY, "escape", "enter"), fault="chap-wrong")
CASES = {
    "a card that is not there": Case(
        "storage-network", "There is no eth9 here.", "nic", ("e", "tab", "ctrl+u", *"eth9", "escape", "p")
    ),
    "no target": Case(
        "iscsi", "No target is chosen.", "targets", given={"site": {}, "iscsi": {"portals": ["10.16.0.1"]}}
    ),
    "a login that is refused": REFUSED,
    "a discovery that is refused": Case(
        "iscsi",
        "iscsi.chap-refused",
        "discovery_password",
        given={"iscsi": {"targets": [IQN], **WRONG}},
        discovery=True,
    ),
    "a discovery that nobody gave a user for": Case("iscsi", "iscsi.chap-refused", "discovery_user", discovery=True),
    "what may be accepted": Case("iscsi", "accept it to go on with the other portals", "accept", fault="portal-down"),
}


def _world(case: Case, before: Before, folder: Path) -> Path:
    world = copy(before.world("corosync", case.step), folder / "world")
    simulator.inflict(world, case.fault)
    file = world / "state.json"
    held = json.loads(file.read_text())
    held["san"]["discovery_chap"] = case.discovery
    file.write_text(json.dumps(held))
    return world


def _engine(case: Case, world: Path, host: Host | None = None) -> Engine:
    return engine(world, {**answers(world), **case.given}, host)


def _to_step(of: Engine, case: Case) -> tuple[str, ...]:
    """The keys that lead from the first screen to the step's page."""
    return ("home", *["down"] * [step.id for step in of.stack.steps].index(case.step), "enter")


def _focused(shown: InstallerApp) -> list[str]:
    return [field.question.name for field in shown.screen.query(Field) if field.editor.has_focus]


@pytest.mark.parametrize("name", CASES)
async def test_the_cursor_stands_on_the_answer_in_question(name: str, before: Before, tmp_path: Path) -> None:
    case = CASES[name]
    of = _engine(case, _world(case, before, tmp_path))
    shown = app(of)
    async with shown.run_test(size=(80, 24)) as pilot:
        await press(pilot, *_to_step(of, case), *case.keys)
        if _focused(shown):  # it was led there at once
            assert _focused(shown) == [case.asked]
            await press(pilot, "escape")
        text = await press(pilot, "p")
        assert case.says in text and "[*Plan*]" in text
        await press(pilot, "e")
        assert _focused(shown) == [case.asked]
        assert shown.focused is not None and shown.focused.region.bottom <= 22


async def test_a_secret_that_is_typed_ahead_is_shown_nowhere_and_is_no_command(before: Before, tmp_path: Path) -> None:
    """After a refused login: its first letters come before the form is there."""
    world = _world(REFUSED, before, tmp_path)
    host = Hanging(simulator.here(world), "iscsiadm")
    host.answers = True
    host.go.set()
    of = _engine(REFUSED, world, host)
    shown = app(of)
    async with shown.run_test(size=(80, 24)) as pilot:
        await press(pilot, *_to_step(of, REFUSED), *APPLY)
        attempts = of.journal.attempts()
        host.go.clear()
        _type(shown, "escape", "enter", "e")
        await see(pilot, "[*Form*]")
        _type(shown, *"naplfr")
        typed = asyncio.Event()
        shown.call_later(typed.set)
        await typed.wait()
        host.go.set()
        await idle(pilot)
        _type(shown, *"QZ7")
        await idle(pilot)
        text = screen_text(shown)
        assert isinstance(shown.screen, LookedAt) and shown.screen.step_id == "iscsi"
        assert _focused(shown) == ["chap_password"] and "[***" in text and "QZ7" not in text
        changed = {field.question.name: field.editor.raw for field in shown.screen.query(Field) if field.changed}
    assert changed == {"chap_password": "QZ7"}
    assert of.journal.attempts() == attempts


def _type(shown: InstallerApp, *keys: str) -> None:
    """Press them without waiting for what they do."""
    for key in keys:
        shown.post_message(events.Key(key, key if len(key) == 1 else None))
