"""What is kept beside a file: whole, put back once, and without harm a second time."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tui_installer.steps.aside import kept


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path]:
    path = tmp_path / "initrd.img"
    path.write_text("old")
    return path, tmp_path / "initrd.img.before"


def done(argv: tuple[str, ...]) -> int:
    return subprocess.run(argv, capture_output=True, check=False).returncode


def test_it_is_put_back_once_and_again_without_harm(paths: tuple[Path, Path]) -> None:
    path, beside = paths
    keep = kept("initrd", str(path), str(beside), "initrd")
    assert done(keep.argv) == 0
    path.write_text("new")
    for _ in range(2):
        assert done(keep.undo[0].argv) == 0
        assert (path.read_text(), beside.exists()) == ("old", False)


def test_what_was_not_kept_or_half_of_it_is_never_put_back(paths: tuple[Path, Path]) -> None:
    path, beside = paths
    keep = kept("initrd", str(path), str(beside), "initrd")
    beside.with_name(f"{beside.name}.new").write_text("ol")
    assert done(keep.undo[0].argv) == 0
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert path.read_text() == "old"


def test_what_cannot_be_copied_fails(paths: tuple[Path, Path]) -> None:
    path, beside = paths
    assert done(kept("initrd", f"{path}.none", str(beside), "initrd").argv) != 0
    assert not beside.exists()
