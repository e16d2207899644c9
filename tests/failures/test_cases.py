"""Each case of `cases`: it is said clearly, planning changes nothing, and all can be taken back."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.before import Before
from tests.failures.case import CASES, Case, Said
from tests.failures.other_words import reworded, usual
from tests.failures.saying import Saying
from tests.failures.spoiling import merge, write
from tests.test_contract import EXEMPT, RHCS
from tests.world import answers, copy, differences, picture
from tui_installer import simulator
from tui_installer.cli import commands as cli
from tui_installer.cli import looking
from tui_installer.engine.engine import Drifted, Engine
from tui_installer.engine.inspection import STATES
from tui_installer.engine.performer import failure_from
from tui_installer.engine.state import State
from tui_installer.model.step import LEVELS, Context, Plan, Problem
from tui_installer.simulator import derived
from tui_installer.steps import STACKS

REWORDED = {name: reworded(stack) for name, stack in STACKS.items()}
"""Nothing that is done or found hangs on a sentence of ours."""
PROGRAMMERS = re.compile(
    r"Traceback|\bNone\b|\w+Error\b|<\w+[ .]|\(\?|\\A|\bself\.|__\w+__|\[\]|\{\w*\}|\btui_installer\."
)
"""What only a programmer understands."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case, before: Before, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = copy(before.world(case.stack, case.step, case.scenario), tmp_path / "world")
    engine = _engine(world, case)
    _spoil(world, case)
    seen = picture(world)
    plan = engine.plan(case.step)
    assert not differences(seen, picture(world)), "planning changed something"
    {"plan": _refused, "apply": _failing, "drift": _drifting}[case.when](world, engine, case, plan)
    capsys.readouterr()
    assert looking.status(engine, as_json=False) == case.exit
    out = capsys.readouterr().out
    assert not PROGRAMMERS.search(usual(out))
    state, problems = shown(out, case.step)
    assert state == case.state
    for said in case.said:
        clear(replace(said, level="warn") if state == "waits" and said.level == "stop" else said, problems)
    if case.lifted:
        _lift(world)
    _take_back(engine, case)
    first = before.world(case.stack, "site", case.scenario)
    left = differences(_pristine(first, tmp_path / "pristine", case), picture(world))
    exempt = (*EXEMPT, *(RHCS if case.stack != "corosync" else ()), *case.left)
    assert not [line for line in left if not any(each in line for each in exempt)], left


def _refused(world: Path, engine: Engine, case: Case, plan: Plan) -> None:
    stops = any(said.level != "warn" for said in case.said)
    assert plan.blocked == stops, plan.problems
    if any(said.level == "stop" for said in case.said):
        assert not plan.changes
    if stops:
        seen = picture(world)
        assert cli.apply(engine, [case.step], "leave") != cli.Exit.DONE
        assert not differences(seen, picture(world)), "a plan that is blocked changed something"


def _failing(world: Path, engine: Engine, case: Case, plan: Plan) -> None:
    assert not plan.blocked, plan.problems
    for _ in range(case.attempts):
        assert cli.apply(engine, [case.step], "leave") == cli.Exit.PROBLEM
    data = engine.journal.failure(case.step)
    assert data, "nothing is in the journal"
    step, failure = engine.stack.step(case.step), failure_from(data)
    renamed = replace(failure, title="Whatever it is called", verdict="it ended")
    assert step.diagnose(renamed).code == step.diagnose(failure).code, "it is known by a word of ours"


def _drifting(world: Path, engine: Engine, case: Case, plan: Plan) -> None:
    assert not plan.blocked, plan.problems
    write(world, case.files)
    seen = picture(world)
    with pytest.raises(Drifted, match="not as they were"):
        engine.apply(plan)
    assert cli.perform(engine, plan) is None
    assert not differences(seen, picture(world)), "what drifted was touched"


def shown(out: str, step: str) -> tuple[str, list[Problem]]:
    """A step's state and problems, as `status` prints them."""
    rows = re.split(r"(?m)^(?=\S)", out)
    head, *blocks = re.split(r"(?m)^  (?=[A-Z]+ )", next(row for row in rows if row.split()[:1] == [step]))
    state = next(name for name, words in STATES.items() if head.split(None, 1)[1].startswith(words))
    return state, [_problem(block.splitlines()) for block in blocks if not block.startswith("TODO ")]


def _problem(lines: list[str]) -> Problem:
    level, word = next((level, word) for level, word in LEVELS.items() if lines[0].startswith(f"{word} "))
    code, text = lines[0].removeprefix(f"{word} ").split(" ", 1)
    evidence = tuple(line[8:] for line in lines if line.startswith("      | "))
    hint = "".join(line[9:] for line in lines if line.startswith("      -> "))
    return Problem(code.removesuffix(":"), usual(text), evidence, usual(hint), level)


def clear(said: Said, problems: list[Problem]) -> None:
    """The problem is there, says what is wrong in its tool's words too, and what to do next."""
    found = [problem for problem in problems if (problem.code, problem.level) == (said.code, said.level)]
    assert found, [(problem.code, problem.level) for problem in problems]
    assert not min((_unsaid(said, problem) for problem in found), key=len)
    for problem in found:
        assert problem.text.endswith((".", "?")) and problem.hint
        assert not PROGRAMMERS.search(f"{problem.text}\n{problem.hint}")


def _unsaid(said: Said, problem: Problem) -> list[str]:
    evidence = "\n".join(problem.evidence)
    parts = ((said.text, problem.text), (said.hint, problem.hint), (said.evidence, evidence))
    return [f"{word!r} is not in {text!r}" for words, text in parts for word in words if word not in text]


# --- the world


def _engine(world: Path, case: Case) -> Engine:
    given = answers(world, STACKS[case.stack])
    for step, table in case.answers.items():
        given[step] = {**given.get(step, {}), **table}
    context = Context(Saying(simulator.here(world), case.tools), simulator.dialer(world))
    return Engine(REWORDED[case.stack], context, State(world / "state", world / "run"), given)


def _spoil(world: Path, case: Case) -> None:
    with simulator.opened(world) as opened:
        opened.state["faults"].update(case.faults)
        merge(opened.state, case.world)
        derived.refresh(opened)
    if case.when != "drift":
        write(world, case.files)


def _lift(world: Path) -> None:
    with simulator.opened(world) as opened:
        opened.state["faults"].clear()


def _pristine(first: Path, to: Path, case: Case) -> dict[str, Any]:
    """What the world was like, with what is wrong with it."""
    world = shutil.copytree(first, to, symlinks=True, copy_function=os.link)  # the simulator replaces files whole
    _spoil(world, case)
    if case.when == "drift":
        write(world, case.files)
    if case.lifted:
        _lift(world)
    return picture(world)


def _take_back(engine: Engine, case: Case) -> None:
    steps = [step.id for step in engine.stack.steps]
    for step in reversed(steps[: steps.index(case.step) + 1]):
        back = engine.plan_undo(step)
        if [problem.code for problem in back.problems] == ["cluster.leave"]:
            assert cli.leave(engine, "xencluster" if case.stack == "corosync" else "vmcluster") == cli.Exit.DONE
            back = engine.plan_undo(step)
        if back.changes:
            assert engine.apply(back) == "done", (step, engine.journal.attempts()[-1].failure)
