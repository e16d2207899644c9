"""The documents: links lead somewhere, commands are accepted as printed, targets of make are there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tui_installer.cli.arguments import parse

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
RUNBOOK = sorted(ROOT.glob("assets/runbook/*.md"))
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#]*)(?:#([^)]*))?\)")
COMMAND = re.compile(r"(?m)^ {4,}(tui-installer(?: .*)?)$")
MADE = re.compile(r"(?m)(?:^ {4,}|`)make ((?:[a-z-]+ ?)+)")
TARGETS = set(re.findall(r"(?m)^([\w-]+):", (ROOT / "Makefile").read_text()))


def having(what: re.Pattern[str], pages: list[Path]) -> list[Path]:
    """The pages with some of it; at least two, else the pattern finds nothing any more."""
    found = [page for page in pages if what.search(page.read_text())]
    assert len(found) > 1, what.pattern
    return found


def names(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def slug(heading: str) -> str:
    """What a heading is called in a link."""
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("page", having(LINK, PAGES), ids=names)
def test_links(page: Path) -> None:
    for path, anchor in LINK.findall(page.read_text()):
        target = page.parent / path if path else page
        assert target.exists(), path
        headings = re.findall(r"(?m)^#+ (.*)", target.read_text()) if anchor else []
        assert not anchor or anchor in map(slug, headings), f"{path}#{anchor}"


@pytest.mark.parametrize("page", having(COMMAND, PAGES + RUNBOOK), ids=names)
def test_commands(page: Path) -> None:
    for line in COMMAND.findall(page.read_text()):
        words = shlex.split(re.sub(r"\[[^]]*\]|\s+#.*", "", line))[1:]
        assert parse([word.replace("CODE", "iscsi.chap-refused") for word in words])


@pytest.mark.parametrize("page", having(MADE, PAGES), ids=names)
def test_targets_of_make(page: Path) -> None:
    asked = {target for line in MADE.findall(page.read_text()) for target in line.split()}
    assert asked <= TARGETS


def test_every_page_is_in_the_site() -> None:
    listed = (ROOT / "docs/mkdocs.yml").read_text()
    assert [page.name for page in ROOT.glob("docs/*.md") if page.name not in listed] == []


@pytest.mark.parametrize("page", [ROOT / "DESIGN.md", ROOT / "CONTRIBUTING.md"], ids=names)
def test_files_that_are_named_are_there(page: Path) -> None:
    named = re.findall(r"`([\w/.]+/[\w.]+\.(?:py|md|toml))`", page.read_text())
    places = (ROOT, ROOT / "tui_installer")
    assert named
    assert [name for name in named if not any((place / name).exists() for place in places)] == []


def test_the_walk_leads_to_two_files_at_most_that_are_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    rows = re.findall(r"(?m)^\| (.+?) \| (.+) \|$", text.partition("## Finding a place")[2].partition("\n## ")[0])[1:]
    assert len(rows) == 13  # the line below the head, and the twelve
    for what, where in rows[1:]:
        named = re.findall(r"`([^`]+)`", where)
        files = [name for name in named if "/" in name]
        assert 1 <= len(files) <= 2, what
        texts = "".join((ROOT / name).read_text() for name in files)
        assert not [name for name in named if "/" not in name and name not in texts], what
