"""The tests mirror the tree: where a thing is tests of it are found under the same name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import tui_installer.steps

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
KINDS = {
    "apt": "real apt and dpkg in trees of their own",
    "bench_scale": "measures",
    "bench_serial": "measures",
    "by_hand": "a join without the program",
    "crash": "kills at each record",
    "failures": "cases, each a file",
    "fuzz": "texts that are nearly right",
    "golden": "what a join writes on the old releases, file by file",
    "lab": "real hosts",
    "outputs": "what real tools printed",
    "packaging": "the package, the documents, the tree itself",
}
"""Folders of tests that are of the whole product, and what they try."""


def packages(of: Path) -> Iterator[Path]:
    """The packages of a folder that have modules beside their head."""
    for head in sorted(of.glob("*/__init__.py")):
        if len(list(head.parent.glob("*.py"))) > 1 or any(packages(head.parent)):
            yield head.parent


def test_each_package_has_its_folder_and_each_folder_its_package() -> None:
    product = {path.name for path in packages(ROOT / "tui_installer")} | {"screens"}
    folders = {path.parent.name for path in TESTS.glob("*/*") if path.parent.name != "__pycache__"}
    assert len(product) > 9
    assert product - folders == set()
    assert folders - product - set(KINDS) == set()
    for inner in packages(ROOT / "screens"):
        assert any((TESTS / "screens" / inner.name).glob("test_*.py")), inner


def test_each_package_is_tested() -> None:
    product = {path.name for path in packages(ROOT / "tui_installer")} | {"screens"}
    assert [name for name in sorted(product) if not any((TESTS / name).rglob("test_*.py"))] == []


def test_each_subject_has_tests_under_its_name() -> None:
    subjects = {path.name for path in packages(Path(tui_installer.steps.__file__).parent)} - {"rhcs"}
    assert len(subjects) > 11
    assert [name for name in sorted(subjects) if not (TESTS / "steps" / f"test_{name}.py").exists()] == []


def test_each_format_and_probe_that_has_tests_of_its_own_has_them_under_its_name() -> None:
    """A module may be tested through another; a test of one module that is gone has lost its way."""
    shared = {"any_bytes", "boot_files", "corpus", "edits", "grub", "system", "system_files"}
    for name in ("formats", "probes", "probes/rhcs"):
        modules = {path.stem for path in (ROOT / "tui_installer" / name).glob("*.py")}
        tests = {path.stem.removeprefix("test_") for path in (TESTS / name).glob("test_*.py")}
        assert tests and tests - modules - shared == set(), name
