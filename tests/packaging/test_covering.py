"""The floor of coverage: what is below it fails, in one process and in several."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.covering import PRODUCT, counts

ROOT = Path(__file__).parents[2]


def test_lines_and_branches_are_counted_by_package() -> None:
    one = {"executed_lines": [1, 2], "missing_lines": [3], "executed_branches": [], "missing_branches": [[1, 2]]}
    two = {"executed_lines": [1], "missing_lines": [], "executed_branches": [[1, 2]], "missing_branches": []}
    found = counts({"files": {"tui_installer/engine/child.py": one, "screens/plain/lines.py": two}})
    assert list(found) == ["screens", "tui_installer/engine", "all"]
    assert found["tui_installer/engine"] == {"lines": (2, 3), "branches": (0, 1)}
    assert found["all"] == {"lines": (3, 4), "branches": (1, 2)}


HALF = """
def half(found: bool) -> int:
    if found:
        return 1
    return 2
"""
CALLED = "from screens.halves import half\n\n\ndef test_half() -> None:\n    assert half(True) == 1\n"


@pytest.mark.parametrize(("workers", "floor", "code"), [("0", "50", 0), ("1", "51", 1)])
def test_less_than_the_floor_fails(workers: str, floor: str, code: int, tmp_path: Path) -> None:
    """In a product of one function with two branches, of which one is taken."""
    for folder in PRODUCT:
        (tmp_path / folder).mkdir()
    for path, text in (("screens/__init__.py", ""), ("screens/halves.py", HALF), ("test_half.py", CALLED)):
        (tmp_path / path).write_text(text)
    options = ("-p", "tests.covering", f"--floor={floor}", "-p", "no:cacheprovider", f"-n{workers}", "-c", os.devnull)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    argv = [sys.executable, "-m", "pytest", "-q", *options, f"--rootdir={tmp_path}", "test_half.py"]
    done = subprocess.run(argv, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert "covered:  75.0 % of     4 lines,  50.0 % of     2 branches of all" in done.stdout
    assert f"the floor: {float(floor)} % of all branches" in done.stdout
