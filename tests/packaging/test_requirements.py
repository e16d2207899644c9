"""What the three lists of pinned requirements must have in common."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
RUNTIME, DEV, VENDOR = LISTS = ("requirements/runtime.txt", "requirements/dev.txt", "vendor/requirements.txt")
FROM_DEBIAN = {"lxml", "netifaces-plus", "psutil"}


def pins(path: str) -> dict[str, str]:
    """Version by package name."""
    return dict(re.findall(r"^([\w.-]+)==([^ ;]+)", (ROOT / path).read_text(), re.MULTILINE))


def project() -> dict[str, Any]:
    """The pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def name(requirement: str) -> str:
    """`textual` of `textual>=8.2,<9`."""
    return re.split(r"[<>=~ ]", requirement)[0]


@pytest.mark.parametrize("path", LISTS)
def test_every_pin_has_hashes(path: str) -> None:
    entries = (ROOT / path).read_text().replace("\\\n", "").splitlines()
    assert entries
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("path", LISTS)
def test_no_list_names_a_registry(path: str) -> None:
    assert not re.search(r"://|--(extra-)?index-url|--find-links", (ROOT / path).read_text())


def test_the_project_asks_for_nothing_that_is_not_pinned() -> None:
    asked = project()
    assert {name(each) for each in asked["project"]["dependencies"]} <= set(pins(RUNTIME))
    assert {name(each) for each in asked["dependency-groups"]["dev"]} <= set(pins(DEV))


def test_all_lists_agree() -> None:
    assert pins(RUNTIME).items() <= pins(DEV).items()
    assert pins(VENDOR) == {key: value for key, value in pins(RUNTIME).items() if key not in FROM_DEBIAN}


def test_the_package_depends_on_what_it_does_not_bring() -> None:
    control = (ROOT / "debian/control").read_text()
    assert {f"python3-{each.removesuffix('-plus')}" for each in FROM_DEBIAN} <= set(re.findall(r"[\w-]+", control))


def test_one_version_everywhere() -> None:
    changelog = (ROOT / "debian/changelog").read_text().splitlines()[0]
    assert re.findall(r"\((.*)\)", changelog) == [project()["project"]["version"]]
