"""Problems that an answer would mend name it, and what they name is asked."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import tui_installer.steps
from tui_installer.model.answers import questions
from tui_installer.steps import STACKS


def problems() -> Iterator[tuple[str, dict[str, object]]]:
    """The code of every problem that a step's source makes, or has a cause for, with its arguments; None: made when it
    runs."""
    for path in Path(tui_installer.steps.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Problem", "Cause")
            ):
                continue
            named = {key.arg or "": key.value for key in node.keywords}
            named |= dict(zip(("code", "text", "evidence", "hint", "level", "field"), node.args, strict=False))
            known: dict[str, object] = {}
            known |= {n: value.value if isinstance(value, ast.Constant) else None for n, value in named.items()}
            if isinstance(known.get("code"), str):
                yield str(known["code"]), known


def _asked(step_id: str) -> set[str]:
    """The names of all questions of the steps of that id, on any stack."""
    steps = [step for stack in STACKS.values() for step in stack.steps if step.id == step_id]
    return {question.name for step in steps for question in questions(step.asks)}


FOUND = tuple(problems())


def test_the_answer_that_a_problem_names_is_asked() -> None:
    assert len([code for code, said in FOUND if said.get("field")]) > 20
    for code, said in FOUND:
        field = said.get("field")
        assert field in (None, "") or field in _asked(code.partition(".")[0]), f"{code} names {field}"


def test_whatever_asks_for_an_answer_says_for_which() -> None:
    assert len([code for code, said in FOUND if said.get("level") == "ask"]) > 20
    for code, said in FOUND:
        if said.get("level") == "ask" and "field" not in said and not said.get("acceptable"):
            told = code.partition(".")[2].replace("-", "_")
            assert told in _asked(code.partition(".")[0]), f"{code} asks for no question of its step"
