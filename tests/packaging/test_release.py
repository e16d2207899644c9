"""A release is refused in words, or sets the version everywhere; in a clone of its own."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from debian.release import current

ROOT = Path(__file__).parents[2]
FILES = ("pyproject.toml", "README.md", "CHANGELOG.md", "debian", "tui_installer/__init__.py")
BUMP = """
import sys
from datetime import UTC, datetime
from debian.release import bump
bump(sys.argv[1], datetime(2027, 1, 2, tzinfo=UTC))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The files that a release changes, committed."""
    for name in FILES:
        source, copy = ROOT / name, tmp_path / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, copy) if source.is_dir() else shutil.copy(source, copy)
    git = ("git", "-c", "user.name=x", "-c", "user.email=x@example.org")
    for argv in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "x")):
        subprocess.run([*git, *argv], cwd=tmp_path, check=True)
    return tmp_path


def release(project: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *argv], cwd=project, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("to", ["", "1.0", "v9.9.9", current(), "0.0.9"])
def test_no_release(project: Path, to: str) -> None:
    done = release(project, "-m", "debian.release", to)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("release: ")
    assert subprocess.run(["git", "diff", "--quiet"], cwd=project, check=False).returncode == 0


def test_a_tree_that_is_not_clean_is_refused(project: Path) -> None:
    (project / "new").touch()
    assert "not clean" in release(project, "-m", "debian.release", "99.0.0").stderr


def test_the_version_is_set_everywhere(project: Path) -> None:
    done = release(project, "-c", BUMP, "99.0.0")
    assert done.returncode == 0, done.stderr
    changelog = (project / "CHANGELOG.md").read_text()
    assert "## [Unreleased]\n\n## [99.0.0] - 2027-01-02\n" in changelog
    newest = (project / "debian/changelog").read_text()
    assert re.match(r"tui-installer \(99\.0\.0\) .*?\n -- .*Sat, 02 Jan 2027 00:00:00 \+0000\n", newest, re.DOTALL)
    for name in ("pyproject.toml", "tui_installer/__init__.py", "README.md"):
        assert "99.0.0" in (project / name).read_text()
