"""Every problem has a page, and every page a problem."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tui_installer.steps import STACKS

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "assets" / "runbook").glob("*.md"))
STEPS = list(dict.fromkeys(step.id for stack in STACKS.values() for step in stack.steps))
CODE = re.compile(rf'"((?:answers|protected|program|stack|state|target|{"|".join(STEPS)})\.[a-z][a-z-]+)"')
SHORT = re.compile(r'_wrong\(\s*"([a-z-]+)"')
"""The storage network writes its questions' codes without the step's name."""
FILES = (".conf", ".json", ".toml")


def _codes() -> set[str]:
    texts = [
        path.read_text("utf-8") for path in (ROOT / "tui_installer").rglob("*.py") if "simulator" not in path.parts
    ]
    found = {code for text in texts for code in CODE.findall(text) if not code.endswith(FILES)}
    found |= {f"storage-network.{name}" for text in texts for name in SHORT.findall(text)}
    found |= {
        f"{step}.{code}" for step in STEPS[1:] for code in ("away", "drift", "failed", "left", "needed", "waits")
    }  # the first changes nothing
    found |= {
        f"{step.id}.leave" for stack in STACKS.values() for step in stack.steps if step.leaves and step.id != "lvm"
    }
    return found | {f"{step}.unknown" for step in STEPS}


def test_every_problem_has_a_page_and_every_page_a_problem() -> None:
    assert {page.stem for page in PAGES} == _codes()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_fits_the_smallest_screen(page: Path) -> None:
    text = page.read_text("ascii")
    lines = text.splitlines()
    assert lines[0] == f"# {page.stem}"
    assert len(lines) <= 20
    assert max(map(len, lines)) <= 76
    assert [part in text for part in ("\nMeaning: ", "\nSafe: ", "\nDo: ")] == [True] * 3
