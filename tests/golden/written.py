"""docs/written.md, made from the golden files and their reasons: `python -m tests.golden.written` writes it anew."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

from tests.golden.compare import CHANGES, FOLDER, RELEASES, golden

PAGE = FOLDER.parents[1] / "docs" / "written.md"
NAMES = {"etch": "Debian 4 (etch)", "lenny": "Debian 5 (lenny)", "squeeze": "Debian 6 (squeeze)"}
HEAD = """\
# What is written on Debian 4, 5 and 6, and why

Made from the golden files of the simulated join and from their reasons (`tests/golden`); a test holds both together.
"guide" is the guide "Adding a Host Machine to the Virtual Machine Cluster", by its headings. `+` and `-` are lines that
are new or gone, where the release ships the file. Secrets and addresses are those of the demo.
"""


def rendered() -> str:
    """The page."""
    reasons: dict[str, dict[str, str]] = tomllib.loads((FOLDER / "REASONS.toml").read_text())
    found = {release: golden(release) for release in RELEASES}
    parts = [HEAD]
    for name, known in reasons.items():
        those = [release for release in RELEASES if name in found[release]]
        title = {"files.list": "Modes and links"}.get(name, f"`{name.removesuffix(CHANGES)}`")
        parts.append(f"\n## {title}\n\nOn {', '.join(NAMES[each] for each in those)}.\n\n")
        parts += _rows(known, {release: found[release][name] for release in those})
    return "".join(parts)


def _rows(known: dict[str, str], texts: dict[str, str]) -> Iterator[str]:
    """A line of the list each: the line of the file, where not on all the releases that it is on, and why."""
    for key, why in known.items():
        lines = {release: _covers(key, known, text) for release, text in texts.items()}
        on = [release for release, covered in lines.items() if covered]
        where = "" if len(on) == len(texts) else f" ({', '.join(on)})"
        shown = "all other lines" if key == "*" else f"`{key.replace('*', '…') if key.endswith('*') else key}`"
        yield f"- {shown}{where}: {why}\n".replace("\\\n", "\n")


def _covers(key: str, known: dict[str, str], text: str) -> bool:
    """Whether a line of the text has this reason."""
    rows = [row if row[:1] in "+-" and row[1:2] == " " else row.strip() for row in text.splitlines() if row.strip()]
    return any(key == _reason(row, known) for row in (*rows, *(row.strip() for row in rows)))


def _reason(line: str, known: dict[str, str]) -> str:
    if line in known:
        return line
    return max((key for key in known if key.endswith("*") and line.startswith(key[:-1])), key=len, default="")


if __name__ == "__main__":
    PAGE.write_text(rendered())
