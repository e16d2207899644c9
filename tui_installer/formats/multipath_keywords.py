"""What multipath-tools of Debian 4 to 6 do not know or misread in a multipath.conf, and how they write WWIDs.

They pass over unknown keywords without a word. Sources: multipath.conf(5) and the parser's tables at 0.4.7 and 0.4.8.
"""

import re
from collections.abc import Iterator
from typing import Literal

from tui_installer.formats.block_dialects import MULTIPATH_04, MULTIPATH_049
from tui_installer.formats.block_tree import Dialect, facts, overridden, parse, walk
from tui_installer.formats.text import FormatError

Generation = Literal["0.4.7", "0.4.8", "0.4.9"]

_LATER = (
    "find_multipaths", "skip_kpartx", "uid_attribute", "uid_attrs", "property", "protocol", "overrides", "detect_prio",
    "detect_checker", "retain_attached_hw_handler", "deferred_remove", "path_selector_args", "max_sectors_kb",
    "marginal_pathgroups", "all_tg_pt", "san_path_err_threshold", "recheck_wwid", "force_sync", "config_dir",
    "enable_foreign",
)  # fmt: skip
"""Known to none of the three."""
_UNKNOWN: dict[Generation, tuple[str, ...]] = {
    "0.4.7": (*_LATER, "blacklist_exceptions", "pg_timeout", "prio", "prio_args", "rr_min_io_rq"),
    "0.4.8": (*_LATER, "prio", "prio_args", "rr_min_io_rq"),
    "0.4.9": (*_LATER, "prio_callout"),
}


DIALECTS: dict[Generation, Dialect] = {"0.4.7": MULTIPATH_04, "0.4.8": MULTIPATH_04, "0.4.9": MULTIPATH_049}
"""How each reads its file."""


def dead(content: bytes, generation: Generation) -> tuple[str, ...]:
    """In words, the sections that this generation throws away for a later one. Raises `FormatError`."""
    found = overridden(parse(content, MULTIPATH_04), DIALECTS[generation])
    return tuple(f"line {each.line}: a later section takes the place of this {each.name}" for each in found)


def foreign(content: bytes, generation: Generation) -> tuple[str, ...]:
    """In words, the sections and keywords that this generation passes over. Raises `FormatError`."""
    root = parse(content, MULTIPATH_04)
    named = [(section.line, path[-1]) for path, section in walk(root, MULTIPATH_04) if path]
    keys = [(entry.line, path[-1]) for path, _, entry in facts(root, MULTIPATH_04)]
    found = sorted({(line, key) for line, key in (*named, *keys) if key in _UNKNOWN[generation]})
    return tuple(f"line {line}: multipath-tools {generation} do not know {key}" for line, key in found)


def loose(content: bytes) -> tuple[str, ...]:
    """The devnode patterns that are not anchored: `st` is found in sdst too. Raises `FormatError`."""
    return tuple(_loose(content))


def _loose(content: bytes) -> Iterator[str]:
    for path, _, entry in facts(parse(content, MULTIPATH_04), MULTIPATH_04):
        if path[-1] == "devnode" and not entry.value.startswith(("^", "!^")):
            yield entry.value


def wwid(text: str) -> str:
    """A WWID as multipath has it, from an array's name for a LUN: no dashes or colons, lower case, the type in front.

    Types: 3 is NAA (16 digits that begin with 5, or 32), 2 is EUI-64. FormatError for what is neither.
    """
    digits = re.sub(r"[-:.\s]", "", text).lower().removeprefix("0x")
    if re.fullmatch(r"[23][0-9a-f]{16}|3[0-9a-f]{32}", digits):
        return digits
    if re.fullmatch(r"5[0-9a-f]{15}|[0-9a-f]{32}", digits):
        return "3" + digits
    if re.fullmatch(r"[0-9a-f]{16}", digits):
        return "2" + digits
    raise FormatError(0, f"{text!r} is no WWN; 16 or 32 hexadecimal digits are accepted")
