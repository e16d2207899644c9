"""What a host has, as the golden files say it."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

FOLDER = Path(__file__).parent
RELEASES = ("etch", "lenny", "squeeze")
CHANGES = ".changes"
STACK = r"(?:ccs|cman|fence|clvm|san-lvm)"


def golden(release: str) -> dict[str, str]:
    """The golden files of a release by their paths on the host; "files.list" and ".../rc.links" by these names."""
    base = FOLDER / release
    found = {path.relative_to(base): path.read_text() for path in base.rglob("*") if path.is_file()}
    return {str(path) if path.name == "files.list" else f"/{path}": text for path, text in found.items()}


def changes(before: str, after: str) -> str:
    """The lines that differ, as the golden files have them."""
    rows = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))[2:]
    return "".join(f"{row}\n" for row in rows if not row.startswith("@@"))


def links(root: Path, golden_links: str) -> str:
    """The runlevel links of the stack's scripts, "rc2.d/S75san-lvm"; without numbers where the golden file has none."""
    names = sorted(str(path.relative_to(root / "etc")) for path in root.glob("etc/rc?.d/*"))
    found = [name for name in names if re.search(rf"/[SK]\d\d{STACK}$", name)]
    if "??" in golden_links:
        found = [re.sub(r"/([SK])\d\d", r"/\1??", name) for name in found]
        found = [name for name in found if f"{name}\n" in golden_links]
    return "".join(f"{name}\n" for name in found)
