"""Each line of a golden file has its reason, and no reason is left over."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.golden import written

FOLDER = Path(__file__).parent
REASONS: dict[str, dict[str, str]] = tomllib.loads((FOLDER / "REASONS.toml").read_text())
GOLDEN = sorted(path for release in ("etch", "lenny", "squeeze") for path in (FOLDER / release).rglob("*"))
FILES = [path for path in GOLDEN if path.is_file()]


def of(path: Path) -> str:
    """The name under which its reasons stand."""
    inside = str(path.relative_to(FOLDER).relative_to(path.relative_to(FOLDER).parts[0]))
    return inside if inside == "files.list" else f"/{inside}"


def lines(path: Path) -> list[str]:
    """Its lines that are not blank; changed lines keep the indentation behind their sign."""
    rows = path.read_text().splitlines()
    return [row if path.suffix == ".changes" else row.strip() for row in rows if row.strip()]


def reason(line: str, reasons: dict[str, str]) -> str:
    """The key that covers a line; empty: none does."""
    if line in reasons:
        return line
    fitting = [key for key in reasons if key.endswith("*") and line.startswith(key[:-1])]
    return max(fitting, key=len, default="")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_each_line_has_a_reason(path: Path) -> None:
    reasons = REASONS[of(path)]
    assert not [line for line in lines(path) if not reason(line, reasons)]


def test_no_reason_is_left_over() -> None:
    used = {(of(path), reason(line, REASONS[of(path)])) for path in FILES for line in lines(path)}
    assert not {(name, key) for name, reasons in REASONS.items() for key in reasons} - used


def test_the_page_says_what_is_written_and_why() -> None:
    """Else: python -m tests.golden.written."""
    assert written.PAGE.read_text() == written.rendered()
