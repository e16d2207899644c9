"""The floor of coverage: what is below it fails, in one process and in several."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.covering import counts

ROOT = Path(__file__).parents[2]


def test_lines_and_branches_are_counted_by_package() -> None:
    one = {"executed_lines": [1, 2], "missing_lines": [3], "executed_branches": [], "missing_branches": [[1, 2]]}
    two = {"executed_lines": [1], "missing_lines": [], "executed_branches": [[1, 2]], "missing_branches": []}
    found = counts({"files": {"tui_installer/engine/child.py": one, "screens/plain/lines.py": two}})
    assert list(found) == ["screens", "tui_installer/engine", "all"]
    assert found["tui_installer/engine"] == {"lines": (2, 3), "branches": (0, 1)}
    assert found["all"] == {"lines": (3, 4), "branches": (1, 2)}


@pytest.mark.parametrize(("workers", "floor", "code"), [("0", "0", 0), ("1", "100", 1)])
def test_less_than_the_floor_fails(workers: str, floor: str, code: int) -> None:
    test = "tests/packaging/test_covering.py::test_lines_and_branches_are_counted_by_package"
    options = ("-p", "tests.covering", f"--floor={floor}", "-p", "no:cacheprovider", f"-n{workers}")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    argv = [sys.executable, "-m", "pytest", "-q", *options, test]
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert f"the floor: {float(floor)} % of all branches" in done.stdout
