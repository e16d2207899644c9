"""A release: `make release TO=0.2.0` sets the version everywhere, dates the changelogs, commits, tags and builds, and
says what is to be signed. It changes nothing if the tree is not clean or the version is not higher.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAINTAINER = "The tui-installer authors <tui-installer@example.org>"
VERSION = re.compile(r"\d+\.\d+\.\d+")


class Refused(Exception):
    """Why there is no release now."""


def run(*argv: str) -> str:
    """What a command prints. Raises `CalledProcessError`."""
    return subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def replaced(path: str, pattern: str, by: str) -> None:
    """Put `by` where the pattern is. Raises `Refused` if it is not there just once."""
    file = ROOT / path
    text, count = re.subn(pattern, by.replace("\\", r"\\"), file.read_text(), flags=re.MULTILINE)
    if count != 1:
        raise Refused(f"{path}: {pattern!r} is there {count} times")
    file.write_text(text)


def current() -> str:
    """The version as pyproject.toml has it."""
    found = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert found, "pyproject.toml has a version"
    return found[1]


def refused(to: str) -> str:
    """Why that version cannot be released; empty: it can."""
    if not VERSION.fullmatch(to):
        return f"{to!r} is no version: three numbers, as in 0.2.0"
    if tuple(map(int, to.split("."))) <= tuple(map(int, current().split("."))):
        return f"{to} is not higher than {current()}"
    if run("git", "status", "--porcelain"):
        return "the tree is not clean: commit first"
    return ""


def bump(to: str, now: datetime) -> None:
    """Set the version everywhere, and date the changelogs. Raises `Refused`."""
    before = current()
    replaced("pyproject.toml", rf'^version = "{re.escape(before)}"$', f'version = "{to}"')
    replaced("tui_installer/__init__.py", rf'^__version__ = "{re.escape(before)}"$', f'__version__ = "{to}"')
    replaced("README.md", rf"tui-installer_{re.escape(before)}_all", f"tui-installer_{to}_all")
    replaced("CHANGELOG.md", r"^## \[Unreleased\]$", f"## [Unreleased]\n\n## [{to}] - {now:%Y-%m-%d}")
    changelog = ROOT / "debian/changelog"
    told = "New release: see /usr/share/doc/tui-installer/CHANGELOG.md."
    entry = f"tui-installer ({to}) unstable; urgency=medium\n\n  * {told}\n"
    changelog.write_text(f"{entry}\n -- {MAINTAINER}  {now:%a, %d %b %Y %H:%M:%S} +0000\n\n{changelog.read_text()}")


def main() -> int:
    """Release the version that is the argument; returns the exit code."""
    to = sys.argv[1] if sys.argv[1:] else ""
    try:
        if why := refused(to):
            raise Refused(why)
        bump(to, datetime.now(UTC))
    except Refused as reason:
        sys.stderr.write(f"release: {reason}\n")
        return 1
    run("make", "made")
    run("git", "commit", "--all", "--message", f"release: {to}")
    run("git", "tag", "--annotate", f"v{to}", "--message", f"tui-installer {to}")
    run("make", "deb")
    package = ROOT / f"build/tui-installer_{to}_all.deb"
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    sys.stdout.write(f"To sign:\n  tag v{to}\n  {digest}  {package.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
