"""What operators report in public is known by the tool's own words: at its end, and far from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tui_installer.model.step import Failure, Reason
from tui_installer.steps import STACKS

TABLE = Path(__file__).with_name("symptoms.txt")
ROW = re.compile(r"\[(\S+) (\S+) (\S+)\]\n\$ (.*)\n\? (.*)\n((?:  .*\n?)+)")
MORE = "Processing triggers for man-db (2.11.2-2) ...\n"


def _rows() -> Iterator[tuple[str, str, str, Failure]]:
    """Stack, step, code, and the failure as the journal has it."""
    text = TABLE.read_text("utf-8")
    rows = ROW.findall(text)
    assert len(rows) == text.count("\n? ") >= 60
    for stack, step, code, command, ended, said in rows:
        number = int(ended.split()[-1]) if ended.startswith("exit code") else 0
        reason: Reason = "exit" if number else "waited"
        words = tuple(line[2:] for line in said.splitlines())
        yield (
            stack,
            step,
            f"{step}.{code}",
            Failure("x", "here", tuple(command.split()), ended, number, words, "", reason),
        )


ROWS = list(_rows())


@pytest.mark.parametrize("more", [0, 8, 80, 1500])
def test_each_symptom_has_a_code_of_its_own(more: int) -> None:
    wrong = []
    for stack, step, code, failure in ROWS:
        evidence = ("Reading package lists...",) * more + failure.evidence + (MORE.strip(),) * more
        found = STACKS[stack].step(step).diagnose(replace(failure, evidence=evidence))
        if found.code != code:
            wrong.append((stack, code, found.code))
        assert any(line in failure.evidence for line in found.evidence), f"{code}: its words are not shown"
        assert len(found.evidence) <= 8
        assert not re.search(r"  | [.,:;]|[{}]", found.text), found.text
    assert not wrong
