"""What is made from the code is as the code is; the example of answers is accepted."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from typing import Any

import pytest

from debian.made import MADE, ROOT, sections
from tui_installer.model.answers import parse
from tui_installer.steps.stack_corosync import COROSYNC

UNREAD = {".git", ".venv", ".tools", "build", "vendor", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}


def words(text: str) -> list[str]:
    """Without line breaks: releases of Python wrap usage lines in their own ways."""
    return text.split()


@pytest.mark.parametrize("path", MADE)
def test_made(path: str) -> None:
    assert words((ROOT / path).read_text()) == words(MADE[path]()), "`make made` writes it anew"


def test_the_example_is_accepted() -> None:
    example = tomllib.loads((ROOT / "docs/host.example.toml").read_text())
    steps = {step.id: step for step in COROSYNC.steps}
    assert {"site", "iscsi", "cluster"} <= set(example) <= set(steps)
    for name, table in example.items():
        parse(steps[name].asks, table, name)


def test_the_schema_knows_every_field() -> None:
    schema: dict[str, Any] = json.loads((ROOT / "assets/answers.schema.json").read_text())
    assert {"site", "iscsi", "cluster"} <= set(sections()) < set(schema["properties"])
    for name, fields in sections().items():
        assert {field.replace("_", "-") for field in fields} == set(schema["properties"][name]["properties"])


def test_no_public_registry_is_named() -> None:
    debian = r"\b(deb|ftp|ftp\.\w\w|httpredir|http|archive|security|snapshot)\.debian\.org|\b\w+\.ubuntu\.com"
    others = (r"py" + r"pi\.org", r"python" + r"hosted\.org", r"npm" + r"js\.", r"crates\.io", r"proxy\.golang\.org")
    named = re.compile("|".join((debian, *(rf"\b{each}" for each in others))))
    files = (path for path in ROOT.rglob("*") if path.is_file() and not set(path.parts) & UNREAD)
    found = [str(path.relative_to(ROOT)) for path in files if named.search(path.read_text("utf-8", "ignore"))]
    assert found == []


def test_the_copyright_names_every_wheel() -> None:
    pinned = re.findall(r"(?m)^([\w-]+)==", (ROOT / "vendor/requirements.txt").read_text())
    named = re.findall(r"vendor/wheels/(\w+)-\*", (ROOT / "debian/copyright").read_text())
    assert sorted(named) == sorted(name.replace("-", "_") for name in pinned)


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_is_what_the_shell_can_read(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    subprocess.run([shell, "-n", str(ROOT / f"debian/completion.{shell}")], check=True)
