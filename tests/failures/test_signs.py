"""Each sign of the README's table has a case that exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.failures import test_diagnosis as diagnosis
from tests.failures.case import CASES
from tests.steps.rhcs import test_catalogue as catalogue

TEXT = (Path(__file__).parent / "README.md").read_text("utf-8")
ROWS = re.findall(r"(?m)^\| (?!sign |---)(.+?) \| (`.+`) \|$", TEXT)
TRIED = {*(f"{case.name}.toml" for case in CASES), *catalogue.CASES, *(code for _, code, _ in diagnosis.CASES)}


@pytest.mark.parametrize(("sign", "cases"), ROWS, ids=[sign for sign, _ in ROWS])
def test_a_sign_is_tried(sign: str, cases: str) -> None:
    assert set(re.findall(r"`([^`]+)`", cases)) <= TRIED


def test_each_case_of_the_catalogue_is_listed() -> None:
    listed = {name for _, cases in ROWS for name in re.findall(r"`([^`]+)`", cases)}
    unlisted = {name for name, case in catalogue.CASES.items() if case.shows} - listed
    assert not unlisted
    assert len(ROWS) >= 25
